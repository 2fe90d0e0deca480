//! What the rules found in an operator's features, kept until one of them changes.

use std::sync::Arc;

use jiff::Timestamp;

use super::Emit;
use super::evaluator::Evaluator;
use super::operator_state::OperatorState;
use crate::feature::{CountBound, FeatureRow};
use crate::rule::days_ahead::SameUntil;
use crate::rule::{Costs, Evaluation};
use crate::ruleset::Ruleset;

/// What the rules of one ruleset found in one row of features.
#[derive(Debug)]
pub(super) struct KeptEvaluation {
    pub(super) features: FeatureRow,
    pub(super) evaluation: Arc<Evaluation>,
    /// The first instant at which other rules or modifiers are in force.
    pub(super) rules_hold_until: Timestamp,
    /// What the rules say on the days to come; `None` where scores leave, which show features that count days.
    same_until: Option<SameUntil>,
}

impl KeptEvaluation {
    /// Asks the rules that read a feature that changed since `before` was evaluated by the same ruleset; all rules where
    /// it was another one, or others of it are in force by now.
    pub(super) fn after(
        before: Option<&OperatorState>,
        evaluator: &Evaluator,
        features: FeatureRow,
        as_of: Timestamp,
        costs: &mut Costs,
    ) -> Arc<Self> {
        let Evaluator { ruleset, emit, .. } = evaluator;
        let Ruleset { rules, days_ahead, .. } = &**ruleset;
        let of_ruleset = before.filter(|before| before.is_evaluated_by(ruleset));
        let kept = of_ruleset.and_then(|before| before.evaluation.as_ref());
        match kept.filter(|kept| as_of < kept.rules_hold_until) {
            Some(kept) if kept.features == features => Arc::clone(kept),
            Some(kept) => {
                let changed = features.changed_since(&kept.features);
                let evaluation = Arc::new(rules.reevaluate(&kept.evaluation, &changed, &features, as_of, costs));
                let same_until = kept.same_until.as_ref();
                let same_until =
                    same_until.map(|before| days_ahead.look_again(before, &changed, rules, &features, as_of));
                Arc::new(Self { features, evaluation, rules_hold_until: kept.rules_hold_until, same_until })
            }
            None => {
                let evaluation = Arc::new(rules.evaluate_metered(&features, as_of, costs));
                let rules_hold_until = ruleset.next_change_of_days(as_of).unwrap_or(Timestamp::MAX);
                let same_until = (*emit == Emit::Warnings).then(|| days_ahead.look(rules, &features, as_of));
                Arc::new(Self { features, evaluation, rules_hold_until, same_until })
            }
        }
    }

    /// Until when all is decided the same although features change, where only decisions matter: until the day on which a
    /// count of days turns a rule, or the first of some counts of rows falls below its bound, by `first_fall`.
    pub(super) fn decisions_hold_until(
        &self,
        ruleset: &Ruleset,
        as_of: Timestamp,
        first_fall: impl FnOnce(&[CountBound]) -> Timestamp,
    ) -> Option<Timestamp> {
        let days_end = ruleset.days_ahead.end(self.same_until.as_ref()?, &self.features);
        let bounds = ruleset.falls_ahead.bounds(&ruleset.rules, &self.features, &self.evaluation, as_of);
        Some(days_end.min(first_fall(&bounds)))
    }
}
