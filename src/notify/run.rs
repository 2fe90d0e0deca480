//! Session after session: when one ends by something that passes, such as brokers that are away, the next goes on where
//! the committed offsets and the receipts say.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use yujing_base::error::{Classified as _, Retry};
use yujing_config::Config;
use yujing_core::source::Sources;
use yujing_kafka::backoff::{self, Backoff};
use yujing_telemetry::Metrics;

use crate::config::NotifyConfig;
use crate::error::NotifyError;
use crate::session::{Outbox, Session};
use crate::status::{State, Status};

/// Everything that is needed to deliver.
#[derive(Debug)]
pub struct Runner {
    pub config: Arc<Config>,
    pub notify: Arc<NotifyConfig>,
    pub sources: Arc<Sources>,
    pub metrics: Arc<Metrics>,
    pub status: Arc<Status>,
    /// Asks to end what is under way and return.
    pub stop: CancellationToken,
}

impl Runner {
    /// Runs until `stop` is cancelled. Blocks: call it on a thread of its own, never on an async worker.
    ///
    /// # Errors
    /// If it cannot start, or cannot go on, and another try of this process would not help.
    pub fn run(self) -> Result<(), NotifyError> {
        let mut outbox = Outbox::default();
        let mut waits = Backoff::default();
        while !self.stop.is_cancelled() {
            self.status.enter(State::Starting, &self.metrics);
            match self.stay(&mut outbox, &mut waits) {
                Ok(()) | Err(NotifyError::Stopped) => return Ok(()),
                Err(error) if error.retry() == Retry::WithBackoff => backoff::pause(waits.next_pause(), &self.stop),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One session, from its start to its end.
    fn stay(&self, outbox: &mut Outbox, waits: &mut Backoff) -> Result<(), NotifyError> {
        let mut session = Session::start(self, outbox).inspect_err(|error| self.tell(error))?;
        *waits = Backoff::default();
        self.status.enter(State::Ready, &self.metrics);
        session.run().inspect_err(|error| {
            self.tell(error);
            if error.retry() == Retry::WithBackoff {
                session.end_tries();
            }
        })
    }

    /// Says why nothing is delivered.
    fn tell(&self, error: &NotifyError) {
        let reason = error.to_string();
        let state = match error.retry() {
            _ if matches!(error, NotifyError::Stopped) => return,
            Retry::WithBackoff => State::Waiting { reason },
            Retry::Never => State::Failed { reason },
        };
        self.status.enter(state, &self.metrics);
    }
}
