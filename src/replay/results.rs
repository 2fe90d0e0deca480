//! What is kept of a replay's decisions: counts, and the steps of every warning, without the records themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;
use yujing_base::OperatorId;
use yujing_core::engine::{DeadLetter, Output, Pending};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Record, RefusalCode, SourceId};
use yujing_core::warning::quality::level_without;
use yujing_core::warning::score::score_of_findings;
use yujing_core::warning::{Level, Step, WarningEvent};
use yujing_core::window::EventOutcome;

use super::answers::AnswerCounts;
use super::phase::PhaseTimes;

/// Refused records that are shown with their place; the others are only counted.
const MAX_REFUSED_SHOWN: usize = 20;

/// One step of a warning's lifecycle.
#[derive(Debug, Clone, PartialEq)]
pub struct WarningStep {
    pub operator: OperatorId,
    pub warning: Uuid,
    pub step: Step,
    pub from: Level,
    pub to: Level,
    pub at: Timestamp,
    pub opened_at: Timestamp,
    pub score: i64,
    /// The rules that had fired, in the order of their ids.
    pub findings: Vec<StepFinding>,
    /// Who the operator is, as far as the reference source said.
    pub card: Arc<BTreeMap<String, String>>,
    pub degraded: bool,
}

/// One rule's part in a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFinding {
    pub rule: Arc<str>,
    pub counted: i64,
    /// Whether the level would be lower without this rule.
    pub decisive: bool,
}

/// What one ruleset decided.
#[derive(Debug)]
pub struct RulesetResults {
    pub ruleset: Arc<Ruleset>,
    pub steps: Vec<WarningStep>,
    /// How often rules were asked of an operator of whom something had changed. Rulesets in one pass are asked at the
    /// instants of all of them, so that this says what was done for a ruleset and nothing of what it decided.
    pub operators_scored: u64,
    pub rule_fires: BTreeMap<String, u64>,
    pub rule_failures: BTreeMap<(String, &'static str), u64>,
    pub feature_failures: BTreeMap<String, u64>,
    /// How long its features and its rules took.
    pub stages: BTreeMap<&'static str, Duration>,
    /// What people did about its warnings, if anybody was to.
    pub answers: Option<AnswerCounts>,
}

/// A refused record, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRecord {
    pub place: String,
    pub message: String,
}

/// What is kept of all rulesets.
#[derive(Debug)]
pub struct Results {
    /// One a ruleset, the baseline first.
    pub rulesets: Vec<RulesetResults>,
    pub outcomes: BTreeMap<(SourceId, &'static str), u64>,
    pub refused: BTreeMap<(SourceId, RefusalCode), u64>,
    pub shown: Vec<RefusedRecord>,
    pub records: u64,
    /// Records that arrived after the end of the replay.
    pub beyond: u64,
    /// Answers of history that were left out, because others were supposed.
    pub replaced_answers: u64,
    pub first: Option<Timestamp>,
    /// When the first record of each source came.
    pub first_of: BTreeMap<SourceId, Timestamp>,
    pub last: Option<Timestamp>,
    pub phases: PhaseTimes,
    cards: BTreeMap<OperatorId, Arc<BTreeMap<String, String>>>,
    names: BTreeMap<String, Arc<str>>,
}

impl Results {
    pub fn new(rulesets: impl IntoIterator<Item = Arc<Ruleset>>) -> Self {
        let rulesets = rulesets.into_iter().map(|ruleset| RulesetResults {
            ruleset,
            steps: Vec::new(),
            operators_scored: 0,
            rule_fires: BTreeMap::new(),
            rule_failures: BTreeMap::new(),
            feature_failures: BTreeMap::new(),
            stages: BTreeMap::new(),
            answers: None,
        });
        Self {
            rulesets: rulesets.collect(),
            outcomes: BTreeMap::new(),
            refused: BTreeMap::new(),
            shown: Vec::new(),
            records: 0,
            beyond: 0,
            replaced_answers: 0,
            first: None,
            first_of: BTreeMap::new(),
            last: None,
            phases: PhaseTimes::default(),
            cards: BTreeMap::new(),
            names: BTreeMap::new(),
        }
    }

    /// Records when a record came.
    pub fn record_arrival(&mut self, record: &Record) {
        let at = record.timestamp;
        self.records += 1;
        self.first_of.entry(record.source).or_insert(at);
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = self.last.max(Some(at));
    }

    /// Records what was decided.
    pub fn record_decisions(&mut self, pending: &Pending) {
        for (outcome, count) in &pending.output.tally.outcomes {
            *self.outcomes.entry((outcome.0, word(outcome.1))).or_default() += count;
        }
        for (refused, count) in &pending.output.tally.refused {
            *self.refused.entry(*refused).or_default() += count;
        }
        self.record_refused(&pending.output.dead_letters);
        self.record_warnings(pending);
    }

    /// Records which records were refused, in the order of the log.
    pub fn record_refused(&mut self, letters: &[DeadLetter]) {
        let room = MAX_REFUSED_SHOWN.saturating_sub(self.shown.len());
        let refused = letters.iter().take(room);
        self.shown.extend(
            refused.map(|letter| RefusedRecord { place: place(&letter.record), message: letter.refusal.to_string() }),
        );
    }

    /// Records what became of warnings, of whatever was decided.
    pub fn record_warnings(&mut self, pending: &Pending) {
        let outputs = std::iter::once(&pending.output).chain(&pending.shadows);
        for (place, output) in outputs.enumerate() {
            self.record_ruleset(place, output);
        }
    }

    /// Adds the rulesets of another pass over the same history.
    pub fn join(&mut self, other: Self) {
        self.rulesets.extend(other.rulesets);
        self.phases.add(&other.phases);
    }

    /// Puts steps in the order of their instants, then of operators: which of them were decided together says nothing.
    pub fn sort_steps(&mut self) {
        for results in &mut self.rulesets {
            results
                .steps
                .sort_by(|left, right| left.at.cmp(&right.at).then_with(|| left.operator.cmp(&right.operator)));
        }
    }

    /// Records a document that has no place in time.
    pub fn record_unreadable(&mut self, unreadable: &super::history::Unreadable) {
        *self.refused.entry((unreadable.source, unreadable.refusal.code)).or_default() += 1;
        if self.shown.len() < MAX_REFUSED_SHOWN {
            let message = unreadable.refusal.to_string();
            self.shown.push(RefusedRecord { place: unreadable.place.clone(), message });
        }
    }

    fn record_ruleset(&mut self, place: usize, output: &Output) {
        let steps: Vec<WarningStep> = output.warnings.iter().map(|event| self.step_of(place, event)).collect();
        let Some(results) = self.rulesets.get_mut(place) else { return };
        results.steps.extend(steps);
        results.operators_scored += output.tally.operators_scored;
        for (rule, tally) in output.tally.rules.iter().filter(|(_, tally)| tally.fires > 0) {
            if let Some(known) = results.rule_fires.get_mut(rule) {
                *known += tally.fires;
            } else {
                results.rule_fires.insert(rule.clone(), tally.fires);
            }
        }
        for (failure, count) in &output.tally.rule_failures {
            *results.rule_failures.entry(failure.clone()).or_default() += count;
        }
        for (feature, count) in &output.tally.feature_failures {
            *results.feature_failures.entry(feature.clone()).or_default() += count;
        }
        for (stage, took) in &output.tally.stages {
            *results.stages.entry(stage).or_default() += *took;
        }
    }

    fn step_of(&mut self, place: usize, event: &WarningEvent) -> WarningStep {
        let ruleset = Arc::clone(&self.rulesets[place].ruleset);
        let level = score_of_findings(&ruleset.policy, event.base, event.findings.iter()).level;
        let findings = event.findings.iter().map(|finding| StepFinding {
            rule: self.name(&finding.rule.id),
            counted: finding.counted,
            decisive: level_without(&ruleset.policy, event.base, &event.findings, &finding.rule.id) < level,
        });
        let findings = findings.collect();
        WarningStep {
            operator: Arc::clone(&event.operator_id),
            warning: event.warning_id,
            step: event.step,
            from: event.from,
            to: event.level,
            at: event.as_of,
            opened_at: event.opened_at,
            score: event.score,
            findings,
            card: self.card(event),
            degraded: !event.degraded.is_empty(),
        }
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        self.names.insert(name.to_owned(), Arc::clone(&new));
        new
    }

    /// The operator's texts and numbers; the same card is kept once.
    fn card(&mut self, event: &WarningEvent) -> Arc<BTreeMap<String, String>> {
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            serde_json::Value::Bool(truth) => Some(truth.to_string()),
            _ => None,
        };
        let attributes = event.operator.attributes();
        let card: BTreeMap<String, String> =
            attributes.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect();
        let operator = Arc::clone(&event.operator_id);
        match self.cards.get(&operator) {
            Some(known) if **known == card => Arc::clone(known),
            _ => {
                let card = Arc::new(card);
                self.cards.insert(operator, Arc::clone(&card));
                card
            }
        }
    }
}

/// Where a refused record stands.
fn place(record: &Record) -> String {
    if record.topic.contains([':', ' ']) {
        record.topic.to_string()
    } else {
        format!("{} partition {} offset {}", record.topic, record.partition, record.offset)
    }
}

fn word(outcome: EventOutcome) -> &'static str {
    match outcome {
        EventOutcome::Applied => "applied",
        EventOutcome::Duplicate => "duplicate",
        EventOutcome::Superseded => "superseded",
        EventOutcome::Retracting => "retracting",
        EventOutcome::Conflict => "conflict",
    }
}
