//! Operators scored again without new events.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::context::EvalRequest;
use super::pending::Delta;
use super::shadow::EvalResults;
use super::{Engine, Output, Pending, Positions, ShadowFailures};
use crate::feature::{FeatureError, SharedFeatures};
use crate::warning::Cause;

impl Engine {
    /// Re-scores some operators at an instant without new events (a sweep, or everybody once after a start). Scores
    /// leave even if nothing changed but the time.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn sweep(
        &self,
        operators: &[OperatorId],
        as_of: Timestamp,
        cause: Cause,
        positions: &Positions,
    ) -> Result<Pending, FeatureError> {
        let as_of = self.not_before_committed(as_of);
        let context = self.context(self.store.view(), &BTreeMap::new(), as_of);
        let request = EvalRequest { operators, cause, positions, write_all: true };
        let mut output = Output::default();
        let EvalResults { shadows, failures, states } = self.evaluate(&context, &request, &mut output)?;
        let scored: BTreeSet<&OperatorId> = operators.iter().collect();
        let due = self.pending_visibility.due(as_of);
        let now_visible = due.filter(|visible| scored.contains(&visible.operator)).cloned().collect();
        let delta = Delta { states, now_visible, as_of: Some(as_of), ..Delta::default() };
        Ok(Pending { output, shadows, failures, delta })
    }

    /// Re-scores, under each ruleset, the operators that it has an open warning of: in the meantime others may have
    /// been warned of, but only these can be eased or resolved.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn sweep_warned(&self, as_of: Timestamp, positions: &Positions) -> Result<Pending, FeatureError> {
        let as_of = self.not_before_committed(as_of);
        let view = self.store.view();
        let context = self.context(view, &BTreeMap::new(), as_of);
        let mut outputs = Vec::new();
        let mut states = Vec::new();
        for evaluator in self.evaluators() {
            let warned: Vec<OperatorId> = evaluator.warned().into_iter().collect();
            let request = EvalRequest { operators: &warned, cause: Cause::Time, positions, write_all: true };
            let mut shared = SharedFeatures::new(view, &warned, as_of);
            let mut output = Output::default();
            states.push(evaluator.evaluate(&context, &request, &mut shared, &mut output)?);
            outputs.push(output);
        }
        let shadows = outputs.split_off(1);
        let output = outputs.pop().unwrap_or_default();
        let delta = Delta { states, as_of: Some(as_of), ..Delta::default() };
        Ok(Pending { output, shadows, failures: ShadowFailures::new(), delta })
    }

    /// Operators of whom an event has become visible by an instant, sorted: they are to be scored again, by
    /// [`Engine::sweep`] or with the next batch.
    pub fn due(&self, as_of: Timestamp) -> Vec<OperatorId> {
        let due = self.pending_visibility.due(as_of);
        let operators: BTreeSet<&OperatorId> = due.map(|visible| &visible.operator).collect();
        operators.into_iter().cloned().collect()
    }

    /// When the next event becomes visible.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.pending_visibility.next()
    }
}
