//! What one ruleset changes of another, as a publication keeps it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::warning::Level;

/// Names of what is only in the new ruleset, other in it, and no longer in it; each sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameChanges {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
}

/// How many operators would go from one level to another at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelMoves {
    pub from: Level,
    pub to: Level,
    pub operators: u64,
}

/// What the new ruleset changes: what a publication keeps of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesetChange {
    pub rules: NameChanges,
    pub features: NameChanges,
    /// Files of settings that differ: `ruleset.toml`, `calendar.toml`, ...
    pub settings: Vec<String>,
    /// How many operators were looked at.
    pub operators: u64,
    /// Changes of level at once; those that wait for the dwell are none yet.
    pub levels: Vec<LevelMoves>,
    /// Rules that failed for operators as they are now: how often, by rule and kind; features by name.
    pub failures: BTreeMap<String, u64>,
}

impl NameChanges {
    /// Compares texts by name.
    pub fn between(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Self {
        let only = |these: &BTreeMap<String, String>, others: &BTreeMap<String, String>| {
            these.keys().filter(|name| !others.contains_key(*name)).cloned().collect()
        };
        let changed = new.iter().filter(|(name, text)| old.get(*name).is_some_and(|before| before != *text));
        Self {
            added: only(new, old),
            changed: changed.map(|(name, _)| name.clone()).collect(),
            removed: only(old, new),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.added.len() + self.changed.len() + self.removed.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl RulesetChange {
    /// How many operators would change their level at once.
    pub fn moved(&self) -> u64 {
        self.levels.iter().map(|each| each.operators).sum()
    }
}
