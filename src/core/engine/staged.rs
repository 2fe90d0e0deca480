//! What is decided and on its way out. The next batch is decided against the state that it leaves, as if it were committed;
//! if its transaction is aborted, that state goes back to what it was.

use std::collections::BTreeMap;

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::operator_state::OperatorState;
use super::pending::{Delta, Pending};
use super::visibility::VisibleFrom;
use super::{Engine, Output, ShadowFailures};
use crate::source::SourceId;
use crate::warning::rollup::AreaChanges;

/// What leaves with a transaction, once its delta is staged.
#[derive(Debug)]
pub struct Staged {
    pub output: Output,
    /// What the shadows decided, in their order.
    pub shadows: Vec<Output>,
    /// The candidates among them that failed.
    pub failures: ShadowFailures,
}

/// What was before the pending that is staged.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// Operators whose kept features took part in it.
    operators: Vec<OperatorId>,
    /// For each evaluator, of the operators whose state is another one.
    states: Vec<Vec<(OperatorId, Option<OperatorState>)>>,
    /// What gives the sums of areas back.
    areas: AreaChanges,
    wake_at: Vec<(OperatorId, Option<Timestamp>)>,
    last_seen: BTreeMap<SourceId, Timestamp>,
    not_yet_visible: Vec<VisibleFrom>,
    now_visible: Vec<VisibleFrom>,
    as_of: Option<Timestamp>,
}

impl Engine {
    /// Goes on as if a pending were committed, until [`Engine::commit_staged`] or [`Engine::abort_staged`] says whether it
    /// was. It must have been made against this very state, with nothing staged. Meanwhile
    /// [`Engine::expire`] must wait, and so must other rulesets and shadows.
    pub fn stage(&mut self, pending: Pending) -> Staged {
        let Pending { output, shadows, failures, delta } = pending;
        let operators = std::mem::take(&mut self.undecided);
        let before = self.apply_delta(delta);
        self.before_staged = Some(Before { operators, ..before });
        Staged { output, shadows, failures }
    }

    /// What is staged was committed.
    pub fn commit_staged(&mut self) {
        self.before_staged = None;
        self.store.commit();
        self.wakes.prune();
    }

    /// What is staged was aborted, and never was. What was decided since must be dropped too.
    pub fn abort_staged(&mut self) {
        let Some(before) = self.before_staged.take() else { return };
        if let Some(events) = self.store.staged() {
            self.cards.forget_changed(&self.sources, events);
        }
        self.store.abort();
        let Before { operators, states, areas, wake_at, last_seen, not_yet_visible, now_visible, as_of } = before;
        let evaluators = std::iter::once(&mut self.champion).chain(&mut self.shadows);
        for (evaluator, states) in evaluators.zip(states) {
            for (operator, state) in states {
                match state {
                    Some(state) => evaluator.operators.insert(operator, state),
                    None => evaluator.operators.remove(&operator),
                };
            }
        }
        self.areas.ledger.install(areas);
        for (operator, at) in wake_at {
            self.wakes.set(operator, at.unwrap_or(Timestamp::MAX));
        }
        self.last_seen = last_seen;
        self.pending_visibility.remove(&not_yet_visible);
        self.pending_visibility.add(now_visible);
        self.as_of = as_of;
        self.undecided.extend(operators);
    }

    /// Installs what was committed before.
    pub(super) fn install(&mut self, delta: Delta) {
        self.apply_delta(delta);
        self.commit_staged();
    }

    /// Changes the state, the events staged, and says what was before.
    fn apply_delta(&mut self, delta: Delta) -> Before {
        let Delta { events, states, areas, wake_at, last_seen, not_yet_visible, now_visible, as_of } = delta;
        debug_assert!(as_of >= self.as_of, "I7: as-of never decreases");
        let mut before = Before { last_seen: self.last_seen.clone(), as_of: self.as_of, ..Before::default() };
        self.cards.forget_changed(&self.sources, &events);
        self.store.stage(events);
        let evaluators = std::iter::once(&mut self.champion).chain(&mut self.shadows);
        for (evaluator, states) in evaluators.zip(states) {
            let replaced = states.into_iter().map(|(operator, state)| {
                let replaced = evaluator.operators.insert(operator.clone(), state);
                (operator, replaced)
            });
            before.states.push(replaced.collect());
        }
        before.areas = areas.inverse();
        self.areas.ledger.install(areas);
        for (operator, at) in wake_at {
            let replaced = self.wakes.set(operator.clone(), at);
            before.wake_at.push((operator, replaced));
        }
        self.last_seen.extend(last_seen);
        self.pending_visibility.remove(&now_visible);
        before.not_yet_visible = self.pending_visibility.add(not_yet_visible);
        before.now_visible = now_visible;
        self.as_of = as_of;
        before
    }
}
