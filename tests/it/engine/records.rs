//! Whatever a record of Kafka holds, the core takes it: it is applied or refused, counted once, and leaves a dead
//! letter that is reported in full (I1, I6).

use std::path::Path;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use yujing_core::engine::{Engine, Mode, Output, Positions};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{DecodedRecord, Header, Record, SourceId, Sources};
use yujing_core::warning::Cause;
use yujing_kafka::stamp;
use yujing_live::dead_letter;
use yujing_workbench::{rules_folder, schemas_folder};

use crate::source::examples::examples;
use crate::support::ruleset::small_ruleset;

static SOURCES: LazyLock<Arc<Sources>> =
    LazyLock::new(|| Arc::new(schemas_folder::load(Path::new("schemas")).expect("the published schemas are valid")));

static RULESET: LazyLock<Arc<Ruleset>> = LazyLock::new(|| {
    let folder = small_ruleset(&[]);
    Arc::new(
        rules_folder::load(folder.path(), &SOURCES).unwrap_or_else(|problems| panic!("{}", problems.render(false))),
    )
});

/// Values of which some are nearly right, for else nothing but the JSON parser would be tried.
static VALUES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let names: Vec<String> = SOURCES.iter().map(|(_, source)| source.name.to_string()).collect();
    names.iter().flat_map(|name| examples(name, "valid")).map(|(_, value)| value).collect()
});

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let example = any::<prop::sample::Index>().prop_map(|index| index.get(&VALUES).clone());
    let damaged = (example.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut value, place, byte)| {
        let place = place.index(value.len());
        value[place] = byte;
        value
    });
    prop_oneof![bytes(), example, damaged]
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    let usual = 1_700_000_000_000_i64..1_900_000_000_000;
    let extreme = prop::sample::select(vec![None, Some(i64::MIN), Some(-1), Some(0), Some(i64::MAX)]);
    prop_oneof![8 => usual.prop_map(Some), 1 => extreme, 1 => any::<i64>().prop_map(Some)].prop_map(stamp::timestamp)
}

fn header() -> impl Strategy<Value = Header> {
    let known = ["ce_id", "ce_source", "ce_time", "ce_subject", "ce_specversion", "ce_type", "content-type"];
    let name = prop_oneof![prop::sample::select(known.map(str::to_owned).to_vec()), ".{0,8}"];
    (name, option::of(bytes())).prop_map(|(name, value)| Header { name, value })
}

fn record() -> impl Strategy<Value = Record> {
    let place = (0..SOURCES.iter().len(), any::<i32>(), any::<i64>());
    let key = option::of(prop_oneof![bytes(), Just(b"JY21201030043213".to_vec())]);
    let content = (timestamp(), key, option::of(value()), vec(header(), 0..4));
    (place, content).prop_map(|((source, partition, offset), (timestamp, key, value, headers))| Record {
        source: SourceId(u16::try_from(source).expect("few")),
        topic: "anything".into(),
        partition,
        offset,
        timestamp,
        key,
        value,
        headers,
    })
}

fn engine() -> Engine {
    Engine::new(Arc::clone(&SOURCES), Arc::clone(&RULESET))
}

/// Decodes records a slice a thread.
fn decoded_on(threads: usize, engine: &Engine, records: &[Record]) -> Vec<DecodedRecord> {
    let decoders = engine.decoders();
    std::thread::scope(|scope| {
        let slices = records.chunks(records.len().div_ceil(threads));
        let decoding: Vec<_> = slices.map(|slice| scope.spawn(|| decoders.decode_all(slice))).collect();
        decoding.into_iter().flat_map(|one| one.join().expect("decoding does not panic")).collect()
    })
}

/// Everything of an output but how long it took.
fn shown(output: &Output) -> String {
    let Output { scores, warnings, dead_letters, areas, tally } = output;
    let mut outcomes: Vec<_> = tally.outcomes.iter().collect();
    outcomes.sort_by_key(|(key, _)| format!("{key:?}"));
    format!("{scores:#?}{warnings:#?}{dead_letters:#?}{areas:#?}{outcomes:?}{:?}{:?}", tally.refused, tally.publishers)
}

fn everyone(engine: &mut Engine) -> String {
    let at = engine.as_of().expect("there was a record");
    let operators = engine.operators();
    let pending = engine.sweep(&operators, at, Cause::Time, &Positions::new());
    shown(&pending.expect("features are computed").output)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn i1_whatever_records_hold_each_is_counted_once_and_the_engine_goes_on(
        batches in vec((vec(record(), 1..12), any::<bool>()), 1..4),
    ) {
        let mut engine = Engine::new(Arc::clone(&SOURCES), Arc::clone(&RULESET));
        for (records, is_live) in batches {
            let consumed = records.len() as u64;
            let mode = if is_live { Mode::Live } else { Mode::CatchUp };
            let pending = engine.apply(&records, &Positions::new(), mode).expect("features are computed");
            prop_assert_eq!(pending.output.tally.records(), consumed);
            for letter in &pending.output.dead_letters {
                let dead = dead_letter::encode(letter, "anything.dlq".into(), 1_000_000);
                prop_assert_eq!((dead.key.as_deref(), &dead.value), (letter.record.key.as_deref(), &letter.record.value));
            }
            engine.commit(pending);
            engine.expire();
        }
        let at = engine.as_of().expect("there was a record");
        let everyone = engine.operators();
        let pending = engine.sweep(&everyone, at, Cause::Time, &Positions::new()).expect("features are computed");
        engine.commit(pending);
    }

    #[test]
    fn records_decoded_ahead_on_any_number_of_threads_are_decided_and_restored_alike(
        batches in vec((vec(record(), 1..12), any::<bool>()), 1..4),
        threads in prop::sample::select(vec![1_usize, 2, 5]),
        latest in timestamp(),
    ) {
        let (mut plain, mut ahead) = (engine(), engine());
        let (mut restored, mut restored_ahead) = (engine(), engine());
        for (records, is_live) in batches {
            let mode = if is_live { Mode::Live } else { Mode::CatchUp };
            let no_positions = Positions::new();
            let one = plain.apply_until(&records, &no_positions, mode, latest).expect("features are computed");
            let decoded = decoded_on(threads, &ahead, &records);
            let other = ahead.apply_decoded(&records, decoded, &no_positions, mode, latest);
            let other = other.expect("features are computed");
            prop_assert_eq!(shown(&one.output), shown(&other.output));
            plain.commit(one);
            ahead.commit(other);

            let one = restored.apply_until(&records, &no_positions, Mode::Restore, latest).expect("nothing is computed");
            let tally = restored_ahead.restore(decoded_on(threads, &restored_ahead, &records), latest);
            prop_assert_eq!(one.output.tally.outcomes.clone(), tally.outcomes);
            restored.commit(one);
        }
        prop_assert_eq!(everyone(&mut plain), everyone(&mut ahead));
        prop_assert_eq!(everyone(&mut restored), everyone(&mut restored_ahead));
        prop_assert_eq!(restored.due(Timestamp::MAX), restored_ahead.due(Timestamp::MAX));
    }
}
