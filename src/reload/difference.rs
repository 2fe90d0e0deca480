//! What one ruleset changes of another: rules, features, settings, and the levels of operators as they are now.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::engine::{Output, Ruleset};
use crate::warning::{Level, WarningEvent};

/// Most operators that are told by name.
const MOST_EXAMPLES: usize = 20;

/// Names of what is only in the new ruleset, other in it, and no longer in it; each sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
}

/// How many operators would go from one level to another at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    pub from: Level,
    pub to: Level,
    pub operators: u64,
}

/// What the new ruleset changes: what a publication keeps of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub rules: Names,
    pub features: Names,
    /// Files of settings that differ: `ruleset.toml`, `calendar.toml`, ...
    pub settings: Vec<String>,
    /// How many operators were looked at.
    pub operators: u64,
    /// Changes of level at once; those that wait for the dwell are none yet.
    pub levels: Vec<Move>,
    /// Rules that failed for operators as they are now: how often, by rule and kind; features by name.
    pub failures: BTreeMap<String, u64>,
}

/// An operator whose level would change at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    pub operator_id: String,
    pub name: Option<String>,
    pub sub_district: Option<String>,
    pub from: Level,
    pub to: Level,
    pub score: i64,
    /// The rules that fire, those that weigh most first.
    pub rules: Vec<String>,
}

/// What the new ruleset changes, with examples.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    #[serde(flatten)]
    pub change: Change,
    /// The highest new levels first, at most twenty.
    pub examples: Vec<Example>,
}

impl Names {
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

impl Change {
    /// How many operators would change their level at once.
    pub fn moved(&self) -> u64 {
        self.levels.iter().map(|each| each.operators).sum()
    }
}

impl Difference {
    /// What `new` writes otherwise than `old`; what that means for operators is added with [`Difference::note`].
    pub fn between(old: &Ruleset, new: &Ruleset) -> Self {
        let change = Change {
            rules: Names::between(&rules(old), &rules(new)),
            features: Names::between(&features(old), &features(new)),
            settings: settings(old, new),
            ..Change::default()
        };
        Self { change, examples: Vec::new() }
    }

    /// Adds what a projection of some operators gave.
    pub fn note(&mut self, operators: usize, projected: &Output) {
        self.change.operators += operators as u64;
        for event in &projected.warnings {
            let known = self.change.levels.iter_mut().find(|each| (each.from, each.to) == (event.from, event.level));
            match known {
                Some(known) => known.operators += 1,
                None => self.change.levels.push(Move { from: event.from, to: event.level, operators: 1 }),
            }
            self.examples.push(Example::of(event));
        }
        self.change.levels.sort_by_key(|each| (each.from, each.to));
        self.examples.sort_by(|a, b| {
            let height = |example: &Example| (example.to, example.from);
            height(b).cmp(&height(a)).then_with(|| a.operator_id.cmp(&b.operator_id))
        });
        self.examples.truncate(MOST_EXAMPLES);
        let rules =
            projected.tally.rule_failures.iter().map(|((rule, kind), count)| (format!("rule {rule}: {kind}"), count));
        let features = projected.tally.feature_failures.iter().map(|(name, count)| (format!("feature {name}"), count));
        for (what, count) in rules.chain(features) {
            *self.change.failures.entry(what).or_default() += count;
        }
    }
}

impl Example {
    fn of(event: &WarningEvent) -> Self {
        let text = |name: &str| event.operator.attributes.get(name)?.as_str().map(str::to_owned);
        let mut findings: Vec<_> = event.findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse((finding.floor, finding.counted)));
        Self {
            operator_id: event.operator_id.clone(),
            name: text("name"),
            sub_district: text("sub_district"),
            from: event.from,
            to: event.level,
            score: event.score,
            rules: findings.into_iter().map(|finding| finding.rule.clone()).collect(),
        }
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
