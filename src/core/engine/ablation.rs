//! Scores without a rule or a feature (ablation): no record leaves, no standing moves. A replay computes so what a
//! score was on an evening, and what it would have been without one part of the ruleset.

use std::sync::Arc;

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::Engine;
use super::assessment::Assessment;
use super::evaluator::Evaluator;
use crate::feature::{FeatureError, FeatureRow, SharedFeatures};
use crate::rule::Evaluation;
use crate::ruleset::Ruleset;
use crate::warning::{Level, Score};

/// A part of a ruleset left out, to see what it adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    /// By its place in the list of rules.
    Rule(usize),
    /// By its place in the catalogue: everybody has its `@missing` value.
    Feature(usize),
}

/// A score and the level that score and floors give by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoredLevel {
    pub score: i64,
    pub level: Level,
}

/// An operator's score under one ruleset, whole and in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ablation {
    pub whole: ScoredLevel,
    /// For each part left out, in the order asked for.
    pub without: Vec<ScoredLevel>,
}

impl From<&Score> for ScoredLevel {
    fn from(score: &Score) -> Self {
        Self { score: score.score, level: score.level }
    }
}

impl Engine {
    /// The scores of operators under each ruleset, champion first, as of an instant, which is no earlier than what was
    /// decided last. `without` names the parts to leave out of each ruleset; rulesets beyond it stay whole.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn ablations(
        &self,
        operators: &[OperatorId],
        as_of: Timestamp,
        without: &[Vec<LeftOut>],
    ) -> Result<Vec<Vec<Ablation>>, FeatureError> {
        let as_of = self.not_before_committed(as_of);
        let view = self.store.view();
        let mut shared = SharedFeatures::new(view, operators, as_of);
        let nothing = Vec::new();
        let parts = without.iter().chain(std::iter::repeat(&nothing));
        let evaluators = self.evaluators().zip(parts);
        evaluators.map(|(evaluator, parts)| evaluator.ablations(&mut shared, as_of, parts)).collect()
    }
}

impl Evaluator {
    fn ablations(
        &self,
        shared: &mut SharedFeatures<'_>,
        as_of: Timestamp,
        without: &[LeftOut],
    ) -> Result<Vec<Ablation>, FeatureError> {
        let table = self.ruleset.features.compute_sharing(shared)?;
        let catalogue = self.ruleset.features.catalogue();
        let ablation = |row: usize| {
            let features = table.row(row);
            let whole = Assessment::of(&self.ruleset, &features, as_of);
            let score_without = |part: &LeftOut| match part {
                LeftOut::Rule(rule) => without_rule(&self.ruleset, &features, &whole.evaluation, *rule),
                LeftOut::Feature(feature) => {
                    let reduced = features.without(*feature, &catalogue[*feature]);
                    Assessment::of(&self.ruleset, &reduced, as_of)
                }
            };
            let without = without.iter().map(|part| ScoredLevel::from(&score_without(part).score)).collect();
            Ablation { whole: ScoredLevel::from(&whole.score), without }
        };
        Ok((0..table.operators.len()).map(ablation).collect())
    }
}

fn without_rule(ruleset: &Ruleset, features: &FeatureRow, evaluation: &Evaluation, rule: usize) -> Assessment {
    let fired = evaluation.fired.iter().filter(|fired| fired.rule != rule).cloned().collect();
    Assessment::new(ruleset, features, Arc::new(Evaluation { fired, failed: Vec::new() }))
}
