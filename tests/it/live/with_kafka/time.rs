//! Whose time it is: topics that bear the publishers' timestamps.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use yujing_config::Clock;
use yujing_kafka::{KafkaError, partitioner};
use yujing_live::RunError;

use crate::support::engine::{EngineFixture, complaint};
use crate::support::kafka::{TestRecord, create_topic, eventually, unique};

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

/// Points of each score of an operator so far, and as of when they are.
fn scored(fixture: &EngineFixture, operator: &str) -> Vec<(i64, Timestamp)> {
    let records = fixture.kafka().read_committed(&fixture.config.topics.scores);
    let of_operator = records.iter().filter(|record| record.key.as_deref() == Some(operator.as_bytes()));
    let scores = of_operator.map(|record| serde_json::from_slice::<Value>(record.value.as_deref().expect("a value")));
    let point = |score: Value| {
        let as_of = score["as_of"].as_str().and_then(|as_of| as_of.parse().ok());
        (score["score"].as_i64().expect("points"), as_of.expect("an instant"))
    };
    scores.map(|score| point(score.expect("JSON"))).collect()
}

#[test]
fn a_score_falls_at_the_very_instant_at_which_a_window_ends_and_while_nothing_changes_nothing_is_written() {
    const WINDOW: i64 = 30 * 86_400;
    const SOON: i64 = 20;
    let fixture = EngineFixture::new(Clock::Wall);
    let running = fixture.start();
    running.await_ready();
    let end = Timestamp::now().as_second() + SOON;
    let days_later = |days: i64| end - WINDOW + days * 86_400;
    let complaints = [("leaves", 0), ("stays", 1), ("stays-too", 2)];
    fixture.complain(&complaints.map(|(event, days)| ("XC-0001".to_owned(), event.to_owned(), days_later(days))));

    let fallen = eventually("a score that fell", || {
        let scores = scored(&fixture, "XC-0001");
        let (_, before) = scores.split_last().filter(|(last, _)| last.1.as_second() >= end)?;
        Some((before.last().copied(), scores.last().copied()))
    });
    let instant = Timestamp::from_second(end).expect("an instant");
    assert_eq!((fallen.0.map(|score| score.0), fallen.1), (Some(25), Some((0, instant))), "no sweep was due");

    let written = || (scored(&fixture, "XC-0001").len(), fixture.steps()["XC-0001"].len());
    let committed = || running.metrics.transactions.with_label_values(&["committed"]).get();
    std::thread::sleep(Duration::from_millis(500));
    let (before, transactions) = (written(), committed());
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!((written(), committed()), (before, transactions));
    running.stop().expect("it stops");
}
