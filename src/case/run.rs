//! A case through the engine, on a virtual clock: every event is a batch of its own, and time passes by sweeps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::file::{Case, CaseFile, Entry, Expectation, What, feature_value, timestamp};
use super::story::{Examples, Story};
use crate::OperatorId;
use crate::engine::{Engine, Explanation, Mode, Output, Positions, Ruleset};
use crate::feature::FeatureValue;
use crate::source::{SourceId, Sources};
use crate::warning::{Cause, Step};

/// Between two entries time passes in this many sweeps, at least an hour apart.
const SWEEPS_BETWEEN_ENTRIES: i32 = 24;

/// One expectation that did not hold, or one entry that could not be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub file: PathBuf,
    pub line: usize,
    pub case: String,
    pub at: Timestamp,
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} at {}: {}", self.file.display(), self.line, self.case, self.at, self.message)
    }
}

/// Runs cases against one ruleset.
#[derive(Debug)]
pub struct Runner {
    sources: Arc<Sources>,
    ruleset: Arc<Ruleset>,
    examples: Examples,
}

/// One case under way.
struct Run<'a> {
    engine: Engine,
    operator: OperatorId,
    rule: &'a str,
    /// Lifecycle steps since the last expectation.
    steps: Vec<Step>,
    now: Option<Timestamp>,
}

impl Runner {
    pub fn new(sources: Arc<Sources>, ruleset: Arc<Ruleset>, examples: Examples) -> Self {
        Self { sources, ruleset, examples }
    }

    /// Every expectation of a file that does not hold.
    pub fn run(&self, file: &CaseFile) -> Vec<Failure> {
        file.cases.iter().flat_map(|case| self.run_case(file, case)).collect()
    }

    fn run_case(&self, file: &CaseFile, case: &Case) -> Vec<Failure> {
        let fail = |entry: &Entry, message: String| Failure {
            file: file.path.clone(),
            line: entry.line,
            case: case.name.clone(),
            at: entry.at,
            message,
        };
        let operator = case.operator.get("operator_id").and_then(|id| id.as_str()).unwrap_or_default();
        let mut story = Story::new(&self.sources, &self.examples, operator);
        let mut run = Run {
            engine: Engine::new(Arc::clone(&self.sources), Arc::clone(&self.ruleset)),
            operator: operator.into(),
            rule: &file.rule,
            steps: Vec::new(),
            now: None,
        };
        let mut failures = Vec::new();
        if let (true, Some(first), Some((_, reference))) =
            (case.registered, case.timeline.first(), self.sources.operators())
        {
            let told = story.tell(&reference.name, &case.operator, first.at);
            if let Err(message) = told.and_then(|record| run.take(record)) {
                failures.push(fail(first, message));
            }
        }
        for entry in &case.timeline {
            let outcome = match &entry.what {
                What::Event { source, fields } => run
                    .pass_until(entry.at)
                    .and_then(|()| story.tell(source, fields, entry.at))
                    .and_then(|record| run.take(record)),
                What::Expect(expectation) => run
                    .pass_until(entry.at)
                    .and_then(|()| run.sweep(entry.at))
                    .and_then(|()| run.check(expectation, entry.at)),
            };
            if let Err(message) = outcome {
                failures.push(fail(entry, message));
            }
        }
        failures
    }
}

impl Run<'_> {
    fn take(&mut self, record: crate::source::Record) -> Result<(), String> {
        let at = record.timestamp;
        let pending =
            self.engine.apply(vec![record], &Positions::new(), Mode::Live).map_err(|error| error.to_string())?;
        if let Some(letter) = pending.output.dead_letters.first() {
            return Err(format!("the event is refused: {}", letter.refusal));
        }
        refuse_slips(&pending.output)?;
        self.note(&pending.output);
        self.engine.commit(pending);
        self.now = Some(at);
        Ok(())
    }

    /// Lets time pass by sweeps, up to but not including `until`.
    fn pass_until(&mut self, until: Timestamp) -> Result<(), String> {
        let Some(mut now) = self.now else { return Ok(()) };
        let step = (until.duration_since(now) / SWEEPS_BETWEEN_ENTRIES).max(SignedDuration::from_hours(1));
        loop {
            now = now.saturating_add(step).map_err(|error| error.to_string())?;
            if now >= until {
                return Ok(());
            }
            self.sweep(now)?;
        }
    }

    fn sweep(&mut self, at: Timestamp) -> Result<(), String> {
        let asked = [Arc::clone(&self.operator)];
        let pending =
            self.engine.sweep(&asked, at, Cause::Time, &Positions::new()).map_err(|error| error.to_string())?;
        self.note(&pending.output);
        self.engine.commit(pending);
        self.now = Some(at);
        Ok(())
    }

    fn note(&mut self, output: &Output) {
        self.steps.extend(output.warnings.iter().map(|event| event.step));
    }

    fn check(&mut self, expected: &Expectation, at: Timestamp) -> Result<(), String> {
        let steps = std::mem::take(&mut self.steps);
        let explanation = self.engine.explain(&self.operator, at).map_err(|error| error.to_string())?;
        let explanation = explanation.ok_or("nothing is known of the operator")?;
        let mut differences = Vec::new();
        self.check_rule(expected, &explanation, &mut differences)?;
        check_score(expected, &explanation, &mut differences)?;
        if let Some(expected) = &expected.lifecycle {
            let happened = steps.last().map_or("none", |step| step.as_str());
            differ("lifecycle", expected.as_str(), happened, &mut differences);
        }
        if differences.is_empty() { Ok(()) } else { Err(differences.join("; ")) }
    }

    fn check_rule(&self, expected: &Expectation, got: &Explanation, out: &mut Vec<String>) -> Result<(), String> {
        let answer = got.rules.iter().find(|answer| answer.rule == self.rule);
        let answer = answer.ok_or_else(|| format!("there is no rule `{}`", self.rule))?;
        if let Some(fired) = expected.fired {
            let outcome = answer.failure.as_deref().unwrap_or(answer.outcome);
            if fired != (answer.outcome == "fired") {
                out.push(format!("fired: expected {fired}, got {outcome}, having read {:?}", answer.reads));
            }
        }
        if let Some(points) = expected.points {
            differ("points", points, answer.points, out);
        }
        if let Some(evidence) = &expected.evidence {
            let newest = answer.evidence.iter().flatten().flat_map(|(_, evidence)| &evidence.newest);
            let got: BTreeSet<&str> = newest.map(|event| event.event_id.as_str()).collect();
            differ("evidence", evidence.iter().map(String::as_str).collect(), got, out);
        }
        Ok(())
    }
}

/// Live, unknown fields are ignored and unknown values of open lists become `other`; in a case both are slips that would
/// make it prove something else than it says.
fn refuse_slips(output: &Output) -> Result<(), String> {
    let any = |counts: &BTreeMap<SourceId, u64>| counts.values().any(|count| *count > 0);
    if any(&output.tally.unknown_fields) {
        return Err("the event has a field that its schema does not know: look for a slip in a name".to_owned());
    }
    if any(&output.tally.unknown_values) {
        return Err("the event has a value that its schema does not list: look for a slip, or write `other`".to_owned());
    }
    Ok(())
}

fn check_score(expected: &Expectation, got: &Explanation, out: &mut Vec<String>) -> Result<(), String> {
    let record = &got.score;
    if let Some(findings) = &expected.findings {
        let fired: BTreeSet<&str> = record.findings.iter().map(|finding| finding.rule.as_str()).collect();
        differ("findings", findings.iter().map(String::as_str).collect(), fired, out);
    }
    if let Some(score) = expected.score {
        differ("score", score, record.score, out);
    }
    if let Some(level) = expected.level {
        differ("level", level, record.level, out);
    }
    if let Some(degraded) = expected.degraded {
        differ("degraded", degraded, !record.degraded.is_empty(), out);
    }
    if let Some(due_at) = &expected.due_at {
        let got = record.standing.warning.as_ref().and_then(|warning| warning.due_at);
        differ("due_at", Some(timestamp(due_at)?), got, out);
    }
    for (name, value) in &expected.features {
        let value =
            feature_value(value).ok_or_else(|| format!("feature {name}: a number, text or truth is expected"))?;
        let got = record.features.get(name).ok_or_else(|| format!("there is no feature `{name}`"))?;
        if !same_value(&value, got) {
            out.push(format!("feature {name}: expected {value:?}, got {got:?}"));
        }
    }
    Ok(())
}

/// A whole number written for a float is the float.
fn same_value(expected: &FeatureValue, got: &FeatureValue) -> bool {
    match (expected, got) {
        (FeatureValue::Int(expected), FeatureValue::Float(got)) => expected.to_string() == got.to_string(),
        _ => expected == got,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "two values made for this comparison")]
fn differ<T: PartialEq + fmt::Debug>(what: &str, expected: T, got: T, out: &mut Vec<String>) {
    if expected != got {
        out.push(format!("{what}: expected {expected:?}, got {got:?}"));
    }
}
