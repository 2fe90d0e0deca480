//! The smallest single change of one feature that would move an operator's level: what it would take. Only features of
//! events are changed; what the operator is stays as it is. Levels are those of score and floors alone: hysteresis,
//! dwell and withdrawal come later.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::assessment::Assessment;
use super::evaluator::{EvaluatedOperator, Evaluator};
use crate::feature::{Feature, FeatureType, FeatureValue};
use crate::rule::{Bilingual, Evaluation, Modifier, RuleOutcome};
use crate::warning::{Level, Score};

/// Steps of a whole number that are tried beside the values that rules compare with: points often grow by the piece.
const STEPS: i64 = 10;

/// A feature with another value, and the level that follows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelChange {
    pub feature: String,
    /// The feature in words.
    pub title: Bilingual,
    pub from: FeatureValue,
    pub to: FeatureValue,
    pub score: i64,
    pub level: Level,
}

/// The smallest changes; `None` where no single feature would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelChanges {
    pub raise: Option<LevelChange>,
    pub lower: Option<LevelChange>,
}

/// The smallest change seen so far; of equal ones the one that moves the level furthest, then the first.
#[derive(Debug, Default)]
struct Smallest {
    effort: f64,
    change: Option<LevelChange>,
}

impl Smallest {
    fn take(&mut self, effort: f64, level: Level, change: LevelChange) {
        let distance = |reached: Level| (reached as i64 - level as i64).abs();
        let is_better = self.change.as_ref().is_none_or(|best| {
            effort < self.effort || (effort <= self.effort && distance(change.level) > distance(best.level))
        });
        if is_better {
            *self = Self { effort, change: Some(change) };
        }
    }
}

impl Evaluator {
    /// Looks for the smallest change of a single feature that raises the level, and for the one that lowers it.
    pub(super) fn smallest_changes(&self, present: &EvaluatedOperator) -> LevelChanges {
        let catalogue = self.ruleset.features.catalogue();
        let mut raise = Smallest::default();
        let mut lower = Smallest::default();
        for (feature, described) in catalogue.iter().enumerate().filter(|(_, described)| !described.reference) {
            let readers = self.readers(feature);
            let from = present.features.value(feature).clone();
            let supposed = self.candidates(&readers, feature, described, &from);
            for (to, outcome) in supposed.iter().zip(self.suppose(present, feature, &readers, &supposed)) {
                let side = match outcome.level.cmp(&present.score.level) {
                    Ordering::Greater => &mut raise,
                    Ordering::Less => &mut lower,
                    Ordering::Equal => continue,
                };
                side.take(
                    effort(&from, to),
                    present.score.level,
                    LevelChange {
                        feature: described.name.clone(),
                        title: Bilingual { zh: described.zh.clone(), en: described.en.clone() },
                        from: from.clone(),
                        to: to.clone(),
                        score: outcome.score,
                        level: outcome.level,
                    },
                );
            }
        }
        LevelChanges { raise: raise.change, lower: lower.change }
    }

    /// The rules that read a feature, by their place.
    fn readers(&self, feature: usize) -> Vec<usize> {
        let rules = self.ruleset.rules.list().iter().enumerate();
        rules.filter(|(_, rule)| rule.reads.contains(&feature)).map(|(place, _)| place).collect()
    }

    /// Values at which something may turn.
    fn candidates(
        &self,
        readers: &[usize],
        feature: usize,
        described: &Feature,
        from: &FeatureValue,
    ) -> Vec<FeatureValue> {
        let of_rules = readers.iter().filter_map(|rule| self.ruleset.rules.constants(*rule).remove(&feature));
        let modifiers = self.ruleset.modifiers.list().iter().flat_map(Modifier::when);
        let of_modifiers = modifiers.filter(|(read, _)| *read == feature).flat_map(|(_, values)| values).cloned();
        let constants: Vec<FeatureValue> = of_rules.flatten().chain(of_modifiers).collect();
        let mut candidates = match described.data_type {
            FeatureType::Bool => vec![FeatureValue::Bool(true), FeatureValue::Bool(false)],
            FeatureType::Text => constants.into_iter().filter(|it| matches!(it, FeatureValue::Text(_))).collect(),
            FeatureType::Int => whole_numbers(&constants, from),
            FeatureType::Float => numbers(&constants),
        };
        candidates.retain(|candidate| candidate != from);
        candidates
    }

    /// The score for each supposed value: only the rules that read the feature are evaluated again.
    fn suppose(
        &self,
        present: &EvaluatedOperator,
        feature: usize,
        readers: &[usize],
        supposed: &[FeatureValue],
    ) -> Vec<Score> {
        let rules = &self.ruleset.rules;
        let others = present.evaluation.fired.iter().filter(|fired| !readers.contains(&fired.rule));
        let others: Vec<_> = others.cloned().collect();
        let as_of = present.record.as_of;
        let score_of = |value: &FeatureValue| {
            let features = present.features.supposing(feature, value.clone());
            let mut fired = others.clone();
            fired.extend(readers.iter().filter_map(|rule| match rules.answer(*rule, &features, as_of) {
                RuleOutcome::Fired(fired) => Some(fired),
                RuleOutcome::Quiet | RuleOutcome::Failed(_) | RuleOutcome::NotInForce => None,
            }));
            fired.sort_by_key(|fired| fired.rule);
            let evaluation = Arc::new(Evaluation { fired, failed: Vec::new() });
            let assessment = Assessment::new(&self.ruleset, &features, evaluation, as_of);
            assessment.disputed(&self.ruleset, &features, &present.record.standing.disputes).score
        };
        supposed.iter().map(score_of).collect()
    }
}

/// On both sides of each constant, and some steps up and down from where it is; a count does not fall below zero.
fn whole_numbers(constants: &[FeatureValue], from: &FeatureValue) -> Vec<FeatureValue> {
    let mut values = BTreeSet::new();
    for constant in constants {
        if let FeatureValue::Int(constant) = constant {
            values.extend([constant.saturating_sub(1), *constant, constant.saturating_add(1)]);
        }
    }
    let mut least = 0;
    if let FeatureValue::Int(from) = from {
        least = least.min(*from);
        values.extend((1..=STEPS).flat_map(|step| [from.saturating_sub(step), from.saturating_add(step)]));
    }
    values.into_iter().filter(|value| *value >= least).map(FeatureValue::Int).collect()
}

/// Each constant, and a hundredth of it to either side.
fn numbers(constants: &[FeatureValue]) -> Vec<FeatureValue> {
    let mut values = Vec::new();
    for constant in constants {
        let constant = match constant {
            FeatureValue::Float(constant) => *constant,
            FeatureValue::Int(constant) => constant.to_string().parse().unwrap_or_default(),
            _ => continue,
        };
        let margin = if constant == 0.0 { 0.01 } else { constant.abs() / 100.0 };
        values.extend([constant - margin, constant, constant + margin].map(FeatureValue::Float));
    }
    values
}

/// How far a value is from another: numbers by their difference, anything else is one step.
fn effort(from: &FeatureValue, to: &FeatureValue) -> f64 {
    let number = |value: &FeatureValue| match value {
        FeatureValue::Int(whole) => whole.to_string().parse().ok(),
        FeatureValue::Float(number) => Some(*number),
        _ => None,
    };
    match (number(from), number(to)) {
        (Some(from), Some(to)) => f64::abs(to - from),
        _ => 1.0,
    }
}
