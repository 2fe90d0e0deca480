//! Why and why not: the answer to "why this score?", with every rule, fired or not.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::Engine;
use super::change::LevelChanges;
use super::judge::Judged;
use crate::feature::{Evidence, FeatureError, FeatureValue};
use crate::rule::{Bilingual, Comparison, RuleOutcome};
use crate::warning::ScoreRecord;
use yujing_base::OperatorId;
use yujing_base::zone::Zone;

/// What one rule said of an operator.
#[derive(Debug, Clone, Serialize)]
pub struct RuleAnswer {
    pub rule: String,
    pub title: Bilingual,
    pub family: String,
    /// `fired`, `quiet`, `failed` or `not in force`.
    pub outcome: &'static str,
    pub points: i64,
    pub counted: i64,
    /// The features it reads with their values.
    pub reads: BTreeMap<String, FeatureValue>,
    /// What decided whether it fires: the comparisons with the values that they saw, and how far each was from turning.
    pub decided_by: Vec<Comparison>,
    /// The events behind each of those features, by the feature's name, for a rule that fired.
    pub evidence: Option<BTreeMap<String, Evidence>>,
    pub because: Option<Bilingual>,
    pub failure: Option<String>,
}

/// The whole answer.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    #[serde(flatten)]
    pub score: ScoreRecord,
    /// The office's, in which people read the times; left out where it is Beijing's.
    #[serde(skip_serializing_if = "Zone::is_beijing")]
    pub zone: Zone,
    /// Rules that fired first, by what they counted; then the others by id.
    pub rules: Vec<RuleAnswer>,
    /// What it would take to move the level that score and floors give.
    pub smallest_changes: LevelChanges,
}

impl Engine {
    /// Why and why not: each rule, fired or not, with the values it read and the events behind them. The operator's number
    /// may be written in any form.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn explain(&self, operator: &str, as_of: Timestamp) -> Result<Option<Explanation>, FeatureError> {
        let operator = &self.sources.operator_id(operator);
        let Some(judged) = self.judge_one(operator, as_of)? else { return Ok(None) };
        let mut rules = (0..self.ruleset().rules.list().len())
            .map(|rule| self.rule_answer(rule, operator, &judged))
            .collect::<Result<Vec<_>, _>>()?;
        rules.sort_by_key(|answer| (answer.outcome != "fired", -answer.counted));
        let zone = self.ruleset().policy.zone.clone();
        let smallest_changes = self.champion.smallest_changes(&judged);
        Ok(Some(Explanation { score: judged.record, zone, rules, smallest_changes }))
    }

    fn rule_answer(&self, rule: usize, operator: &OperatorId, judged: &Judged) -> Result<RuleAnswer, FeatureError> {
        let ruleset = self.ruleset();
        let described = &ruleset.rules.list()[rule];
        let catalogue = ruleset.features.catalogue();
        let value = |feature: &usize| (catalogue[*feature].name.clone(), judged.table.value(0, *feature));
        let mut answer = RuleAnswer {
            rule: described.metadata.id.clone(),
            title: described.metadata.title.clone(),
            family: described.metadata.family.clone(),
            outcome: "quiet",
            points: 0,
            counted: 0,
            reads: described.reads.iter().map(value).collect(),
            decided_by: Vec::new(),
            evidence: None,
            because: None,
            failure: None,
        };
        let answered = ruleset.rules.answer(rule, &judged.table, 0, judged.record.as_of);
        if matches!(answered, RuleOutcome::Quiet | RuleOutcome::Fired(_)) {
            answer.decided_by = ruleset.rules.decided(rule, &judged.table, 0);
        }
        match answered {
            RuleOutcome::Quiet => {}
            RuleOutcome::NotInForce => answer.outcome = "not in force",
            RuleOutcome::Failed(failure) => {
                answer.outcome = "failed";
                answer.failure = Some(format!("{}: {}", failure.kind, failure.message));
            }
            RuleOutcome::Fired(fired) => {
                let place = judged.evaluation.fired.iter().position(|other| other.rule == rule);
                answer.outcome = "fired";
                answer.points = fired.points;
                answer.counted = place.map_or(0, |place| judged.score.counted[place]);
                answer.because = Some(fired.because);
                answer.evidence =
                    Some(self.champion.evidence_of(self.store.view(), rule, operator, judged.record.as_of)?);
            }
        }
        Ok(answer)
    }
}
