//! What happens to the process: it starts, becomes ready, stops.

use std::net::SocketAddr;

use jiff::Timestamp;
use tracing::{error, info, warn};

use super::{InternalEvent, Metrics};

/// The process began its work.
#[derive(Debug, Clone, Copy)]
pub struct Started<'a> {
    pub config: Option<&'a std::path::Path>,
    pub sweep_interval: jiff::SignedDuration,
}

impl InternalEvent for Started<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.sweep_interval.set(self.sweep_interval.as_secs_f64());
        let config = self.config.map_or_else(|| "defaults".to_owned(), |file| file.display().to_string());
        info!(code = "started", version = env!("CARGO_PKG_VERSION"), config, "yujing starts");
    }
}

/// The HTTP endpoints answer.
#[derive(Debug, Clone, Copy)]
pub struct Listening {
    pub address: SocketAddr,
}

impl InternalEvent for Listening {
    fn emit(self, _metrics: &Metrics) {
        info!(code = "listening", "HTTP endpoints on http://{}", self.address);
    }
}

/// The state of the engine changed to this one; progress within a restore is no change of state.
#[derive(Debug, Clone, Copy)]
pub enum StateChanged<'a> {
    Starting,
    Restoring { what: &'a str, records: u64 },
    Waiting { reason: &'a str },
    Ready,
    Stopping,
    Failed { reason: &'a str },
}

impl InternalEvent for StateChanged<'_> {
    fn emit(self, metrics: &Metrics) {
        let is_ready = matches!(self, Self::Ready);
        metrics.ready.set(i64::from(is_ready));
        metrics.note_ready(is_ready.then(Timestamp::now));
        match self {
            Self::Starting => info!(code = "state", "starting"),
            Self::Restoring { what, records } => info!(code = "state", records, "restoring {what}"),
            Self::Waiting { reason } => warn!(code = "state", "waiting: {reason}"),
            Self::Ready => info!(code = "state", "ready: scores are live"),
            Self::Stopping => info!(code = "state", "stopping: the batch under way is finished first"),
            Self::Failed { reason } => error!(code = "state", "failed: {reason}"),
        }
    }
}

/// A restore came further.
#[derive(Debug, Clone, Copy)]
pub struct RestoreProgressed {
    pub done: u64,
    pub total: u64,
}

impl InternalEvent for RestoreProgressed {
    fn emit(self, metrics: &Metrics) {
        metrics.restore_done_records.set(i64::try_from(self.done).unwrap_or(i64::MAX));
        metrics.restore_expected_records.set(i64::try_from(self.total).unwrap_or(i64::MAX));
    }
}

/// Somebody asked the process to stop.
#[derive(Debug, Clone, Copy)]
pub struct StopRequested {
    pub signal: &'static str,
    /// The second request: stop at once.
    pub at_once: bool,
}

impl InternalEvent for StopRequested {
    fn emit(self, _metrics: &Metrics) {
        if self.at_once {
            warn!(
                code = "stop_requested",
                signal = self.signal,
                "stopping at once; what is not committed is done again"
            );
        } else {
            info!(code = "stop_requested", signal = self.signal, "stopping; a second signal stops at once");
        }
    }
}
