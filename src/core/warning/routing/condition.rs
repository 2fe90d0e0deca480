//! Which warnings an entry of `routing.toml` or `handling.toml` is about.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{OperatorFacts, RoutingInput};
use crate::feature::FeatureValue;
use crate::warning::Level;

/// Which warnings are meant: those for which every part holds that is there. An empty one means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// The warning has one of these levels.
    pub levels: BTreeSet<Level>,
    /// A rule of one of these families fired.
    pub families: BTreeSet<String>,
    /// One of these rules fired.
    pub rules: BTreeSet<String>,
    /// The register has one of these values in each of these columns.
    pub register: BTreeMap<String, BTreeSet<String>>,
    /// Each of these features is known and at least so much.
    pub at_least: BTreeMap<String, u32>,
}

impl Condition {
    /// Whether a warning is meant.
    pub fn holds(&self, input: &RoutingInput<'_>) -> bool {
        let is_one = |names: &BTreeSet<String>, of: fn(&crate::warning::RuleText) -> &String| {
            let grounds = input.findings.iter().filter(|finding| finding.is_ground());
            names.is_empty() || grounds.into_iter().any(|finding| names.contains(of(&finding.rule)))
        };
        let reaches = |(feature, least): (&String, &u32)| match input.features.get(feature) {
            Some(FeatureValue::Int(number)) => *number >= i64::from(*least),
            Some(FeatureValue::Float(number)) => *number >= f64::from(*least),
            _ => false,
        };
        (self.levels.is_empty() || self.levels.contains(&input.level))
            && is_one(&self.families, |rule| &rule.family)
            && is_one(&self.rules, |rule| &rule.id)
            && self.holds_for(input.facts)
            && self.at_least.iter().all(reaches)
    }

    /// Whether warnings of an operator can be meant: the part about the register holds.
    pub fn holds_for(&self, operator: &OperatorFacts) -> bool {
        let is_so = |(column, values): (&String, &BTreeSet<String>)| {
            operator.value(column).is_some_and(|value| values.contains(&*value))
        };
        self.register.iter().all(is_so)
    }

    /// Whether every warning of an operator is meant for whom the part about the register holds.
    pub fn is_only_about_the_register(&self) -> bool {
        let Self { levels, families, rules, at_least, register: _ } = self;
        levels.is_empty() && families.is_empty() && rules.is_empty() && at_least.is_empty()
    }

    /// Whether every warning is meant.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
