//! Another ruleset in force: what it would change, the change itself, and who is still to be judged by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::judge::{Judge, Question};
use super::{Engine, Leaving, Output, Positions, Ruleset};
use crate::feature::{FeatureError, SharedFeatures};
use crate::warning::Cause;
use yujing_base::OperatorId;

impl Engine {
    /// What would leave if `candidate` came into force now and judged these operators: their warnings' next steps, and
    /// counts. Nothing comes of it.
    ///
    /// # Errors
    /// If the candidate's features cannot be computed at all.
    pub fn project(
        &self,
        candidate: &Arc<Ruleset>,
        operators: &[OperatorId],
        as_of: Timestamp,
    ) -> Result<Output, FeatureError> {
        let as_of = self.never_before(as_of);
        let (view, positions) = (self.store.view(), Positions::new());
        let mut judge = Judge::new(Arc::clone(candidate), Leaving::Warnings);
        let known = operators.iter().filter_map(|operator| self.champion.operators.get_key_value(operator));
        judge.operators = known.map(|(operator, state)| (Arc::clone(operator), state.clone())).collect();
        let scene = self.scene(view, &BTreeMap::new(), as_of);
        let mut shared = SharedFeatures::new(view, operators, as_of);
        let question = Question { operators, as_of, cause: Cause::Time, positions: &positions, write_all: false };
        let mut output = Output::default();
        judge.judge(&scene, &question, &mut shared, &mut output)?;
        Ok(output)
    }

    /// Puts another ruleset in force. Standings stay: open warnings go on under the new rules, from the next score of
    /// each operator, which tells what the rules changed ([`Cause::Ruleset`]).
    pub fn put_in_force(&mut self, ruleset: Arc<Ruleset>) {
        self.champion.ruleset = ruleset;
    }

    /// Operators not yet judged by the ruleset in force, sorted.
    pub fn awaiting_judgement(&self) -> Vec<OperatorId> {
        let mut operators = self.operators();
        operators.retain(|operator| self.awaits_judgement(operator));
        operators
    }

    /// Whether the ruleset in force has not judged an operator yet.
    pub fn awaits_judgement(&self, operator: &OperatorId) -> bool {
        let judged_by = self.champion.operators.get(operator).and_then(|state| state.judged_by.as_ref());
        judged_by.is_none_or(|judged_by| !Arc::ptr_eq(judged_by, &self.champion.ruleset))
    }
}
