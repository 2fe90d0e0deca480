//! The rulesets against what was found later: how well scores ordered it, how often warnings were right, and what each
//! rule and feature adds.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use yujing_base::parallel;
use yujing_core::engine::{LeftOut, ScoredLevel};
use yujing_core::rule::Bilingual;
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::Level;

use super::ReplaySpan;
use super::lifecycle::WarningLifecycle;
use super::precision::{PrecisionRow, days};
use super::warnings::{count, count_where};
use crate::outcome::OutcomeRow;
use crate::plan::{OutcomePlan, Plan};
use crate::ranking::places::DailyPlaces;
use crate::ranking::{Estimate, Figures, Order, Quality, Resamples, Row, Windows, roc};

/// Points of a curve of findings.
const CURVE_STEPS: u32 = 50;

/// One judged outcome with the scores of its operator before it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredOutcome {
    pub outcome: OutcomeRow,
    /// The end of the day as of which it was scored.
    pub evening: Timestamp,
    /// By ruleset, as of the evening.
    pub scored: Vec<ScoredLevel>,
    /// By ruleset, as of the evening before its window opened.
    pub planned: Vec<ScoredLevel>,
    /// By ruleset and part left out, as of the evening.
    pub without: Vec<Vec<ScoredLevel>>,
    pub last_result: f64,
    pub smoothed: f64,
    /// The same as of the evening before its window opened.
    pub planned_last_result: f64,
    pub planned_smoothed: f64,
}

/// Who orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ranker {
    /// By its place among the rulesets.
    Ruleset(usize),
    SmoothedHistory,
    LastResult,
    Random,
    /// The order in which it was really done.
    AsItWas,
}

/// How well one order did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RankerReport {
    pub ranker: Ranker,
    /// By what was known on the evening before each day.
    pub quality: Quality,
    /// By what was known before each window opened: a plan that could have been made then. Its ROC area is left out.
    pub planned: Quality,
    /// The ROC area beyond that of the smoothed history; only for rulesets.
    pub beyond_history: Option<Estimate>,
    pub first_half_beyond_history: Option<Estimate>,
    /// Share of the negatives and of the positives, from the highest score down.
    pub roc_curve: Vec<(f64, f64)>,
    /// Share of the work and of the positives found by it.
    pub found_curve: Vec<(f64, f64)>,
}

/// Rows at one level by score on the evening before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LevelRow {
    pub level: Level,
    pub rows: u64,
    pub positives: u64,
}

/// What one rule or feature adds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartReport {
    /// `rule` or `feature`.
    pub kind: &'static str,
    pub name: String,
    pub title: Bilingual,
    /// Whether a rule divides by it. Then it has no figures: what the division gives without it says nothing of its
    /// worth.
    pub divides: bool,
    /// The whole ruleset's figure less the figure without this part.
    pub roc_area: Option<Estimate>,
    pub first_half: Option<Estimate>,
}

/// One ruleset against the outcomes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutcomeOfRuleset {
    pub ruleset: String,
    pub levels: Vec<LevelRow>,
    pub precision: Vec<PrecisionRow>,
    /// Empty unless asked for. What adds most comes first.
    pub parts: Vec<PartReport>,
}

/// One window of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WindowRow {
    pub from: Date,
    pub to: Date,
    pub rows: u64,
    pub positives: u64,
}

/// Everything about the outcomes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutcomeReport {
    pub title: Option<Bilingual>,
    pub judge_from: Date,
    pub judge_to: Date,
    pub days_ahead: u32,
    pub within_days: f64,
    pub prior_weight: f64,
    pub resamples: u32,
    pub seed: u64,
    /// All rows of the query, and those without operator, time or outcome.
    pub rows: u64,
    /// Rows before the first judged day, and the first of them: the past that the baselines know at the beginning.
    pub past_rows: u64,
    pub past_from: Option<Date>,
    pub unknown: u64,
    pub judged: u64,
    pub positives: u64,
    pub operators: u64,
    pub windows: Vec<WindowRow>,
    pub rankers: Vec<RankerReport>,
    pub rulesets: Vec<OutcomeOfRuleset>,
}

/// The days whose outcomes are judged, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgedDays {
    pub first: Date,
    pub last: Date,
}

/// What a report on outcomes is made from.
#[derive(Debug, Clone, Copy)]
pub struct OutcomeInput<'a> {
    pub plan: &'a Plan,
    pub asked: &'a OutcomePlan,
    pub days: JudgedDays,
    /// Every outcome within the replay, oldest first.
    pub outcomes: &'a [OutcomeRow],
    pub unknown: u64,
    /// Sorted as the outcomes are.
    pub judged: &'a [ScoredOutcome],
    pub windows: &'a Windows,
    pub rows: &'a [Row],
    pub without: &'a [Vec<LeftOut>],
    pub rulesets: &'a [(String, Arc<Ruleset>)],
    pub lifecycles: &'a [Vec<WarningLifecycle>],
    pub span: ReplaySpan,
}

impl PartReport {
    /// Whether the part changes any figure of any sample.
    pub fn adds_anything(&self) -> bool {
        let nothing = |estimate: Option<Estimate>| {
            estimate.is_none_or(|Estimate { value, low, high }| [value, low, high].iter().all(|figure| *figure == 0.0))
        };
        !nothing(self.roc_area) || !nothing(self.first_half)
    }
}

impl OutcomeReport {
    pub fn of(input: &OutcomeInput<'_>) -> Self {
        let resamples = Resamples::draw(input.rows, input.asked.resamples, input.asked.seed);
        let evaluator = Evaluator::new(input, resamples);
        let mut operators: Vec<u32> = input.rows.iter().map(|row| row.operator).collect();
        operators.sort_unstable();
        operators.dedup();
        Self {
            title: input.asked.title.clone(),
            judge_from: input.days.first,
            judge_to: input.days.last,
            days_ahead: input.asked.days_ahead,
            within_days: days(input.asked.within),
            prior_weight: input.asked.prior_weight,
            resamples: input.asked.resamples,
            seed: input.asked.seed,
            rows: count(input.outcomes) + input.unknown,
            past_rows: count_where(input.outcomes, |outcome| outcome.day < input.days.first),
            past_from: input.outcomes.first().map(|outcome| outcome.day).filter(|day| *day < input.days.first),
            unknown: input.unknown,
            judged: count(input.judged),
            positives: count_where(input.judged, |judged| judged.outcome.positive),
            operators: count(&operators),
            windows: input.windows.0.iter().map(|window| window_row(window, input)).collect(),
            rankers: rankers(input, &evaluator),
            rulesets: (0..input.rulesets.len()).map(|place| of_ruleset(place, input, &evaluator)).collect(),
        }
    }
}

/// Evaluates orders over the rows and their resamples.
struct Evaluator<'a> {
    rows: &'a [Row],
    windows: &'a Windows,
    resamples: Resamples,
    /// One a window.
    places: Vec<DailyPlaces>,
}

impl<'a> Evaluator<'a> {
    fn new(input: &OutcomeInput<'a>, resamples: Resamples) -> Self {
        let OutcomeInput { rows, windows, .. } = *input;
        Self { rows, windows, places: windows.places(rows, &resamples), resamples }
    }

    /// The figures of every sample, the true one first.
    fn figures(&self, scores: &[f64]) -> Vec<Figures> {
        let order = Order::by_score(scores, 0..scores.len());
        let areas = roc::areas(self.rows, &order, &self.resamples);
        let found = self.windows.found(self.rows, &self.windows.orders(scores), &self.places, &self.resamples);
        areas.into_iter().zip(found).map(|(roc_area, found)| Figures { roc_area, found }).collect()
    }
}

fn roc_areas(figures: &[Figures]) -> Vec<Option<f64>> {
    figures.iter().map(|figure| figure.roc_area).collect()
}

fn first_halves(figures: &[Figures]) -> Vec<Option<f64>> {
    figures.iter().map(|figure| figure.found.map(|found| found.first_half)).collect()
}

fn quality(figures: &[Figures], with_area: bool) -> Quality {
    let earlier: Vec<_> = figures.iter().map(|figure| figure.found.map(|found| found.days_earlier)).collect();
    Quality {
        roc_area: if with_area { Estimate::of(&roc_areas(figures)) } else { None },
        first_half: Estimate::of(&first_halves(figures)),
        days_earlier: Estimate::of(&earlier),
    }
}

/// The scores by which one ranker orders the rows.
struct Ranking {
    ranker: Ranker,
    /// By what was known on the evening before each day.
    evening: Vec<f64>,
    /// By what was known before each window opened.
    planned: Vec<f64>,
}

fn rankings(input: &OutcomeInput<'_>) -> Vec<Ranking> {
    let scores = |score: fn(&ScoredOutcome) -> f64| -> Vec<f64> { input.judged.iter().map(score).collect() };
    let of_ruleset = |place: usize| Ranking {
        ranker: Ranker::Ruleset(place),
        evening: input.judged.iter().map(|judged| points(judged.scored[place])).collect(),
        planned: input.judged.iter().map(|judged| points(judged.planned[place])).collect(),
    };
    let really: Vec<f64> = input.rows.iter().map(|row| -f64::from(row.day)).collect();
    let baselines = [
        Ranking {
            ranker: Ranker::SmoothedHistory,
            evening: scores(|judged| judged.smoothed),
            planned: scores(|judged| judged.planned_smoothed),
        },
        Ranking {
            ranker: Ranker::LastResult,
            evening: scores(|judged| judged.last_result),
            planned: scores(|judged| judged.planned_last_result),
        },
        Ranking { ranker: Ranker::Random, evening: scores(|_| 0.0), planned: scores(|_| 0.0) },
        Ranking { ranker: Ranker::AsItWas, evening: really.clone(), planned: really },
    ];
    (0..input.rulesets.len()).map(of_ruleset).chain(baselines).collect()
}

/// The figures of a ranking, in every sample.
struct RankingFigures {
    evening: Vec<Figures>,
    planned: Vec<Figures>,
}

fn rankers(input: &OutcomeInput<'_>, evaluator: &Evaluator<'_>) -> Vec<RankerReport> {
    let rankings = rankings(input);
    let figures = parallel::map(parallel::cores(), &rankings, |ranking| RankingFigures {
        evening: evaluator.figures(&ranking.evening),
        planned: evaluator.figures(&ranking.planned),
    });
    let by_history = rankings.iter().position(|ranking| ranking.ranker == Ranker::SmoothedHistory);
    let history = by_history.map_or(&[][..], |place| &figures[place].evening);
    let report = |(ranking, figures)| ranker(ranking, figures, history, evaluator);
    rankings.iter().zip(&figures).map(report).collect()
}

fn ranker(ranking: &Ranking, figures: &RankingFigures, history: &[Figures], evaluator: &Evaluator<'_>) -> RankerReport {
    let Evaluator { rows, windows, .. } = evaluator;
    let (evening, is_ruleset) = (&ranking.evening, matches!(ranking.ranker, Ranker::Ruleset(_)));
    // The day of the work orders the work, not the operators: it has no area.
    let has_area = ranking.ranker != Ranker::AsItWas;
    let beyond = |figure: fn(&[Figures]) -> Vec<Option<f64>>| {
        is_ruleset.then(|| Estimate::of_difference(&figure(&figures.evening), &figure(history))).flatten()
    };
    let order = Order::by_score(evening, 0..evening.len());
    RankerReport {
        ranker: ranking.ranker.clone(),
        quality: quality(&figures.evening, has_area),
        planned: quality(&figures.planned, false),
        beyond_history: beyond(roc_areas),
        first_half_beyond_history: beyond(first_halves),
        roc_curve: if has_area { thinned(&roc::curve(rows, &order)) } else { Vec::new() },
        found_curve: windows.curve(rows, &windows.orders(evening), CURVE_STEPS),
    }
}

fn points(scored: ScoredLevel) -> f64 {
    f64::from(i32::try_from(scored.score).unwrap_or(i32::MAX))
}

/// At most about two hundred points of a curve, its ends among them.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let every = points.len() / 200 + 1;
    let last = points.len().saturating_sub(1);
    points
        .iter()
        .enumerate()
        .filter(|(place, _)| place % every == 0 || *place == last)
        .map(|(_, point)| *point)
        .collect()
}

fn window_row(window: &crate::ranking::Window, input: &OutcomeInput<'_>) -> WindowRow {
    let day = |number: i32| {
        let epoch = jiff::civil::date(1970, 1, 1);
        epoch.checked_add(jiff::Span::new().days(i64::from(number))).unwrap_or(epoch)
    };
    let positives = window.places.iter().filter(|place| input.rows[**place as usize].positive).count() as u64;
    WindowRow { from: day(window.first), to: day(window.end - 1), rows: count(&window.places), positives }
}

fn of_ruleset(place: usize, input: &OutcomeInput<'_>, evaluator: &Evaluator<'_>) -> OutcomeOfRuleset {
    let (name, ruleset) = &input.rulesets[place];
    let levels = Level::ALL.map(|level| {
        let at_level = input.judged.iter().filter(|judged| judged.scored[place].level == level);
        LevelRow {
            level,
            rows: at_level.clone().count() as u64,
            positives: at_level.filter(|judged| judged.outcome.positive).count() as u64,
        }
    });
    let precision = [Level::Blue, Level::Yellow, Level::Orange, Level::Red];
    OutcomeOfRuleset {
        ruleset: name.clone(),
        levels: levels.into(),
        precision: precision.map(|level| PrecisionRow::of(level, place, input)).into(),
        parts: parts(place, ruleset, input, evaluator),
    }
}

fn parts(place: usize, ruleset: &Ruleset, input: &OutcomeInput<'_>, evaluator: &Evaluator<'_>) -> Vec<PartReport> {
    let asked = input.without.get(place).map(Vec::as_slice).unwrap_or_default();
    if asked.is_empty() {
        return Vec::new();
    }
    let scores = |score: &dyn Fn(&ScoredOutcome) -> ScoredLevel| -> Vec<f64> {
        input.judged.iter().map(|judged| points(score(judged))).collect()
    };
    let whole_scores = scores(&|judged| judged.scored[place]);
    let whole = evaluator.figures(&whole_scores);
    let lesser_scores: Vec<Vec<f64>> =
        (0..asked.len()).map(|part| scores(&|judged| judged.without[place][part])).collect();
    // Most parts change nobody's score.
    let lesser = parallel::map(parallel::cores(), &lesser_scores, |scores| {
        (*scores != whole_scores).then(|| evaluator.figures(scores))
    });
    let mut parts: Vec<PartReport> = asked
        .iter()
        .zip(&lesser)
        .map(|(without, lesser)| {
            let lesser = lesser.as_ref().unwrap_or(&whole);
            let (kind, name, title) = described(*without, ruleset);
            PartReport {
                kind,
                name,
                title,
                divides: false,
                roc_area: Estimate::of_difference(&roc_areas(&whole), &roc_areas(lesser)),
                first_half: Estimate::of_difference(&first_halves(&whole), &first_halves(lesser)),
            }
        })
        .collect();
    let divisors = ruleset.rules.divisors().into_iter().map(|feature| {
        let (kind, name, title) = described(LeftOut::Feature(feature), ruleset);
        PartReport { kind, name, title, divides: true, roc_area: None, first_half: None }
    });
    parts.extend(divisors);
    let adds = |part: &PartReport| part.roc_area.map_or(f64::NEG_INFINITY, |estimate| estimate.value);
    parts.sort_by(|a, b| a.kind.cmp(b.kind).reverse().then(adds(b).total_cmp(&adds(a))).then(a.name.cmp(&b.name)));
    parts
}

fn described(part: LeftOut, ruleset: &Ruleset) -> (&'static str, String, Bilingual) {
    match part {
        LeftOut::Rule(rule) => {
            let metadata = &ruleset.rules.list()[rule].metadata;
            ("rule", metadata.id.clone(), metadata.title.clone())
        }
        LeftOut::Feature(feature) => {
            let entry = &ruleset.features.catalogue()[feature];
            ("feature", entry.name.clone(), Bilingual { zh: entry.zh.clone(), en: entry.en.clone() })
        }
    }
}
