//! The features of one operator, as rules read them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::feature::catalogue::{Feature, FeatureValue, Missing};

/// One operator's features as of an instant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureRow {
    /// By the feature's place in the catalogue.
    pub values: Vec<FeatureValue>,
    /// Values that could not be computed, by place, and why: they are unknown, and the operator's score says degraded.
    pub failed: Vec<(usize, Arc<str>)>,
    /// The places of texts that were longer than the ruleset allows and were cut.
    pub cut: Vec<usize>,
}

impl FeatureRow {
    /// A row whose values are given by name, as scores and warnings show them. What is not given, or of another type
    /// than its feature, is unknown.
    pub fn of_values(catalogue: &[Feature], values: &BTreeMap<String, FeatureValue>) -> Self {
        let value = |feature: &Feature| {
            let given = values.get(&feature.name).filter(|given| given.is_of(feature.data_type));
            given.cloned().unwrap_or(FeatureValue::Unknown)
        };
        Self { values: catalogue.iter().map(value).collect(), ..Self::default() }
    }

    /// Every feature by its name.
    pub fn by_name(&self, catalogue: &[Feature]) -> BTreeMap<String, FeatureValue> {
        catalogue.iter().zip(&self.values).map(|(feature, value)| (feature.name.clone(), value.clone())).collect()
    }

    /// One value; what lies outside the row is unknown.
    pub fn value(&self, feature: usize) -> &FeatureValue {
        self.values.get(feature).unwrap_or(&FeatureValue::Unknown)
    }

    /// The places of the values that are not what they were in another row of the same catalogue.
    pub fn changed_since(&self, before: &Self) -> Vec<usize> {
        let pairs = self.values.iter().zip(&before.values).enumerate();
        pairs.filter(|(_, (value, before))| value != before).map(|(place, _)| place).collect()
    }

    /// The same row as if the operator had no rows for a feature, whose entry in the catalogue is `described`: it has
    /// the value that stands for missing.
    #[must_use]
    pub fn without(&self, feature: usize, described: &Feature) -> Self {
        let missing = match described.missing {
            Missing::Unknown => FeatureValue::Unknown,
            Missing::Zero => FeatureValue::zero(described.data_type),
        };
        let mut row = self.supposing(feature, missing);
        row.failed = self.failed.iter().filter(|(failed, _)| *failed != feature).cloned().collect();
        row.cut = self.cut.iter().filter(|cut| **cut != feature).copied().collect();
        row
    }

    /// The same values but for one, and as if all could be computed.
    #[must_use]
    pub fn supposing(&self, feature: usize, value: FeatureValue) -> Self {
        let mut values = self.values.clone();
        values[feature] = value;
        Self { values, failed: Vec::new(), cut: Vec::new() }
    }
}
