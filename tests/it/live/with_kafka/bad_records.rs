//! Every kind of bad record on the real path, amid good ones.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use yujing_config::Clock;
use yujing_core::source::RefusalCode;
use yujing_kafka::topics::{self, Purpose};

use crate::source::examples::{arrival, examples};
use crate::support::adapter::clients;
use crate::support::engine::{EngineFixture, RunningEngine};
use crate::support::kafka::{TestRecord, eventually, unique};

/// More than the producer of dead letters may send in one record.
const FIVE_MEGABYTES: usize = 5_000_000;
/// The source whose topic is compacted: there a null value is a delete, and Kafka itself takes no null key.
const REFERENCE: &str = "operators";
/// The header by which a dead letter is known again.
const MARK: &str = "test-mark";

/// A record to be published, and what is to become of it.
struct Given {
    source: String,
    record: TestRecord,
    /// The code of its refusal; none if it is good.
    code: Option<&'static str>,
}

fn good(source: &str, value: &[u8], timestamp: Timestamp) -> Given {
    let document: Value = serde_json::from_slice(value).expect("JSON");
    let key = document["operator_id"].as_str().expect("an operator").as_bytes().to_vec();
    let record = TestRecord {
        timestamp: timestamp.as_millisecond(),
        key: Some(key),
        value: Some(value.to_vec()),
        ..TestRecord::default()
    };
    Given { source: source.to_owned(), record, code: None }
}

fn bad(source: &str, code: RefusalCode, value: Option<Vec<u8>>, timestamp: Timestamp) -> Given {
    let record = TestRecord {
        timestamp: timestamp.as_millisecond(),
        key: Some(b"JY21201030043213".to_vec()),
        value,
        ..TestRecord::default()
    };
    Given { source: source.to_owned(), record, code: Some(code.as_str()) }
}

/// An example with other fields, as text.
fn with(example: &[u8], fields: &[(&str, Value)]) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(example).expect("JSON");
    for (name, value) in fields {
        document[*name] = value.clone();
    }
    document.to_string().into_bytes()
}

/// What cannot be shown as an example file.
fn bad_ones_without_a_file(source: &str, first: &[u8], at: Timestamp) -> Vec<Given> {
    let huge = with(first, &[("padding", "x".repeat(FIVE_MEGABYTES).into())]);
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes();
    let mut avro = bad(source, RefusalCode::UnsupportedContentType, Some(first.to_vec()), at);
    avro.record.headers.insert("content-type".to_owned(), b"application/avro".to_vec());
    let other = with(first, &[("operator_id", "JY21201030000019".into())]);
    let mut all = vec![
        bad(source, RefusalCode::TooLarge, Some(huge), at),
        bad(source, RefusalCode::TooDeep, Some(deep), at),
        bad(source, RefusalCode::NotJson, Some(b"{".to_vec()), at),
        avro,
    ];
    // Of a reference row the last record wins, and a null value deletes it.
    if source != REFERENCE {
        // Another operator's, so these two are one event of their own.
        let conflict = Some(with(&other, &[("occurred_at", earlier(first).into())]));
        all.extend([good(source, &other, at), bad(source, RefusalCode::Conflict, conflict, at)]);
        let mut nothing = bad(source, RefusalCode::NullValue, None, at);
        nothing.record.key = None;
        all.extend([nothing, bad(source, RefusalCode::NullValue, None, at)]);
    }
    all
}

fn earlier(example: &[u8]) -> String {
    let document: Value = serde_json::from_slice(example).expect("JSON");
    let at: Timestamp = document["occurred_at"].as_str().expect("a time").parse().expect("a time");
    (at - SignedDuration::from_secs(1)).to_string()
}

/// Good and bad in turn, for one source.
fn given(source: &str) -> Vec<Given> {
    let valid = examples(source, "valid");
    let first = &valid[0].1;
    let at = arrival(&String::from_utf8_lossy(first)).expect("a time");
    let mut bad_ones: Vec<Given> = examples(source, "invalid")
        .into_iter()
        .map(|(name, value)| {
            let code = name.split("--").next().expect("a code");
            let code = RefusalCode::ALL.into_iter().find(|known| known.as_str() == code).expect("a known code");
            bad(source, code, Some(value), at)
        })
        .collect();
    bad_ones.extend(bad_ones_without_a_file(source, first, at));
    let mut all = Vec::new();
    for (index, one) in bad_ones.into_iter().enumerate() {
        let (_, value) = &valid[index % valid.len()];
        let mut between = good(source, value, arrival(&String::from_utf8_lossy(value)).expect("a time"));
        if index == 0 && source != REFERENCE {
            // A null key says nothing; the event is for the operator that its value names.
            between.record.key = None;
        }
        all.extend([between, one]);
    }
    // And all once more, so that some come twice.
    all.extend(valid.iter().map(|(_, value)| {
        let at = arrival(&String::from_utf8_lossy(value)).expect("a time");
        good(source, value, at)
    }));
    for (index, given) in all.iter_mut().enumerate() {
        given.record.headers.insert(MARK.to_owned(), format!("{source}-{index}").into_bytes());
    }
    all
}

/// Gives the engine input topics that take records of 20 MB.
fn widen(fixture: &mut EngineFixture) {
    for (source, topic) in &mut fixture.config.topics.inputs {
        *topic = unique(source);
    }
    let mut plans = topics::plan(&fixture.config, &fixture.sources);
    plans.retain(|plan| matches!(plan.purpose, Purpose::Input { .. } | Purpose::DeadLetters));
    for plan in plans.iter_mut().filter(|plan| plan.purpose != Purpose::DeadLetters) {
        plan.settings.insert("max.message.bytes", "20000000".to_owned());
    }
    topics::create(&clients(&fixture.config), &plans).expect("created");
}

/// Records counted for a source, by their outcome.
fn outcomes(running: &RunningEngine, source: &str) -> BTreeMap<&'static str, u64> {
    ["applied", "duplicate", "superseded", "retracting", "dead_lettered"]
        .into_iter()
        .map(|outcome| (outcome, running.metrics.events.with_label_values(&[source, outcome]).get()))
        .collect()
}

#[test]
fn i1_each_bad_record_is_dead_lettered_with_its_code_and_origin_and_every_good_one_counts() {
    let mut fixture = EngineFixture::new(Clock::Log);
    fixture.config.engine.max_batch_records = 10_000;
    widen(&mut fixture);
    let sources: Vec<String> = fixture.sources.iter().map(|(_, source)| source.name.to_string()).collect();
    let all: Vec<Given> = sources.iter().flat_map(|source| given(source)).collect();
    for source in &sources {
        let records: Vec<TestRecord> =
            all.iter().filter(|given| given.source == *source).map(|given| given.record.clone()).collect();
        fixture.kafka().produce(&fixture.topic(source), &records);
    }

    let running = fixture.start();
    let of = |source: &str| all.iter().filter(|given| given.source == source).count() as u64;
    eventually("everything is counted", || {
        assert!(!running.has_ended(), "it ended: {:?}", running.status.get());
        sources.iter().all(|source| outcomes(&running, source).values().sum::<u64>() >= of(source)).then_some(())
    });

    for source in &sources {
        let (input, outcomes) = (fixture.topic(source), outcomes(&running, source));
        let refused = all.iter().filter(|given| given.source == *source && given.code.is_some()).count() as u64;
        // Consumed = applied + duplicate + superseded + retracting + dead-lettered.
        assert_eq!(outcomes.values().sum::<u64>(), of(source), "{source}: {outcomes:?}");
        assert_eq!(outcomes["dead_lettered"], refused, "{source}: {outcomes:?}");
        for outcome in ["applied", "duplicate"] {
            assert!(outcomes[outcome] > 0, "{source}: {outcomes:?}");
        }

        let written = fixture.kafka().read_committed(&input);
        let dead = fixture.kafka().read_committed(&format!("{input}{}", fixture.config.topics.dead_letter_suffix));
        assert_eq!(dead.len() as u64, refused, "{source}");
        let mut by_code: BTreeMap<&str, u64> = BTreeMap::new();
        for Given { record, code, .. } in all.iter().filter(|given| given.source == *source) {
            let mark = record.header(MARK);
            let letters: Vec<_> = dead.iter().filter(|letter| letter.header(MARK) == mark).collect();
            let Some(code) = code else {
                assert!(letters.is_empty(), "{mark} is good, and was refused: {:?}", letters[0].headers);
                continue;
            };
            *by_code.entry(code).or_default() += 1;
            let [letter] = letters[..] else { panic!("{mark}: {} dead letters", letters.len()) };
            let says = letter.header("__connect.errors.exception.message");
            assert_eq!(letter.header("yujing.error.code"), *code, "{mark}: {says}");
            assert_eq!(letter.header("__connect.errors.topic"), input);
            let origin = written
                .iter()
                .find(|record| {
                    record.partition.to_string() == letter.header("__connect.errors.partition")
                        && record.offset.to_string() == letter.header("__connect.errors.offset")
                })
                .expect("the origin is there");
            assert_eq!(origin.header(MARK), mark);
            assert_eq!((&letter.key, &origin.key), (&record.key, &record.key), "{mark}");
            if *code == RefusalCode::TooLarge.as_str() {
                let (whole, kept) = (record.value.as_deref().expect("five"), letter.value.as_deref().expect("some"));
                assert!(kept.len() < 1_000_000 && whole.starts_with(kept), "{mark}: {} bytes", kept.len());
                assert_eq!(letter.header("yujing.error.original_length"), whole.len().to_string());
                assert_eq!(letter.header("yujing.error.original_sha256"), sha256(whole));
            } else {
                assert!(letter.value == record.value, "{mark} is not byte for byte as it came");
            }
        }
        for (code, count) in by_code {
            let counted = running.metrics.dead_letters.with_label_values(&[source.as_str(), code]).get();
            assert_eq!(counted, count, "{source} {code}");
        }
    }
    running.stop().expect("it stops");
}

/// By another program than the engine's library.
fn sha256(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&file, bytes).expect("written");
    let path: &Path = file.path();
    let output = std::process::Command::new("sha256sum").arg(path).output().expect("sha256sum runs");
    String::from_utf8_lossy(&output.stdout).split_whitespace().next().expect("a hash").to_owned()
}
