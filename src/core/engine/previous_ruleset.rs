//! The ruleset that scored an operator before the one in force, evaluated over the same facts: so a change of level
//! says whether facts or rules made it.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use super::assessment::Assessment;
use super::context::Ask;
use super::operator_state::OperatorState;
use crate::feature::{FeatureError, FeatureRow, KeptFeatures};
use crate::rule::Contribution;
use crate::ruleset::Ruleset;
use crate::warning::lifecycle::direction;
use crate::warning::{Direction, LifecycleInput};
use crate::window::View;

/// One operator at one instant, for rulesets that scored it before.
pub(super) struct PreviousRuleset<'a> {
    pub(super) kept: &'a Mutex<KeptFeatures>,
    pub(super) view: View<'a>,
    pub(super) before: &'a OperatorState,
    pub(super) ask: &'a Ask,
}

impl PreviousRuleset<'_> {
    /// Whether `ruleset`, not the facts, moves an operator's level the way `input` does: another ruleset scored the
    /// operator last, and by the facts of today that one would not move it there. `is_complete` is false if a rule or a
    /// feature failed: a level never falls at once for want of an answer.
    pub(super) fn is_ruleset_change(
        &self,
        ruleset: &Arc<Ruleset>,
        input: &LifecycleInput,
        is_complete: bool,
    ) -> Result<bool, FeatureError> {
        let Some(previous) = self.before.previous_ruleset(ruleset) else { return Ok(false) };
        let moved = direction(&ruleset.policy, &self.before.standing, input);
        if moved == Direction::Steady || (moved == Direction::Down && !is_complete) {
            return Ok(false);
        }
        let features = self.features(previous)?;
        let assessment = Assessment::of(previous, &features, input.as_of);
        let score = assessment.disputed(previous, &features, &self.before.standing.disputes).score;
        let of_previous = LifecycleInput::of(&score, input.as_of);
        Ok(direction(&previous.policy, &self.before.standing, &of_previous) != moved)
    }

    /// Whether the ruleset that scored the operator before finds none of these findings in the facts of today: then
    /// other rules, not facts, made them. `false` if no other ruleset is known to have scored it.
    pub(super) fn finds_none_of(
        &self,
        additions: &[&Contribution],
        ruleset: &Arc<Ruleset>,
    ) -> Result<bool, FeatureError> {
        let Some(previous) = self.before.previous_ruleset(ruleset) else { return Ok(false) };
        let features = self.features(previous)?;
        let found = previous.rules.evaluate(&features, self.ask.as_of).fired;
        let id = |ruleset: &Ruleset, rule: usize| ruleset.rules.list()[rule].metadata.id.clone();
        let found: BTreeSet<String> = found.iter().map(|fired| id(previous, fired.rule)).collect();
        Ok(!additions.iter().any(|addition| found.contains(&id(ruleset, addition.rule))))
    }

    /// Most files of features are the same in both rulesets, and so kept already.
    fn features(&self, previous: &Ruleset) -> Result<FeatureRow, FeatureError> {
        let ask = (self.ask.operator.clone(), self.ask.as_of);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let refreshed = previous.features.refresh(&mut kept, self.view, &[ask], NonZeroUsize::MIN)?;
        Ok(refreshed.into_iter().next().map(|refreshed| refreshed.row).unwrap_or_default())
    }
}
