//! A replay put together for people and programs. The same report is printed as text, written as JSON and CSV, and shown
//! as one HTML page.
//!
//! - [`life`]: each warning from its opening on
//! - [`warnings`]: what one ruleset warned of
//! - [`difference`]: what another does otherwise
//! - [`quality`]: the rulesets against what was found later, [`precision`]: their warnings against it
//! - [`budget`]: the work that warnings make
//! - [`text`], [`table`], [`page`]: the forms; [`chart`], [`words`]: what the page is made of

pub mod budget;
pub mod chart;
pub mod difference;
pub mod life;
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

pub use life::lives;

use self::budget::{BudgetOfRuleset, BudgetReport};
use self::difference::{Difference, Side};
use self::life::Life;
use self::quality::OutcomeReport;
use self::warnings::{RulesetReport, fill_weeks};
use super::ledger::{Lane, Ledger};
use super::plan::Plan;
use crate::rule::Bilingual;
use crate::source::{Kind, Source, SourceId, Sources};

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
    pub differences: Vec<Difference>,
    pub outcome: Option<OutcomeReport>,
    pub budget: Option<BudgetReport>,
    pub cost: Cost,
}

/// When the replay took place in history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    /// From when warnings count; events before only filled the windows. Times are told as the clocks at home say.
    pub from: String,
    pub to: String,
    /// The first and the last event taken in.
    pub first_event: String,
    pub last_event: String,
    pub time_zone: String,
    pub step: String,
    pub sweep: String,
    pub sweep_warned: String,
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
    pub sweeps: u64,
    /// By ruleset.
    pub operators_scored: Vec<u64>,
    /// Seconds by ruleset and stage; what rulesets share is counted with the first.
    pub stages: Vec<BTreeMap<&'static str, f64>>,
}

/// What a report is made from.
#[derive(Debug)]
pub struct Told<'a> {
    pub plan: &'a Plan,
    pub sources: &'a Sources,
    pub names: &'a [&'a str],
    pub ledger: &'a Ledger,
    pub lives: &'a [Vec<Life>],
    pub span: (Timestamp, Timestamp),
    /// Sources of which the log lost the beginning.
    pub cut: &'a BTreeSet<SourceId>,
    pub outcome: Option<OutcomeReport>,
    pub took: Duration,
}

impl Report {
    pub fn of(told: &Told<'_>) -> Self {
        let Told { plan, names, ledger, lives, .. } = told;
        let parts = || names.iter().zip(&ledger.lanes).zip(lives.iter());
        let mut rulesets: Vec<RulesetReport> =
            parts().map(|((name, lane), lives)| RulesetReport::of(name, lane, lives, plan, told.span)).collect();
        fill_weeks(&mut rulesets);
        let sides: Vec<(&str, Side<'_>)> = parts()
            .map(|((name, lane), lives)| (*name, Side { ruleset: &lane.ruleset, moves: &lane.moves, lives }))
            .collect();
        let differences = match sides.split_first() {
            Some(((_, baseline), others)) => {
                others.iter().map(|(name, side)| Difference::between(name, *baseline, *side)).collect()
            }
            None => Vec::new(),
        };
        let budget = plan.budget.as_ref().map(|budget| BudgetReport {
            budget: budget.clone(),
            place: budget.per.as_deref().map(words::of_column),
            rulesets: parts().map(|((name, _), lives)| BudgetOfRuleset::of(name, budget, lives, plan)).collect(),
        });
        Self {
            title: plan.title.clone(),
            program: env!("CARGO_PKG_VERSION"),
            span: span(told),
            events: events(told),
            rulesets,
            differences,
            outcome: told.outcome.clone(),
            budget,
            cost: Cost {
                seconds: told.took.as_secs_f64(),
                sweeps: ledger.sweeps,
                operators_scored: ledger.lanes.iter().map(|lane| lane.operators_scored).collect(),
                stages: ledger.lanes.iter().map(stages).collect(),
            },
        }
    }
}

fn stages(lane: &Lane) -> BTreeMap<&'static str, f64> {
    lane.stages.iter().map(|(stage, took)| (*stage, took.as_secs_f64())).collect()
}

/// An instant as the clocks at home say.
fn at_home(plan: &Plan, at: Timestamp) -> String {
    at.display_with_offset(plan.zone.offset(at)).to_string()
}

fn span(told: &Told<'_>) -> Span {
    let pace = told.plan.pace;
    Span {
        from: at_home(told.plan, told.span.0),
        to: at_home(told.plan, told.span.1),
        first_event: at_home(told.plan, told.ledger.first.unwrap_or(told.span.0)),
        last_event: at_home(told.plan, told.ledger.last.unwrap_or(told.span.1)),
        time_zone: told.plan.zone.to_string(),
        step: format!("{:#}", pace.step),
        sweep: format!("{:#}", pace.sweep),
        sweep_warned: format!("{:#}", pace.sweep_warned),
    }
}

/// When the first record of a source came, if its log lost earlier ones that would count at the beginning of the span.
fn lost_before(told: &Told<'_>, id: SourceId, source: &Source) -> Option<String> {
    let first = *told.ledger.first_of.get(&id)?;
    let needed_from = told.span.0.saturating_sub(source.retention).unwrap_or(Timestamp::MIN);
    let is_short = source.kind == Kind::Event && told.cut.contains(&id) && first > needed_from;
    is_short.then(|| at_home(told.plan, first))
}

fn events(told: &Told<'_>) -> Events {
    let ledger = told.ledger;
    let sources = told.sources.iter().filter_map(|(id, source)| {
        let outcomes: BTreeMap<&'static str, u64> =
            ledger.outcomes.iter().filter(|((of, _), _)| *of == id).map(|((_, word), count)| (*word, *count)).collect();
        let refused: BTreeMap<String, u64> = ledger
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
            lost_before: lost_before(told, id, source),
        })
    });
    let shown = ledger.shown.iter();
    Events {
        records: ledger.records,
        beyond: ledger.beyond,
        sources: sources.collect(),
        refused: shown.map(|one| RefusedRow { place: one.place.clone(), message: one.message.clone() }).collect(),
    }
}
