//! The score of one operator: base points plus each family's points up to its cap and down to its least, cut to 0-100,
//! and the floors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::content_hash::ContentHash;
use super::finding::Finding;
use super::policy::{Base, Policy};
use crate::feature::FeatureValue;
use crate::rule::{self, Level, Rules};

/// The highest score.
const MOST: i64 = 100;

/// A level set directly by a rule (直接定级).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    pub level: Level,
    /// The id of the rule that set it.
    pub rule: String,
}

impl Floor {
    pub(super) fn hash_into(&self, hash: &mut ContentHash) {
        hash.kind(self.level as u8);
        hash.text(&self.rule);
    }
}

/// What an evaluation comes to. `base + Σ counted = score`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    pub base: i64,
    /// For each fired rule, in the evaluation's order, the points that count after its family's bounds and the cut to
    /// 0-100; below zero for one that lowers the risk.
    pub counted: Vec<i64>,
    pub score: i64,
    /// By how many levels modifiers raise the level that the score reaches.
    pub raise: u8,
    /// Every floor, highest first.
    pub floors: Vec<Floor>,
    /// The higher of the score's level, raised, and the highest floor.
    pub level: Level,
    /// Points from here to the next level; `None` at red.
    pub to_next: Option<i64>,
}

/// Adds it up. Family caps and the cut to 100 are spent in the evaluation's order: the first rule of a full family
/// counts whole, the next what is left. What the order does not change is the score: each family's points up to its
/// cap, and what its other rules take off, down to its least.
pub fn score(policy: &Policy, base: &FeatureValue, rules: &Rules, contributions: &[rule::Contribution]) -> Score {
    score_of(policy, policy.base.points_of(base), rules, contributions)
}

/// As [`score`], of some of what fired, with the base points.
pub fn score_of<'a>(
    policy: &Policy,
    base: i64,
    rules: &Rules,
    contributions: impl IntoIterator<Item = &'a rule::Contribution>,
) -> Score {
    let list = rules.list();
    let contributions = contributions.into_iter().map(|contribution| {
        let metadata = &list[contribution.rule].metadata;
        let rule::Contribution { points, floor, raise, .. } = *contribution;
        Contribution { rule: &metadata.id, family: &metadata.family, points, floor, raise }
            .weighed_unless(contribution.disputed)
    });
    add_up(policy, base, contributions)
}

/// Adds up findings as they stand in a score or a warning: what [`score`] said when they were found, and what it would
/// have said without some of them.
pub fn score_of_findings<'a>(policy: &Policy, base: i64, findings: impl Iterator<Item = &'a Finding>) -> Score {
    let contributions = findings.map(|finding| {
        let (rule, family) = (&*finding.rule.id, &*finding.rule.family);
        let (points, floor, raise) = (finding.points, finding.floor, finding.raise());
        Contribution { rule, family, points, floor, raise }.weighed_unless(finding.disputed)
    });
    add_up(policy, base, contributions)
}

impl Base {
    /// The base points for a value of the base's feature.
    pub fn points_of(&self, value: &FeatureValue) -> i64 {
        let known = match value {
            FeatureValue::Unknown => None,
            FeatureValue::Bool(value) => self.points.get(&value.to_string()),
            FeatureValue::Int(value) => self.points.get(&value.to_string()),
            FeatureValue::Float(value) => self.points.get(&value.to_string()),
            FeatureValue::Text(value) => self.points.get(&**value),
        };
        known.copied().unwrap_or(self.otherwise)
    }
}

/// What one fired rule brings.
struct Contribution<'a> {
    rule: &'a str,
    family: &'a str,
    points: i64,
    floor: Option<Level>,
    raise: u8,
}

impl Contribution<'_> {
    /// Without weight, if it is disputed.
    fn weighed_unless(self, disputed: bool) -> Self {
        if disputed { Self { points: 0, floor: None, raise: 0, ..self } } else { self }
    }
}

fn add_up<'a>(policy: &Policy, base: i64, contributions: impl Iterator<Item = Contribution<'a>>) -> Score {
    let base = base.clamp(0, MOST);
    let contributions: Vec<Contribution<'_>> = contributions.collect();
    // Loading refuses a rule of an unknown family; if one came all the same, its points are not hidden.
    let bounds = |family: &str| policy.families.get(family).map_or((0, MOST), |family| (family.least, family.cap));
    let mut spent: BTreeMap<(&str, bool), i64> = BTreeMap::new();
    // Points below zero would hide what other rules found, so only a family that says so takes any off.
    let mut counted: Vec<i64> = contributions
        .iter()
        .map(|contribution| {
            let (least, cap) = bounds(contribution.family);
            let lowers = contribution.points < 0;
            let spent = spent.entry((contribution.family, lowers)).or_default();
            let counts =
                if lowers { contribution.points.max(least - *spent) } else { contribution.points.min(cap - *spent) };
            *spent += counts;
            counts
        })
        .collect();
    let mut total = base + counted.iter().sum::<i64>();
    // The last to come loses what lies outside the score's bounds.
    for counts in counted.iter_mut().rev() {
        let outside = total - total.clamp(0, MOST);
        let cut = if outside > 0 { outside.min((*counts).max(0)) } else { outside.max((*counts).min(0)) };
        *counts -= cut;
        total -= cut;
    }
    // What adds no points reaches no level by them.
    let adds = contributions.iter().filter(|contribution| contribution.points > 0);
    let raise = adds.map(|contribution| contribution.raise).max().unwrap_or_default();
    let mut floors = Vec::new();
    for contribution in contributions {
        if let Some(level) = contribution.floor.filter(|level| *level > Level::None) {
            floors.push(Floor { level, rule: contribution.rule.to_owned() });
        }
    }
    floors.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.rule.cmp(&b.rule)));
    let highest_floor = floors.first().map_or(Level::None, |floor| floor.level);
    let level = policy.level_of(total).raised(raise).max(highest_floor);
    let next = policy.thresholds.iter().find(|threshold| threshold.level.raised(raise) > level);
    Score { base, counted, score: total, raise, floors, level, to_next: next.map(|threshold| threshold.enter - total) }
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
