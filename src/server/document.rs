//! What the API says of the ruleset in force: it does not change while the ruleset stands, so it is written once.

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::engine::Ruleset;
use crate::rule::Rule;
use crate::warning::Policy;

/// The documents of one ruleset: its own, to which what changes is added, and the catalogue as JSON text.
#[derive(Debug, Clone)]
pub struct Documents {
    pub ruleset: Value,
    pub features: Bytes,
}

impl Documents {
    /// The documents of a ruleset.
    pub fn of(ruleset: &Ruleset) -> Self {
        let rules: Vec<Value> = ruleset.rules.list().iter().map(|rule| described(rule, ruleset)).collect();
        let catalogue = ruleset.features.catalogue();
        Self::from_values(
            json!({ "hash": ruleset.hash, "policy": policy(&ruleset.policy), "rules": rules }),
            &json!({ "ruleset": ruleset.hash, "features": catalogue }),
        )
    }

    pub fn from_values(ruleset: Value, features: &Value) -> Self {
        Self { ruleset, features: features.to_string().into() }
    }
}

/// A rule's metadata, and the names of the features that it reads.
fn described(rule: &Rule, ruleset: &Ruleset) -> Value {
    let catalogue = ruleset.features.catalogue();
    let reads: Vec<&str> =
        rule.reads.iter().filter_map(|&place| catalogue.get(place)).map(|feature| &*feature.name).collect();
    json!({ "metadata": rule.metadata, "reads": reads })
}

fn policy(policy: &Policy) -> Value {
    let thresholds: Vec<_> = policy
        .thresholds
        .iter()
        .map(|threshold| json!({ "level": threshold.level, "enter": threshold.enter, "leave": threshold.leave }))
        .collect();
    let families: serde_json::Map<String, Value> = policy
        .families
        .iter()
        .map(|(name, family)| (name.clone(), json!({ "title": family.title, "cap": family.cap })))
        .collect();
    json!({
        "open_at": policy.open_at,
        "thresholds": thresholds,
        "dwell": policy.dwell,
        "base": {
            "feature": policy.base.feature,
            "points": policy.base.points,
            "otherwise": policy.base.otherwise,
        },
        "families": families,
    })
}
