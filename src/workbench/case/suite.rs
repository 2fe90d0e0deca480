//! Many cases: each is run as written and, if that holds, in every other mode; on several threads.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use yujing_base::diagnostic::Diagnostics;
use yujing_core::feature::FeatureValue;
use yujing_core::rule::Status;
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_core::warning::{Level, Step};

use super::difference::{self, CaseDifference};
use super::execution::{ExecutionMode, ExecutionPlan};
use super::expect::Expectation;
use super::file::{Case, CaseFile, CaseKind, EntryKind};
use super::records::{CaseRecords, EntryError, Examples};
use super::run::{CaseRun, Observation, Observe};

/// Each thread plans the features anew, which pays only from so many cases on.
const MIN_CASES_PER_THREAD: usize = 12;

/// What one case came to.
#[derive(Debug, Clone)]
pub struct CaseResult {
    pub file: PathBuf,
    pub rule: String,
    pub name: String,
    pub line: usize,
    pub kinds: Vec<CaseKind>,
    /// The modes it was run in; not those that could not differ from others.
    pub modes: Vec<ExecutionMode>,
    /// Empty if it holds.
    pub failures: Vec<CaseFailure>,
    /// What every entry came to, as written; only for a case that does not hold.
    pub timeline: Vec<EntryState>,
    pub took: Duration,
}

/// What the operator was after an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryState {
    pub entry: usize,
    pub at: Timestamp,
    pub line: usize,
    pub score: i64,
    pub level: Level,
    pub steps: Vec<Step>,
}

/// One entry of a timeline at which something was not as expected.
#[derive(Debug, Clone)]
pub struct CaseFailure {
    pub mode: ExecutionMode,
    /// The entry of the timeline.
    pub entry: usize,
    pub line: usize,
    pub at: Timestamp,
    pub differences: Vec<CaseDifference>,
    /// What the file's rule read.
    pub reads: BTreeMap<String, FeatureValue>,
    /// Why the run could not go on.
    pub error: Option<String>,
}

/// Where rulesets come from: each thread has one of its own, because kept plans never run concurrently.
pub type RulesetLoader<'a> = &'a (dyn Fn() -> Result<Ruleset, Diagnostics> + Sync);

/// Cases to be run and what they need.
#[derive(Debug)]
pub struct Suite<'a> {
    pub sources: &'a Arc<Sources>,
    pub examples: &'a Examples,
    pub cases: Vec<(&'a CaseFile, &'a Case)>,
    /// Of the shuffles.
    pub seed: u64,
    /// Most threads that work at once.
    pub threads: usize,
}

/// The ruleset as it is, and with drafts answering for the cases of drafts.
#[derive(Debug)]
struct Rulesets {
    as_is: Arc<Ruleset>,
    with_drafts: Option<Arc<Ruleset>>,
}

impl Suite<'_> {
    /// Runs every case, in the order given.
    ///
    /// # Errors
    /// If a thread cannot load its ruleset.
    pub fn run(&self, first: Ruleset, load: RulesetLoader<'_>) -> Result<Vec<CaseResult>, Diagnostics> {
        let threads = self.threads.min(self.cases.len() / MIN_CASES_PER_THREAD).max(1);
        let next = AtomicUsize::new(0);
        let work = |ruleset: Option<Ruleset>| -> Result<Vec<(usize, CaseResult)>, Diagnostics> {
            let rulesets = self.rulesets(ruleset, load)?;
            let mut done = Vec::new();
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some((file, case)) = self.cases.get(place) else { return Ok(done) };
                done.push((place, self.run_case(file, case, rulesets.for_rule(&file.rule))));
            }
        };
        let mut results = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| work(None))).collect();
            let mut results = work(Some(first))?;
            for other in others {
                match other.join() {
                    Ok(more) => results.extend(more?),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok::<_, Diagnostics>(results)
        })?;
        results.sort_by_key(|(place, _)| *place);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    fn rulesets(&self, first: Option<Ruleset>, load: RulesetLoader<'_>) -> Result<Rulesets, Diagnostics> {
        let as_is = first.map_or_else(load, Ok)?;
        let drafts = as_is.rules.list().iter().filter(|rule| rule.metadata.status == Status::Draft);
        let needed = drafts.into_iter().any(|rule| self.cases.iter().any(|(file, _)| file.rule == rule.metadata.id));
        let with_drafts = if needed { Some(Arc::new(load()?.with_drafts())) } else { None };
        Ok(Rulesets { as_is: Arc::new(as_is), with_drafts })
    }

    fn run_case(&self, file: &CaseFile, case: &Case, ruleset: &Arc<Ruleset>) -> CaseResult {
        let began = Instant::now();
        let mut result = CaseResult {
            file: file.path.clone(),
            rule: file.rule.clone(),
            name: case.name.clone(),
            line: case.line,
            kinds: case.kinds.clone(),
            modes: Vec::new(),
            failures: Vec::new(),
            timeline: Vec::new(),
            took: Duration::ZERO,
        };
        let runner = CaseRunner { suite: self, file, case, ruleset };
        match CaseRecords::new(self.sources, self.examples, case) {
            Err(EntryError { entry, error }) => {
                result.failures.push(runner.error(ExecutionMode::AsWritten, entry, format!("{error:?}")));
            }
            Ok(records) => {
                runner.run_all(&records, &mut result);
                if !result.failures.is_empty() {
                    result.timeline = runner.trace(&records);
                }
            }
        }
        result.took = began.elapsed();
        result
    }
}

impl Rulesets {
    fn for_rule(&self, id: &str) -> &Arc<Ruleset> {
        let is_draft = |ruleset: &Ruleset| {
            let rule = ruleset.rules.list().iter().find(|rule| rule.metadata.id == id);
            rule.is_some_and(|rule| rule.metadata.status == Status::Draft)
        };
        self.with_drafts.as_ref().filter(|ruleset| is_draft(ruleset)).unwrap_or(&self.as_is)
    }
}

struct CaseRunner<'a> {
    suite: &'a Suite<'a>,
    file: &'a CaseFile,
    case: &'a Case,
    ruleset: &'a Arc<Ruleset>,
}

impl CaseRunner<'_> {
    fn run_all(&self, records: &CaseRecords, result: &mut CaseResult) {
        let as_written = ExecutionPlan::new(records, ExecutionMode::AsWritten, self.suite.seed);
        result.modes.push(ExecutionMode::AsWritten);
        let written = match self.execute(&as_written, ExecutionMode::AsWritten) {
            Ok(written) => written,
            Err(failure) => return result.failures.push(failure),
        };
        result.failures =
            written.iter().filter_map(|(entry, observation)| self.compare_expected(*entry, observation)).collect();
        if !result.failures.is_empty() {
            return;
        }
        for mode in ExecutionMode::ALL.into_iter().skip(1).filter(|mode| mode.can_differ(&as_written)) {
            result.modes.push(mode);
            let plan = ExecutionPlan::new(records, mode, self.suite.seed);
            match self.execute(&plan, mode) {
                Ok(other) => {
                    let failure = self.compare_observations(&written, &other, mode);
                    result.failures.extend(failure);
                }
                Err(failure) => result.failures.push(failure),
            }
        }
    }

    fn execute(&self, plan: &ExecutionPlan, mode: ExecutionMode) -> Result<BTreeMap<usize, Observation>, CaseFailure> {
        let timeline = &self.case.timeline;
        let observe = |entry: usize| match &timeline[entry].kind {
            EntryKind::Expect(expected) if expected.asks_for_evidence() => Observe::ScoreAndEvidence,
            EntryKind::Expect(_) => Observe::Score,
            EntryKind::Event { .. } if entry + 1 == timeline.len() => Observe::Score,
            EntryKind::Event { .. } => Observe::Nothing,
        };
        let run = CaseRun::new(self.suite.sources, self.ruleset, self.case.operator_id(), mode);
        let outcome = run.execute(plan, |entry| timeline[entry].at, observe);
        outcome.map_err(|error| self.error(mode, error.entry, error.reason))
    }

    /// The case once more, as written, observed after every entry.
    fn trace(&self, records: &CaseRecords) -> Vec<EntryState> {
        let timeline = &self.case.timeline;
        let mut plan = ExecutionPlan::new(records, ExecutionMode::AsWritten, self.suite.seed);
        plan.split();
        let (operator, mode) = (self.case.operator_id(), ExecutionMode::AsWritten);
        let run = CaseRun::new(self.suite.sources, self.ruleset, operator, mode);
        let outcome = run.execute(&plan, |entry| timeline[entry].at, |_| Observe::Score);
        let state = |(entry, observation): (usize, Observation)| {
            let (line, at) = (timeline[entry].line, timeline[entry].at);
            EntryState {
                entry,
                at,
                line,
                score: observation.score.score,
                level: observation.score.level,
                steps: observation.steps,
            }
        };
        outcome.unwrap_or_default().into_iter().map(state).collect()
    }

    fn compare_expected(&self, entry: usize, observation: &Observation) -> Option<CaseFailure> {
        let nothing_said = Expectation::default();
        let expected = match &self.case.timeline[entry].kind {
            EntryKind::Expect(expected) => expected,
            EntryKind::Event { .. } => &nothing_said,
        };
        let differences = difference::compare_expectation(expected, &self.file.rule, observation, self.ruleset);
        self.failure(ExecutionMode::AsWritten, entry, differences, observation)
    }

    /// The first entry at which a mode differs: what follows would only follow from it.
    fn compare_observations(
        &self,
        written: &BTreeMap<usize, Observation>,
        other: &BTreeMap<usize, Observation>,
        mode: ExecutionMode,
    ) -> Option<CaseFailure> {
        other.iter().find_map(|(entry, observation)| {
            let differences = difference::compare_runs(&written[entry], observation, mode.keeps_steps());
            self.failure(mode, *entry, differences, observation)
        })
    }

    fn failure(
        &self,
        mode: ExecutionMode,
        entry: usize,
        differences: Vec<CaseDifference>,
        observation: &Observation,
    ) -> Option<CaseFailure> {
        if differences.is_empty() {
            return None;
        }
        let rule = self.ruleset.rules.list().iter().find(|rule| rule.metadata.id == self.file.rule);
        let catalogue = self.ruleset.features.catalogue();
        let names = rule.iter().flat_map(|rule| &rule.reads).map(|feature| &catalogue[*feature].name);
        let reads = names.filter_map(|name| Some((name.clone(), observation.score.features.get(name)?.clone())));
        let reads = reads.collect();
        Some(CaseFailure { differences, reads, ..self.at(mode, entry) })
    }

    fn error(&self, mode: ExecutionMode, entry: usize, reason: String) -> CaseFailure {
        CaseFailure { error: Some(reason), ..self.at(mode, entry) }
    }

    fn at(&self, mode: ExecutionMode, entry: usize) -> CaseFailure {
        let failed = &self.case.timeline[entry];
        CaseFailure {
            mode,
            entry,
            line: failed.line,
            at: failed.at,
            differences: Vec::new(),
            reads: BTreeMap::new(),
            error: None,
        }
    }
}
