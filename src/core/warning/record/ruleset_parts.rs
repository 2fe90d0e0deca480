//! What all records of one ruleset have in common, made once when it is built.

use std::sync::Arc;

use super::feature_values::FeatureNames;
use crate::feature::Feature;
use crate::rule::{Contribution, Fired, Modifiers, Rules};
use crate::warning::finding::{Finding, RuleCard};
use crate::warning::modified::{Given, Modified, ModifierCard};

/// What all records of one ruleset have in common.
#[derive(Debug)]
pub struct RulesetParts {
    /// The content hash of the ruleset.
    pub hash: Arc<str>,
    pub features: Arc<FeatureNames>,
    /// In the order of the ruleset's rules.
    pub rules: Vec<Arc<RuleCard>>,
    /// In the order of the ruleset's modifiers.
    pub modifiers: Vec<Arc<ModifierCard>>,
}

impl RulesetParts {
    pub fn new(hash: &str, catalogue: &[Feature], rules: &Rules, modifiers: &Modifiers) -> Self {
        Self {
            hash: hash.into(),
            features: Arc::new(FeatureNames::of(catalogue)),
            rules: rules.list().iter().map(|rule| Arc::new(RuleCard::of(&rule.metadata))).collect(),
            modifiers: modifiers.list().iter().map(|modifier| Arc::new(ModifierCard::of(modifier))).collect(),
        }
    }

    /// A finding without evidence: what a rule said, what that counts with, and what counts of its points.
    pub fn finding(&self, fired: &Fired, contribution: &Contribution, counted: i64) -> Finding {
        Finding {
            rule: Arc::clone(&self.rules[fired.rule]),
            points: contribution.points,
            counted,
            floor: contribution.floor,
            disputed: contribution.disputed,
            because: (*fired.because).clone(),
            modified: self.modified(fired, contribution).map(Box::new),
            evidence: None,
        }
    }

    /// What modifiers made of what a rule gave; nothing if none applies.
    pub fn modified(&self, fired: &Fired, contribution: &Contribution) -> Option<Modified> {
        if contribution.modifiers.is_empty() {
            return None;
        }
        let deadline = self.rules[fired.rule].deadline.clone();
        Some(Modified {
            given: Given { points: fired.points, floor: fired.floor, deadline },
            deadline: contribution.deadline.to_string(),
            modifiers: contribution.modifiers.iter().map(|place| Arc::clone(&self.modifiers[*place])).collect(),
        })
    }
}
