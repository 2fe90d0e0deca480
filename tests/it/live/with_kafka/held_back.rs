//! A publisher's transaction that stays open: what is written behind it cannot be read, and that is reported.

use jiff::Timestamp;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::Value;
use yujing_config::Clock;
use yujing_kafka::partitioner;

use crate::support::engine::{EngineFixture, complaint};
use crate::support::kafka::{PATIENCE, eventually, read_committed, unique};

/// An operator whose records belong to this partition of two.
fn operator_of(partition: i32) -> String {
    let mut names = (0..10_000).map(|number| format!("XC-{number:04}"));
    names.find(|name| partitioner::partition(name.as_bytes(), 2) == partition).expect("there are enough")
}

/// A client that has opened a transaction and sent one record in it to partition 0 of a topic.
fn open_transaction(fixture: &EngineFixture, topic: &str, key: &str, value: &str) -> BaseProducer {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", fixture.kafka().0)
        .set("transactional.id", unique("publisher"))
        .set("transaction.timeout.ms", "600000")
        .create()
        .expect("a producer");
    producer.init_transactions(PATIENCE).expect("ready");
    producer.begin_transaction().expect("begun");
    let record = BaseRecord::to(topic).partition(0).key(key).payload(value);
    producer.send(record).map_err(|(error, _)| error).expect("sent");
    producer.flush(PATIENCE).expect("written");
    producer
}

#[test]
fn i5_what_an_open_transaction_holds_back_is_lag_is_named_and_marks_scores_until_it_ends() {
    let fixture = EngineFixture::new(Clock::Wall);
    let topic = fixture.topic("complaints");
    let running = fixture.start();
    running.await_ready();
    let second = Timestamp::now().as_second() - 600;
    let (here, elsewhere) = (operator_of(0), operator_of(1));
    let publisher = open_transaction(&fixture, &topic, &here, &complaint(&here, "open", second).to_string());
    fixture.complain(&[(here.clone(), "behind".to_owned(), second)]);

    let lag = || running.metrics.consumer_lag_records.with_label_values(&[topic.as_str(), "0"]).get();
    let held_for = || running.metrics.consumer_held_back_seconds.with_label_values(&[topic.as_str(), "0"]).get();
    let held = eventually("a hold", || running.status.held_back().pop());
    assert_eq!((held.topic.as_str(), held.partition, held.records), (topic.as_str(), 0, 2));
    assert!(held.since <= Timestamp::now() && held_for() > 10.0 && lag() == 2, "{held:?}: {} s, {}", held_for(), lag());
    assert!(running.status.is_ready(), "what can be read is scored");

    fixture.complain(&[(elsewhere.clone(), "elsewhere".to_owned(), second)]);
    let coverage = |operator: &str| {
        let of = |record: &Value| (record["operator_id"] == operator).then(|| record["coverage"]["complaints"].clone());
        let scores = read_committed(&fixture.config.topics.scores).into_iter();
        scores.filter_map(|record| of(&serde_json::from_slice(&record.value?).expect("JSON"))).next_back()
    };
    assert_eq!(eventually("a score", || coverage(&elsewhere)), "held");
    assert_eq!(coverage(&here), None);

    publisher.commit_transaction(PATIENCE).expect("committed");
    fixture.await_consumed_by(&running);
    eventually("nothing held back", || (running.status.held_back().is_empty() && lag() == 0).then_some(()));
    assert!(held_for() < f64::EPSILON);
    fixture.complain(&[(here.clone(), "later".to_owned(), second)]);
    eventually("a fresh score", || coverage(&here).filter(|coverage| coverage == "fresh"));
    running.stop().expect("it stops");
}

#[test]
fn a_start_waits_while_scores_stand_behind_an_open_transaction() {
    let fixture = EngineFixture::new(Clock::Wall);
    let stranger = open_transaction(&fixture, &fixture.config.topics.scores, "XC-0001", "not json");
    let running = fixture.start();
    let reason = running.await_waiting(&fixture.config.topics.scores);
    assert!(reason.contains("deploy/README.md"), "{reason}");
    stranger.abort_transaction(PATIENCE).expect("aborted");
    running.await_ready();
    running.stop().expect("it stops");
}
