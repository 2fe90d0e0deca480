//! Why and why not: the answer to "why this score?", with every rule, fired or not.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::feature::{Evidence, FeatureValue};
use crate::rule::Bilingual;
use crate::warning::ScoreRecord;

/// What one rule said of an operator.
#[derive(Debug, Clone, Serialize)]
pub struct RuleAnswer {
    pub rule: String,
    pub title: Bilingual,
    pub family: String,
    /// `fired`, `quiet`, `failed` or `not in force`.
    pub outcome: &'static str,
    pub points: i64,
    pub counted: i64,
    /// The features it reads with their values.
    pub reads: BTreeMap<String, FeatureValue>,
    /// The events behind those features, for a rule that fired.
    pub evidence: Option<BTreeMap<String, Evidence>>,
    pub because: Option<Bilingual>,
    pub failure: Option<String>,
}

/// The whole answer.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    #[serde(flatten)]
    pub score: ScoreRecord,
    pub rules: Vec<RuleAnswer>,
}
