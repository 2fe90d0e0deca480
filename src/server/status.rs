//! Where the engine stands: set by the thread that drives it, read by `/readyz`.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::telemetry::process::{RestoreProgressed, StateChanged};
use crate::telemetry::{InternalEvent as _, Metrics};

/// One moment of the engine's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum State {
    /// Loading, and reaching for Kafka.
    Starting,
    /// Rebuilding memory from the log: `done` of `total` records of `what`.
    Restoring { what: String, done: u64, total: u64 },
    /// Scores are live.
    Ready,
    /// Asked to stop; the batch under way is finished.
    Stopping,
    /// The engine's thread ended with an error; the process is about to exit.
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

    /// Takes the new state. Another kind of state than before is logged; progress of a restore only moves its metrics.
    pub fn enter(&self, state: State, metrics: &Metrics) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Restoring { done, total, .. } = state {
            RestoreProgressed { done, total }.emit(metrics);
        }
        if std::mem::discriminant(&*current) != std::mem::discriminant(&state) {
            StateChanged { state: &state }.emit(metrics);
        }
        *current = state;
    }

    pub fn is_ready(&self) -> bool {
        matches!(*self.0.lock().unwrap_or_else(PoisonError::into_inner), State::Ready)
    }
}

impl Default for Status {
    fn default() -> Self {
        Self::new()
    }
}
