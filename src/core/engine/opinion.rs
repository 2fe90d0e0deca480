//! What the rulesets say of operators without anything coming of it: no record leaves, no standing moves. A replay asks
//! so what a score was on an evening, and what it would have been without one rule or one feature.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::judge::Judge;
use super::{Engine, Ruleset};
use crate::feature::{FeatureError, FeatureTable, SharedFeatures};
use crate::rule::Evaluation;
use crate::warning::score::score;
use crate::warning::{Level, Score};
use yujing_base::OperatorId;

/// A part of a ruleset left out, to see what it adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Without {
    /// By its place in the list of rules.
    Rule(usize),
    /// By its place in the catalogue: everybody has its `@missing` value.
    Feature(usize),
}

/// A score and the level that score and floors give by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opinion {
    pub score: i64,
    pub level: Level,
}

/// What one ruleset says of one operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinions {
    pub whole: Opinion,
    /// For each part left out, in the order asked for.
    pub without: Vec<Opinion>,
}

impl From<&Score> for Opinion {
    fn from(score: &Score) -> Self {
        Self { score: score.score, level: score.level }
    }
}

impl Engine {
    /// The rulesets, champion first.
    pub fn rulesets(&self) -> impl Iterator<Item = &Arc<Ruleset>> {
        self.judges().map(|judge| &judge.ruleset)
    }

    /// What each ruleset, champion first, says of each operator as of an instant, which is no earlier than what was
    /// decided last. `without` names the parts to leave out of each ruleset; rulesets beyond it stay whole.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn opinions(
        &self,
        operators: &[OperatorId],
        as_of: Timestamp,
        without: &[Vec<Without>],
    ) -> Result<Vec<Vec<Opinions>>, FeatureError> {
        let as_of = self.never_before(as_of);
        let view = self.store.view();
        let mut shared = SharedFeatures::new(view, operators, as_of);
        let nothing = Vec::new();
        let parts = without.iter().chain(std::iter::repeat(&nothing));
        self.judges().zip(parts).map(|(judge, parts)| judge.opinions(&mut shared, as_of, parts)).collect()
    }
}

impl Judge {
    fn opinions(
        &self,
        shared: &mut SharedFeatures<'_>,
        as_of: Timestamp,
        without: &[Without],
    ) -> Result<Vec<Opinions>, FeatureError> {
        let table = self.ruleset.features.compute_sharing(shared)?;
        let catalogue = self.ruleset.features.catalogue();
        let lesser: BTreeMap<usize, FeatureTable> = without
            .iter()
            .filter_map(|part| match part {
                Without::Feature(feature) => Some((*feature, table.without(*feature, &catalogue[*feature]))),
                Without::Rule(_) => None,
            })
            .collect();
        let opinions = (0..table.operators.len()).map(|row| {
            let assessment = self.assess(&table, row, as_of);
            let without = without.iter().map(|part| match part {
                Without::Rule(rule) => self.without_rule(*rule, &table, row, &assessment.evaluation),
                Without::Feature(feature) => Opinion::from(&self.assess(&lesser[feature], row, as_of).score),
            });
            Opinions { without: without.collect(), whole: Opinion::from(&assessment.score) }
        });
        Ok(opinions.collect())
    }

    fn without_rule(&self, rule: usize, table: &FeatureTable, row: usize, evaluation: &Evaluation) -> Opinion {
        let fired = evaluation.fired.iter().filter(|fired| fired.rule != rule).cloned().collect();
        let lesser = Evaluation { fired, failed: Vec::new() };
        let base = table.value(row, self.ruleset.base_feature);
        Opinion::from(&score(&self.ruleset.policy, &base, &self.ruleset.rules, &lesser))
    }
}
