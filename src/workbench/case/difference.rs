//! Where a case and what happened differ.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};
use yujing_core::feature::FeatureValue;
use yujing_core::rule::Status;
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::{Finding, Level, ProvisionalDue, ScoreRecord, Step};

use super::expect::{Expectation, IdList, RuleExpectation};
use super::expected_steps::{ExpectedSteps, StepKind};
use super::handling;
use super::run::Observation;

/// What was expected and what was there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseDifference {
    pub subject: Subject,
    /// The rule or feature that the subject is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    pub expected: Value,
    pub got: Value,
    /// Why a rule that was expected to fire was not even asked, or why a feature is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Reason>,
}

/// What can differ; named as in case files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Fired,
    Points,
    Floor,
    Because,
    Evidence,
    Findings,
    Base,
    Score,
    Level,
    Lifecycle,
    DueAt,
    DueProvisional,
    Handling,
    Assignee,
    Copies,
    Overdue,
    AcknowledgeBy,
    HandlingSteps,
    Refused,
    Features,
    Degraded,
}

impl Subject {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Points => "points",
            Self::Floor => "floor",
            Self::Because => "because",
            Self::Evidence => "evidence",
            Self::Findings => "findings",
            Self::Base => "base",
            Self::Score => "score",
            Self::Level => "level",
            Self::Lifecycle => "lifecycle",
            Self::DueAt => "due_at",
            Self::DueProvisional => "due_provisional",
            Self::Handling => "handling",
            Self::Assignee => "assignee",
            Self::Copies => "copies",
            Self::Overdue => "overdue",
            Self::AcknowledgeBy => "acknowledge_by",
            Self::HandlingSteps => "handling_steps",
            Self::Refused => "refused",
            Self::Features => "features",
            Self::Degraded => "degraded",
        }
    }
}

/// Why a rule gave no answer or a feature no value, or a time is not to be relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Its status says so.
    Draft,
    Retired,
    /// The day lies before or behind its days in force.
    NotInForceOn(String),
    /// It failed: the score says so too.
    Failed(String),
    /// The first year that the calendar does not have, of those that the deadline counts over.
    CalendarWithout(i16),
    /// The register has no row of the operator.
    Unregistered,
    /// Its source has no record of the operator.
    NoRecord(String),
    /// Its source has so many, and the feature makes nothing of them.
    NoneCounts(String, usize),
}

/// What is being compared.
struct Comparison<'a> {
    ruleset: &'a Ruleset,
    observation: &'a Observation,
    found: Vec<CaseDifference>,
}

/// Where an expectation does not hold. `rule` is the file's.
pub fn compare_expectation(
    expected: &Expectation,
    rule: &str,
    observation: &Observation,
    ruleset: &Ruleset,
) -> Vec<CaseDifference> {
    let mut comparison = Comparison { ruleset, observation, found: Vec::new() };
    comparison.rule(rule, &expected.own);
    for (other, of_rule) in &expected.rules {
        comparison.rule(other, of_rule);
    }
    comparison.score(expected);
    let of_handling = expected.handling.differences(&observation.score, &observation.refused);
    comparison.found.extend(of_handling);
    comparison.found
}

/// Where the same case, executed in another mode, differs from how it went as written.
pub fn compare_runs(written: &Observation, other: &Observation, keeps_steps: bool) -> Vec<CaseDifference> {
    let (a, b) = (&written.score, &other.score);
    let mut found = Vec::new();
    let mut differ = |subject, of: Option<&str>, expected: Value, got: Value| {
        if expected != got {
            found.push(CaseDifference { subject, of: of.map(str::to_owned), expected, got, why: None });
        }
    };
    for (name, value) in a.features.iter() {
        let got = b.features.get(name).unwrap_or(&FeatureValue::Unknown);
        differ(Subject::Features, Some(name), feature(value), feature(got));
    }
    differ(Subject::Findings, None, json!(fired(a)), json!(fired(b)));
    for finding in &a.findings {
        let Some(got) = b.findings.iter().find(|got| got.rule.id == finding.rule.id) else { continue };
        let rule = Some(finding.rule.id.as_str());
        differ(Subject::Points, rule, json!(finding.points), json!(got.points));
        differ(Subject::Floor, rule, json!(finding.floor), json!(got.floor));
        differ(Subject::Because, rule, json!(finding.because), json!(got.because));
    }
    if let (Some(expected), Some(got)) = (&written.evidence, &other.evidence) {
        for (rule, events) in expected {
            differ(Subject::Evidence, Some(rule), json!(events), json!(got.get(rule)));
        }
    }
    differ(Subject::Base, None, json!(a.base), json!(b.base));
    differ(Subject::Score, None, json!(a.score), json!(b.score));
    differ(Subject::Degraded, None, json!(a.degraded), json!(b.degraded));
    differ(Subject::Level, None, json!(a.level), json!(b.level));
    differ(Subject::DueAt, None, due_at(a), due_at(b));
    differ(Subject::DueProvisional, None, json!(provisional(a)), json!(provisional(b)));
    if keeps_steps {
        differ(Subject::Lifecycle, None, steps(&written.steps), steps(&other.steps));
        differ(Subject::Refused, None, json!(written.refused), json!(other.refused));
    }
    found.extend(handling::compare(a, b));
    found
}

impl Comparison<'_> {
    fn differ(&mut self, subject: Subject, of: Option<&str>, expected: Value, got: Value, why: Option<Reason>) {
        self.found.push(CaseDifference { subject, of: of.map(str::to_owned), expected, got, why });
    }

    fn rule(&mut self, rule: &str, expected: &RuleExpectation) {
        let observation = self.observation;
        let finding = observation.score.findings.iter().find(|finding| finding.rule.id == rule);
        let why = if finding.is_some() { None } else { self.why_not(rule) };
        if let Some(fired) = expected.fired {
            let failed = matches!(why, Some(Reason::Failed(_)));
            if fired != finding.is_some() || failed {
                self.differ(Subject::Fired, Some(rule), json!(fired), json!(finding.is_some()), why);
                // What else was expected of the rule only follows from this.
                return;
            }
        }
        let points = finding.map_or(0, |finding| finding.points);
        if let Some(expected) = expected.points.filter(|expected| *expected != points) {
            self.differ(Subject::Points, Some(rule), json!(expected), json!(points), why);
        }
        let floor = finding.and_then(|finding| finding.floor).unwrap_or_default();
        if let Some(expected) = expected.floor.filter(|expected| *expected != floor) {
            self.differ(Subject::Floor, Some(rule), json!(expected), json!(floor), None);
        }
        if let Some(part) = &expected.because {
            let because = finding.map(|finding| &finding.because);
            if !because.is_some_and(|because| because.zh.contains(part) || because.en.contains(part)) {
                self.differ(Subject::Because, Some(rule), json!(part), json!(because), None);
            }
        }
        if let Some(expected) = &expected.evidence {
            let events = observation.evidence.as_ref().and_then(|evidence| evidence.get(rule));
            let events = events.map(|events| events.iter().map(String::as_str).collect()).unwrap_or_default();
            self.ids(Subject::Evidence, Some(rule), expected, &events);
        }
    }

    fn ids(&mut self, subject: Subject, of: Option<&str>, expected: &IdList, got: &BTreeSet<&str>) {
        if !expected.holds_for(got) {
            self.differ(subject, of, json!(expected.written()), json!(got), None);
        }
    }

    fn score(&mut self, expected: &Expectation) {
        let record = &self.observation.score;
        for (name, value) in &expected.features {
            let got = record.features.get(name).unwrap_or(&FeatureValue::Unknown);
            if !value.is(got) {
                let why = if *got == FeatureValue::Unknown { self.why_unknown(name) } else { None };
                self.differ(Subject::Features, Some(name), feature(&value.0), feature(got), why);
            }
        }
        let nothing = expected.nothing;
        let nobody = IdList { ids: Vec::new(), and_others: false };
        if let Some(findings) = expected.findings.as_ref().or(nothing.then_some(&nobody)) {
            self.ids(Subject::Findings, None, findings, &fired(record));
        }
        if let Some(score) = expected.score.filter(|score| *score != record.score) {
            self.differ(Subject::Score, None, json!(score), json!(record.score), None);
        }
        let level = expected.level.or(nothing.then_some(Level::None));
        if let Some(level) = level.filter(|level| *level != record.level) {
            self.differ(Subject::Level, None, json!(level), json!(record.level), None);
        }
        let lifecycle = expected.lifecycle.as_ref().or(nothing.then_some(&ExpectedSteps::None));
        for (kind, steps) in [(StepKind::Level, lifecycle), (StepKind::Handling, expected.handling.steps.as_ref())] {
            if let Some(steps) = steps {
                self.steps(kind, steps);
            }
        }
        self.due(expected);
        let degraded = !record.degraded.is_empty();
        if let Some(expected) = expected.degraded.filter(|expected| *expected != degraded) {
            let why = record.degraded.first().map(|reason| Reason::Failed(reason.clone()));
            self.differ(Subject::Degraded, None, json!(expected), json!(degraded), why);
        }
    }

    fn due(&mut self, expected: &Expectation) {
        let record = &self.observation.score;
        let calendar = &self.ruleset.calendar;
        let counted = provisional(record);
        let lacks = counted.and_then(|counted| calendar.first_unknown_year(counted.from, counted.deadline));
        let why = lacks.map(Reason::CalendarWithout);
        if let Some(due) = expected.due_at {
            let (due, got) = (json!(due), due_at(record));
            if due != got {
                return self.differ(Subject::DueAt, None, due, got, why);
            }
        }
        if let Some(expected) = expected.due_provisional.filter(|expected| *expected != counted.is_some()) {
            self.differ(Subject::DueProvisional, None, json!(expected), json!(counted.is_some()), why);
        }
    }

    fn steps(&mut self, kind: StepKind, expected: &ExpectedSteps) {
        let happened: Vec<Step> =
            self.observation.steps.iter().copied().filter(|step| StepKind::of(*step) == kind).collect();
        let (holds, written) = match expected {
            ExpectedSteps::None => (happened.is_empty(), json!("none")),
            ExpectedSteps::Last(step) => (happened.last() == Some(step), json!(step)),
            ExpectedSteps::All(all) => (happened == *all, json!(all)),
        };
        if !holds {
            let subject = match kind {
                StepKind::Level => Subject::Lifecycle,
                StepKind::Handling => Subject::HandlingSteps,
            };
            self.differ(subject, None, written, steps(&happened), None);
        }
    }

    /// Why a feature has no value; `None` if there is no such feature.
    fn why_unknown(&self, name: &str) -> Option<Reason> {
        let feature = self.ruleset.features.catalogue().iter().find(|feature| feature.name == name)?;
        if let Some(failed) = failure_of(&self.observation.score, "feature", name) {
            return Some(failed);
        }
        let source = feature.source.clone();
        match self.observation.records.get(&source).copied().unwrap_or_default() {
            0 if feature.reference => Some(Reason::Unregistered),
            0 => Some(Reason::NoRecord(source)),
            records => Some(Reason::NoneCounts(source, records)),
        }
    }

    /// Why a rule that did not fire gave no answer; `None` if it did and stayed quiet.
    fn why_not(&self, id: &str) -> Option<Reason> {
        let record = &self.observation.score;
        if let Some(failed) = failure_of(record, "rule", id) {
            return Some(failed);
        }
        let metadata = &self.ruleset.rules.list().iter().find(|rule| rule.metadata.id == id)?.metadata;
        let day = self.ruleset.day_of(record.as_of);
        match metadata.status {
            Status::Retired => Some(Reason::Retired),
            _ if self.ruleset.rules.in_force(metadata, day) => None,
            Status::Draft => Some(Reason::Draft),
            Status::Active => Some(Reason::NotInForceOn(day.to_string())),
        }
    }
}

/// The reason of a kind of failure that the score gives for a rule or a feature.
fn failure_of(record: &ScoreRecord, kind: &str, name: &str) -> Option<Reason> {
    let prefix = format!("{kind} {name}: ");
    let failure = record.degraded.iter().find_map(|reason| reason.strip_prefix(&prefix));
    failure.map(|failure| Reason::Failed(failure.to_owned()))
}

fn fired(record: &ScoreRecord) -> BTreeSet<&str> {
    record.findings.iter().map(|finding: &Finding| finding.rule.id.as_str()).collect()
}

fn feature(value: &FeatureValue) -> Value {
    match value {
        FeatureValue::Unknown => json!("unknown"),
        known => json!(known),
    }
}

fn due_at(record: &ScoreRecord) -> Value {
    json!(record.standing.warning.as_ref().and_then(|warning| warning.due_at))
}

fn provisional(record: &ScoreRecord) -> Option<ProvisionalDue> {
    record.standing.warning.as_ref()?.due_provisional
}

fn steps(steps: &[Step]) -> Value {
    match steps {
        [] => json!("none"),
        [only] => json!(only),
        several => json!(several),
    }
}
