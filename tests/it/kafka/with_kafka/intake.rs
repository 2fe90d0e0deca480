//! Batches from assigned partitions.

use std::time::Duration;

use jiff::Timestamp;
use rstest::rstest;
use yujing_kafka::Transactions as _;
use yujing_kafka::batch_consumer::{BatchLimits, Order};
use yujing_kafka::partitioner;

use crate::support::adapter::{config, input, intake, limits, transaction, transactions, values};
use crate::support::kafka::{TestRecord, create_topic, produce, unique};

/// 2026-01-01 in milliseconds.
const START: i64 = 1_767_225_600_000;

fn history(topic: &str, partition: i32, seconds: &[i64]) {
    let records: Vec<TestRecord> = seconds
        .iter()
        .map(|second| TestRecord::new("k", second.to_string()).at(partition, START + second * 1_000))
        .collect();
    produce(topic, &records);
}

#[test]
fn history_is_merged_by_timestamp_over_topics_and_partitions() {
    let config = config();
    let (visits, alerts) = (unique("visits"), unique("alerts"));
    create_topic(&visits, 2, &[]);
    create_topic(&alerts, 2, &[]);
    history(&visits, 0, &[1, 5, 9]);
    history(&visits, 1, &(10..400).collect::<Vec<_>>());
    history(&alerts, 0, &[2, 3, 500]);
    let mut intake = intake(&config, &[input(&visits, 0, 2), input(&alerts, 1, 2)], Order::Timestamp);
    let mut seconds = Vec::new();
    while seconds.len() < 396 {
        let batch = intake.collect(limits(100)).expect("a batch");
        assert!(!batch.records.is_empty(), "nothing more after {} records", seconds.len());
        seconds.extend(values(&batch).iter().map(|value| value.parse::<i64>().expect("a number")));
    }
    assert!(seconds.is_sorted(), "{seconds:?}");
}

#[test]
fn a_batch_of_history_ends_at_the_boundary() {
    let config = config();
    let topic = unique("visits");
    create_topic(&topic, 2, &[]);
    history(&topic, 0, &[1, 3, 7]);
    history(&topic, 1, &[2, 5, 6]);
    let mut intake = intake(&config, &[input(&topic, 0, 2)], Order::Timestamp);
    let until = |second: i64| {
        let at = Timestamp::from_millisecond(START + second * 1_000).expect("a time");
        BatchLimits { until: Some(at), ..limits(100) }
    };
    let first = intake.collect(until(3)).expect("a batch");
    assert_eq!((values(&first), first.boundary), (vec!["1".to_owned(), "2".to_owned(), "3".to_owned()], true));
    let none = intake.collect(until(4)).expect("a batch");
    assert_eq!((values(&none), none.boundary), (Vec::new(), true));
    let mut rest = Vec::new();
    while rest.len() < 3 {
        let batch = intake.collect(until(7)).expect("a batch");
        assert!(!batch.boundary, "nothing stands behind it");
        rest.extend(values(&batch));
    }
    assert_eq!(rest, ["5", "6", "7"]);
}

#[rstest]
#[case::as_they_arrive(Order::Arrival)]
#[case::by_time(Order::Timestamp)]
fn going_back_gives_the_same_records_again(#[case] order: Order) {
    let config = config();
    let topic = unique("visits");
    create_topic(&topic, 2, &[]);
    history(&topic, 0, &(0..300).collect::<Vec<_>>());
    history(&topic, 1, &(300..600).collect::<Vec<_>>());
    let mut intake = intake(&config, &[input(&topic, 0, 2)], order);
    let take = |intake: &mut yujing_kafka::batch_consumer::BatchConsumer, count: usize| {
        let mut taken = Vec::new();
        while taken.len() < count {
            taken.extend(values(&intake.collect(limits(count - taken.len())).expect("a batch")));
        }
        taken
    };
    take(&mut intake, 150);
    let place = intake.positions();
    let mut first = take(&mut intake, 250);
    for _ in 0..3 {
        intake.seek(&place).expect("sought");
        assert_eq!(intake.positions(), place);
        let mut again = take(&mut intake, 450);
        again.sort();
        first.sort();
        assert!(first.iter().all(|value| again.contains(value)), "records were lost by going back");
        assert_eq!(again.windows(2).filter(|pair| pair[0] == pair[1]).count(), 0, "records were doubled");
        assert_eq!(again.len(), 450);
    }
}

#[test]
fn the_end_is_reached_though_marks_of_transactions_stand_behind_the_last_record() {
    let config = config();
    let topic = unique("visits");
    create_topic(&topic, 1, &[]);
    transactions(&config).commit(transaction(&topic, &["1", "2"])).expect("committed");
    let mut intake = intake(&config, &[input(&topic, 0, 1)], Order::Arrival);
    // Two records and the mark.
    let ends = [((topic.as_str().into(), 0), 3)].into();
    assert!(!intake.reached(&ends));
    assert_eq!(values(&intake.collect(limits(2)).expect("a batch")), ["1", "2"]);
    for _ in 0..100 {
        if intake.reached(&ends) {
            break;
        }
        let more = BatchLimits { wait: Duration::from_millis(50), ..limits(10) };
        assert_eq!(values(&intake.collect(more).expect("a batch")), Vec::<String>::new());
    }
    assert!(intake.reached(&ends));
}

#[test]
fn records_in_a_foreign_partition_are_given_and_counted() {
    let config = config();
    let topic = unique("visits");
    create_topic(&topic, 2, &[]);
    let home = partitioner::partition(b"JY21201030043213", 2);
    let record = |partition: i32| TestRecord::new("JY21201030043213", "x").at(partition, START);
    let keyless = TestRecord { key: None, ..record(0) };
    // Its own hash does not matter: the operator is the one whose number it is another form of.
    let form = |partition: i32| TestRecord::new("jy2120 1030043213", "x").at(partition, START);
    produce(&topic, &[record(home), record(1 - home), record(1 - home), keyless, form(home), form(1 - home)]);
    let mut intake = intake(&config, &[input(&topic, 7, 2)], Order::Arrival);
    let (mut given, mut misrouted) = (0, 0);
    while given < 6 {
        let batch = intake.collect(limits(6 - given)).expect("a batch");
        given += batch.records.len();
        misrouted += batch.misrouted.get(&yujing_core::source::SourceId(7)).copied().unwrap_or_default();
    }
    assert_eq!((given, misrouted), (6, 3));
}

#[test]
fn a_batch_is_cut_at_its_limit_and_does_not_wait_longer_than_it_may() {
    let config = config();
    let topic = unique("visits");
    create_topic(&topic, 1, &[]);
    history(&topic, 0, &[1, 2, 3]);
    let mut intake = intake(&config, &[input(&topic, 0, 1)], Order::Arrival);
    assert_eq!(values(&intake.collect(limits(2)).expect("a batch")), ["1", "2"]);
    assert_eq!(values(&intake.collect(limits(2)).expect("a batch")), ["3"]);
    let began = std::time::Instant::now();
    let short = BatchLimits { wait: Duration::from_millis(50), ..limits(2) };
    assert!(intake.collect(short).expect("a batch").records.is_empty());
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_restarted_member_has_its_partitions_back_at_once() {
    let config = config();
    let topic = unique("visits");
    create_topic(&topic, 1, &[]);
    history(&topic, 0, &[1]);
    let began = std::time::Instant::now();
    // The first one is not closed: as after kill -9, the group still takes it for alive.
    let first = intake(&config, &[input(&topic, 0, 1)], Order::Arrival);
    let mut second = intake(&config, &[input(&topic, 0, 1)], Order::Arrival);
    assert_eq!(values(&second.collect(limits(1)).expect("a batch")), ["1"]);
    assert!(began.elapsed() < Duration::from_secs(14), "it waited for the dead one's session to end");
    drop(second);
    drop(first);
}
