//! The score of one operator: base points plus each family's points up to its cap, cut to 0-100, and the floors.

use serde::{Deserialize, Serialize};

use super::{Level, Policy};
use crate::feature::FeatureValue;
use crate::rule::{Evaluation, Rules};

/// A level set directly by a rule (直接定级).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    pub level: Level,
    /// The id of the rule that set it.
    pub rule: String,
}

/// What an evaluation comes to. `base + Σ counted = score`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    pub base: i64,
    /// For each fired rule, in the evaluation's order, the points that count after its family's cap and the cut to 100.
    pub counted: Vec<i64>,
    pub score: i64,
    /// Every floor, highest first.
    pub floors: Vec<Floor>,
    /// The higher of the score's level and the highest floor.
    pub level: Level,
    /// Points from here to the next level; `None` at red.
    pub to_next: Option<i64>,
}

/// Adds it up.
pub fn score(_policy: &Policy, _base: &FeatureValue, _rules: &Rules, _evaluation: &Evaluation) -> Score {
    todo!()
}
