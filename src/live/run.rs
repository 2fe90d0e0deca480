//! The engine on Kafka: one thread that restores, reads, decides, commits and answers questions between two batches. When
//! a session ends by something passing, such as brokers that were away for too long, the next one restores and goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::session::{Ended, Halt, Session};
use crate::config::{Clock, Config};
use crate::kafka::produce::{KafkaTransactions, Transactions};
use crate::kafka::{Clients, KafkaError};
use crate::live::QueryReceiver;
use crate::live::status::{State, Status};
use crate::reload::{Cage, Desk, Origin};
use crate::source::Sources;
use crate::telemetry::kafka::{Reachable, Reassigned, SessionLost, Unreachable};
use crate::telemetry::{InternalEvent as _, Metrics};

/// A session whose scores were live for so long was no vain try: the next pauses are short again.
const STEADY: Duration = Duration::from_mins(1);

/// Everything the engine needs to run on Kafka.
#[derive(Debug)]
pub struct Runner {
    pub config: Arc<Config>,
    pub sources: Arc<Sources>,
    /// Where the first ruleset comes from.
    pub origin: Origin,
    /// Builds rulesets that were published, and that of the folder.
    pub cage: Cage,
    pub metrics: Arc<Metrics>,
    /// Told where the engine stands.
    pub status: Arc<Status>,
    /// Questions to be answered between two batches.
    pub queries: QueryReceiver,
    /// Where another ruleset is proposed, and told of.
    pub desk: Arc<Desk>,
    /// Asks the loop to finish its batch and return.
    pub stop: CancellationToken,
    /// Whether to go on though events may be missing.
    pub accept_gap: bool,
    /// Whether to compare the topics with their plan first. The embedded broker of the demo cannot describe its topics,
    /// and keeps them only as long as it lives.
    pub check_topics: bool,
}

impl Runner {
    /// Runs until `stop` is cancelled. Blocks: call it on a thread of its own, never on an async worker.
    ///
    /// # Errors
    /// If it cannot start, or cannot go on, and another try of this process would not help. Starting the process anew
    /// restores from what is committed.
    pub fn run(self) -> Result<(), KafkaError> {
        self.run_with(|transactions| transactions)
    }

    /// As [`Runner::run`], with something between the engine and its transactions, such as a counter or a limit.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub fn run_with<T: Transactions + Send + 'static>(
        mut self,
        wrap: impl Fn(KafkaTransactions) -> T,
    ) -> Result<(), KafkaError> {
        let clients = Clients::new(&self.config.kafka)?;
        let mut pauses = backoff();
        loop {
            self.enter(State::Starting);
            self.status.hold_back(Vec::new());
            let (halt, live_for) = self.session(&clients, &wrap);
            if live_for >= STEADY {
                pauses = backoff();
            }
            let again_in = match halt {
                Halt::Ended(Ended::Stopped) => {
                    self.enter(State::Stopping);
                    return Ok(());
                }
                Halt::Ended(Ended::Reassigned) => {
                    Reassigned.emit(&self.metrics);
                    Duration::ZERO
                }
                Halt::Failed(error) if error.is_passing() => {
                    let (reason, again_in) = (error.to_string(), pauses.next().unwrap_or(LONGEST_PAUSE));
                    SessionLost { reason: &reason, again_in }.emit(&self.metrics);
                    self.status.lose(&reason, &self.metrics);
                    again_in
                }
                Halt::Failed(error) => {
                    self.enter(State::Failed { reason: error.to_string() });
                    return Err(error);
                }
            };
            // A request to stop ends the next session before it begins.
            self.pause(again_in).ok();
        }
    }

    /// One session from its start to its end, and how long its scores were live.
    fn session<T: Transactions + Send + 'static>(
        &mut self,
        clients: &Clients,
        wrap: &impl Fn(KafkaTransactions) -> T,
    ) -> (Halt, Duration) {
        match Session::start(self, clients, wrap) {
            Err(halt) => (halt, Duration::ZERO),
            Ok(mut session) => {
                let began = Instant::now();
                let Err(halt) = session.live();
                (halt, began.elapsed())
            }
        }
    }

    /// The latest instant that anything is decided as of now. The log's clock has no end.
    pub(super) fn latest(&self) -> Timestamp {
        match self.config.engine.clock {
            Clock::Wall => Timestamp::now(),
            Clock::Log => Timestamp::MAX,
        }
    }

    pub(super) fn enter(&self, state: State) {
        self.status.enter(state, &self.metrics);
    }

    /// Kafka does not answer: nobody is told that scores are live until it does.
    pub(super) fn unreached(&self, reason: &str, again_in: Duration) {
        let servers = &self.config.kafka.bootstrap_servers;
        Unreachable { servers, reason, again_in }.emit(&self.metrics);
        self.status.lose(&format!("Kafka at {servers} does not answer ({reason})"), &self.metrics);
    }

    /// Kafka answers.
    pub(super) fn reached(&self) {
        let away = self.status.regain(&self.metrics);
        Reachable { servers: &self.config.kafka.bootstrap_servers, away }.emit(&self.metrics);
    }

    /// Sleeps, but not past a request to stop.
    pub(super) fn pause(&self, longest: Duration) -> Result<(), Halt> {
        const NAP: Duration = Duration::from_millis(50);
        let mut left = longest;
        while !left.is_zero() {
            self.check_stop()?;
            let nap = left.min(NAP);
            std::thread::sleep(nap);
            left -= nap;
        }
        self.check_stop()
    }

    pub(super) fn check_stop(&self) -> Result<(), Halt> {
        if self.stop.is_cancelled() { Err(Halt::Ended(Ended::Stopped)) } else { Ok(()) }
    }
}

/// The longest pause of [`backoff`].
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Pauses between tries, without end: each up to twice as long as the one before.
pub(super) fn backoff() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(LONGEST_PAUSE)
        .with_jitter()
        .without_max_times()
        .build()
}
