//! What a trial tells of the two rulesets: out of the report of a replay, what somebody who approves needs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use yujing_core::rule::Bilingual;
use yujing_core::warning::{Level, Step};

use crate::report::Report;
use crate::report::budget::BudgetOfRuleset;
use crate::report::warnings::RulesetReport;

/// Most operators that are named.
const MOST_NAMED: usize = 50;

/// The ruleset of the folder against the one that is proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialResult {
    /// From when warnings count, and up to when.
    pub from: String,
    pub to: String,
    pub records: u64,
    /// Most warnings of orange and red a day.
    pub budget: u64,
    pub in_force: TrialSide,
    pub change: TrialSide,
    pub steps: Vec<TrialStep>,
    pub levels: Vec<TrialLevel>,
    /// Rules whose warnings differ.
    pub rules: Vec<TrialRule>,
    /// Operators warned of by the change alone, and by the ruleset in force alone.
    pub gained: Vec<String>,
    pub gained_total: u64,
    pub lost: Vec<String>,
    pub lost_total: u64,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialSide {
    pub ruleset: String,
    pub warnings: u64,
    /// By the highest level of each.
    pub levels: TrialLevels,
    pub operators: u64,
    /// The day on which most warnings reached orange or red.
    pub busiest: Option<BusiestDay>,
    pub days_over_budget: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialLevels {
    pub blue: u64,
    pub yellow: u64,
    pub orange: u64,
    pub red: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusiestDay {
    pub day: String,
    pub warnings: u64,
}

/// Operators that had a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialStep {
    pub step: String,
    pub both: u64,
    pub only_in_force: u64,
    pub only_change: u64,
}

/// Operators whose highest level was one under the ruleset in force and another under the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialLevel {
    pub in_force: Level,
    pub change: Level,
    pub operators: u64,
}

/// A rule with its warnings under both; none: the ruleset does not have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialRule {
    pub rule: String,
    pub title: Bilingual,
    pub in_force: Option<u64>,
    pub change: Option<u64>,
}

impl TrialResult {
    /// Of a replay of both, the ruleset of the folder first.
    ///
    /// # Panics
    /// Never: a trial replays two rulesets.
    pub fn of(report: &Report, budget: u64) -> Self {
        let [in_force, change] = &report.rulesets[..] else {
            unreachable!("invariant: a trial replays two rulesets");
        };
        let work = |place: usize| report.budget.as_ref().and_then(|budget| budget.rulesets.get(place));
        let steps = report.differences.iter().flat_map(|difference| &difference.steps);
        let opened = steps.clone().find(|step| step.step == Step::Opened);
        let named = |operators: &[yujing_base::OperatorId]| -> Vec<String> {
            operators.iter().take(MOST_NAMED).map(ToString::to_string).collect()
        };
        let gained = opened.map(|step| &*step.only_candidate).unwrap_or_default();
        let lost = opened.map(|step| &*step.only_baseline).unwrap_or_default();
        let levels = report.differences.iter().flat_map(|difference| &difference.levels);
        Self {
            from: report.span.from.clone(),
            to: report.span.to.clone(),
            records: report.events.records,
            budget,
            in_force: TrialSide::of(in_force, work(0)),
            change: TrialSide::of(change, work(1)),
            rules: rules(in_force, change),
            gained: named(gained),
            gained_total: gained.len() as u64,
            lost: named(lost),
            lost_total: lost.len() as u64,
            levels: levels
                .filter(|level| level.baseline != level.candidate)
                .map(|level| TrialLevel {
                    in_force: level.baseline,
                    change: level.candidate,
                    operators: level.operators,
                })
                .collect(),
            steps: steps
                .map(|step| TrialStep {
                    step: step.step.as_str().to_owned(),
                    both: step.both,
                    only_in_force: step.only_baseline.len() as u64,
                    only_change: step.only_candidate.len() as u64,
                })
                .collect(),
        }
    }
}

impl TrialSide {
    fn of(report: &RulesetReport, work: Option<&BudgetOfRuleset>) -> Self {
        let levels = report.levels;
        let busiest = work.and_then(|work| work.cells.first());
        Self {
            ruleset: report.hash.clone(),
            warnings: report.warnings,
            levels: TrialLevels { blue: levels.blue, yellow: levels.yellow, orange: levels.orange, red: levels.red },
            operators: report.operators_warned,
            busiest: busiest.map(|cell| BusiestDay { day: cell.from.to_string(), warnings: cell.warnings }),
            days_over_budget: work.map_or(0, |work| work.over),
        }
    }
}

fn rules(in_force: &RulesetReport, change: &RulesetReport) -> Vec<TrialRule> {
    let mut rules: BTreeMap<&str, TrialRule> = BTreeMap::new();
    for (report, is_change) in [(in_force, false), (change, true)] {
        for row in &report.rules {
            let rule = rules.entry(&row.rule).or_insert_with(|| TrialRule {
                rule: row.rule.clone(),
                title: row.title.clone(),
                in_force: None,
                change: None,
            });
            *(if is_change { &mut rule.change } else { &mut rule.in_force }) = Some(row.warnings);
        }
    }
    rules.into_values().filter(|rule| rule.in_force != rule.change).collect()
}
