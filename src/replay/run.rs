//! A whole replay: inputs, outcome, clock, report.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use yujing_config::Config;
use yujing_core::engine::{Emit, Engine};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;

use super::ReplayError;
use super::answers::Answerer;
use super::driver::{Driver, Schedule};
use super::evaluation::OutcomeEvaluation;
use super::history::read_ahead::{decoded, read_ahead};
use super::history::{self, Arrivals, History, HistoryError, Unreadable};
use super::outcome::outcomes;
use super::phase::{Phase, PhaseTimes};
use super::plan::Plan;
use super::query::QueryAnswer;
use super::report::quality::ScoredOutcome;
use super::report::{ReplaySpan, Report, ReportInput, lifecycles};
use super::results::Results;

/// Where a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The outcome's query runs over the inputs.
    Outcome,
    /// The inputs are put in the order of arrival.
    Sorting,
    /// So many records are decided, of so many.
    Replaying { done: u64, of: u64 },
    /// Figures and intervals are computed.
    Reporting,
}

/// What a replay gives.
#[derive(Debug)]
pub struct ReplayOutput {
    pub report: Report,
    /// Every step of every warning, by ruleset.
    pub results: Results,
    /// The judged outcomes with their scores; empty without an outcome.
    pub judged: Vec<ScoredOutcome>,
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
) -> Result<ReplayOutput, ReplayError> {
    let began = Instant::now();
    let history = Arc::new(History::find(plan, config, sources, history::MEMORY_BYTES)?);
    let threads = config.engine.threads();
    let Prepared { evaluation, arrivals, phases: before } = prepare(plan, &history, rulesets, threads, &mut progress)?;

    let setting = PassSetting { plan, sources, arrivals: &arrivals, threads, evaluation: evaluation.as_ref() };
    // Where warnings are answered each ruleset has answers of its own, and so an engine of its own.
    let together = if plan.answers.is_some() { 1 } else { rulesets.len() };
    let mut passes = Vec::new();
    for (place, rulesets) in rulesets.chunks(together).enumerate() {
        passes.push(setting.run(place * together, rulesets, &mut progress)?);
    }
    let Some(Pass { mut results, replayed }) = joined(passes) else { return Err(ReplayError::Empty) };
    results.phases.add(&before);
    let Replayed { answers, unreadable } = replayed;
    for document in &unreadable {
        results.record_unreadable(document);
    }
    let (Some(first), Some(last)) = (results.first, results.last) else { return Err(ReplayError::Empty) };

    results.sort_steps();
    progress(Progress::Reporting);
    let reporting = Instant::now();
    let span = ReplaySpan { from: plan.from.unwrap_or(first), to: plan.to.unwrap_or(last) };
    let lifecycles: Vec<_> = results.rulesets.iter().map(|ruleset| lifecycles(&ruleset.steps)).collect();
    let judged = evaluation.as_ref().map_or_else(Vec::new, |evaluation| evaluation.score_rows(&answers));
    let outcome = evaluation.as_ref().map(|evaluation| evaluation.report(&judged, rulesets, &lifecycles, span));
    results.phases.add_since(Phase::Statistics, reporting);
    let names: Vec<&str> = rulesets.iter().map(|(name, _)| name.as_str()).collect();
    let took = began.elapsed();
    let report = Report::of(&ReportInput {
        plan,
        sources,
        names: &names,
        results: &results,
        lifecycles: &lifecycles,
        span,
        cut: &history.cut(),
        outcome,
        took,
    });
    Ok(ReplayOutput { report, results, judged, took })
}

/// What is known before history happens.
struct Prepared<'a> {
    evaluation: Option<OutcomeEvaluation<'a>>,
    arrivals: Arrivals<'a>,
    phases: PhaseTimes,
}

/// Asks for the outcome; meanwhile another thread looks through the files.
fn prepare<'a>(
    plan: &'a Plan,
    history: &'a Arc<History>,
    rulesets: &'a [(String, Arc<Ruleset>)],
    threads: NonZeroUsize,
    mut progress: impl FnMut(Progress),
) -> Result<Prepared<'a>, ReplayError> {
    let mut phases = PhaseTimes::default();
    let cancelled = AtomicBool::new(false);
    thread::scope(|scope| {
        let survey = thread::Builder::new().name("survey".to_owned());
        let survey = survey
            .spawn_scoped(scope, || history.survey_unless_cancelled(&cancelled, threads))
            .map_err(HistoryError::Runtime)?;
        let mut evaluation = None;
        if let Some(asked) = &plan.outcome {
            progress(Progress::Outcome);
            let asking = Instant::now();
            let found = outcomes(asked, history, &plan.zone, history::MEMORY_BYTES)
                .inspect_err(|_| cancelled.store(true, Ordering::Relaxed))?;
            phases.add_since(Phase::Outcome, asking);
            evaluation = Some(OutcomeEvaluation::new(plan, asked, found, rulesets));
        }
        progress(Progress::Sorting);
        let waiting = Instant::now();
        let arrivals = survey.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        phases.add_since(Phase::Reading, waiting);
        Ok(Prepared { evaluation, arrivals, phases })
    })
}

/// What every pass over history has in common.
struct PassSetting<'a> {
    plan: &'a Plan,
    sources: &'a Arc<Sources>,
    arrivals: &'a Arrivals<'a>,
    /// How many decide.
    threads: NonZeroUsize,
    evaluation: Option<&'a OutcomeEvaluation<'a>>,
}

/// What one pass gave for its rulesets.
struct Pass {
    results: Results,
    replayed: Replayed,
}

impl PassSetting<'_> {
    /// Lets history happen for some of the rulesets, the first of which has this place among all.
    fn run(
        &self,
        place: usize,
        rulesets: &[(String, Arc<Ruleset>)],
        progress: impl FnMut(Progress),
    ) -> Result<Pass, ReplayError> {
        let mut results = Results::new(rulesets.iter().map(|(_, ruleset)| Arc::clone(ruleset)));
        let mut answerer = answerer_of(self.plan, self.sources, rulesets)?;
        // People answer at instants of their own, for which the batches of all have to be over.
        let count = if answerer.is_some() { NonZeroUsize::MIN } else { self.threads };
        let engine = || {
            let mut engine = engine_of(self.sources, rulesets, answerer.is_some());
            engine.wake_every(self.plan.wake_interval);
            engine
        };
        let mut engines: Vec<Engine> = std::iter::repeat_with(engine).take(count.get()).collect();
        let schedule = Schedule { step: self.plan.step, from: self.plan.from, to: self.plan.to };
        let mut driver = Driver::new(&mut engines, schedule, &mut results).with_answerer(answerer.as_mut());
        if let Some(evaluation) = self.evaluation {
            let without = evaluation.without.get(place..).unwrap_or_default();
            driver = driver.with_queries(&evaluation.queries, without);
        }
        let replayed = drive(driver, self.arrivals, progress)?;
        if let (Some(ruleset), Some(answerer)) = (results.rulesets.first_mut(), answerer) {
            ruleset.answers = Some(answerer.counts);
        }
        Ok(Pass { results, replayed })
    }
}

/// The passes as if they were one.
fn joined(passes: Vec<Pass>) -> Option<Pass> {
    passes.into_iter().reduce(|mut joined, pass| {
        joined.results.join(pass.results);
        for (answers, more) in joined.replayed.answers.iter_mut().zip(pass.replayed.answers) {
            answers.extend(more);
        }
        joined
    })
}

/// What a driver gave for all of history.
pub(super) struct Replayed {
    pub(super) answers: Vec<QueryAnswer>,
    /// Documents that have no place in time.
    pub(super) unreadable: Vec<Unreadable>,
}

/// Runs a driver over all of history, saying how far it is. Another thread reads and decodes meanwhile.
pub(super) fn drive(
    driver: Driver<'_>,
    arrivals: &Arrivals<'_>,
    mut progress: impl FnMut(Progress),
) -> Result<Replayed, ReplayError> {
    progress(Progress::Sorting);
    let records = arrivals.read()?;
    let decoders = driver.decoders();
    let answers = thread::scope(|scope| {
        let records = read_ahead(scope, decoded(records, &decoders))?;
        driver.run(records, |done| progress(Progress::Replaying { done, of: arrivals.records().max(done) }))
    })?;
    Ok(Replayed { answers, unreadable: arrivals.unreadable() })
}

/// An engine in which every ruleset decides, and only warnings leave; somebody has to answer them only if anybody will.
pub fn engine_of(sources: &Arc<Sources>, rulesets: &[(String, Arc<Ruleset>)], is_answered: bool) -> Engine {
    let mut rulesets = rulesets.iter().map(|(_, ruleset)| Arc::clone(ruleset));
    let baseline = rulesets.next().expect("invariant: a replay has a baseline");
    let emit = if is_answered { Emit::Everything } else { Emit::Warnings };
    let mut engine = Engine::with(Arc::clone(sources), baseline, emit);
    rulesets.for_each(|ruleset| engine.attach_shadow(ruleset, Emit::Warnings));
    engine
}

/// Who answers the warnings of the first ruleset, if the plan says how.
pub(super) fn answerer_of(
    plan: &Plan,
    sources: &Sources,
    rulesets: &[(String, Arc<Ruleset>)],
) -> Result<Option<Answerer>, ReplayError> {
    let Some((model, (name, ruleset))) = plan.answers.as_ref().zip(rulesets.first()) else { return Ok(None) };
    let answerer = Answerer::new(model, ruleset, sources);
    answerer.map(Some).ok_or_else(|| ReplayError::NobodyAnswers { ruleset: name.clone() })
}
