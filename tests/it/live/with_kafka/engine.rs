//! The engine on Kafka: undisturbed, aborted, fenced, stopped and started again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::executor::block_on;
use jiff::Timestamp;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::{Offset, TopicPartitionList};
use rstest::rstest;
use yujing_config::Clock;
use yujing_kafka::producer_record::ProducerRecord;
use yujing_kafka::{KafkaError, Transaction, TransactionError, Transactions};
use yujing_live::RunError;

use crate::support::adapter::transactions;
use crate::support::engine::{EngineFixture, load, once, undisturbed};
use crate::support::kafka::{TestRecord, bootstrap, create_topic, eventually, produce, read_committed, unique};

/// An hour ago, so that nothing lies in the future.
fn start() -> i64 {
    Timestamp::now().as_second() - 3_600
}

/// Makes every third transaction fail for real: the broker refuses one of its records.
struct Poisoned<T> {
    inner: T,
    narrow: String,
    count: u32,
    aborts: Arc<AtomicU32>,
}

impl<T: Transactions> Transactions for Poisoned<T> {
    fn commit(&mut self, mut transaction: Transaction) -> Result<(), TransactionError> {
        self.count += 1;
        if self.count.is_multiple_of(3) {
            let noise = (0..5_000_u32).map(|index| index.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
            let value = Some(noise);
            transaction.records.push(ProducerRecord {
                topic: self.narrow.as_str().into(),
                key: None,
                value,
                headers: Vec::new(),
            });
        }
        let outcome = self.inner.commit(transaction);
        if matches!(outcome, Err(TransactionError::Aborted(_))) {
            self.aborts.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }
}

#[rstest]
#[case::wall(Clock::Wall)]
#[case::log(Clock::Log)]
fn i2_aborted_transactions_end_in_the_same_scores_and_warnings(#[case] clock: Clock) {
    let complaints = load(30, once, start(), 1);
    let expected = undisturbed(clock, &complaints);
    assert_eq!(expected.steps().len(), 20, "two operators in three are warned of");

    let fixture = EngineFixture::new(clock);
    let narrow = unique("narrow");
    create_topic(&narrow, 1, &[("max.message.bytes", "1000")]);
    let aborts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&aborts);
    let running = fixture.start_with(false, move |inner| Poisoned {
        inner,
        narrow: narrow.clone(),
        count: 0,
        aborts: Arc::clone(&counted),
    });
    running.await_ready();
    fixture.complain(&complaints);
    fixture.await_consumed_by(&running);
    running.stop().expect("it stops");
    assert!(aborts.load(Ordering::Relaxed) > 0, "nothing was disturbed");
    assert_eq!(fixture.scores(), expected.scores());
    assert_eq!(fixture.steps(), expected.steps());
}

#[rstest]
#[case::wall(Clock::Wall)]
#[case::log(Clock::Log)]
fn i2_a_fenced_engine_ends_and_the_next_start_goes_on_from_what_is_committed(#[case] clock: Clock) {
    let complaints = load(30, once, start(), 1);
    let expected = undisturbed(clock, &complaints);

    let fixture = EngineFixture::new(clock);
    let running = fixture.start();
    running.await_ready();
    fixture.complain(&complaints[..40]);
    fixture.await_consumed();
    // Another process takes its place.
    drop(transactions(&fixture.config));
    fixture.complain(&complaints[40..]);
    let outcome = running.end();
    assert!(matches!(outcome, Err(RunError::Kafka(KafkaError::Replaced(_)))), "{outcome:?}");

    let running = fixture.start();
    running.await_ready();
    fixture.await_consumed();
    running.stop().expect("it stops");
    assert_eq!(fixture.scores(), expected.scores());
    assert_eq!(fixture.steps(), expected.steps());
}

#[test]
fn a_second_engine_of_a_group_ends_the_first_and_goes_on() {
    let fixture = EngineFixture::new(Clock::Wall);
    let first = fixture.start();
    first.await_ready();
    let second = fixture.start();
    let outcome = first.end();
    assert!(matches!(outcome, Err(RunError::Kafka(KafkaError::Replaced(_)))), "{outcome:?}");
    second.await_ready();
    fixture.complain(&load(2, |_| 4, start(), 1));
    fixture.await_consumed_by(&second);
    second.stop().expect("it stops");
    assert_eq!(fixture.steps().len(), 2);
}

#[test]
fn a_restart_restores_scores_and_open_warnings_and_says_nothing_twice() {
    let complaints = load(12, once, start(), 1);
    let fixture = undisturbed(Clock::Wall, &complaints);
    let (scores, steps) = (fixture.scores(), fixture.steps());
    for _ in 0..2 {
        let running = fixture.start();
        running.await_ready();
        running.stop().expect("it stops");
        assert_eq!(fixture.scores(), scores);
        assert_eq!(fixture.steps(), steps);
    }
    // What was restored is alive: three more complaints raise the level of the open warning.
    let running = fixture.start();
    running.await_ready();
    let more = (0..3).map(|index| ("XC-0001".to_owned(), format!("more-{index}"), Timestamp::now().as_second() - 60));
    fixture.complain(&more.collect::<Vec<_>>());
    fixture.await_consumed();
    running.stop().expect("it stops");
    let after = &fixture.steps()["XC-0001"];
    assert_eq!(after[..1], steps["XC-0001"][..]);
    let (id, sequence, step, level) = after.last().expect("a step");
    assert_eq!((id, step.as_str(), level.as_str()), (&after[0].0, "escalated", "orange"));
    assert_eq!(*sequence, u64::try_from(after.len()).expect("few"));
}

#[test]
fn a_first_load_raises_at_most_one_warning_an_operator() {
    let fixture = EngineFixture::new(Clock::Wall);
    // Seven complaints each: scored one by one, they would open at blue and escalate to orange.
    fixture.complain(&load(5, |_| 7, start(), 1));
    let running = fixture.start();
    running.await_ready();
    running.stop().expect("it stops");
    let steps = fixture.steps();
    assert_eq!(steps.len(), 5);
    for (operator, steps) in steps {
        let kinds: Vec<_> = steps.iter().map(|(_, sequence, step, level)| (*sequence, &**step, &**level)).collect();
        assert_eq!(kinds, [(1, "opened", "orange")], "{operator}");
    }
    assert_eq!(
        read_committed(&fixture.config.topics.rulesets).len(),
        2,
        "the ruleset is published once, and put in force"
    );
}

#[test]
fn one_bad_record_amid_a_batch_loses_nobody_elses_event() {
    let fixture = EngineFixture::new(Clock::Wall);
    let running = fixture.start();
    running.await_ready();
    let complaints = load(2, |_| 4, start(), 1);
    fixture.complain(&complaints[..4]);
    let topic = fixture.topic("complaints");
    let garbage = TestRecord { key: None, value: Some(vec![0xff, 0x00, b'{']), ..TestRecord::default() };
    produce(&topic, std::slice::from_ref(&garbage));
    fixture.complain(&complaints[4..]);
    fixture.await_consumed();
    running.stop().expect("it stops");
    assert_eq!(fixture.steps().len(), 2);
    let dead = read_committed(&format!("{topic}{}", fixture.config.topics.dead_letter_suffix));
    assert_eq!(dead.len(), 1);
    assert_eq!((&dead[0].key, &dead[0].value), (&garbage.key, &garbage.value));
    assert_eq!(dead[0].header("yujing.error.code"), "not_utf8");
}

#[test]
fn events_deleted_unread_stop_the_start_until_the_gap_is_accepted() {
    let fixture = undisturbed(Clock::Wall, &load(2, |_| 2, start(), 1));
    fixture.complain(&load(2, |_| 6, start(), 1));
    let topic = fixture.topic("complaints");
    let mut before = TopicPartitionList::new();
    for partition in 0..2 {
        before.add_partition_offset(&topic, partition, Offset::End).expect("a valid offset");
    }
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", bootstrap()).create().expect("a client");
    block_on(admin.delete_records(&before, &AdminOptions::new())).expect("deleted");

    let error = fixture.start().end().expect_err("events are missing");
    assert!(matches!(error, RunError::Gap(_)), "{error}");
    assert!(error.to_string().contains(&topic) && error.to_string().contains("--accept-gap"), "{error}");

    let running = fixture.start_with(true, |transactions| transactions);
    running.await_ready();
    fixture.complain(&[("XC-0009".to_owned(), "later".to_owned(), start())]);
    fixture.await_consumed();
    running.stop().expect("it stops");
    let scores = read_committed(&fixture.config.topics.scores);
    let last: serde_json::Value = serde_json::from_slice(
        scores
            .iter()
            .rfind(|record| record.key.as_deref() == Some(b"XC-0009"))
            .expect("scored")
            .value
            .as_deref()
            .expect("a value"),
    )
    .expect("JSON");
    assert!(!last["degraded"].as_array().expect("a list").is_empty(), "{last}");
}

#[test]
fn a_broker_that_is_not_there_is_waited_for_and_the_wait_can_be_ended() {
    let mut fixture = EngineFixture::new(Clock::Wall);
    fixture.config.kafka.bootstrap_servers = "127.0.0.1:9".to_owned();
    let running = fixture.start();
    running.await_waiting("127.0.0.1:9");
    running.stop().expect("it stops though it never reached Kafka");
}

#[test]
fn history_by_the_logs_clock_goes_up_and_down_at_the_same_instants_however_often_it_is_interrupted() {
    // Complaints of half a year ago: warnings open, escalate, and are resolved as the windows pass over them. They
    // begin at one in the morning, so that the boundary at midnight falls where it does at whatever hour this runs.
    let today = Timestamp::now().as_second() / 86_400;
    let begin = (today - 200) * 86_400 + 3_600;
    let mut complaints = load(6, |operator| 3 + operator, begin, 3_600);
    // What moves the clock on: one complaint a week to somebody else.
    let last = complaints.last().expect("one").2;
    complaints.extend((1..20).map(|week| ("XC-9999".to_owned(), format!("w-{week}"), last + week * 7 * 86_400)));
    let configure =
        |fixture: &mut EngineFixture| fixture.config.engine.sweep_interval = jiff::SignedDuration::from_hours(24);

    let mut whole = EngineFixture::new(Clock::Log);
    configure(&mut whole);
    whole.complain(&complaints);
    let running = whole.start();
    whole.await_consumed();
    running.stop().expect("it stops");
    let steps = whole.steps();
    assert!(steps.values().flatten().any(|(_, _, step, _)| step == "resolved"), "{steps:?}");
    assert!(steps.values().flatten().any(|(_, _, step, _)| step == "escalated"), "{steps:?}");

    let mut parts = EngineFixture::new(Clock::Log);
    configure(&mut parts);
    parts.complain(&complaints);
    for _ in 0..4 {
        let running = parts.start();
        running.await_ready();
        let seen = parts.steps().len();
        eventually("some progress", || (parts.steps().len() > seen || parts.steps() == steps).then_some(()));
        running.stop().expect("it stops");
    }
    let running = parts.start();
    parts.await_consumed();
    running.stop().expect("it stops");
    assert_eq!(parts.steps(), steps);
    assert_eq!(parts.scores(), whole.scores());
}
