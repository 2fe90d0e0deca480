//! Where `yujing notify` stands: set by the thread that delivers, read by `/readyz`.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use yujing_telemetry::notify::NotifyStateChanged;
use yujing_telemetry::{InternalEvent as _, Metrics};

/// One moment of its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum State {
    /// Reaching for Kafka, and reading what is delivered already.
    Starting,
    /// Kafka does not answer; it is tried again.
    Waiting { reason: String },
    /// Events are delivered as they come.
    Ready,
    /// Asked to stop; tries under way are ended first.
    Stopping,
    /// The process is about to exit.
    Failed { reason: String },
}

/// The state, shared between threads behind an `Arc`.
#[derive(Debug)]
pub struct Status(Mutex<State>);

impl Status {
    pub fn new() -> Self {
        Self(Mutex::new(State::Starting))
    }

    pub fn get(&self) -> State {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn enter(&self, state: State, metrics: &Metrics) {
        let (name, reason) = match &state {
            State::Starting => ("starting", None),
            State::Waiting { reason } => ("waiting", Some(reason.clone())),
            State::Ready => ("ready", None),
            State::Stopping => ("stopping", None),
            State::Failed { reason } => ("failed", Some(reason.clone())),
        };
        let is_ready = state == State::Ready;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
        NotifyStateChanged { name, is_ready, reason: reason.as_deref() }.emit(metrics);
    }
}

impl Default for Status {
    fn default() -> Self {
        Self::new()
    }
}
