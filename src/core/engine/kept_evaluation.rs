//! What the rules found in an operator's features, kept until one of them changes.

use std::sync::Arc;

use jiff::Timestamp;

use super::operator_state::OperatorState;
use crate::feature::FeatureRow;
use crate::rule::{Costs, Evaluation};
use crate::ruleset::Ruleset;

/// What the rules of one ruleset found in one row of features.
#[derive(Debug)]
pub(super) struct KeptEvaluation {
    pub(super) features: FeatureRow,
    pub(super) evaluation: Arc<Evaluation>,
    /// The first instant at which other rules or modifiers are in force.
    pub(super) rules_hold_until: Timestamp,
}

impl KeptEvaluation {
    /// Asks the rules that read a feature that changed since `before` was evaluated by the same ruleset; all rules where
    /// it was another one, or others of it are in force by now.
    pub(super) fn after(
        before: Option<&OperatorState>,
        ruleset: &Arc<Ruleset>,
        features: FeatureRow,
        as_of: Timestamp,
        costs: &mut Costs,
    ) -> Arc<Self> {
        let of_ruleset = before.filter(|before| before.is_evaluated_by(ruleset));
        let kept = of_ruleset.and_then(|before| before.evaluation.as_ref());
        let rules = &ruleset.rules;
        match kept.filter(|kept| as_of < kept.rules_hold_until) {
            Some(kept) if kept.features == features => Arc::clone(kept),
            Some(kept) => {
                let changed = features.changed_since(&kept.features);
                let evaluation = rules.reevaluate(&kept.evaluation, &changed, &features, as_of, costs);
                let evaluation = Arc::new(evaluation);
                Arc::new(Self { features, evaluation, rules_hold_until: kept.rules_hold_until })
            }
            None => {
                let evaluation = Arc::new(rules.evaluate_metered(&features, as_of, costs));
                let rules_hold_until = ruleset.next_change_of_days(as_of).unwrap_or(Timestamp::MAX);
                Arc::new(Self { features, evaluation, rules_hold_until })
            }
        }
    }
}
