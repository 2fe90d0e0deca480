//! What one ruleset warned of: by level, rule, family, sub-district and week.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::civil::Date;
use serde::Serialize;
use yujing_core::rule::{Bilingual, Status};
use yujing_core::warning::{Level, Step};

use super::lifecycle::WarningLifecycle;
use super::{ReplaySpan, RulesetSide};
use crate::plan::{Period, Plan};
use crate::results::RulesetResults;

/// The column of the operators' reference rows that says where they are.
pub const PLACE: &str = "sub_district";

/// Warnings by the highest level that each reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Levels {
    pub blue: u64,
    pub yellow: u64,
    pub orange: u64,
    pub red: u64,
}

impl Levels {
    pub fn add(&mut self, level: Level) {
        match level {
            Level::None => {}
            Level::Blue => self.blue += 1,
            Level::Yellow => self.yellow += 1,
            Level::Orange => self.orange += 1,
            Level::Red => self.red += 1,
        }
    }

    pub fn of(&self, level: Level) -> u64 {
        match level {
            Level::None => 0,
            Level::Blue => self.blue,
            Level::Yellow => self.yellow,
            Level::Orange => self.orange,
            Level::Red => self.red,
        }
    }

    pub fn all(&self) -> u64 {
        self.blue + self.yellow + self.orange + self.red
    }
}

/// Steps of warnings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Steps {
    pub opened: u64,
    pub escalated: u64,
    /// Something new at the same level: no new warnings.
    pub added: u64,
    pub amended: u64,
    pub eased: u64,
    pub resolved: u64,
    pub withdrawn: u64,
    /// What people did.
    pub handled: u64,
    /// Clocks that passed.
    pub overdue: u64,
}

impl Steps {
    fn add(&mut self, step: Step) {
        *match step {
            Step::Opened => &mut self.opened,
            Step::Escalated => &mut self.escalated,
            Step::Added => &mut self.added,
            Step::Amended => &mut self.amended,
            Step::Eased => &mut self.eased,
            Step::Resolved => &mut self.resolved,
            Step::Withdrawn => &mut self.withdrawn,
            Step::Handled => &mut self.handled,
            Step::Overdue => &mut self.overdue,
        } += 1;
    }
}

/// One rule's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleRow {
    pub rule: String,
    pub title: Bilingual,
    pub family: String,
    pub status: Status,
    /// How often it fired when an operator was scored.
    pub fires: u64,
    /// Whether it was in force on any day of the span; drafts and retired rules never are.
    pub in_force: bool,
    /// Warnings that it was part of when they opened or rose.
    pub warnings: u64,
    /// Those of them that would not have opened or risen so far without it.
    pub decisive: u64,
    pub failures: u64,
}

/// One family's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FamilyRow {
    pub family: String,
    pub title: Bilingual,
    pub warnings: u64,
}

/// One sub-district's warnings; an empty name stands for operators of whom none is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceRow {
    pub place: String,
    pub levels: Levels,
}

/// The warnings that opened in one week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WeekRow {
    pub monday: Date,
    pub levels: Levels,
}

/// What one ruleset did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RulesetReport {
    /// The folder that it came from.
    pub name: String,
    pub hash: String,
    pub warnings: u64,
    /// Those of them that stood already when warnings began to count: what led to them lies before the span.
    pub standing_at_the_start: u64,
    pub operators_warned: u64,
    pub open_at_the_end: u64,
    pub operators_scored: u64,
    pub levels: Levels,
    pub steps: Steps,
    pub rules: Vec<RuleRow>,
    pub families: Vec<FamilyRow>,
    pub places: Vec<PlaceRow>,
    /// Every week from the first to the last in which a warning of any ruleset opened; those that stood at the start
    /// are left out.
    pub weeks: Vec<WeekRow>,
}

impl RulesetReport {
    pub fn of(side: &RulesetSide<'_>, plan: &Plan, span: ReplaySpan) -> Self {
        let RulesetSide { name, results, lifecycles } = *side;
        let mut steps = Steps::default();
        results.steps.iter().for_each(|step| steps.add(step.step));
        let (mut levels, mut places, mut weeks) = (Levels::default(), BTreeMap::new(), BTreeMap::new());
        for lifecycle in lifecycles {
            levels.add(lifecycle.highest);
            let place: &mut Levels = places.entry(place_of(lifecycle)).or_default();
            place.add(lifecycle.highest);
            if stood_already(lifecycle, plan) {
                continue;
            }
            let week: &mut Levels = weeks.entry(Period::Week.first_day(plan.day_of(lifecycle.opened_at))).or_default();
            week.add(lifecycle.highest);
        }
        let mut operators: Vec<_> = lifecycles.iter().map(|lifecycle| &lifecycle.operator).collect();
        operators.sort_unstable();
        operators.dedup();
        Self {
            name: name.to_owned(),
            hash: results.ruleset.hash.clone(),
            warnings: count(lifecycles),
            standing_at_the_start: count_where(lifecycles, |lifecycle| stood_already(lifecycle, plan)),
            operators_warned: count(&operators),
            open_at_the_end: count_where(lifecycles, |lifecycle| lifecycle.closed_at.is_none()),
            operators_scored: results.operators_scored,
            levels,
            steps,
            rules: rules(results, lifecycles, &(plan.day_of(span.from)..=plan.day_of(span.to))),
            families: families(results, lifecycles),
            places: places.into_iter().map(|(place, levels)| PlaceRow { place, levels }).collect(),
            weeks: weeks.into_iter().map(|(monday, levels)| WeekRow { monday, levels }).collect(),
        }
    }
}

/// Whether a warning, at whatever level, stood when warnings began to count.
fn stood_already(lifecycle: &WarningLifecycle, plan: &Plan) -> bool {
    lifecycle.stood_already(Level::Blue, plan.from)
}

/// Where a warning's operator is.
pub fn place_of(lifecycle: &WarningLifecycle) -> String {
    lifecycle.card.get(PLACE).cloned().unwrap_or_default()
}

fn rules(results: &RulesetResults, lifecycles: &[WarningLifecycle], days: &RangeInclusive<Date>) -> Vec<RuleRow> {
    let failures = |rule: &str| -> u64 {
        results.rule_failures.iter().filter(|((failed, _), _)| failed == rule).map(|(_, count)| count).sum()
    };
    let mut rows: Vec<RuleRow> = results
        .ruleset
        .rules
        .list()
        .iter()
        .map(|rule| {
            let id = rule.metadata.id.as_str();
            RuleRow {
                rule: id.to_owned(),
                title: rule.metadata.title.clone(),
                family: rule.metadata.family.clone(),
                status: rule.metadata.status,
                in_force: rule.metadata.status == Status::Active
                    && rule.metadata.covers_any(*days.start(), *days.end()),
                fires: results.rule_fires.get(id).copied().unwrap_or_default(),
                warnings: count_where(lifecycles, |lifecycle| lifecycle.rules.contains(id)),
                decisive: count_where(lifecycles, |lifecycle| lifecycle.decisive.contains(id)),
                failures: failures(id),
            }
        })
        .collect();
    rows.sort_by(|a, b| b.warnings.cmp(&a.warnings).then_with(|| a.rule.cmp(&b.rule)));
    rows
}

fn families(results: &RulesetResults, lifecycles: &[WarningLifecycle]) -> Vec<FamilyRow> {
    let of_family: BTreeMap<&str, &str> = results
        .ruleset
        .rules
        .list()
        .iter()
        .map(|rule| (rule.metadata.id.as_str(), rule.metadata.family.as_str()))
        .collect();
    let mut rows: Vec<FamilyRow> = results
        .ruleset
        .policy
        .families
        .iter()
        .map(|(family, described)| FamilyRow {
            family: family.clone(),
            title: described.title.clone(),
            warnings: count_where(lifecycles, |lifecycle| {
                lifecycle.rules.iter().any(|rule| of_family.get(&**rule).is_some_and(|of| of == family))
            }),
        })
        .collect();
    rows.sort_by(|a, b| b.warnings.cmp(&a.warnings).then_with(|| a.family.cmp(&b.family)));
    rows
}

/// Fills the weeks without a warning, so that every ruleset has the same weeks.
pub fn fill_weeks(rulesets: &mut [RulesetReport]) {
    let known = rulesets.iter().flat_map(|ruleset| ruleset.weeks.iter().map(|week| week.monday));
    let (Some(first), Some(last)) = (known.clone().min(), known.max()) else { return };
    for ruleset in rulesets {
        let by_week: BTreeMap<Date, Levels> = ruleset.weeks.iter().map(|week| (week.monday, week.levels)).collect();
        let mondays = first.series(jiff::Span::new().weeks(1)).take_while(|monday| *monday <= last);
        ruleset.weeks = mondays
            .map(|monday| WeekRow { monday, levels: by_week.get(&monday).copied().unwrap_or_default() })
            .collect();
    }
}

pub(super) fn count<T>(list: &[T]) -> u64 {
    list.len() as u64
}

pub(super) fn count_where<T>(list: &[T], wanted: impl Fn(&T) -> bool) -> u64 {
    list.iter().filter(|one| wanted(one)).count() as u64
}
