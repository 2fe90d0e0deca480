//! What one ruleset changes of another: rules, features, settings, and the levels of operators as they are now.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Ruleset;
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
    fn between(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Self {
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
    /// What `new` writes otherwise than `old`; what that means for operators is not known yet.
    pub fn between(old: &Ruleset, new: &Ruleset) -> Self {
        Self {
            rules: NameChanges::between(&rules(old), &rules(new)),
            features: NameChanges::between(&features(old), &features(new)),
            settings: settings(old, new),
            ..Self::default()
        }
    }

    /// How many operators would change their level at once.
    pub fn moved(&self) -> u64 {
        self.levels.iter().map(|each| each.operators).sum()
    }
}

/// Each rule's file by the rule's id, which is the file's name.
fn rules(ruleset: &Ruleset) -> BTreeMap<String, String> {
    let id = |path: &str| Some(path.rsplit('/').next()?.strip_suffix(".rhai")?.to_owned());
    ruleset.files.iter().filter_map(|(path, text)| Some((id(path)?, text.clone()))).collect()
}

fn features(ruleset: &Ruleset) -> BTreeMap<String, String> {
    let features = &ruleset.features;
    let catalogue = features.catalogue().iter().enumerate();
    catalogue.map(|(place, feature)| (feature.name.clone(), features.definition(place))).collect()
}

fn settings(old: &Ruleset, new: &Ruleset) -> Vec<String> {
    let is_setting = |path: &&String| Path::new(path).extension().is_some_and(|extension| extension == "toml");
    let mut paths: Vec<&String> = old.files.keys().chain(new.files.keys()).filter(is_setting).collect();
    paths.sort();
    paths.dedup();
    paths.into_iter().filter(|path| old.files.get(*path) != new.files.get(*path)).cloned().collect()
}
