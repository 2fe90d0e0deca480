//! A warning proves itself (invariant I4): from its own features and its ruleset, findings, score and level recompute.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::Ruleset;
use crate::OperatorId;
use crate::feature::{FeatureTable, FeatureValue};
use crate::warning::score::score;
use crate::warning::{Finding, Floor, Level};

/// What follows from a warning's own features, in the words of the warning. Evidence is not part of it: it is read from
/// events, not computed from features.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recomputed {
    pub score: i64,
    pub base: i64,
    pub to_next: Option<i64>,
    pub findings: Vec<Finding>,
    pub floors: Vec<Floor>,
    /// The level that score and floors give, before hysteresis and dwell.
    pub level_by_score: Level,
}

impl Ruleset {
    /// Judges features that stand in a score or a warning as of its instant. A feature that is not named is unknown.
    pub fn recompute(&self, operator: &str, features: &BTreeMap<String, FeatureValue>, as_of: Timestamp) -> Recomputed {
        let operator: OperatorId = Arc::from(operator);
        let table = FeatureTable::of_values(self.features.catalogue(), operator, features);
        let evaluation = self.rules.evaluate(&table, 0, as_of);
        let base = table.value(0, self.base_feature);
        let score = score(&self.policy, &base, &self.rules, &evaluation);
        let findings = evaluation.fired.into_iter().zip(&score.counted).map(|(fired, counted)| {
            let metadata = &self.rules.list()[fired.rule].metadata;
            Finding::new(metadata, fired.points, *counted, fired.floor, fired.because)
        });
        Recomputed {
            findings: findings.collect(),
            score: score.score,
            base: score.base,
            to_next: score.to_next,
            floors: score.floors,
            level_by_score: score.level,
        }
    }
}
