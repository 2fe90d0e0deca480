//! What rules and policy say of one row of features, before the lifecycle.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::feature::{FeatureTable, FeatureValue};
use crate::rule::{Evaluation, Fired};
use crate::ruleset::Ruleset;
use crate::warning::score::score;
use crate::warning::{Finding, Score};

/// One operator's features.
#[derive(Debug, Clone, Copy)]
pub(super) struct FeatureRow<'a> {
    pub(super) table: &'a FeatureTable,
    pub(super) row: usize,
}

/// What the rules found, and the score that it makes.
#[derive(Debug)]
pub(super) struct Assessment {
    pub(super) evaluation: Evaluation,
    pub(super) score: Score,
}

impl FeatureRow<'_> {
    pub(super) fn value(&self, feature: usize) -> FeatureValue {
        self.table.value(self.row, feature)
    }

    /// Every feature by its name.
    pub(super) fn by_name(&self, ruleset: &Ruleset) -> BTreeMap<String, FeatureValue> {
        let catalogue = ruleset.features.catalogue().iter().enumerate();
        catalogue.map(|(place, feature)| (feature.name.clone(), self.value(place))).collect()
    }
}

impl Assessment {
    pub(super) fn of(ruleset: &Ruleset, features: FeatureRow<'_>, as_of: Timestamp) -> Self {
        Self::new(ruleset, features, ruleset.rules.evaluate(features.table, features.row, as_of))
    }

    pub(super) fn new(ruleset: &Ruleset, features: FeatureRow<'_>, evaluation: Evaluation) -> Self {
        let base = features.value(ruleset.base_feature);
        let score = score(&ruleset.policy, &base, &ruleset.rules, &evaluation);
        Self { evaluation, score }
    }

    /// What fired, without evidence.
    pub(super) fn findings(&self, ruleset: &Ruleset) -> Vec<Finding> {
        let finding = |(fired, counted): (&Fired, &i64)| {
            let metadata = &ruleset.rules.list()[fired.rule].metadata;
            Finding::new(metadata, fired.points, *counted, fired.floor, fired.because.clone())
        };
        self.evaluation.fired.iter().zip(&self.score.counted).map(finding).collect()
    }
}
