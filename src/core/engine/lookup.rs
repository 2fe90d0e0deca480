//! What is known of operators, for those who ask.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::Engine;
use super::evaluator::{EvaluatedOperator, Evaluator};
use crate::feature::FeatureError;
use crate::warning::ScoreRecord;

impl Engine {
    /// Every operator with an event, a reference row, a score or an open warning of any ruleset, sorted. Who has a score
    /// keeps it when its last record is retracted or forgotten, before a start as after it.
    pub fn operators(&self) -> Vec<OperatorId> {
        let mut operators: BTreeSet<OperatorId> = self.store.view().operators().into_iter().collect();
        operators.extend(self.champion.operators.keys().cloned());
        operators.extend(self.shadows.iter().flat_map(Evaluator::warned));
        operators.into_iter().collect()
    }

    /// The live score of an operator, whose number may be written in any form; `None` if nothing is known of it.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn score_of(&self, operator: &str, as_of: Timestamp) -> Result<Option<ScoreRecord>, FeatureError> {
        let operator = self.sources.operator_id(operator);
        Ok(self.evaluate_one(&operator, as_of)?.map(|evaluated| evaluated.record))
    }

    /// How many records of an operator features see as of an instant, by the source's name; only sources that have any.
    pub fn records_of(&self, operator: &OperatorId, as_of: Timestamp) -> BTreeMap<String, usize> {
        let asked = std::slice::from_ref(operator);
        let rows = |source| self.store.view().gather(source, asked, as_of).num_rows();
        let counted = self.sources.tables().map(|(id, source)| (source.name.to_string(), rows(id)));
        counted.filter(|(_, records)| *records > 0).collect()
    }

    /// Evaluates one operator, named as the sources name it, for a person who asks; `None` if nothing is known of it.
    pub(super) fn evaluate_one(
        &self,
        operator: &OperatorId,
        as_of: Timestamp,
    ) -> Result<Option<EvaluatedOperator>, FeatureError> {
        let as_of = self.not_before_committed(as_of);
        if !self.champion.operators.contains_key(operator) && self.records_of(operator, as_of).is_empty() {
            return Ok(None);
        }
        let context = self.context(self.store.view(), &BTreeMap::new());
        self.champion.evaluate_one(&context, operator, as_of).map(Some)
    }
}
