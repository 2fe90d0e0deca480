//! Session after session, on a thread of its own: when one ends by something transient, such as brokers that were away
//! for too long, the next one restores and goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use yujing_base::error::{Classified as _, Retry};
use yujing_config::Config;
use yujing_core::source::Sources;
use yujing_kafka::Clients;
use yujing_kafka::backoff::Backoff;
use yujing_kafka::transaction::{KafkaTransactions, Transactions};
use yujing_telemetry::kafka::{Reassigned, SessionLost};
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::QueryReceiver;
use super::control::Control;
use super::error::{RunError, Stop, StopReason};
use super::session::Session;
use super::status::{State, Status};
use crate::reload::{Origin, ReloadCoordinator, Sandbox};
use crate::shadow::Candidates;

/// A session whose scores were live for so long was no vain try: the next pauses are short again.
const STABLE_AFTER: Duration = Duration::from_mins(1);

/// Everything the engine needs to run on Kafka.
#[derive(Debug)]
pub struct Runner {
    pub config: Arc<Config>,
    pub sources: Arc<Sources>,
    /// Where the first ruleset comes from.
    pub origin: Origin,
    /// Builds rulesets that were published, and that of the folder.
    pub sandbox: Sandbox,
    pub metrics: Arc<Metrics>,
    /// Where the engine stands, for everyone to see.
    pub status: Arc<Status>,
    /// Requests to be answered between two batches.
    pub queries: QueryReceiver,
    /// Where another ruleset is proposed, and what is in force is published.
    pub reloads: Arc<ReloadCoordinator>,
    /// Rulesets that are only tried.
    pub candidates: Arc<Candidates>,
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
    pub fn run(self) -> Result<(), RunError> {
        self.run_with(|transactions| transactions)
    }

    /// As [`Runner::run`], with something between the engine and its transactions, such as a counter or a limit.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub fn run_with<T: Transactions + Send + 'static>(
        mut self,
        wrap: impl Fn(KafkaTransactions) -> T,
    ) -> Result<(), RunError> {
        let clients = Clients::new(&self.config.kafka)?;
        let (metrics, status) = (Arc::clone(&self.metrics), Arc::clone(&self.status));
        let control = Control::new(metrics, status, self.stop.clone(), clients.servers());
        let mut backoff = Backoff::default();
        loop {
            control.enter(State::Starting);
            control.status.hold_back(Vec::new());
            let (stop, live_for) = self.session(&control, &clients, &wrap);
            if live_for >= STABLE_AFTER {
                backoff = Backoff::default();
            }
            let again_in = match stop {
                Stop::Ended(StopReason::Requested) => {
                    control.enter(State::Stopping);
                    return Ok(());
                }
                Stop::Ended(StopReason::Reassigned) => {
                    Reassigned.emit(&control.metrics);
                    Duration::ZERO
                }
                Stop::Failed(error) if error.retry() == Retry::WithBackoff => {
                    let (reason, again_in) = (error.to_string(), backoff.next_pause());
                    SessionLost { reason: &reason, again_in }.emit(&control.metrics);
                    control.status.lose(&reason, &control.metrics);
                    again_in
                }
                Stop::Failed(error) => {
                    control.enter(State::Failed { reason: error.to_string() });
                    return Err(error);
                }
            };
            // A request to stop ends the next session before it begins.
            control.pause(again_in).ok();
        }
    }

    /// One session from its start to its end, and how long its scores were live.
    fn session<T: Transactions + Send + 'static>(
        &mut self,
        control: &Control,
        clients: &Clients,
        wrap: &impl Fn(KafkaTransactions) -> T,
    ) -> (Stop, Duration) {
        match Session::start(self, control, clients, wrap) {
            Err(stop) => (stop, Duration::ZERO),
            Ok(mut session) => {
                let began = Instant::now();
                let Err(stop) = session.run();
                (stop, began.elapsed())
            }
        }
    }
}
