//! A replay put together for people and programs. The same report is printed as text, written as JSON and CSV, and
//! shown as one HTML page.
//!
//! - [`lifecycle`]: each warning from its opening on
//! - [`warnings`]: what one ruleset warned of
//! - [`difference`]: what another does otherwise
//! - [`quality`]: the rulesets against what was found later, [`precision`]: their warnings against it
//! - [`answers`]: what was supposed of who answers warnings, and what came of it
//! - [`budget`]: the work that warnings make
//! - [`text`] with `outcome_text`, [`table`], [`page`]: the forms; [`chart`], [`words`]: what the page is made of

pub mod answers;
pub mod budget;
pub mod chart;
pub mod difference;
pub mod lifecycle;
mod outcome_text;
pub mod page;
pub mod precision;
pub mod quality;
pub mod table;
pub mod text;
pub mod warnings;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

pub use lifecycle::lifecycles;

use yujing_core::rule::Bilingual;
use yujing_core::source::{Kind, Source, SourceId, Sources};

use self::answers::AnswersReport;
use self::budget::{BudgetOfRuleset, BudgetReport};
use self::difference::RulesetDifference;
use self::lifecycle::WarningLifecycle;
use self::quality::OutcomeReport;
use self::warnings::{RulesetReport, fill_weeks};
use super::plan::Plan;
use super::results::{Results, RulesetResults};

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub title: Option<Bilingual>,
    /// The version of the program that made it.
    pub program: &'static str,
    pub span: Span,
    pub events: Events,
    /// The baseline first.
    pub rulesets: Vec<RulesetReport>,
    /// Each other ruleset against the baseline.
    pub differences: Vec<RulesetDifference>,
    pub outcome: Option<OutcomeReport>,
    pub budget: Option<BudgetReport>,
    /// None: nobody answered, and no clock ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<AnswersReport>,
    pub cost: Cost,
}

/// When the replay took place in history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    /// From when warnings count; events before only filled the windows. Times are shown as the clocks at home say.
    pub from: String,
    pub to: String,
    /// The first and the last event taken in.
    pub first_event: String,
    pub last_event: String,
    pub time_zone: String,
    pub step: String,
}

/// What became of the events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Events {
    pub records: u64,
    /// Records that arrived after the end.
    pub beyond: u64,
    pub sources: Vec<SourceRow>,
    /// The first refused records, with their places.
    pub refused: Vec<RefusedRow>,
}

/// One source's records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    pub source: String,
    pub records: u64,
    /// `applied`, `duplicate`, `superseded`, `retracting`.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// By code.
    pub refused: BTreeMap<String, u64>,
    /// The first record there is, if the topic lost earlier ones that would still count.
    pub lost_before: Option<String>,
}

/// One refused record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedRow {
    pub place: String,
    pub message: String,
}

/// What the replay cost: the only part that differs from run to run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    pub seconds: f64,
    /// Seconds by part of the replay.
    pub phases: BTreeMap<&'static str, f64>,
    /// By ruleset.
    pub operators_scored: Vec<u64>,
    /// Seconds by ruleset and stage; what rulesets share is counted with the first.
    pub stages: Vec<BTreeMap<&'static str, f64>>,
}

/// The part of history in which warnings count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplaySpan {
    /// From when warnings count.
    pub from: Timestamp,
    /// Until when time passed.
    pub to: Timestamp,
}

/// What a report is made from.
#[derive(Debug)]
pub struct ReportInput<'a> {
    pub plan: &'a Plan,
    pub sources: &'a Sources,
    pub names: &'a [&'a str],
    pub results: &'a Results,
    pub lifecycles: &'a [Vec<WarningLifecycle>],
    pub span: ReplaySpan,
    /// Sources of which the log lost the beginning.
    pub cut: &'a BTreeSet<SourceId>,
    pub outcome: Option<OutcomeReport>,
    pub took: Duration,
}

/// One ruleset of a replay: what it decided, and the warnings put together from it.
#[derive(Debug, Clone, Copy)]
pub struct RulesetSide<'a> {
    pub name: &'a str,
    pub results: &'a RulesetResults,
    pub lifecycles: &'a [WarningLifecycle],
}

impl Report {
    pub fn of(input: &ReportInput<'_>) -> Self {
        let ReportInput { plan, names, results, lifecycles, .. } = input;
        let sides: Vec<RulesetSide<'_>> = names
            .iter()
            .zip(&results.rulesets)
            .zip(*lifecycles)
            .map(|((name, results), lifecycles)| RulesetSide { name, results, lifecycles })
            .collect();
        let mut rulesets: Vec<RulesetReport> =
            sides.iter().map(|side| RulesetReport::of(side, plan, input.span)).collect();
        fill_weeks(&mut rulesets);
        let differences = match sides.split_first() {
            Some((baseline, others)) => others.iter().map(|side| RulesetDifference::between(baseline, side)).collect(),
            None => Vec::new(),
        };
        let budget = plan.budget.as_ref().map(|budget| BudgetReport {
            budget: budget.clone(),
            place: budget.per.as_deref().map(words::of_column),
            rulesets: sides.iter().map(|side| BudgetOfRuleset::of(side, budget, plan)).collect(),
        });
        let answers = plan.answers.as_ref();
        let answers = answers.map(|model| AnswersReport::of(model, results.replaced_answers, &sides));
        Self {
            title: plan.title.clone(),
            program: env!("CARGO_PKG_VERSION"),
            span: span(input),
            events: events(input),
            rulesets,
            differences,
            outcome: input.outcome.clone(),
            budget,
            answers,
            cost: Cost {
                seconds: input.took.as_secs_f64(),
                phases: results.phases.seconds().map(|(phase, seconds)| (phase.as_str(), seconds)).collect(),
                operators_scored: results.rulesets.iter().map(|ruleset| ruleset.operators_scored).collect(),
                stages: results.rulesets.iter().map(stages).collect(),
            },
        }
    }
}

fn stages(ruleset: &RulesetResults) -> BTreeMap<&'static str, f64> {
    ruleset.stages.iter().map(|(stage, took)| (*stage, took.as_secs_f64())).collect()
}

/// An instant as the clocks at home say.
fn at_home(plan: &Plan, at: Timestamp) -> String {
    at.display_with_offset(plan.zone.offset(at)).to_string()
}

fn span(input: &ReportInput<'_>) -> Span {
    Span {
        from: at_home(input.plan, input.span.from),
        to: at_home(input.plan, input.span.to),
        first_event: at_home(input.plan, input.results.first.unwrap_or(input.span.from)),
        last_event: at_home(input.plan, input.results.last.unwrap_or(input.span.to)),
        time_zone: input.plan.zone.to_string(),
        step: format!("{:#}", input.plan.step),
    }
}

/// When the first record of a source came, if its log lost earlier ones that would count at the beginning of the span.
fn lost_before(input: &ReportInput<'_>, id: SourceId, source: &Source) -> Option<String> {
    let first = *input.results.first_of.get(&id)?;
    let needed_from = input.span.from.saturating_sub(source.retention).unwrap_or(Timestamp::MIN);
    let is_short = source.kind == Kind::Event && input.cut.contains(&id) && first > needed_from;
    is_short.then(|| at_home(input.plan, first))
}

fn events(input: &ReportInput<'_>) -> Events {
    let results = input.results;
    let sources = input.sources.iter().filter_map(|(id, source)| {
        let outcomes: BTreeMap<&'static str, u64> = results
            .outcomes
            .iter()
            .filter(|((of, _), _)| *of == id)
            .map(|((_, word), count)| (*word, *count))
            .collect();
        let refused: BTreeMap<String, u64> = results
            .refused
            .iter()
            .filter(|((of, _), _)| *of == id)
            .map(|((_, code), count)| (code.to_string(), *count))
            .collect();
        let records = outcomes.values().sum::<u64>() + refused.values().sum::<u64>();
        (records > 0).then(|| SourceRow {
            source: source.name.to_string(),
            records,
            outcomes,
            refused,
            lost_before: lost_before(input, id, source),
        })
    });
    let shown = results.shown();
    Events {
        records: results.records,
        beyond: results.beyond,
        sources: sources.collect(),
        refused: shown.map(|one| RefusedRow { place: one.place.clone(), message: one.message.clone() }).collect(),
    }
}
