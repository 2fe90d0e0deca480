//! Many cases: each is run as written and, if that holds, in every other way; on several threads.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;

use super::difference::{self, Difference};
use super::file::{Case, CaseFile, CaseKind, What};
use super::run::{Look, Outcome, Passing, Run, Sight};
use super::story::{Examples, Told};
use super::way::{Plan, Way};
use crate::diagnostic::Diagnostics;
use crate::engine::Ruleset;
use crate::feature::FeatureValue;
use crate::rule::Status;
use crate::source::Sources;
use crate::warning::{Level, Step};

/// Each thread plans the features anew, which pays only from so many cases on.
const FEWEST_CASES_A_THREAD: usize = 12;

/// What one case came to.
#[derive(Debug, Clone)]
pub struct CaseResult {
    pub file: PathBuf,
    pub rule: String,
    pub name: String,
    pub line: usize,
    pub kinds: Vec<CaseKind>,
    /// The ways it was run; not those that could not differ from others.
    pub ways: Vec<Way>,
    /// Empty if it holds.
    pub failures: Vec<Failure>,
    /// What every entry came to, as written; only for a case that does not hold.
    pub timeline: Vec<Moment>,
    pub took: Duration,
}

/// What the operator was after an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    pub entry: usize,
    pub at: Timestamp,
    pub line: usize,
    pub score: i64,
    pub level: Level,
    pub steps: Vec<Step>,
}

/// One entry of a timeline at which something was not as expected.
#[derive(Debug, Clone)]
pub struct Failure {
    pub way: Way,
    /// The entry of the timeline.
    pub entry: usize,
    pub line: usize,
    pub at: Timestamp,
    pub differences: Vec<Difference>,
    /// What the file's rule read.
    pub reads: BTreeMap<String, FeatureValue>,
    /// Why the run could not go on.
    pub halted: Option<String>,
}

/// Where rulesets come from: each thread has one of its own, because kept plans never run concurrently.
pub type Load<'a> = &'a (dyn Fn() -> Result<Ruleset, Diagnostics> + Sync);

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
    pub fn run(&self, first: Ruleset, load: Load<'_>) -> Result<Vec<CaseResult>, Diagnostics> {
        let threads = self.threads.min(self.cases.len() / FEWEST_CASES_A_THREAD).max(1);
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

    fn rulesets(&self, first: Option<Ruleset>, load: Load<'_>) -> Result<Rulesets, Diagnostics> {
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
            ways: Vec::new(),
            failures: Vec::new(),
            timeline: Vec::new(),
            took: Duration::ZERO,
        };
        let one = OneCase { suite: self, file, case, ruleset };
        match Told::tell(self.sources, self.examples, case) {
            Err((entry, untold)) => result.failures.push(one.halted(Way::AsWritten, entry, format!("{untold:?}"))),
            Ok(told) => {
                one.run_all(&told, &mut result);
                if !result.failures.is_empty() {
                    result.timeline = one.trace(&told);
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

struct OneCase<'a> {
    suite: &'a Suite<'a>,
    file: &'a CaseFile,
    case: &'a Case,
    ruleset: &'a Arc<Ruleset>,
}

impl OneCase<'_> {
    fn run_all(&self, told: &Told, result: &mut CaseResult) {
        let plan = Plan::new(told, Way::AsWritten, self.suite.seed);
        result.ways.push(Way::AsWritten);
        let written = match self.carry_out(&plan, Way::AsWritten, Passing::Regularly) {
            Ok(outcome) => outcome,
            Err(failure) => return result.failures.push(failure),
        };
        result.failures = written.sights.iter().filter_map(|(entry, sight)| self.expected(*entry, sight)).collect();
        if !result.failures.is_empty() {
            return;
        }
        for way in Way::ALL.into_iter().skip(1).filter(|way| way.differs(&plan)) {
            result.ways.push(way);
            let plan = Plan::new(told, way, self.suite.seed);
            match self.carry_out(&plan, way, Passing::As(&written.moving)) {
                Ok(other) => result.failures.extend(self.same(&written.sights, &other.sights, way)),
                Err(failure) => result.failures.push(failure),
            }
        }
    }

    fn carry_out(&self, plan: &Plan, way: Way, passing: Passing<'_>) -> Result<Outcome, Failure> {
        let timeline = &self.case.timeline;
        let look = |entry: usize| match &timeline[entry].what {
            What::Expect(expected) if expected.asks_for_evidence() => Look::ScoreAndEvidence,
            What::Expect(_) => Look::Score,
            What::Event { .. } if entry + 1 == timeline.len() => Look::Score,
            What::Event { .. } => Look::No,
        };
        let run = Run::new(self.suite.sources, self.ruleset, self.case.operator_id(), way, passing);
        let outcome = run.carry_out(plan, |entry| timeline[entry].at, look);
        outcome.map_err(|halt| self.halted(way, halt.entry, halt.reason))
    }

    /// The case once more, as written, looked at after every entry.
    fn trace(&self, told: &Told) -> Vec<Moment> {
        let timeline = &self.case.timeline;
        let mut plan = Plan::new(told, Way::AsWritten, self.suite.seed);
        plan.take_apart();
        let (operator, way) = (self.case.operator_id(), Way::AsWritten);
        let run = Run::new(self.suite.sources, self.ruleset, operator, way, Passing::Regularly);
        let outcome = run.carry_out(&plan, |entry| timeline[entry].at, |_| Look::Score);
        let moment = |(entry, sight): (usize, Sight)| {
            let (line, at) = (timeline[entry].line, timeline[entry].at);
            Moment { entry, at, line, score: sight.score.score, level: sight.score.level, steps: sight.steps }
        };
        outcome.unwrap_or_default().sights.into_iter().map(moment).collect()
    }

    fn expected(&self, entry: usize, sight: &Sight) -> Option<Failure> {
        let What::Expect(expected) = &self.case.timeline[entry].what else { return None };
        let differences = difference::against(expected, &self.file.rule, sight, self.ruleset);
        self.failure(Way::AsWritten, entry, differences, sight)
    }

    /// The first entry at which a way differs: what follows would only follow from it.
    fn same(&self, written: &BTreeMap<usize, Sight>, other: &BTreeMap<usize, Sight>, way: Way) -> Option<Failure> {
        other.iter().find_map(|(entry, sight)| {
            let differences = difference::between(&written[entry], sight, way.keeps_steps());
            self.failure(way, *entry, differences, sight)
        })
    }

    fn failure(&self, way: Way, entry: usize, differences: Vec<Difference>, sight: &Sight) -> Option<Failure> {
        if differences.is_empty() {
            return None;
        }
        let rule = self.ruleset.rules.list().iter().find(|rule| rule.metadata.id == self.file.rule);
        let catalogue = self.ruleset.features.catalogue();
        let names = rule.iter().flat_map(|rule| &rule.reads).map(|feature| &catalogue[*feature].name);
        let reads = names.filter_map(|name| Some((name.clone(), sight.score.features.get(name)?.clone())));
        let reads = reads.collect();
        Some(Failure { differences, reads, ..self.at(way, entry) })
    }

    fn halted(&self, way: Way, entry: usize, reason: String) -> Failure {
        Failure { halted: Some(reason), ..self.at(way, entry) }
    }

    fn at(&self, way: Way, entry: usize) -> Failure {
        let place = &self.case.timeline[entry];
        Failure {
            way,
            entry,
            line: place.line,
            at: place.at,
            differences: Vec::new(),
            reads: BTreeMap::new(),
            halted: None,
        }
    }
}
