//! I2: records and offsets of a transaction become visible together, or not at all.

use std::time::{Duration, Instant};

use yujing_kafka::batch_consumer::Order;
use yujing_kafka::producer_record::ProducerRecord;
use yujing_kafka::transaction::KafkaTransactions;
use yujing_kafka::{Transaction, TransactionError, Transactions as _};

use crate::support::adapter::{
    clients, committed_offset, config, config_on, input, intake, limits, metrics, transaction, transactions, values,
};
use crate::support::kafka::{
    Kafka, PrivateBroker, TestRecord, create_topic, produce, read_committed, read_uncommitted, unique,
};
use crate::support::processor::ProcessorTime;

fn seen(topic: &str) -> Vec<String> {
    let text = |record: &TestRecord| String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()).into_owned();
    read_committed(topic).iter().map(text).collect()
}

#[test]
fn i2_a_commit_shows_the_records_of_all_topics_and_the_offsets_they_came_from() {
    let config = config();
    let (from, one, other) = (unique("in"), unique("one"), unique("other"));
    for topic in [&from, &one, &other] {
        create_topic(topic, 1, &[]);
    }
    produce(&from, &[TestRecord::new("a", "1"), TestRecord::new("a", "2"), TestRecord::new("a", "3")]);
    let mut intake = intake(&config, &[input(&from, 0, 1)], Order::Arrival);
    assert_eq!(values(&intake.collect(limits(2)).expect("a batch")), ["1", "2"]);

    let outgoing = |topic: &str| ProducerRecord {
        topic: topic.into(),
        key: None,
        value: Some(b"result".to_vec()),
        headers: Vec::new(),
    };
    let batch = Transaction {
        records: vec![outgoing(&one), outgoing(&other)],
        positions: intake.positions(),
        group: intake.group(),
    };
    assert_eq!(committed_offset(&config, &from, 0), None);
    transactions(&config).commit(batch).expect("committed");
    assert_eq!((seen(&one), seen(&other)), (vec!["result".to_owned()], vec!["result".to_owned()]));
    assert_eq!(committed_offset(&config, &from, 0), Some(2));
}

#[test]
fn i2_after_an_abort_nothing_is_visible_and_the_same_records_come_again() {
    let config = config();
    let (from, to, narrow) = (unique("in"), unique("out"), unique("narrow"));
    create_topic(&from, 1, &[]);
    create_topic(&to, 1, &[]);
    create_topic(&narrow, 1, &[("max.message.bytes", "1000")]);
    produce(&from, &[TestRecord::new("a", "1"), TestRecord::new("a", "2")]);
    let mut intake = intake(&config, &[input(&from, 0, 1)], Order::Arrival);
    let beginning = intake.positions();
    assert_eq!(values(&intake.collect(limits(2)).expect("a batch")), ["1", "2"]);

    // The broker refuses the second record, after the first was written.
    let mut doomed = transaction(&to, &["result"]);
    let mut generator = (0..5_000_u32).scan(7_u32, |state, _| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 24) as u8)
    });
    doomed.records.push(ProducerRecord {
        topic: narrow.as_str().into(),
        key: None,
        // Noise, which no compression makes small enough.
        value: Some(generator.by_ref().collect()),
        headers: Vec::new(),
    });
    doomed.positions = intake.positions();
    doomed.group = intake.group();
    let mut transactions = transactions(&config);
    let outcome = transactions.commit(doomed);
    assert!(matches!(outcome, Err(TransactionError::Aborted(_))), "{outcome:?}");
    assert_eq!(seen(&to), Vec::<String>::new());
    assert_eq!(read_uncommitted(&to).len(), 1, "it was written, and is hidden");
    assert_eq!(committed_offset(&config, &from, 0), None);

    intake.seek(&beginning).expect("sought");
    assert_eq!(values(&intake.collect(limits(2)).expect("a batch")), ["1", "2"]);
    let mut second = transaction(&to, &["second try"]);
    second.positions = intake.positions();
    second.group = intake.group();
    transactions.commit(second).expect("committed");
    assert_eq!(seen(&to), ["second try"]);
    assert_eq!(committed_offset(&config, &from, 0), Some(2));
}

#[test]
fn i2_a_producer_that_was_replaced_can_commit_nothing_more() {
    let config = config();
    let topic = unique("out");
    create_topic(&topic, 1, &[]);
    let mut old = transactions(&config);
    old.commit(transaction(&topic, &["before"])).expect("committed");
    let mut new = transactions(&config);
    let outcome = old.commit(transaction(&topic, &["zombie"]));
    assert!(matches!(outcome, Err(TransactionError::Fenced(_))), "{outcome:?}");
    new.commit(transaction(&topic, &["after"])).expect("committed");
    assert_eq!(seen(&topic), ["before", "after"]);
}

#[test]
fn a_record_that_the_client_itself_refuses_is_not_tried_for_ever() {
    let config = config();
    let topic = unique("out");
    create_topic(&topic, 1, &[]);
    let mut transactions = transactions(&config);
    let outcome = transactions.commit(transaction(&topic, &["x".repeat(2_000_000).as_str()]));
    let Err(TransactionError::Refused(reason)) = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains(&topic) && reason.contains("JY21201030043213"), "{reason}");
}

#[test]
fn waiting_for_a_broker_that_does_not_answer_takes_no_processor() {
    let Some(broker) = PrivateBroker::with_more_settings("broker.session.timeout.ms=600000") else { return };
    let (config, topic) = (config_on(&broker.address()), unique("out"));
    Kafka(&broker.address()).create_topic(&topic, 1, &[]);
    let mut transactions =
        KafkaTransactions::new(&clients(&config), Duration::from_secs(2), &metrics()).expect("created");
    transactions.fence(Duration::from_secs(30)).expect("fenced");
    transactions.commit(transaction(&topic, &["before"])).expect("committed");
    broker.hold();
    let (before, began) = (ProcessorTime::of_this_thread(), Instant::now());
    let outcome = transactions.commit(transaction(&topic, &["without an answer"]));
    let (used, took) = (ProcessorTime::of_this_thread().used.saturating_sub(before.used), began.elapsed());
    broker.release();
    assert!(outcome.is_err() && took > Duration::from_secs(1), "{outcome:?} after {took:?}");
    assert!(used < took / 5, "{used:?} of the {took:?} that it waited");
}
