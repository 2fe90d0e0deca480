//! Whose time it is: topics that bear the publishers' timestamps.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use yujing_config::Clock;
use yujing_kafka::{KafkaError, partitioner};
use yujing_live::RunError;

use crate::support::engine::{EngineFixture, complaint};
use crate::support::kafka::{TestRecord, create_topic, unique};

/// A complaint of a moment ago in a record that says it is of another time.
fn tell(fixture: &EngineFixture, operator: &str, event: &str, ahead: SignedDuration) {
    let now = Timestamp::now();
    let partition = partitioner::partition(operator.as_bytes(), fixture.config.topics.partitions);
    let stamp = now.saturating_add(ahead).expect("in range").as_millisecond();
    let document = complaint(operator, event, now.as_second() - 1).to_string();
    fixture.kafka().produce(&fixture.topic("complaints"), &[TestRecord::new(operator, document).at(partition, stamp)]);
}

/// As of when each operator's last score is.
fn newest_as_of(fixture: &EngineFixture) -> Timestamp {
    let records = fixture.kafka().read_committed(&fixture.config.topics.scores);
    let scores = records.iter().filter_map(|record| serde_json::from_slice::<Value>(record.value.as_deref()?).ok());
    scores.filter_map(|score| score["as_of"].as_str()?.parse().ok()).max().expect("there are scores")
}

#[test]
fn a_topic_of_publishers_time_is_refused_unless_named_and_then_no_record_moves_the_time_of_others() {
    let mut fixture = EngineFixture::new(Clock::Wall);
    let topic = unique("complaints");
    let for_ever = i64::MAX.to_string();
    let settings = [
        ("message.timestamp.after.max.ms", for_ever.as_str()),
        ("message.timestamp.before.max.ms", for_ever.as_str()),
        ("retention.ms", "-1"),
    ];
    create_topic(&topic, fixture.config.topics.partitions, &settings);
    create_topic(&format!("{topic}.dlq"), fixture.config.topics.partitions, &[("retention.ms", "-1")]);
    fixture.config.topics.inputs.insert("complaints".to_owned(), topic.clone());

    let refused = fixture.start().end();
    let Err(RunError::Kafka(KafkaError::Topics(unfit))) = &refused else { panic!("{refused:?}") };
    assert!(unfit[0].starts_with(&format!("{topic}: message.timestamp.type is CreateTime")), "{unfit:?}");
    assert!(unfit[0].contains("LogAppendTime") && unfit[0].contains("topics.accept_create_time"), "{unfit:?}");

    fixture.config.topics.accept_create_time = vec!["complaints".to_owned()];
    let running = fixture.start();
    running.await_ready();
    for event in ["a", "b", "c"] {
        tell(&fixture, "XC-0001", event, SignedDuration::ZERO);
    }
    let days = SignedDuration::from_hours(400 * 24);
    tell(&fixture, "XC-0002", "ahead", days);
    tell(&fixture, "XC-0002", "half-an-hour-ahead", SignedDuration::from_mins(30));
    fixture.await_consumed_by(&running);
    tell(&fixture, "XC-0001", "d", SignedDuration::ZERO);
    fixture.await_consumed_by(&running);
    let count = |metric: &prometheus::IntCounterVec| metric.with_label_values(&["complaints"]).get();
    assert_eq!((count(&running.metrics.records_ahead), count(&running.metrics.publisher_time_records)), (2, 6));
    running.stop().expect("it stops");
    let scores = fixture.scores();
    assert_eq!((scores["XC-0001"].0, scores["XC-0002"].0), (25, 0), "four complaints, and two");
    assert!(newest_as_of(&fixture) <= Timestamp::now());

    let running = fixture.start();
    running.await_ready();
    tell(&fixture, "XC-0002", "third", SignedDuration::ZERO);
    fixture.await_consumed_by(&running);
    running.stop().expect("it stops");
    assert_eq!((fixture.scores()["XC-0001"].0, fixture.scores()["XC-0002"].0), (25, 25), "a restart sees the same");
    assert!(newest_as_of(&fixture) <= Timestamp::now());
}
