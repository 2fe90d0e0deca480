//! What the alerts about lag stand on: every partition has its number, and it goes to zero.

use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::support::kafka::{bootstrap, eventually, unique};
use crate::support::program::{Program, SCHOOL, rodent};

#[test]
fn lag_of_every_partition_is_reported_and_goes_to_zero_behind_a_publishers_transaction_too() {
    let program = Program::new();
    program.create_topics();
    let _engine = program.start();
    program.wait_until_ready();

    // A commit leaves a mark in the log that no reader ever gets.
    let topic = program.value("TOPICS__INPUTS__CAMERA_ALERTS");
    let patience = Duration::from_mins(1);
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap())
        .set("transactional.id", unique("publisher"))
        .create()
        .expect("a producer");
    producer.init_transactions(patience).expect("known");
    producer.begin_transaction().expect("begun");
    let event = rodent().to_string();
    producer.send(BaseRecord::to(topic).partition(1).key(SCHOOL).payload(&event)).expect("sent");
    producer.commit_transaction(patience).expect("committed");

    let applied = r#"yujing_events_total{outcome="applied",source="camera-alerts"} 1"#;
    let metrics = || program.text("/metrics").filter(|text| text.lines().any(|line| line == applied));
    eventually("the event", metrics);
    let reported = |text: &str| {
        let lines = text.lines().filter(|line| line.starts_with("yujing_consumer_lag_records{"));
        lines.map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    // Seven sources with two partitions each.
    let lags = eventually("a lag of zero everywhere", || {
        let lags = reported(&metrics()?);
        (lags.len() == 14 && lags.iter().all(|lag| lag == "0")).then_some(lags)
    });
    assert_eq!(lags.len(), 14);
    // It stays so: the mark is not taken for a record that waits. Longer than two measurements.
    std::thread::sleep(Duration::from_secs(11));
    assert!(reported(&metrics().expect("it answers")).iter().all(|lag| lag == "0"));
}
