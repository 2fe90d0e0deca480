//! A warning proves itself (invariant I4): from its own features and its ruleset everything else in it recomputes.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::Ruleset;
use super::judge::Assessment;
use crate::feature::FeatureTable;
use crate::rule::Bilingual;
use crate::warning::{Cause, Finding, Floor, Level, LifecycleInput, ScoreRecord, Step, WarningEvent};

/// What follows from a warning's features and from how the operator stood before it, in the words of the warning. Evidence
/// is not part of it: it is read from events, not computed from features.
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
    /// Makes a warning again from what it says it was made of: features, the lifecycle before it, and why it was asked
    /// (a retraction, a change of rules, the time). A feature that it does not name is unknown.
    pub fn recompute(&self, told: &WarningEvent) -> Recomputed {
        let operator = Arc::from(told.operator_id.as_str());
        let table = FeatureTable::of_values(self.features.catalogue(), operator, &told.features);
        let assessment = Assessment::of(self, &table, 0, told.as_of);
        let judgement = LifecycleInput {
            lost_evidence: told.cause == Cause::Retraction,
            ruleset_changed: told.cause == Cause::Ruleset && told.from != told.level,
            adds: (!self.news(&told.previous, &assessment.evaluation, told.as_of).is_empty()).then_some(told.cause),
            cause: told.cause,
            ..LifecycleInput::of(&assessment.score, told.as_of)
        };
        let (standing, change) = self.step(&told.operator_id, &told.previous, &judgement, &assessment.evaluation);
        let findings = assessment.findings(self);
        let score = assessment.score;
        let stays = Recomputed {
            score: score.score,
            base: score.base,
            to_next: score.to_next,
            findings: findings.clone(),
            floors: score.floors.clone(),
            step: None,
            cause: None,
            from: told.previous.level(),
            level: told.previous.level(),
            warning_id: None,
            sequence: None,
            opened_at: None,
            due_at: None,
            text: None,
        };
        let Some(change) = change else { return stays };
        let record = ScoreRecord {
            operator_id: told.operator_id.clone(),
            as_of: told.as_of,
            score: score.score,
            level: standing.level(),
            level_by_score: score.level,
            to_next: score.to_next,
            base: score.base,
            findings,
            floors: score.floors,
            features: told.features.clone(),
            coverage: told.coverage.clone(),
            degraded: told.degraded.clone(),
            operator: told.operator.clone(),
            ruleset: self.hash.clone(),
            standing,
        };
        let event = WarningEvent::new(&change, record, told.previous.clone(), told.offsets.clone(), &self.policy.zone);
        Recomputed {
            step: Some(event.step),
            cause: Some(event.cause),
            level: event.level,
            warning_id: Some(event.warning_id),
            sequence: Some(event.sequence),
            opened_at: Some(event.opened_at),
            due_at: event.due_at,
            text: Some(event.text),
            ..stays
        }
    }
}
