//! A broker that is not there, and one that is killed amid a load. I2: nothing is lost or doubled, and the engine says that
//! it waits.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use yujing::config::Clock;
use yujing::kafka::{Transaction, TransactionError, Transactions};

use super::world::{World, load, once, undisturbed};
use crate::support::kafka::{PrivateBroker, eventually};

fn complaints() -> Vec<(String, String, i64)> {
    load(60, once, Timestamp::now().as_second() - 7_200, 1)
}

#[test]
fn a_broker_that_arrives_late_is_waited_for() {
    let Some(mut broker) = PrivateBroker::start() else { return };
    let world = World::on(&broker.address(), Clock::Wall);
    world.complain(&load(3, |_| 4, Timestamp::now().as_second() - 3_600, 1));
    broker.kill();

    let running = world.start();
    let reason = running.await_waiting();
    assert!(reason.contains(&broker.address()), "{reason}");
    assert_eq!(running.metrics.kafka_reachable.get(), 0);
    broker.start_again();
    running.await_ready();
    assert_eq!(running.metrics.kafka_reachable.get(), 1);
    running.stop().expect("it stops");
    assert_eq!(world.steps().len(), 3);
}

#[rstest]
#[case::soon_back(Clock::Wall, Duration::ZERO)]
#[case::soon_back_by_the_logs_clock(Clock::Log, Duration::ZERO)]
// The client then joins the group anew, and may fence itself by that.
#[case::away_for_longer_than_the_groups_session(Clock::Wall, Duration::from_secs(8))]
fn i2_a_broker_killed_amid_a_load_and_back_again_ends_in_the_same_scores_and_warnings(
    #[case] clock: Clock,
    #[case] away: Duration,
) {
    let Some(mut broker) = PrivateBroker::start() else { return };
    let complaints = complaints();
    let expected = undisturbed(clock, &complaints);

    let mut world = World::on(&broker.address(), clock);
    // A transaction a record, so that it is killed amid one.
    world.config.engine.max_batch_records = 1;
    world.config.kafka.properties.insert("session.timeout.ms".to_owned(), "6000".into());
    let running = world.start();
    running.await_ready();
    world.complain(&complaints);
    eventually("some progress", || (world.consumed() >= 20).then_some(()));
    broker.kill();
    running.await_waiting();
    assert_eq!((running.metrics.ready.get(), running.metrics.kafka_reachable.get()), (0, 0));
    std::thread::sleep(away);
    broker.start_again();
    world.await_consumed_by(&running);
    running.await_ready();
    assert_eq!(running.metrics.kafka_reachable.get(), 1);
    running.stop().expect("it stops");
    assert_eq!(world.scores(), expected.scores());
    assert_eq!(world.steps(), expected.steps());
}

/// How a broker goes away.
#[derive(Debug, Clone, Copy)]
enum Away {
    Killed,
    /// It keeps its connections, and answers nothing.
    Held,
}

/// Takes the broker away at the beginning of one of its transactions.
struct CutOff<T> {
    inner: T,
    away: Away,
    broker: Arc<Mutex<PrivateBroker>>,
    /// Transactions until then, in whatever session.
    left: Arc<AtomicU32>,
    /// Whether the outcome of that one was unknown.
    lost: Arc<AtomicBool>,
}

impl<T: Transactions> Transactions for CutOff<T> {
    fn commit(&mut self, transaction: Transaction) -> Result<(), TransactionError> {
        if self.left.fetch_sub(1, Ordering::Relaxed) != 1 {
            return self.inner.commit(transaction);
        }
        let mut broker = self.broker.lock().expect("no panic");
        match self.away {
            Away::Killed => broker.kill(),
            Away::Held => broker.hold(),
        }
        drop(broker);
        let outcome = self.inner.commit(transaction);
        self.lost.store(matches!(outcome, Err(TransactionError::Lost(_))), Ordering::Relaxed);
        outcome
    }
}

#[rstest]
#[case::killed(Clock::Wall, Away::Killed)]
#[case::killed_by_the_logs_clock(Clock::Log, Away::Killed)]
#[case::held(Clock::Wall, Away::Held)]
fn i2_a_broker_away_for_longer_than_a_transaction_may_take_is_waited_for_and_nothing_is_lost(
    #[case] clock: Clock,
    #[case] away: Away,
) {
    let Some(broker) = PrivateBroker::start() else { return };
    let complaints = complaints();
    let expected = undisturbed(clock, &complaints);

    let mut world = World::on(&broker.address(), clock);
    world.config.engine.max_batch_records = 1;
    world.config.engine.transaction_timeout = SignedDuration::from_secs(1);
    let broker = Arc::new(Mutex::new(broker));
    let (taken, left, lost) = (Arc::clone(&broker), Arc::new(AtomicU32::new(40)), Arc::new(AtomicBool::new(false)));
    let is_lost = Arc::clone(&lost);
    let running = world.start_with(false, move |inner| CutOff {
        inner,
        away,
        broker: Arc::clone(&taken),
        left: Arc::clone(&left),
        lost: Arc::clone(&lost),
    });
    running.await_ready();
    world.complain(&complaints);
    eventually("the transaction is given up", || is_lost.load(Ordering::Relaxed).then_some(()));
    // First it says what became of the session, then that Kafka does not answer the next one.
    eventually("Kafka is missed", || running.await_waiting().contains("does not answer").then_some(()));
    assert_eq!((running.metrics.ready.get(), running.metrics.kafka_reachable.get()), (0, 0));
    match away {
        Away::Killed => broker.lock().expect("no panic").start_again(),
        Away::Held => broker.lock().expect("no panic").release(),
    }
    world.await_consumed_by(&running);
    running.await_ready();
    assert!(running.restores("lost") > 0);
    running.stop().expect("it stops");
    assert_eq!(world.scores(), expected.scores());
    assert_eq!(world.steps(), expected.steps());
}

#[test]
fn a_request_to_stop_does_not_wait_for_a_broker_that_is_away() {
    let Some(mut broker) = PrivateBroker::start() else { return };
    let world = World::on(&broker.address(), Clock::Wall);
    let running = world.start();
    running.await_ready();
    broker.kill();
    running.await_waiting();
    running.stop().expect("it stops");
}
