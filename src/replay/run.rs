//! A whole replay: inputs, outcome, clock, report.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;

use super::drive::{Answer, Ask, Course, Drive, asks};
use super::history::History;
use super::ledger::Ledger;
use super::outcome::{Outcome, Outcomes, outcomes};
use super::plan::{OutcomePlan, Plan};
use super::ranking::history::Past;
use super::ranking::work::day_number;
use super::ranking::{Row, Windows};
use super::report::quality::{Evidence, Judged, OutcomeReport};
use super::report::{Report, Told, lives};
use super::{ReplayError, history};
use crate::OperatorId;
use crate::config::Config;
use crate::engine::{Engine, Leaving, Opinion, Ruleset, Without};
use crate::rule::Status;
use crate::source::Sources;

/// Where a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The outcome's query runs over the inputs.
    Outcome,
    /// The inputs are sorted by arrival.
    Sorting,
    /// So many records are decided, of so many.
    Replaying { done: u64, of: u64 },
    /// Figures and intervals are computed.
    Reporting,
}

/// What a replay gives.
#[derive(Debug)]
pub struct Finished {
    pub report: Report,
    /// Every step of every warning, by ruleset.
    pub ledger: Ledger,
    /// The judged outcomes with their scores; empty without an outcome.
    pub judged: Vec<Judged>,
    pub took: Duration,
}

/// Replays history through an engine with all `rulesets`, each under its name, the baseline first.
///
/// # Errors
/// If the inputs cannot be read or hold nothing, or the outcome cannot be known.
pub fn run(
    plan: &Plan,
    config: &Config,
    sources: &Arc<Sources>,
    rulesets: &[(String, Arc<Ruleset>)],
    mut progress: impl FnMut(Progress),
) -> Result<Finished, ReplayError> {
    let began = Instant::now();
    let history = Arc::new(History::find(plan, config, sources, history::MEMORY)?);
    let case = match &plan.outcome {
        Some(asked) => {
            progress(Progress::Outcome);
            let found = outcomes(asked, &history, &plan.zone, history::MEMORY)?;
            Some(Case::new(plan, asked, found, rulesets))
        }
        None => None,
    };

    let mut engine = engine_of(sources, rulesets);
    let mut ledger = Ledger::new(rulesets.iter().map(|(_, ruleset)| Arc::clone(ruleset)));
    progress(Progress::Sorting);
    let (records, arrivals) = history.read()?;
    let course = Course { pace: plan.pace, from: plan.from, to: plan.to };
    let (no_asks, nothing_left_out) = (Vec::new(), Vec::new());
    let (asked, without) = case.as_ref().map_or((&no_asks, &nothing_left_out), |case| (&case.asks, &case.without));
    let total = || arrivals.as_ref().map_or(0, history::Arrivals::records) + history.records_of_topics();
    let drive = Drive::new(&mut engine, course, asked, without, &mut ledger);
    let seen = |done| progress(Progress::Replaying { done, of: total().max(done) });
    let answers = drive.run(records, seen)?;
    for unreadable in arrivals.iter().flat_map(history::Arrivals::unreadable) {
        ledger.note_unreadable(&unreadable);
    }
    let (Some(first), Some(last)) = (ledger.first, ledger.last) else { return Err(ReplayError::Empty) };

    progress(Progress::Reporting);
    let lives: Vec<_> = ledger.lanes.iter().map(|lane| lives(&lane.moves)).collect();
    let span = (plan.from.unwrap_or(first), plan.to.unwrap_or(last));
    let judged = case.as_ref().map_or_else(Vec::new, |case| case.judge(&answers));
    let outcome = case.as_ref().map(|case| {
        let named: Vec<_> = rulesets.iter().map(|(name, ruleset)| (name.clone(), &**ruleset)).collect();
        OutcomeReport::of(&Evidence {
            plan,
            asked: case.asked,
            judge: case.days,
            outcomes: &case.outcomes.rows,
            unknown: case.outcomes.unknown,
            judged: &judged,
            windows: &case.windows,
            rows: &case.rows,
            without: &case.without,
            rulesets: &named,
            lives: &lives,
            span,
        })
    });
    let names: Vec<&str> = rulesets.iter().map(|(name, _)| name.as_str()).collect();
    let cut = history.cut();
    let took = began.elapsed();
    let report = Report::of(&Told {
        plan,
        sources,
        names: &names,
        ledger: &ledger,
        lives: &lives,
        span,
        cut: &cut,
        outcome,
        took,
    });
    Ok(Finished { report, ledger, judged, took })
}

/// An engine in which every ruleset judges, and only warnings leave.
pub fn engine_of(sources: &Arc<Sources>, rulesets: &[(String, Arc<Ruleset>)]) -> Engine {
    let mut rulesets = rulesets.iter().map(|(_, ruleset)| Arc::clone(ruleset));
    let baseline = rulesets.next().expect("invariant: a replay has a baseline");
    let mut engine = Engine::with(Arc::clone(sources), baseline, Leaving::Warnings);
    rulesets.for_each(|ruleset| engine.seat(ruleset, Leaving::Warnings));
    engine
}

/// What was found later, and what is to be asked because of it.
struct Case<'a> {
    plan: &'a Plan,
    asked: &'a OutcomePlan,
    outcomes: Outcomes,
    /// First and last judged day.
    days: (Date, Date),
    /// The judged ones of the outcomes, by their place.
    chosen: Vec<usize>,
    rows: Vec<Row>,
    windows: Windows,
    asks: Vec<Ask>,
    without: Vec<Vec<Without>>,
}

impl<'a> Case<'a> {
    fn new(
        plan: &'a Plan,
        asked: &'a OutcomePlan,
        mut outcomes: Outcomes,
        rulesets: &[(String, Arc<Ruleset>)],
    ) -> Self {
        if let Some(to) = plan.to {
            outcomes.rows.retain(|outcome| outcome.at <= to);
        }
        let day = |outcome: Option<&Outcome>| outcome.map_or(Date::ZERO, |outcome| outcome.day);
        let first = asked.judge_from.unwrap_or_else(|| day(outcomes.rows.first()));
        let last = asked.judge_to.unwrap_or_else(|| day(outcomes.rows.last()));
        let is_judged = |outcome: &Outcome| (first..=last).contains(&outcome.day);
        let chosen: Vec<usize> = (0..outcomes.rows.len()).filter(|place| is_judged(&outcomes.rows[*place])).collect();
        let mut numbers: BTreeMap<&OperatorId, u32> = BTreeMap::new();
        let rows: Vec<Row> = chosen
            .iter()
            .map(|place| {
                let outcome = &outcomes.rows[*place];
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                let operator = *numbers.entry(&outcome.operator).or_insert(next);
                Row { operator, day: day_number(outcome.day), positive: outcome.positive }
            })
            .collect();
        let windows = Windows::over(&rows, first, last, asked.window);
        let without =
            if asked.ablate { rulesets.iter().map(|(_, ruleset)| parts_of(ruleset)).collect() } else { Vec::new() };
        let mut case =
            Self { plan, asked, outcomes, days: (first, last), chosen, rows, windows, asks: Vec::new(), without };
        let questions = (0..case.chosen.len()).flat_map(|row| {
            let operator = &case.outcome(row).operator;
            [case.evening_of(row), case.evening_of_plan(row)].map(|at| (at, operator.clone()))
        });
        case.asks = asks(questions.collect::<Vec<_>>());
        case
    }

    fn outcome(&self, row: usize) -> &Outcome {
        &self.outcomes.rows[self.chosen[row]]
    }

    /// The end of the day before a day, and before as many days more as are asked for.
    fn evening_before(&self, day: Date) -> Timestamp {
        let back = i64::from(self.asked.days_ahead) + 1;
        self.plan.end_of(day.checked_sub(jiff::Span::new().days(back)).unwrap_or(day))
    }

    fn evening_of(&self, row: usize) -> Timestamp {
        self.evening_before(self.outcome(row).day)
    }

    /// The evening before the window of a row opens.
    fn evening_of_plan(&self, row: usize) -> Timestamp {
        self.evening_before(self.opening_of(row))
    }

    fn opening_of(&self, row: usize) -> Date {
        let day = self.rows[row].day;
        let window = self.windows.0.iter().find(|window| (window.first..window.end).contains(&day));
        let epoch = jiff::civil::date(1970, 1, 1);
        let first = window.map_or(day, |window| window.first);
        epoch.checked_add(jiff::Span::new().days(i64::from(first))).unwrap_or(epoch)
    }

    /// Puts the answers to the rows that asked for them.
    fn judge(&self, answers: &[Answer]) -> Vec<Judged> {
        let place_of: BTreeMap<Timestamp, usize> =
            self.asks.iter().enumerate().map(|(place, ask)| (ask.at, place)).collect();
        let answer = |at: Timestamp, operator: &OperatorId| {
            let place = place_of[&at];
            let row = self.asks[place].operators.binary_search(operator).ok();
            let row = row.expect("invariant: every row's operator was asked for on its evening");
            answers[place].iter().map(move |ruleset| &ruleset[row])
        };
        let rows = &self.outcomes.rows;
        let mut past = Past::new(rows, self.asked.prior_weight);
        let mut past_of_plan = Past::new(rows, self.asked.prior_weight);
        let back = jiff::Span::new().days(i64::from(self.asked.days_ahead));
        let known_before = |day: Date| day.checked_sub(back).unwrap_or(day);
        (0..self.chosen.len())
            .map(|row| {
                let outcome = self.outcome(row);
                let (evening, planned) = (self.evening_of(row), self.evening_of_plan(row));
                let now = past.before(known_before(outcome.day), &outcome.operator);
                let then = past_of_plan.before(known_before(self.opening_of(row)), &outcome.operator);
                let opinions: Vec<Opinion> = answer(evening, &outcome.operator).map(|said| said.whole).collect();
                Judged {
                    evening,
                    opinions,
                    planned: answer(planned, &outcome.operator).map(|said| said.whole).collect(),
                    without: answer(evening, &outcome.operator).map(|said| said.without.clone()).collect(),
                    last_result: now.last_result,
                    smoothed: now.smoothed,
                    planned_last_result: then.last_result,
                    planned_smoothed: then.smoothed,
                    outcome: outcome.clone(),
                }
            })
            .collect()
    }
}

/// Everything of a ruleset that can be left out: its active rules, and the features that they or the base read. Not those
/// that a rule divides by: without one the quotient is an accident.
fn parts_of(ruleset: &Ruleset) -> Vec<Without> {
    let rules = ruleset.rules.list().iter().enumerate();
    let active = rules.filter(|(_, rule)| rule.metadata.status == Status::Active);
    let read: BTreeSet<usize> =
        active.clone().flat_map(|(_, rule)| rule.reads.iter().copied()).chain([ruleset.base_feature]).collect();
    let divisors = ruleset.rules.divisors();
    let features = read.into_iter().filter(|feature| !divisors.contains(feature)).map(Without::Feature);
    active.map(|(place, _)| Without::Rule(place)).chain(features).collect()
}
