//! The engine on Kafka: one thread that restores, reads, decides, commits and answers questions between two batches.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio_util::sync::CancellationToken;

use super::produce::{KafkaTransactions, Transactions};
use super::session::{Ended, Halt, Session};
use super::{Clients, KafkaError};
use crate::config::Config;
use crate::engine::Ruleset;
use crate::server::QueryReceiver;
use crate::server::status::{State, Status};
use crate::source::Sources;
use crate::telemetry::kafka::Reassigned;
use crate::telemetry::{InternalEvent as _, Metrics};

/// Everything the engine needs to run on Kafka.
#[derive(Debug)]
pub struct Runner {
    pub config: Arc<Config>,
    pub sources: Arc<Sources>,
    pub ruleset: Arc<Ruleset>,
    pub metrics: Arc<Metrics>,
    /// Told where the engine stands.
    pub status: Arc<Status>,
    /// Questions to be answered between two batches.
    pub queries: QueryReceiver,
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
    /// If it cannot start, or cannot go on; starting it anew restores from what is committed.
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
        loop {
            self.enter(State::Starting);
            let ended = Session::start(&mut self, &clients, &wrap).and_then(|mut session| session.live());
            match ended {
                Ok(never) => match never {},
                Err(Halt::Ended(Ended::Reassigned)) => Reassigned.emit(&self.metrics),
                Err(Halt::Ended(Ended::Stopped)) => {
                    self.enter(State::Stopping);
                    return Ok(());
                }
                Err(Halt::Failed(error)) => {
                    self.enter(State::Failed { reason: error.to_string() });
                    return Err(error);
                }
            }
        }
    }

    pub(super) fn enter(&self, state: State) {
        self.status.enter(state, &self.metrics);
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

/// Pauses between tries, without end: each up to twice as long as the one before, at most half a minute.
pub(super) fn backoff() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(30))
        .with_jitter()
        .without_max_times()
        .build()
}
