//! The producers that publishers are given, run as they are: `schemas/producers`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;
use yujing_config::Clock;
use yujing_core::source::{Decoder, Header, Record};
use yujing_workbench::schemas_folder;

use crate::source::examples::examples;
use crate::support::engine::EngineFixture;
use crate::support::kafka::{bootstrap, create_topic, is_given, jars, read_committed, unique};
use crate::support::murmur2::vectors;

#[derive(Debug, Clone, Copy)]
enum Producer {
    Python,
    Java,
}

impl Producer {
    /// Runs it with events, one a line, on its standard input.
    fn publish(self, topic: &str, events: &[Value]) -> Output {
        let mut command = match self {
            Self::Python => {
                let mut command = Command::new(python());
                command.arg(root().join("schemas/producers/producer.py"));
                command
            }
            Self::Java => {
                let mut command = Command::new("java");
                command.arg("-cp").arg(format!("{}:{}/*", compiled().display(), jars().display())).arg("Producer");
                command
            }
        };
        let mut child = command
            .args([bootstrap(), topic])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
        // A producer that gives up early closes its end.
        child.stdin.take().expect("piped").write_all(lines.as_bytes()).ok();
        child.wait_with_output().expect("it ends")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A Python that has what the producer needs.
fn python() -> PathBuf {
    let output = Command::new("sh").arg(root().join("tests/producers/fetch.sh")).output().expect("sh runs");
    assert!(output.status.success(), "no Python to test with:\n{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// The folder with the compiled Java producer.
fn compiled() -> &'static Path {
    static CLASSES: OnceLock<TempDir> = OnceLock::new();
    CLASSES
        .get_or_init(|| {
            let folder = tempfile::tempdir().expect("a folder");
            let output = Command::new("javac")
                .arg("-cp")
                .arg(format!("{}/*", jars().display()))
                .arg("-d")
                .arg(folder.path())
                .arg(root().join("schemas/producers/Producer.java"))
                .output()
                .expect("javac is needed: `make setup` says how to get it");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            folder
        })
        .path()
}

/// The first published complaint, as another event of another operator.
fn complaint(operator: &str, event: &str, at: Timestamp) -> Value {
    let (_, bytes) = examples("complaints", "valid").remove(0);
    let mut document: Value = serde_json::from_slice(&bytes).expect("JSON");
    for (name, value) in [("operator_id", operator), ("event_id", event), ("occurred_at", &at.to_string())] {
        document[name] = json!(value);
    }
    document.as_object_mut().expect("an object").remove("reported_at");
    document
}

#[rstest]
#[case::python(Producer::Python)]
#[case::java(Producer::Java)]
fn what_the_published_producers_send_is_keyed_partitioned_and_read_as_the_guide_says(#[case] producer: Producer) {
    if is_given() {
        return;
    }
    let vectors = vectors();
    let sources = schemas_folder::load(&root().join("schemas")).expect("the published schemas are valid");
    let (id, source) = sources.by_name("complaints").expect("a source");
    let decoder = Decoder::new(id, source.clone());
    for partitions in [4, 12] {
        let topic = unique("complaints");
        create_topic(&topic, partitions, &[]);
        let events: Vec<Value> =
            vectors.iter().map(|vector| complaint(&vector.key, &vector.key, Timestamp::now())).collect();
        let output = producer.publish(&topic, &events);
        assert!(output.status.success(), "{output:?}");

        let sent = read_committed(&topic);
        assert_eq!(sent.len(), vectors.len());
        for (vector, event) in vectors.iter().zip(&events) {
            let key = &vector.key;
            let record = sent
                .iter()
                .find(|record| record.key.as_deref() == Some(key.as_bytes()))
                .unwrap_or_else(|| panic!("no record with the key {key}"));
            assert_eq!(record.partition, vector.partition_of(partitions), "{key} of {partitions}");
            let value: Value = serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
            assert_eq!(value, *event);
            assert_eq!(record.header("content-type"), "application/json");
            let headers = record
                .headers
                .iter()
                .map(|(name, value)| Header { name: name.clone(), value: Some(value.clone()) })
                .collect();
            let decoded = decoder.decode(&Record {
                source: id,
                topic: topic.as_str().into(),
                partition: record.partition,
                offset: record.offset,
                timestamp: Timestamp::from_millisecond(record.timestamp).expect("a time"),
                key: record.key.clone(),
                value: record.value.clone(),
                headers,
            });
            let decoded = decoded.unwrap_or_else(|refusal| panic!("{key}: {refusal}"));
            assert_eq!(&*decoded.operator_id, key.as_str());
        }
    }
}

#[test]
fn an_engine_takes_what_the_published_producers_send_and_finds_nothing_misrouted() {
    if is_given() {
        return;
    }
    let fixture = EngineFixture::new(Clock::Wall);
    let running = fixture.start();
    running.await_ready();
    let at = Timestamp::now() - SignedDuration::from_hours(1);
    let events = |name: &str| -> Vec<Value> {
        let of = |operator: usize| {
            let id = format!("XC-{name}-{operator:02}");
            (0..3).map(move |event| complaint(&id, &format!("{id}-{event}"), at)).collect::<Vec<_>>()
        };
        (0..20).flat_map(of).collect()
    };
    for (producer, name) in [(Producer::Python, "PY"), (Producer::Java, "JV")] {
        let output = producer.publish(&fixture.topic("complaints"), &events(name));
        assert!(output.status.success(), "{output:?}");
    }
    fixture.await_consumed_by(&running);
    let metrics = std::sync::Arc::clone(&running.metrics);
    running.stop().expect("it stops");
    assert_eq!(metrics.events.with_label_values(&["complaints", "applied"]).get(), 120);
    assert_eq!(metrics.misrouted_records.with_label_values(&["complaints"]).get(), 0);
    assert_eq!(fixture.steps().len(), 40, "three complaints each open a warning each");
}

#[rstest]
#[case::python(Producer::Python)]
#[case::java(Producer::Java)]
fn a_published_producer_that_could_not_deliver_says_so_and_ends_with_1(#[case] producer: Producer) {
    if is_given() {
        return;
    }
    let topic = unique("narrow");
    create_topic(&topic, 1, &[("max.message.bytes", "1000")]);
    let mut large = complaint("XC-0001", "c-1", Timestamp::now());
    // Noise, which no compression makes small enough.
    let noise = (0..3_000_u32).map(|index| index.wrapping_mul(2_654_435_761).to_string()).collect::<String>();
    large["note"] = json!(noise);
    let output = producer.publish(&topic, &[large]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("XC-0001 was not delivered"), "{said}");

    let mut nobody = complaint("XC-0001", "c-2", Timestamp::now());
    nobody["operator_id"] = json!("");
    let output = producer.publish(&topic, &[nobody]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("an event has no operator_id"), "{said}");
    assert!(read_committed(&topic).is_empty());
}
