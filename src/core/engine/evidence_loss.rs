//! Whether a batch took away what a warning's level rests on, so that it falls at once and not after the dwell. A
//! function of the store, the batch and the standing: the same rows are evaluated with the batch and without it, so
//! nothing but the batch can make the difference, neither time nor what memory no longer holds.

use std::collections::BTreeSet;

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::assessment::Assessment;
use super::evaluator::Evaluator;
use super::operator_state::{OperatorState, States};
use crate::feature::FeatureError;
use crate::warning::lifecycle::{is_reached, stands};
use crate::warning::{LifecycleInput, Standing};
use crate::window::View;

impl Evaluator {
    /// Whether a warning's level loses its evidence to the batch. Two tests, of which one is enough:
    ///
    /// - *held*: does the level hold now but for what the batch retracts or corrects?
    /// - *reached*: was the level reached at its own instant by what was known of it before the batch, and is it not by
    ///   what is known with it? A record that was added counts here too if it is dated early enough: a retest that
    ///   passes says of the old sample that it never proved anything. A good inspection of today is not seen from
    ///   there: it says nothing of what was found before.
    ///
    /// Where the records behind the level are forgotten it is not reached without the batch either: the past can no
    /// longer be evaluated, and the dwell decides.
    fn loses_evidence(
        &self,
        view: View<'_>,
        operator: &OperatorId,
        standing: &Standing,
        as_of: Timestamp,
    ) -> Result<bool, FeatureError> {
        let Some(warning) = &standing.warning else { return Ok(false) };
        let removes = view.removes_rows_of(operator);
        if !removes && !view.adds_rows_until(operator, warning.level_since) {
            return Ok(false);
        }
        let evaluated = |view: View<'_>, as_of: Timestamp| -> Result<LifecycleInput, FeatureError> {
            let table = self.ruleset.features.compute(view, std::slice::from_ref(operator), as_of)?;
            let features = table.row(0);
            let assessment = Assessment::of(&self.ruleset, &features, as_of);
            let assessment = assessment.disputed(&self.ruleset, &features, &standing.disputes);
            Ok(LifecycleInput::of(&assessment.score, as_of))
        };
        let policy = &self.ruleset.policy;
        let holds = |view| evaluated(view, as_of).map(|now| stands(policy, warning, &now));
        let reached = |view| evaluated(view, warning.level_since).map(|then| is_reached(policy, warning, &then));
        if removes && holds(view.with_additions_only())? && !holds(view)? {
            return Ok(true);
        }
        let past = view.in_retrospect(as_of);
        Ok(reached(past.without_delta())? && !reached(past)?)
    }

    /// Whether an operator's level falls with its evidence: lost to this batch, or to one that was applied while nobody
    /// was scored.
    pub(super) fn has_lost_evidence(
        &self,
        view: View<'_>,
        operator: &OperatorId,
        before: &OperatorState,
        input: &LifecycleInput,
    ) -> Result<bool, FeatureError> {
        match &before.standing.warning {
            Some(warning) if input.level < warning.level => {
                Ok(before.lost_evidence || self.loses_evidence(view, operator, &before.standing, input.as_of)?)
            }
            _ => Ok(false),
        }
    }

    /// The states of those among some operators whose open warnings lose their evidence to a batch, with a note of it.
    pub(super) fn note_lost_evidence(
        &self,
        view: View<'_>,
        operators: &BTreeSet<OperatorId>,
        as_of: Timestamp,
    ) -> Result<States, FeatureError> {
        let mut states = States::new();
        for operator in operators {
            let Some(state) = self.operators.get(operator) else { continue };
            if self.loses_evidence(view, operator, &state.standing, as_of)? {
                states.insert(operator.clone(), OperatorState { lost_evidence: true, ..state.clone() });
            }
        }
        Ok(states)
    }
}
