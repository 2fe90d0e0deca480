//! What was decided, until the transaction that carries its output is committed.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::decision::Decision;
use super::operator_state::States;
use super::visibility::VisibleFrom;
use super::{Engine, Output, ShadowFailures};
use crate::feature::{FeatureError, KeptFeatures};
use crate::source::SourceId;
use crate::warning::rollup::AreaChanges;
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

impl Pending {
    /// What was decided by an engine, with what else is to be installed.
    pub(super) fn of(engine: &Engine, mut decision: Decision, mut delta: Delta) -> Self {
        decision.sort_warnings();
        decision.keep_last_scores();
        let Decision { mut output, shadows, failures, states, past, wake_at } = decision;
        delta.events.absorb(past);
        delta.areas = engine.area_changes(states.first());
        output.areas = engine.changed_areas(&delta.areas, delta.as_of);
        delta.states = states;
        delta.wake_at = wake_at;
        Self { output, shadows, failures, delta }
    }

    /// Operators whose kept features took part in it.
    fn operators(&self) -> Vec<OperatorId> {
        self.delta.events.touched.iter().chain(self.delta.wake_at.keys()).cloned().collect()
    }
}

/// What is installed after the commit.
#[derive(Debug, Default)]
pub(super) struct Delta {
    pub(super) events: window::Delta,
    /// The new states, for each evaluator.
    pub(super) states: Vec<States>,
    /// What they change in the sums of areas.
    pub(super) areas: AreaChanges,
    /// Until when what was decided of an operator holds.
    pub(super) wake_at: HashMap<OperatorId, Timestamp>,
    /// The newest record timestamp of each source that the batch has accepted records of, earlier batches included.
    pub(super) last_seen: BTreeMap<SourceId, Timestamp>,
    /// Events that become visible after `as_of`.
    pub(super) not_yet_visible: Vec<VisibleFrom>,
    /// Events that have become visible, and whose operators were scored or will be by a start.
    pub(super) now_visible: Vec<VisibleFrom>,
    pub(super) as_of: Option<Timestamp>,
}

impl Engine {
    /// Decides with the features that are kept. They follow what is decided at once, and so do not hold for the operators
    /// of a pending that is dropped; after an error none do.
    pub(super) fn decide(
        &mut self,
        decide: impl FnOnce(&Self, &mut KeptFeatures) -> Result<Pending, FeatureError>,
    ) -> Result<Pending, FeatureError> {
        let pending = self.ask_kept(decide)?;
        self.undecided = pending.operators();
        Ok(pending)
    }

    /// Asks the features that are kept, for whatever is not to be committed; after an error none are.
    pub(super) fn ask_kept<T>(
        &mut self,
        ask: impl FnOnce(&Self, &mut KeptFeatures) -> Result<T, FeatureError>,
    ) -> Result<T, FeatureError> {
        let mut kept = std::mem::take(&mut self.kept);
        kept.forget(&std::mem::take(&mut self.undecided));
        let answer = ask(self, &mut kept)?;
        self.kept = kept;
        Ok(answer)
    }

    /// Installs a committed pending at once. It must have been made against this very state, with nothing staged.
    pub fn commit(&mut self, pending: Pending) {
        self.stage(pending);
        self.commit_staged();
    }
}
