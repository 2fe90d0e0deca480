//! What was decided, until the transaction that carries its output is committed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::operator_state::States;
use super::visibility::VisibleFrom;
use super::{Engine, Output, ShadowFailures};
use crate::source::SourceId;
use crate::window;

/// What a batch or a sweep decided: `output` is to leave in one transaction with the offsets.
#[derive(Debug)]
pub struct Pending {
    pub output: Output,
    /// What the shadows decided, in their order: no dead letters, and no records counted.
    pub shadows: Vec<Output>,
    /// The candidates among them that failed.
    pub failures: ShadowFailures,
    pub(super) delta: Delta,
}

/// What is installed after the commit.
#[derive(Debug, Default)]
pub(super) struct Delta {
    pub(super) events: window::Delta,
    /// The new states, for each evaluator.
    pub(super) states: Vec<States>,
    /// The newest record timestamp of each source that the batch has accepted records of, earlier batches included.
    pub(super) last_seen: BTreeMap<SourceId, Timestamp>,
    /// Events that become visible after `as_of`.
    pub(super) not_yet_visible: Vec<VisibleFrom>,
    /// Events that have become visible, and whose operators were scored or will be by a start.
    pub(super) now_visible: Vec<VisibleFrom>,
    pub(super) as_of: Option<Timestamp>,
}

impl Engine {
    /// Installs a committed pending. It must have been made against this very state.
    pub fn commit(&mut self, pending: Pending) {
        self.install(pending.delta);
    }

    /// As [`Engine::commit`], of what left before.
    pub(super) fn install(&mut self, delta: Delta) {
        let Delta { events, states, last_seen, not_yet_visible, now_visible, as_of } = delta;
        debug_assert!(as_of >= self.as_of, "I7: as-of never decreases");
        self.cards.forget_changed(&self.sources, &events);
        self.store.install(events);
        let evaluators = std::iter::once(&mut self.champion).chain(&mut self.shadows);
        for (evaluator, new_states) in evaluators.zip(states) {
            evaluator.operators.extend(new_states);
        }
        self.last_seen.extend(last_seen);
        self.pending_visibility.remove(&now_visible);
        self.pending_visibility.add(not_yet_visible);
        self.as_of = as_of;
    }
}
