//! How far the read model is behind, published by who follows the topics and read by everybody else.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

/// Whether Kafka answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KafkaState {
    Connected,
    Away,
}

/// Whether the engine's own API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineState {
    Ready,
    /// It restores, or waits for Kafka.
    NotReady,
    Away,
    /// It does not take the console's token.
    TokenRefused,
    /// Nobody has asked yet.
    Unknown,
}

/// How far the read model is behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamState {
    pub kafka: KafkaState,
    /// Whether records wait that are not in the answers yet.
    pub behind: bool,
    pub waiting_records: u64,
    /// When the newest record that was read entered Kafka.
    pub read_at: Option<Timestamp>,
    pub engine: EngineState,
}

/// The state, shared.
#[derive(Debug, Clone)]
pub struct Status(Arc<watch::Sender<StreamState>>);

impl Status {
    pub fn new() -> Self {
        let start = StreamState {
            kafka: KafkaState::Away,
            behind: true,
            waiting_records: 0,
            read_at: None,
            engine: EngineState::Unknown,
        };
        Self(Arc::new(watch::Sender::new(start)))
    }

    pub fn get(&self) -> StreamState {
        self.0.borrow().clone()
    }

    /// Changes it; who listens is told if that made it another.
    pub fn change(&self, change: impl FnOnce(&mut StreamState)) {
        self.0.send_if_modified(|state| {
            let before = state.clone();
            change(state);
            *state != before
        });
    }

    /// Every state from now on.
    pub fn listen(&self) -> watch::Receiver<StreamState> {
        self.0.subscribe()
    }
}

impl Default for Status {
    fn default() -> Self {
        Self::new()
    }
}
