//! Modifiers (提级、专项): the office's decisions that some findings weigh more for some operators or for some days, as
//! data over any rule. A function of an operator's features and the day; it only ever makes a finding more urgent.
//!
//! - here: what a modifier is, and which apply
//! - `condition`: for whom it is
//! - `file`: `rules/modifiers.toml`

mod condition;
mod file;

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use yujing_base::language::Bilingual;
use yujing_base::zone::Zone;

use self::condition::Condition;
pub use self::file::ModifierScope;
use super::contribution::Contribution;
use super::definition::MAX_POINTS;
use super::metadata::Basis;
use super::outcome::{Evaluation, Fired};
use super::percent::Percent;
use super::rules::Rules;
use crate::feature::{FeatureRow, FeatureValue};

/// Why findings weigh more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModifierKind {
    /// 重点保护人群: whom the operator feeds.
    ProtectedGroup,
    /// 重大活动: a major event that the operator serves.
    Event,
    /// 专项: a campaign between two days.
    Campaign,
}

impl ModifierKind {
    /// The kind in words.
    pub fn words(self) -> Bilingual {
        match self {
            Self::ProtectedGroup => Bilingual::new("重点保护人群", "protected group"),
            Self::Event => Bilingual::new("重大活动", "major event"),
            Self::Campaign => Bilingual::new("专项", "campaign"),
        }
    }
}

/// What a modifier makes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Levels by which the finding's floor, and the level that the score reaches while it stands, are raised.
    pub raise: u8,
    /// The share of its points that counts.
    pub points: Percent,
    /// The share that is left of its clocks.
    pub clocks: Percent,
}

/// A modifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Modifier {
    pub id: String,
    pub kind: ModifierKind,
    pub title: Bilingual,
    /// First day in force, by the office's zone.
    pub from: Option<Date>,
    /// Last day in force.
    pub to: Option<Date>,
    /// All of them must hold.
    when: Vec<Condition>,
    /// For each rule of the ruleset, whether the modifier applies to its findings.
    rules: Vec<bool>,
    pub effect: Effect,
    pub basis: Vec<Basis>,
}

impl Modifier {
    /// Whether it applies to the findings of a rule, by its place.
    pub fn applies_to(&self, rule: usize) -> bool {
        self.rules.get(rule).copied().unwrap_or_default()
    }

    /// For whom it is: the features, by place, and the values of which each must have one.
    pub fn when(&self) -> impl Iterator<Item = (usize, &[FeatureValue])> {
        self.when.iter().map(|condition| (condition.feature, condition.values.as_slice()))
    }
}

/// The modifiers of a ruleset, in the order of their file. The default has none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Modifiers {
    list: Vec<Modifier>,
    /// When each is in force.
    periods: Vec<Range<Timestamp>>,
}

impl Modifiers {
    fn new(list: Vec<Modifier>, zone: &Zone) -> Self {
        let period = |modifier: &Modifier| {
            let start = modifier.from.map_or(Timestamp::MIN, |first| zone.start_of_day(first));
            let end = modifier.to.and_then(|last| last.tomorrow().ok());
            start..end.map_or(Timestamp::MAX, |end| zone.start_of_day(end))
        };
        Self { periods: list.iter().map(period).collect(), list }
    }

    /// All of them.
    pub fn list(&self) -> &[Modifier] {
        &self.list
    }

    /// The features that decide for whom any of them is, by their place in the catalogue.
    pub fn reads(&self) -> impl Iterator<Item = usize> {
        self.list.iter().flat_map(|modifier| &modifier.when).map(|condition| condition.feature)
    }

    /// When one comes into force or goes out of it next, after an instant.
    pub fn next_change_of_days(&self, after: Timestamp) -> Option<Timestamp> {
        let ends = self.periods.iter().flat_map(|period| [period.start, period.end]);
        ends.filter(|end| *end > after && *end < Timestamp::MAX).min()
    }

    /// What the rules that fired count with, in their order. Where several modifiers apply to a finding they do not add
    /// up: of each effect the strongest counts (不累加).
    pub fn contributions(
        &self,
        rules: &Rules,
        evaluation: &Evaluation,
        features: &FeatureRow,
        as_of: Timestamp,
    ) -> Vec<Contribution> {
        let in_force = self.in_force(features, as_of);
        let contribution = |fired: &Fired| {
            let mut contribution = Contribution::given(fired, &rules.list()[fired.rule]);
            if !fired.lowers() {
                contribution.modifiers = in_force.iter().copied().filter(|it| self.applies(*it, fired.rule)).collect();
            }
            self.modify(&mut contribution);
            contribution
        };
        evaluation.fired.iter().map(contribution).collect()
    }

    /// Those for an operator at an instant, by their place.
    fn in_force(&self, features: &FeatureRow, as_of: Timestamp) -> Vec<usize> {
        let applies = |place: &usize| {
            let modifier = &self.list[*place];
            self.periods[*place].contains(&as_of) && modifier.when.iter().all(|condition| condition.holds(features))
        };
        (0..self.list.len()).filter(applies).collect()
    }

    fn applies(&self, place: usize, rule: usize) -> bool {
        self.list[place].applies_to(rule)
    }

    fn modify(&self, contribution: &mut Contribution) {
        let effects = || contribution.modifiers.iter().map(|place| self.list[*place].effect);
        let Some(raise) = effects().map(|effect| effect.raise).max() else { return };
        let points = effects().map(|effect| effect.points).max().unwrap_or_default();
        let clocks = effects().map(|effect| effect.clocks).min().unwrap_or_default();
        contribution.raise = raise;
        contribution.floor = contribution.floor.map(|level| level.raised(raise));
        contribution.points = points.of_points(contribution.points).min(MAX_POINTS);
        contribution.clocks = clocks;
        contribution.deadline = contribution.deadline.shortened(clocks);
    }
}
