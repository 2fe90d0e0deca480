//! Another ruleset in force: what it would change, the change itself, and who is still to be evaluated by it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::context::{Ask, EvalRequest};
use super::evaluator::Evaluator;
use super::operator_state::States;
use super::{Emit, Engine, Output, Positions};
use crate::feature::{FeatureError, FeatureSet, KeptFeatures};
use crate::ruleset::Ruleset;
use crate::warning::Cause;

impl Engine {
    /// What would leave if `candidate` came into force now and evaluated these operators: their warnings' next steps,
    /// and counts. Nothing comes of it.
    ///
    /// # Errors
    /// If the candidate's features cannot be computed at all.
    pub fn project(
        &self,
        candidate: &Arc<Ruleset>,
        operators: &[OperatorId],
        as_of: Timestamp,
    ) -> Result<Output, FeatureError> {
        let as_of = self.not_before_committed(as_of);
        let (view, positions) = (self.store.view(), Positions::new());
        let mut evaluator = Evaluator::new(Arc::clone(candidate), Emit::Warnings);
        let known = operators.iter().filter_map(|operator| self.champion.operators.get_key_value(operator));
        evaluator.operators = known.map(|(operator, state)| (Arc::clone(operator), state.clone())).collect();
        let context = self.context(view, &BTreeMap::new());
        let sorted: BTreeSet<&OperatorId> = operators.iter().collect();
        let ask =
            |operator: &OperatorId| Ask { operator: operator.clone(), as_of, cause: Cause::Time, disposition: None };
        let asks: Vec<Ask> = sorted.into_iter().map(ask).collect();
        let request = EvalRequest { asks: &asks, positions: &positions, write_all: false };
        let (mut kept, mut states, mut output) = (KeptFeatures::default(), States::new(), Output::default());
        evaluator.evaluate(&mut kept, &context, &request, &mut states, &mut output)?;
        Ok(output)
    }

    /// Puts another ruleset in force. Standings stay: open warnings go on under the new rules, from the next score of
    /// each operator, which says what the rules changed ([`Cause::Ruleset`]).
    pub fn put_in_force(&mut self, ruleset: Arc<Ruleset>) {
        self.champion.ruleset = ruleset;
        self.forget_unused_files();
    }

    /// Forgets what is kept of feature files that no ruleset has.
    pub(super) fn forget_unused_files(&mut self) {
        let sets: Vec<&FeatureSet> =
            std::iter::once(&self.champion).chain(&self.shadows).map(|evaluator| &evaluator.ruleset.features).collect();
        FeatureSet::retain_files(&mut self.kept, &sets);
    }

    /// Operators not yet evaluated by the ruleset in force, sorted.
    pub fn awaiting_evaluation(&self) -> Vec<OperatorId> {
        let mut operators = self.operators();
        operators.retain(|operator| self.awaits_evaluation(operator));
        operators
    }

    /// Whether the ruleset in force has not evaluated an operator yet.
    pub fn awaits_evaluation(&self, operator: &OperatorId) -> bool {
        let evaluated_by = self.champion.operators.get(operator).and_then(|state| state.evaluated_by.as_ref());
        evaluated_by.is_none_or(|evaluated_by| !Arc::ptr_eq(evaluated_by, &self.champion.ruleset))
    }
}
