//! What `routing.toml` and `handling.toml` may name: what the rest of the ruleset and the register have.

use std::collections::{BTreeMap, BTreeSet};

use crate::feature::{Feature, FeatureType};
use crate::rule::Rules;
use crate::source::Source;
use crate::source::shape::{ValueRule, Values};
use crate::warning::policy::Policy;

/// The most values of a column of whole numbers that are listed.
const MOST_NUMBERS: i64 = 100;

/// The names that conditions may use.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary<'a> {
    pub rules: BTreeSet<&'a str>,
    pub families: BTreeSet<&'a str>,
    /// Features that are numbers.
    pub numbers: BTreeSet<&'a str>,
    /// Columns of the register that are texts or whole numbers, with the values that they can have as far as the schema
    /// lists them; empty: any.
    pub columns: BTreeMap<&'a str, Vec<String>>,
    /// The most characters that a text of the register can have, by its column.
    pub lengths: BTreeMap<&'a str, usize>,
}

impl<'a> Vocabulary<'a> {
    /// Of a ruleset's other parts and of the register, if there is one.
    pub fn of(policy: &'a Policy, rules: &'a Rules, features: &'a [Feature], register: Option<&'a Source>) -> Self {
        let is_number = |feature: &&Feature| matches!(feature.data_type, FeatureType::Int | FeatureType::Float);
        Self {
            rules: rules.list().iter().map(|rule| rule.metadata.id.as_str()).collect(),
            families: policy.families.keys().map(String::as_str).collect(),
            numbers: features.iter().filter(is_number).map(|feature| feature.name.as_str()).collect(),
            columns: register.map(columns).unwrap_or_default(),
            lengths: register.map(lengths).unwrap_or_default(),
        }
    }
}

fn columns(register: &Source) -> BTreeMap<&str, Vec<String>> {
    let properties = register.shape.properties.iter().filter(|property| property.cell.is_some());
    properties.filter_map(|property| Some((&*property.name, values(&property.value.rule)?))).collect()
}

fn lengths(register: &Source) -> BTreeMap<&str, usize> {
    let properties = register.shape.properties.iter();
    let texts = properties.filter_map(|property| match &property.value.rule {
        ValueRule::Text(text) => Some((&*property.name, text.max)),
        _ => None,
    });
    texts.collect()
}

/// The values that a column can have, if it is one of texts or whole numbers.
fn values(rule: &ValueRule) -> Option<Vec<String>> {
    match rule {
        ValueRule::Text(text) => Some(match &text.values {
            Values::Any => Vec::new(),
            Values::Closed(values) | Values::Open(values) => values.iter().map(ToString::to_string).collect(),
        }),
        ValueRule::Int { only, .. } if !only.is_empty() => Some(only.iter().map(ToString::to_string).collect()),
        ValueRule::Int { min, max, .. } if max.saturating_sub(*min) < MOST_NUMBERS => {
            Some((*min..=*max).map(|number| number.to_string()).collect())
        }
        ValueRule::Int { .. } => Some(Vec::new()),
        _ => None,
    }
}
