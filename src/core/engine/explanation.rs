//! Why and why not: the answer to "why this score?", with every rule, fired or not.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use yujing_base::zone::Zone;

use super::Engine;
use super::evaluator::EvaluatedOperator;
use super::level_change::LevelChanges;
use crate::feature::{Evidence, FeatureError, FeatureRow, FeatureValue, OperatorEvidence};
use crate::rule::{Bilingual, Comparison, RuleOutcome};
use crate::ruleset::Ruleset;
use crate::warning::{Finding, Given, ModifierCard, ScoreRecord};

/// What one rule said of an operator.
#[derive(Debug, Clone, Serialize)]
pub struct RuleExplanation {
    pub rule: String,
    pub title: Bilingual,
    pub family: String,
    /// `fired`, `quiet`, `failed` or `not in force`.
    pub outcome: &'static str,
    pub points: i64,
    pub counted: i64,
    /// Whether its finding counts for nothing, because a reviewed verdict called it unfounded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disputed: bool,
    /// What the rule gave before modifiers, and which apply to its finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modifiers: Vec<ModifierCard>,
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
    pub rules: Vec<RuleExplanation>,
    /// What it would take to move the level that score and floors give.
    pub smallest_changes: LevelChanges,
}

impl Engine {
    /// Why and why not: each rule, fired or not, with the values it read and the events behind them. The operator's
    /// number may be written in any form.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn explain(&self, operator: &str, as_of: Timestamp) -> Result<Option<Explanation>, FeatureError> {
        let operator = &self.sources.operator_id(operator);
        let Some(evaluated) = self.evaluate_one(operator, as_of)? else { return Ok(None) };
        let as_of = evaluated.record.as_of;
        let mut events = OperatorEvidence::new(&self.ruleset().features, self.store.view(), operator, as_of);
        let mut rules = (0..self.ruleset().rules.list().len())
            .map(|rule| self.explain_rule(rule, &mut events, &evaluated))
            .collect::<Result<Vec<_>, _>>()?;
        rules.sort_by_key(|explained| (explained.outcome != "fired", -explained.counted));
        let zone = self.ruleset().policy.zone.clone();
        let smallest_changes = self.champion.smallest_changes(&evaluated);
        Ok(Some(Explanation { score: evaluated.record, zone, rules, smallest_changes }))
    }

    fn explain_rule(
        &self,
        rule: usize,
        events: &mut OperatorEvidence<'_>,
        evaluated: &EvaluatedOperator,
    ) -> Result<RuleExplanation, FeatureError> {
        let ruleset = self.ruleset();
        let mut explained = RuleExplanation::quiet(ruleset, rule, &evaluated.features);
        let outcome = ruleset.rules.answer(rule, &evaluated.features, evaluated.record.as_of);
        if matches!(outcome, RuleOutcome::Quiet | RuleOutcome::Fired(_)) {
            explained.decided_by = ruleset.rules.decided(rule, &evaluated.features);
        }
        match outcome {
            RuleOutcome::Quiet => {}
            RuleOutcome::NotInForce => explained.outcome = "not in force",
            RuleOutcome::Failed(failure) => {
                explained.outcome = "failed";
                explained.failure = Some(format!("{}: {}", failure.kind, failure.message));
            }
            RuleOutcome::Fired(fired) => {
                explained.outcome = "fired";
                explained.points = fired.points;
                explained.because = Some(Arc::unwrap_or_clone(fired.because));
                let findings = evaluated.record.findings.iter().zip(&evaluated.contributions);
                for (finding, contribution) in findings.filter(|(_, contribution)| contribution.rule == rule) {
                    explained.take(finding);
                    let behind = ruleset.features_behind(contribution);
                    explained.evidence = Some(self.champion.evidence_of(&behind, events)?);
                }
            }
        }
        Ok(explained)
    }
}

impl RuleExplanation {
    /// Of a rule that does not fire, with the operator's features.
    fn quiet(ruleset: &Ruleset, rule: usize, features: &FeatureRow) -> Self {
        let described = &ruleset.rules.list()[rule];
        let catalogue = ruleset.features.catalogue();
        let value = |feature: &usize| (catalogue[*feature].name.clone(), features.value(*feature).clone());
        Self {
            rule: described.metadata.id.clone(),
            title: described.metadata.title.clone(),
            family: described.metadata.family.clone(),
            outcome: "quiet",
            points: 0,
            counted: 0,
            disputed: false,
            given: None,
            modifiers: Vec::new(),
            reads: described.reads.iter().map(value).collect(),
            decided_by: Vec::new(),
            evidence: None,
            because: None,
            failure: None,
        }
    }

    /// What the finding counts with.
    fn take(&mut self, finding: &Finding) {
        (self.points, self.counted, self.disputed) = (finding.points, finding.counted, finding.disputed);
        if let Some(modified) = &finding.modified {
            self.given = Some(modified.given.clone());
            self.modifiers = modified.modifiers.iter().map(|card| ModifierCard::clone(card)).collect();
        }
    }
}
