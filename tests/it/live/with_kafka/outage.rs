//! A broker that is not there, and one that is killed amid a load. I2: nothing is lost or doubled, and the engine says
//! that it waits.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use rstest::rstest;
use yujing_config::Clock;
use yujing_kafka::{Transaction, TransactionError, Transactions};

use crate::support::engine::{EngineFixture, RunningEngine, load, once, undisturbed};
use crate::support::kafka::{PATIENCE, PrivateBroker, eventually, unique};

fn complaints() -> Vec<(String, String, i64)> {
    load(60, once, Timestamp::now().as_second() - 7_200, 1)
}

#[test]
fn a_broker_that_arrives_late_is_waited_for() {
    let Some(mut broker) = PrivateBroker::start() else { return };
    let fixture = EngineFixture::on(&broker.address(), Clock::Wall);
    fixture.complain(&load(3, |_| 4, Timestamp::now().as_second() - 3_600, 1));
    broker.kill();

    let running = fixture.start();
    running.await_waiting(&broker.address());
    assert_eq!(running.metrics.kafka_reachable.get(), 0);
    broker.start_again();
    running.await_ready();
    assert_eq!(running.metrics.kafka_reachable.get(), 1);
    running.stop().expect("it stops");
    assert_eq!(fixture.steps().len(), 3);
}

/// How a broker goes away.
#[derive(Debug, Clone, Copy)]
enum Away {
    Killed,
    /// It keeps its connections, and answers nothing.
    Held,
}

/// When a broker goes away, and how.
struct Cut {
    away: Away,
    broker: Mutex<PrivateBroker>,
    /// Transactions until then, in whatever session.
    left: AtomicU32,
    /// How that transaction ended.
    outcome: Mutex<Option<Result<(), TransactionError>>>,
}

impl Cut {
    const AMID_THE_LOAD: u32 = 40;

    fn of(broker: PrivateBroker, away: Away) -> Arc<Self> {
        let (left, outcome) = (AtomicU32::new(Self::AMID_THE_LOAD), Mutex::new(None));
        Arc::new(Self { away, broker: Mutex::new(broker), left, outcome })
    }

    fn broker(&self) -> MutexGuard<'_, PrivateBroker> {
        self.broker.lock().expect("no panic")
    }

    fn begin(&self) {
        match self.away {
            Away::Killed => self.broker().kill(),
            Away::Held => self.broker().hold(),
        }
    }

    fn end(&self) {
        match self.away {
            Away::Killed => self.broker().start_again(),
            Away::Held => self.broker().release(),
        }
    }

    fn outcome(&self) -> Option<Result<(), TransactionError>> {
        self.outcome.lock().expect("no panic").clone()
    }
}

/// Takes the broker away at the beginning of a transaction.
struct CutOff<T> {
    inner: T,
    cut: Arc<Cut>,
}

impl<T: Transactions> Transactions for CutOff<T> {
    fn commit(&mut self, transaction: Transaction) -> Result<(), TransactionError> {
        if self.cut.left.fetch_sub(1, Ordering::Relaxed) != 1 {
            return self.inner.commit(transaction);
        }
        self.cut.begin();
        let outcome = self.inner.commit(transaction);
        *self.cut.outcome.lock().expect("no panic") = Some(outcome.clone());
        outcome
    }
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
    let Some(broker) = PrivateBroker::start() else { return };
    let complaints = complaints();
    let expected = undisturbed(clock, &complaints);

    let mut fixture = EngineFixture::on(&broker.address(), clock);
    fixture.config.engine.max_batch_records = 1;
    fixture.config.kafka.properties.insert("session.timeout.ms".to_owned(), "6000".into());
    let cut = Cut::of(broker, Away::Killed);
    let running = start_with(&fixture, &cut);
    running.await_ready();
    fixture.complain(&complaints);
    running.await_waiting("");
    assert_eq!((running.metrics.ready.get(), running.metrics.kafka_reachable.get()), (0, 0));
    std::thread::sleep(away);
    cut.end();
    fixture.await_consumed_by(&running);
    running.await_ready();
    assert_eq!(running.metrics.kafka_reachable.get(), 1);
    running.stop().expect("it stops");
    assert_eq!(fixture.scores(), expected.scores());
    assert_eq!(fixture.steps(), expected.steps());
}

#[rstest]
#[case::killed(Clock::Wall, Away::Killed)]
#[case::killed_by_the_logs_clock(Clock::Log, Away::Killed)]
#[case::held(Clock::Wall, Away::Held)]
fn i2_a_broker_away_for_longer_than_a_transaction_may_take_is_waited_for_and_nothing_is_lost(
    #[case] clock: Clock,
    #[case] away: Away,
) {
    let settings = match away {
        Away::Killed => "",
        // A broker that was held for longer than its own session would lead no partition for a moment, which is another
        // story (PrivateBroker::kill).
        Away::Held => "broker.session.timeout.ms=600000",
    };
    let Some(broker) = PrivateBroker::with_more_settings(settings) else { return };
    let complaints = complaints();
    let expected = undisturbed(clock, &complaints);

    let mut fixture = EngineFixture::on(&broker.address(), clock);
    fixture.config.engine.max_batch_records = 1;
    fixture.config.engine.transaction_timeout = SignedDuration::from_secs(1);
    let cut = Cut::of(broker, away);
    let running = start_with(&fixture, &cut);
    running.await_ready();
    fixture.complain(&complaints);
    let outcome = eventually("the transaction is given up", || cut.outcome());
    assert!(matches!(outcome, Err(TransactionError::Lost(_))), "{outcome:?}");
    // First it says what became of the session, then that Kafka does not answer the next one.
    running.await_waiting("does not answer");
    assert_eq!((running.metrics.ready.get(), running.metrics.kafka_reachable.get()), (0, 0));
    cut.end();
    fixture.await_consumed_by(&running);
    running.await_ready();
    assert!(running.restores("lost") > 0);
    running.stop().expect("it stops");
    assert_eq!(fixture.scores(), expected.scores());
    assert_eq!(fixture.steps(), expected.steps());
}

fn start_with(fixture: &EngineFixture, cut: &Arc<Cut>) -> RunningEngine {
    let cut = Arc::clone(cut);
    fixture.start_with(false, move |inner| CutOff { inner, cut: Arc::clone(&cut) })
}

#[test]
fn an_open_transaction_that_holds_the_offsets_back_is_reported_and_waited_for() {
    let fixture = EngineFixture::new(Clock::Wall);
    fixture.complain(&load(3, |_| 4, Timestamp::now().as_second() - 3_600, 1));
    let client = || {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &fixture.config.kafka.bootstrap_servers);
        config
    };
    let producer: BaseProducer = client()
        .set("transactional.id", unique("another"))
        .set("transaction.timeout.ms", "900000")
        .create()
        .expect("a producer");
    producer.init_transactions(PATIENCE).expect("fenced");
    producer.begin_transaction().expect("begun");
    let member: BaseConsumer = client().set("group.id", &fixture.config.kafka.group_id).create().expect("a consumer");
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(&fixture.topic("complaints"), 0, Offset::Offset(0)).expect("an offset");
    let group = member.group_metadata().expect("it names a group");
    producer.send_offsets_to_transaction(&offsets, &group, PATIENCE).expect("sent");

    let running = fixture.start();
    running.await_waiting("holds back the committed offsets");
    producer.abort_transaction(PATIENCE).expect("aborted");
    fixture.await_consumed_by(&running);
    running.await_ready();
    running.stop().expect("it stops");
    assert_eq!(fixture.steps().len(), 3);
}

#[test]
fn a_request_to_stop_does_not_wait_for_a_broker_that_is_away() {
    let Some(mut broker) = PrivateBroker::start() else { return };
    let fixture = EngineFixture::on(&broker.address(), Clock::Wall);
    let running = fixture.start();
    running.await_ready();
    broker.kill();
    running.await_waiting("");
    running.stop().expect("it stops");
}
