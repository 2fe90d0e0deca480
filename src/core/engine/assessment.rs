//! What rules and policy say of one row of features, before the lifecycle.

use std::sync::Arc;

use jiff::Timestamp;

use crate::feature::FeatureRow;
use crate::rule::{Contribution, Evaluation};
use crate::ruleset::Ruleset;
use crate::warning::handling::Dispute;
use crate::warning::score::score;
use crate::warning::{Finding, Score};

/// What the rules found, what that counts with, and the score that it makes.
#[derive(Debug)]
pub(super) struct Assessment {
    pub(super) evaluation: Arc<Evaluation>,
    /// For each rule that fired, in their order.
    pub(super) contributions: Vec<Contribution>,
    pub(super) score: Score,
}

impl Assessment {
    pub(super) fn of(ruleset: &Ruleset, features: &FeatureRow, as_of: Timestamp) -> Self {
        Self::new(ruleset, features, Arc::new(ruleset.rules.evaluate(features, as_of)), as_of)
    }

    pub(super) fn new(ruleset: &Ruleset, features: &FeatureRow, evaluation: Arc<Evaluation>, as_of: Timestamp) -> Self {
        let contributions = ruleset.modifiers.contributions(&ruleset.rules, &evaluation, features, as_of);
        let base = features.value(ruleset.base_feature);
        let score = score(&ruleset.policy, base, &ruleset.rules, &contributions);
        Self { evaluation, contributions, score }
    }

    /// The same where findings are disputed: these count for nothing.
    pub(super) fn disputed(self, ruleset: &Ruleset, features: &FeatureRow, disputes: &[Dispute]) -> Self {
        if disputes.is_empty() && !self.contributions.iter().any(|contribution| contribution.disputed) {
            return self;
        }
        let rules = ruleset.rules.list();
        let is_disputed = |rule: usize| disputes.iter().any(|it| it.ground.rule == rules[rule].metadata.id);
        let mut contributions = self.contributions;
        for contribution in &mut contributions {
            contribution.disputed = is_disputed(contribution.rule);
        }
        let base = features.value(ruleset.base_feature);
        let score = score(&ruleset.policy, base, &ruleset.rules, &contributions);
        Self { contributions, score, ..self }
    }

    /// What fired, without evidence.
    pub(super) fn findings(&self, ruleset: &Ruleset) -> Vec<Finding> {
        let counted = self.contributions.iter().zip(&self.score.counted);
        let parts = self.evaluation.fired.iter().zip(counted);
        parts.map(|(fired, (counts, points))| ruleset.record_parts.finding(fired, counts, *points)).collect()
    }
}
