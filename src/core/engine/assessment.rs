//! What rules and policy say of one row of features, before the lifecycle.

use std::sync::Arc;

use jiff::Timestamp;

use crate::feature::FeatureRow;
use crate::rule::{Evaluation, Fired};
use crate::ruleset::Ruleset;
use crate::warning::score::score;
use crate::warning::{Finding, Score};

/// What the rules found, and the score that it makes.
#[derive(Debug)]
pub(super) struct Assessment {
    pub(super) evaluation: Arc<Evaluation>,
    pub(super) score: Score,
}

impl Assessment {
    pub(super) fn of(ruleset: &Ruleset, features: &FeatureRow, as_of: Timestamp) -> Self {
        Self::new(ruleset, features, Arc::new(ruleset.rules.evaluate(features, as_of)))
    }

    pub(super) fn new(ruleset: &Ruleset, features: &FeatureRow, evaluation: Arc<Evaluation>) -> Self {
        let base = features.value(ruleset.base_feature);
        let score = score(&ruleset.policy, base, &ruleset.rules, &evaluation);
        Self { evaluation, score }
    }

    /// What fired, without evidence.
    pub(super) fn findings(&self, ruleset: &Ruleset) -> Vec<Finding> {
        let finding = |(fired, counted): (&Fired, &i64)| {
            let rule = &ruleset.record_parts.rules[fired.rule];
            Finding::new(rule, fired.points, *counted, fired.floor, (*fired.because).clone())
        };
        self.evaluation.fired.iter().zip(&self.score.counted).map(finding).collect()
    }
}
