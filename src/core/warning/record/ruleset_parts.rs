//! What all records of one ruleset have in common, made once when it is built.

use std::sync::Arc;

use super::feature_values::FeatureNames;
use crate::feature::Feature;
use crate::rule::Rules;
use crate::warning::finding::RuleCard;

/// What all records of one ruleset have in common.
#[derive(Debug)]
pub struct RulesetParts {
    /// The content hash of the ruleset.
    pub hash: Arc<str>,
    pub features: Arc<FeatureNames>,
    /// In the order of the ruleset's rules.
    pub rules: Vec<Arc<RuleCard>>,
}

impl RulesetParts {
    pub fn new(hash: &str, catalogue: &[Feature], rules: &Rules) -> Self {
        let cards = rules.list().iter().map(|rule| Arc::new(RuleCard::of(&rule.metadata)));
        Self { hash: hash.into(), features: Arc::new(FeatureNames::of(catalogue)), rules: cards.collect() }
    }
}
