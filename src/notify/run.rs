//! Session after session: when one ends by something that passes, such as brokers that are away, the next goes on where
//! the committed offsets and the receipts say.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio_util::sync::CancellationToken;
use yujing_base::error::{Classified as _, Retry};
use yujing_config::Config;
use yujing_core::source::Sources;
use yujing_telemetry::Metrics;

use crate::config::NotifyConfig;
use crate::error::NotifyError;
use crate::session::{Outbox, Session};
use crate::status::{State, Status};

/// How often a pause looks whether to stop.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(50);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

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
        let mut waits = pauses();
        loop {
            self.status.enter(State::Starting, &self.metrics);
            let ended = Session::start(&self, &mut outbox).and_then(|mut session| {
                waits = pauses();
                self.status.enter(State::Ready, &self.metrics);
                session.run()
            });
            match ended {
                Ok(()) | Err(NotifyError::Stopped) => return Ok(()),
                Err(error) if error.retry() == Retry::WithBackoff => {
                    self.status.enter(State::Waiting { reason: error.to_string() }, &self.metrics);
                    self.pause(waits.next().unwrap_or(LONGEST_PAUSE));
                }
                Err(error) => {
                    self.status.enter(State::Failed { reason: error.to_string() }, &self.metrics);
                    return Err(error);
                }
            }
            if self.stop.is_cancelled() {
                return Ok(());
            }
        }
    }

    /// Sleeps, but not past a request to stop.
    fn pause(&self, longest: Duration) {
        let mut left = longest;
        while !left.is_zero() && !self.stop.is_cancelled() {
            let step = left.min(STOP_CHECK_INTERVAL);
            std::thread::sleep(step);
            left -= step;
        }
    }
}

/// Pauses between sessions, without end.
fn pauses() -> impl Iterator<Item = Duration> {
    let pauses = ExponentialBuilder::default().with_min_delay(SHORTEST_PAUSE).with_max_delay(LONGEST_PAUSE);
    pauses.with_jitter().without_max_times().build()
}
