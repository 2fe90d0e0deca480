//! The consumer group: strangers that join and leave it, and how far the engine is behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use yujing_config::Clock;
use yujing_kafka::{Transaction, TransactionError, Transactions};

use crate::support::engine::{EngineFixture, RunningEngine, load, once, undisturbed};
use crate::support::kafka::{create_topic, eventually, unique};

fn complaints() -> Vec<(String, String, i64)> {
    load(60, once, Timestamp::now().as_second() - 7_200, 1)
}

/// Another member of an engine's group. It leaves when dropped.
struct Stranger {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stranger {
    /// Joins, reads a topic, and waits until the group has given it what there is.
    fn join(fixture: &EngineFixture, topic: &str) -> Self {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", fixture.kafka().0)
            .set("group.id", &fixture.config.kafka.group_id)
            .set("partition.assignment.strategy", "range")
            .set("session.timeout.ms", "10000")
            .set("enable.auto.commit", "false")
            .create()
            .expect("a consumer");
        consumer.subscribe(&[topic]).expect("subscribed");
        let (stop, given) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (stopped, is_given) = (Arc::clone(&stop), Arc::clone(&given));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                // What it reads is nothing to it.
                drop(consumer.poll(Duration::from_millis(20)));
                is_given.fetch_or(consumer.assignment().is_ok_and(|list| list.count() > 0), Ordering::Relaxed);
            }
        });
        eventually("the stranger's assignment", || given.load(Ordering::Relaxed).then_some(()));
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(()))), "the stranger panicked");
    }
}

fn await_restore(running: &RunningEngine, before: u64) {
    eventually("the group's change is noticed", || (running.restores("reassigned") > before).then_some(()));
    running.await_ready();
}

#[test]
fn i2_a_stranger_that_takes_nothing_makes_memory_be_restored_and_nothing_be_lost() {
    let complaints = complaints();
    let expected = undisturbed(Clock::Wall, &complaints);

    let mut fixture = EngineFixture::new(Clock::Wall);
    fixture.config.engine.max_batch_records = 1;
    let running = fixture.start();
    running.await_ready();
    fixture.complain(&complaints);
    eventually("some progress", || (fixture.consumed() >= 20).then_some(()));
    let elsewhere = unique("elsewhere");
    create_topic(&elsewhere, 1, &[]);
    let stranger = Stranger::join(&fixture, &elsewhere);
    await_restore(&running, 0);
    let before = running.restores("reassigned");
    drop(stranger);
    await_restore(&running, before);
    fixture.await_consumed_by(&running);
    running.stop().expect("it stops");
    assert_eq!(fixture.scores(), expected.scores());
    assert_eq!(fixture.steps(), expected.steps());
}

#[test]
fn i2_a_stranger_that_takes_partitions_is_reported_and_waited_for() {
    let complaints = complaints();
    let expected = undisturbed(Clock::Wall, &complaints);

    let fixture = EngineFixture::new(Clock::Wall);
    let running = fixture.start();
    running.await_ready();
    fixture.complain(&complaints[..80]);
    fixture.await_consumed_by(&running);
    let stranger = Stranger::join(&fixture, &fixture.topic("complaints"));
    running.await_waiting("another member is in the group");
    fixture.complain(&complaints[80..]);
    drop(stranger);
    running.await_ready();
    fixture.await_consumed_by(&running);
    running.stop().expect("it stops");
    assert_eq!(fixture.scores(), expected.scores());
    assert_eq!(fixture.steps(), expected.steps());
}

/// Takes its time with every transaction while it is reported to.
struct Slow<T> {
    inner: T,
    slow: Arc<AtomicBool>,
}

impl<T: Transactions> Transactions for Slow<T> {
    fn commit(&mut self, transaction: Transaction) -> Result<(), TransactionError> {
        if self.slow.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(300));
        }
        self.inner.commit(transaction)
    }
}

#[test]
fn the_lag_rises_while_records_wait_and_falls_to_nothing() {
    let mut fixture = EngineFixture::new(Clock::Wall);
    fixture.config.engine.max_batch_records = 1;
    let slow = Arc::new(AtomicBool::new(true));
    let slowed = Arc::clone(&slow);
    let running = fixture.start_with(false, move |inner| Slow { inner, slow: Arc::clone(&slowed) });
    running.await_ready();
    fixture.complain(&complaints());
    let topic = fixture.topic("complaints");
    let lag = || {
        let of = |partition: &str| {
            let labels = [topic.as_str(), partition];
            let records = running.metrics.consumer_lag_records.with_label_values(&labels).get();
            (records, running.metrics.consumer_lag_seconds.with_label_values(&labels).get())
        };
        [of("0"), of("1")]
    };
    // Records wait in both partitions, and the last ones taken grow old meanwhile.
    let risen = eventually("a lag", || {
        let lag = lag();
        lag.iter().all(|(records, seconds)| *records > 10 && *seconds > 0.0).then_some(lag)
    });
    assert!(risen.iter().map(|(records, _)| records).sum::<i64>() <= 160, "{risen:?}");
    slow.store(false, Ordering::Relaxed);
    fixture.await_consumed_by(&running);
    eventually("no lag", || (lag() == [(0, 0.0), (0, 0.0)]).then_some(()));
    running.stop().expect("it stops");
}
