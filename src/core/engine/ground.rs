//! Whether a batch took away what a warning's level rests on, so that it falls at once and is not left to patience. A
//! function of the store, the batch and the standing: the same rows are asked with the batch and without it, so nothing
//! but the batch can make the difference, neither time nor what memory no longer holds.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::judge::{Judge, Question};
use super::{OperatorState, States};
use crate::feature::FeatureError;
use crate::warning::lifecycle::{is_reached, stands};
use crate::warning::{LifecycleInput, OpenWarning};
use crate::window::View;
use yujing_base::OperatorId;

impl Judge {
    /// Two questions, of which one is enough:
    ///
    /// - *held*: does the level hold now but for what the batch retracts or corrects?
    /// - *reached*: was the level reached at its own instant by what was known of it before the batch, and is it not by
    ///   what is known with it? A record that was added counts here too if it is dated early enough: a retest that passes
    ///   says of the old sample that it never proved anything. A good inspection of today is not seen from there: it says
    ///   nothing of what was found before.
    ///
    /// Where the records behind the level are forgotten it is not reached without the batch either: the past can no longer
    /// be told, and patience decides.
    pub(super) fn loses_its_ground(
        &self,
        view: View<'_>,
        operator: &OperatorId,
        warning: &OpenWarning,
        as_of: Timestamp,
    ) -> Result<bool, FeatureError> {
        let takes = view.removes_rows_of(operator);
        if !takes && !view.adds_rows_until(operator, warning.level_since) {
            return Ok(false);
        }
        let judged = |view: View<'_>, as_of: Timestamp| -> Result<LifecycleInput, FeatureError> {
            let table = self.ruleset.features.compute(view, std::slice::from_ref(operator), as_of)?;
            Ok(LifecycleInput::of(&self.assess(&table, 0, as_of).score, as_of))
        };
        let policy = &self.ruleset.policy;
        let holds = |view| judged(view, as_of).map(|now| stands(policy, warning, &now));
        let reached = |view| judged(view, warning.level_since).map(|then| is_reached(policy, warning, &then));
        if takes && holds(view.with_additions_only())? && !holds(view)? {
            return Ok(true);
        }
        let past = view.in_retrospect(as_of);
        Ok(reached(past.without_delta())? && !reached(past)?)
    }

    /// Whether an operator's level, drawn down by a judgement, fell with its ground: by this batch, or by one that was
    /// applied while nobody was scored.
    pub(super) fn is_bereft(
        &self,
        view: View<'_>,
        operator: &OperatorId,
        question: &Question<'_>,
        judgement: &LifecycleInput,
    ) -> Result<bool, FeatureError> {
        let state = self.operators.get(operator);
        match state.and_then(|state| Some((state, state.standing.warning.as_ref()?))) {
            Some((state, warning)) if judgement.level < warning.level => {
                Ok(state.is_bereft || self.loses_its_ground(view, operator, warning, question.as_of)?)
            }
            _ => Ok(false),
        }
    }

    /// The states of those among some operators whose open warnings lose their ground to a batch, with a note of it.
    pub(super) fn bereaved(
        &self,
        view: View<'_>,
        operators: &BTreeSet<OperatorId>,
        as_of: Timestamp,
    ) -> Result<States, FeatureError> {
        let mut states = States::new();
        for operator in operators {
            let Some(state) = self.operators.get(operator) else { continue };
            let Some(warning) = &state.standing.warning else { continue };
            if self.loses_its_ground(view, operator, warning, as_of)? {
                states.push((operator.clone(), OperatorState { is_bereft: true, ..state.clone() }));
            }
        }
        Ok(states)
    }
}
