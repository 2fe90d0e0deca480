//! Scores against what was found later: which outcomes are judged, as of when their operators are scored, and each
//! outcome with the scores of its operator.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use yujing_base::OperatorId;
use yujing_core::engine::{LeftOut, ScoredLevel};
use yujing_core::rule::Status;
use yujing_core::ruleset::Ruleset;

use super::outcome::{OutcomeRow, OutcomeRows};
use super::plan::{OutcomePlan, Plan};
use super::query::{QueryAnswer, ScoreQuery, group_queries};
use super::ranking::baseline::OutcomeHistory;
use super::ranking::work::day_number;
use super::ranking::{Row, Windows};
use super::report::ReplaySpan;
use super::report::lifecycle::WarningLifecycle;
use super::report::quality::{JudgedDays, OutcomeInput, OutcomeReport, ScoredOutcome};

/// What was found later, and the scores that it asks for.
pub(super) struct OutcomeEvaluation<'a> {
    plan: &'a Plan,
    asked: &'a OutcomePlan,
    outcomes: OutcomeRows,
    days: JudgedDays,
    /// The judged ones of the outcomes, by their place.
    chosen: Vec<usize>,
    rows: Vec<Row>,
    windows: Windows,
    pub(super) queries: Vec<ScoreQuery>,
    pub(super) without: Vec<Vec<LeftOut>>,
}

impl<'a> OutcomeEvaluation<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        asked: &'a OutcomePlan,
        mut outcomes: OutcomeRows,
        rulesets: &[(String, Arc<Ruleset>)],
    ) -> Self {
        if let Some(to) = plan.to {
            outcomes.rows.retain(|outcome| outcome.at <= to);
        }
        let day = |outcome: Option<&OutcomeRow>| outcome.map_or(Date::ZERO, |outcome| outcome.day);
        let first = asked.judge_from.unwrap_or_else(|| day(outcomes.rows.first()));
        let last = asked.judge_to.unwrap_or_else(|| day(outcomes.rows.last()));
        let is_judged = |outcome: &OutcomeRow| (first..=last).contains(&outcome.day);
        let chosen: Vec<usize> = (0..outcomes.rows.len()).filter(|place| is_judged(&outcomes.rows[*place])).collect();
        let rows = ranking_rows(chosen.iter().map(|place| &outcomes.rows[*place]));
        let windows = Windows::over(&rows, first, last, asked.window);
        let without = if asked.ablate {
            rulesets.iter().map(|(_, ruleset)| removable_parts(ruleset)).collect()
        } else {
            Vec::new()
        };
        let mut evaluation = Self {
            plan,
            asked,
            outcomes,
            days: JudgedDays { first, last },
            chosen,
            rows,
            windows,
            queries: Vec::new(),
            without,
        };
        evaluation.queries = evaluation.score_queries();
        evaluation
    }

    fn score_queries(&self) -> Vec<ScoreQuery> {
        group_queries((0..self.chosen.len()).flat_map(|row| {
            let operator = &self.outcome(row).operator;
            [self.evening_of(row), self.evening_of_plan(row)].map(|at| (at, operator.clone()))
        }))
    }

    fn outcome(&self, row: usize) -> &OutcomeRow {
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

    /// The rows with the scores that they asked for.
    pub(super) fn score_rows(&self, answers: &[QueryAnswer]) -> Vec<ScoredOutcome> {
        let place_of: BTreeMap<Timestamp, usize> =
            self.queries.iter().enumerate().map(|(place, query)| (query.at, place)).collect();
        let answer = |at: Timestamp, operator: &OperatorId| {
            let place = place_of[&at];
            let row = self.queries[place].operators.binary_search(operator).ok();
            let row = row.expect("invariant: every row's operator was asked for on its evening");
            answers[place].iter().map(move |ruleset| &ruleset[row])
        };
        let rows = &self.outcomes.rows;
        let mut prior = OutcomeHistory::new(rows, self.asked.prior_weight);
        let mut planned_prior = OutcomeHistory::new(rows, self.asked.prior_weight);
        let back = jiff::Span::new().days(i64::from(self.asked.days_ahead));
        let known_before = |day: Date| day.checked_sub(back).unwrap_or(day);
        (0..self.chosen.len())
            .map(|row| {
                let outcome = self.outcome(row);
                let (evening, planned) = (self.evening_of(row), self.evening_of_plan(row));
                let now = prior.before(known_before(outcome.day), &outcome.operator);
                let then = planned_prior.before(known_before(self.opening_of(row)), &outcome.operator);
                let scored: Vec<ScoredLevel> = answer(evening, &outcome.operator).map(|said| said.whole).collect();
                ScoredOutcome {
                    evening,
                    scored,
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

impl OutcomeEvaluation<'_> {
    /// How well the scores of every ruleset, and its warnings, did against the outcomes.
    pub(super) fn report(
        &self,
        judged: &[ScoredOutcome],
        rulesets: &[(String, Arc<Ruleset>)],
        lifecycles: &[Vec<WarningLifecycle>],
        span: ReplaySpan,
    ) -> OutcomeReport {
        OutcomeReport::of(&OutcomeInput {
            plan: self.plan,
            asked: self.asked,
            days: self.days,
            outcomes: &self.outcomes.rows,
            unknown: self.outcomes.unknown,
            judged,
            windows: &self.windows,
            rows: &self.rows,
            without: &self.without,
            rulesets,
            lifecycles,
            span,
        })
    }
}

/// Outcomes as rows to be ranked, operators by number.
fn ranking_rows<'a>(outcomes: impl Iterator<Item = &'a OutcomeRow>) -> Vec<Row> {
    let mut numbers: BTreeMap<&OperatorId, u32> = BTreeMap::new();
    let row = |outcome: &'a OutcomeRow| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let operator = *numbers.entry(&outcome.operator).or_insert(next);
        Row { operator, day: day_number(outcome.day), positive: outcome.positive }
    };
    outcomes.map(row).collect()
}

/// Everything of a ruleset that can be left out: its active rules, and the features that they or the base read. Not
/// those that a rule divides by: without one the quotient is an accident.
fn removable_parts(ruleset: &Ruleset) -> Vec<LeftOut> {
    let rules = ruleset.rules.list().iter().enumerate();
    let active = rules.filter(|(_, rule)| rule.metadata.status == Status::Active);
    let read: BTreeSet<usize> =
        active.clone().flat_map(|(_, rule)| rule.reads.iter().copied()).chain([ruleset.base_feature]).collect();
    let divisors = ruleset.rules.divisors();
    let features = read.into_iter().filter(|feature| !divisors.contains(feature)).map(LeftOut::Feature);
    active.map(|(place, _)| LeftOut::Rule(place)).chain(features).collect()
}
