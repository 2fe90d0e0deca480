//! Modifiers (提级、专项) as the catalogues show them: for whom, when, for which rules, and what they change.

use serde::Serialize;
use yujing_base::language::Bilingual;
use yujing_core::feature::FeatureValue;
use yujing_core::rule::{Basis, Modifier};
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::ModifierCard;

/// One modifier.
#[derive(Debug, Clone, Serialize)]
pub struct ModifierEntry {
    pub id: String,
    pub kind: Bilingual,
    /// Its title with what it does.
    pub words: Bilingual,
    pub from: Option<String>,
    pub to: Option<String>,
    /// The features that decide for whom it is, with their values; empty: for everyone.
    pub when: Vec<ConditionEntry>,
    /// Families whose rules it all applies to.
    pub families: Vec<String>,
    /// The other rules that it applies to.
    pub rules: Vec<String>,
    pub basis: Vec<Basis>,
}

/// A feature that must have one of some values.
#[derive(Debug, Clone, Serialize)]
pub struct ConditionEntry {
    pub feature: String,
    /// As `modifiers.toml` writes them, texts without their quotation marks.
    pub values: Vec<String>,
}

impl ModifierEntry {
    /// Those of a ruleset, in the order of their file.
    pub fn all(ruleset: &Ruleset) -> Vec<Self> {
        ruleset.modifiers.list().iter().map(|modifier| Self::of(modifier, ruleset)).collect()
    }

    fn of(modifier: &Modifier, ruleset: &Ruleset) -> Self {
        let catalogue = ruleset.features.catalogue();
        let condition = |(feature, values): (usize, &[FeatureValue])| ConditionEntry {
            feature: catalogue[feature].name.clone(),
            values: values.iter().map(written).collect(),
        };
        let rules = || ruleset.rules.list().iter().enumerate().map(|(place, rule)| (place, &rule.metadata));
        let is_whole = |family: &str| {
            let mut of_family = rules().filter(|(_, rule)| rule.family == family).peekable();
            of_family.peek().is_some() && of_family.all(|(place, _)| modifier.applies_to(place))
        };
        let families: Vec<String> = ruleset.policy.families.keys().filter(|name| is_whole(name)).cloned().collect();
        let others = rules().filter(|(place, rule)| modifier.applies_to(*place) && !families.contains(&rule.family));
        let others = others.map(|(_, rule)| rule.id.clone()).collect();
        Self {
            id: modifier.id.clone(),
            kind: modifier.kind.words(),
            words: ModifierCard::of(modifier).words(),
            from: modifier.from.map(|day| day.to_string()),
            to: modifier.to.map(|day| day.to_string()),
            when: modifier.when().map(condition).collect(),
            families,
            rules: others,
            basis: modifier.basis.clone(),
        }
    }
}

fn written(value: &FeatureValue) -> String {
    match value {
        FeatureValue::Unknown => String::new(),
        FeatureValue::Bool(truth) => truth.to_string(),
        FeatureValue::Int(whole) => whole.to_string(),
        FeatureValue::Float(number) => number.to_string(),
        FeatureValue::Text(text) => text.to_string(),
    }
}
