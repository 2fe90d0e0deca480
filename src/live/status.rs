//! Where the engine stands: set by the thread that drives it, read by `/readyz`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use yujing_telemetry::kafka::HeldPartition;
use yujing_telemetry::process::{RestoreProgressed, StateChanged};
use yujing_telemetry::{InternalEvent as _, Metrics};

/// One moment of the engine's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum State {
    /// Loading, and reaching for Kafka.
    Starting,
    /// Rebuilding memory from the log: `done` of `total` records of `what`.
    Restoring { what: String, done: u64, total: u64 },
    /// Kafka does not answer, or does not give the engine its partitions. It is tried again, and nothing is lost.
    Waiting { reason: String },
    /// Scores are live.
    Ready,
    /// Asked to stop; the batch under way is finished.
    Stopping,
    /// The engine's thread ended with an error; the process is about to exit.
    Failed { reason: String },
}

impl<'a> From<&'a State> for StateChanged<'a> {
    fn from(state: &'a State) -> Self {
        match state {
            State::Starting => Self::Starting,
            State::Restoring { what, total, .. } => Self::Restoring { what, records: *total },
            State::Waiting { reason } => Self::Waiting { reason },
            State::Ready => Self::Ready,
            State::Stopping => Self::Stopping,
            State::Failed { reason } => Self::Failed { reason },
        }
    }
}

/// A partition of an input topic in which a publisher's open transaction keeps the engine from reading on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldInput {
    pub topic: String,
    pub partition: i32,
    /// Since when the engine has seen it.
    pub since: Timestamp,
    /// Records written that cannot be read yet; marks of transactions count.
    pub records: i64,
}

impl From<HeldPartition<'_>> for HeldInput {
    fn from(held: HeldPartition<'_>) -> Self {
        let HeldPartition { topic, partition, since, records } = held;
        Self { topic: topic.to_owned(), partition, since, records }
    }
}

/// The state, shared between threads behind an `Arc`.
#[derive(Debug)]
pub struct Status(Mutex<Published>);

#[derive(Debug)]
struct Published {
    /// What the engine does, or goes on with once Kafka is back.
    state: State,
    outage: Option<Outage>,
    held_back: Vec<HeldInput>,
}

#[derive(Debug)]
struct Outage {
    since: Instant,
    reason: String,
}

impl Published {
    fn visible(&self) -> State {
        match &self.outage {
            Some(Outage { reason, .. }) => State::Waiting { reason: reason.clone() },
            None => self.state.clone(),
        }
    }

    /// Makes a change and reports it. Progress of a restore is no other kind of state, and only moves its metrics.
    fn change(&mut self, metrics: &Metrics, change: impl FnOnce(&mut Self)) {
        let before = std::mem::discriminant(&self.visible());
        change(self);
        let state = self.visible();
        if before != std::mem::discriminant(&state) {
            StateChanged::from(&state).emit(metrics);
        }
    }
}

impl Status {
    pub fn new() -> Self {
        Self(Mutex::new(Published { state: State::Starting, outage: None, held_back: Vec::new() }))
    }

    pub fn get(&self) -> State {
        self.published().visible()
    }

    /// Takes the new state. While Kafka is away it shows only when it is back, unless the engine ends.
    pub fn enter(&self, state: State, metrics: &Metrics) {
        if let State::Restoring { done, total, .. } = state {
            RestoreProgressed { done, total }.emit(metrics);
        }
        self.published().change(metrics, |published| {
            if matches!(state, State::Stopping | State::Failed { .. }) {
                published.outage = None;
            }
            published.state = state;
        });
    }

    /// Kafka is away: the state is [`State::Waiting`] until [`Status::regain`].
    pub fn lose(&self, reason: &str, metrics: &Metrics) {
        self.published().change(metrics, |published| {
            let since = published.outage.as_ref().map_or_else(Instant::now, |outage| outage.since);
            published.outage = Some(Outage { since, reason: reason.to_owned() });
        });
    }

    /// Kafka is back. How long it was away, if it was.
    pub fn regain(&self, metrics: &Metrics) -> Option<Duration> {
        let mut published = self.published();
        let away = published.outage.as_ref().map(|outage| outage.since.elapsed());
        published.change(metrics, |published| published.outage = None);
        away
    }

    /// Whether Kafka is away.
    pub fn is_cut_off(&self) -> bool {
        self.published().outage.is_some()
    }

    /// Takes what open transactions of publishers hold back now.
    pub fn hold_back(&self, inputs: Vec<HeldInput>) {
        self.published().held_back = inputs;
    }

    /// What open transactions of publishers hold back: scores are live, but of these inputs they do not know
    /// everything.
    pub fn held_back(&self) -> Vec<HeldInput> {
        self.published().held_back.clone()
    }

    pub fn is_ready(&self) -> bool {
        matches!(self.get(), State::Ready)
    }

    fn published(&self) -> MutexGuard<'_, Published> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Status {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_kafka_is_away_the_engine_waits_and_then_is_where_it_was_or_came_to() {
        let (status, metrics) = (Status::new(), Metrics::new());
        assert_eq!(status.regain(&metrics), None);
        status.enter(State::Ready, &metrics);
        assert_eq!((status.is_ready(), metrics.ready.get()), (true, 1));
        status.lose("no broker", &metrics);
        assert_eq!((status.get(), metrics.ready.get()), (State::Waiting { reason: "no broker".to_owned() }, 0));
        status.enter(State::Starting, &metrics);
        assert!(matches!(status.get(), State::Waiting { .. }));
        status.enter(State::Ready, &metrics);
        assert_eq!((status.is_ready(), metrics.ready.get()), (false, 0));
        assert!(status.regain(&metrics).is_some());
        assert_eq!((status.is_ready(), metrics.ready.get()), (true, 1));
    }

    #[test]
    fn the_end_shows_even_while_kafka_is_away() {
        let (status, metrics) = (Status::new(), Metrics::new());
        status.lose("no broker", &metrics);
        status.enter(State::Stopping, &metrics);
        assert_eq!(status.get(), State::Stopping);
    }
}
