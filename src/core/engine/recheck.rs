//! A warning proves itself (invariant I4): from its own features and its ruleset everything else in it recomputes.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::assessment::Assessment;
use super::handling::HandlingFacts;
use crate::feature::FeatureRow;
use crate::rule::Bilingual;
use crate::ruleset::Ruleset;
use crate::warning::record::ScoreInputs;
use crate::warning::{Cause, Finding, Floor, Level, LifecycleInput, ScoreRecord, Step, WarningEvent};

/// What follows from a warning's features and from how the operator stood before it, in the words of the warning.
/// Evidence is not part of it: it is read from events, not computed from features.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recomputed {
    pub score: i64,
    pub base: i64,
    pub to_next: Option<i64>,
    pub findings: Vec<Finding>,
    pub floors: Vec<Floor>,
    /// The step that follows; nothing if the level stays, and then the warning has no number, time and text either.
    pub step: Option<Step>,
    pub cause: Option<Cause>,
    pub from: Level,
    pub level: Level,
    pub warning_id: Option<Uuid>,
    pub sequence: Option<u64>,
    pub opened_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    pub text: Option<Bilingual>,
}

impl Ruleset {
    /// Makes a warning again from what it says it was made of: features, the lifecycle before it, and its cause (a
    /// retraction, a change of rules, the time). A feature that it does not name is unknown.
    pub fn recompute(&self, event: &WarningEvent) -> Recomputed {
        let features = FeatureRow::of_values(self.features.catalogue(), &event.features.by_name());
        let assessment = Assessment::of(self, &features, event.as_of);
        let before = assessment.disputed(self, &features, &event.previous.disputes);
        // A warning of a ruleset that is only tried is nobody's to answer.
        let is_handled = event.handling.is_some();
        let of_handling = matches!(event.step, Step::Handled | Step::Overdue);
        let handling = HandlingFacts::new(self, &event.operator, &features, &before).filter(|_| is_handled);
        let again = handling.filter(|_| of_handling).map(|handling| handling.step_again(event));
        let disputes = again.as_ref().map_or(&event.previous.disputes, |(standing, _)| &standing.disputes).clone();
        let assessment = before.disputed(self, &features, &disputes);
        let additions = self.additions(&event.previous, &assessment.contributions, event.as_of);
        let input = LifecycleInput {
            lost_evidence: event.cause == Cause::Retraction,
            disputed: event.cause == Cause::Verdict,
            ruleset_changed: event.cause == Cause::Ruleset && event.from != event.level,
            adds: (!additions.is_empty()).then_some(event.cause),
            cause: event.cause,
            ..LifecycleInput::of(&assessment.score, event.as_of)
        };
        let handling = HandlingFacts::new(self, &event.operator, &features, &assessment).filter(|_| is_handled);
        let contributions = &assessment.contributions;
        let (standing, transition) = again.unwrap_or_else(|| {
            self.step(&event.operator_id, &event.previous, &input, contributions, handling.as_ref())
        });
        let inputs = ScoreInputs {
            operator_id: Arc::clone(&event.operator_id),
            as_of: event.as_of,
            findings: assessment.findings(self),
            features: event.features.clone(),
            coverage: event.coverage.clone(),
            degraded: event.degraded.clone(),
            operator: event.operator.clone(),
            ruleset: Arc::clone(&self.record_parts.hash),
            standing,
        };
        let record = ScoreRecord::new(&assessment.score, inputs);
        let Some(transition) = transition else { return Recomputed::without_step(record, event.previous.level()) };
        let (previous, offsets) = (event.previous.clone(), event.offsets.clone());
        Recomputed::of(WarningEvent::new(&transition, record, previous, offsets, &self.policy.zone))
    }
}

/// A part of a warning that came out otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferingPart {
    /// Its name in the record.
    pub part: String,
    pub recorded: Value,
    pub recomputed: Value,
}

impl Recomputed {
    /// The parts of a recorded event that came out otherwise.
    ///
    /// # Errors
    /// If something cannot be written as JSON.
    pub fn differing_parts(&self, recorded: &Map<String, Value>) -> Result<Vec<DifferingPart>, serde_json::Error> {
        // As it is once it was written and read, which is how the other side came.
        let recomputed: Map<String, Value> = serde_json::from_str(&serde_json::to_string(self)?)?;
        let part = |(part, recomputed): (String, Value)| {
            let recorded = without_evidence(recorded.get(&part).cloned().unwrap_or_default());
            DifferingPart { part, recorded, recomputed }
        };
        Ok(recomputed.into_iter().map(part).filter(|part| part.recorded != part.recomputed).collect())
    }

    /// Where the level stays.
    fn without_step(record: ScoreRecord, level: Level) -> Self {
        Self {
            score: record.score,
            base: record.base,
            to_next: record.to_next,
            findings: record.findings,
            floors: record.floors,
            step: None,
            cause: None,
            from: level,
            level,
            warning_id: None,
            sequence: None,
            opened_at: None,
            due_at: None,
            text: None,
        }
    }

    fn of(event: WarningEvent) -> Self {
        Self {
            score: event.score,
            base: event.base,
            to_next: event.to_next,
            findings: event.findings,
            floors: event.floors,
            step: Some(event.step),
            cause: Some(event.cause),
            from: event.previous.level(),
            level: event.level,
            warning_id: Some(event.warning_id),
            sequence: Some(event.sequence),
            opened_at: Some(event.opened_at),
            due_at: event.due_at,
            text: Some(event.text),
        }
    }
}

/// Findings without their evidence; anything else as it is.
fn without_evidence(mut part: Value) -> Value {
    for finding in part.as_array_mut().into_iter().flatten() {
        if let Some(finding) = finding.as_object_mut() {
            finding.remove("evidence");
        }
    }
    part
}
