//! Shadow rulesets: attached to the champion, they evaluate whomever it evaluates, over the same events, with standings
//! of their own. What a candidate does wrong is its own failure (I6).

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use yujing_base::OperatorId;

use super::context::{EvalContext, EvalRequest};
use super::evaluator::Evaluator;
use super::operator_state::{OperatorState, States};
use super::{Emit, Engine, Output};
use crate::feature::{FeatureError, SharedFeatures};
use crate::ruleset::Ruleset;
use crate::warning::record::RestoredScore;

/// Why shadow rulesets could not evaluate, by their place. Their standings are as they were.
pub type ShadowFailures = BTreeMap<usize, String>;

/// What champion and shadows made of a request.
#[derive(Debug, Default)]
pub(super) struct EvalResults {
    /// What leaves of the shadows, in their order.
    pub(super) shadows: Vec<Output>,
    pub(super) failures: ShadowFailures,
    /// The new states, for each evaluator.
    pub(super) states: Vec<States>,
}

/// What a ruleset made of every operator, while it is not attached.
#[derive(Debug, Default)]
pub struct Standings(HashMap<OperatorId, OperatorState>);

impl Standings {
    /// Takes an operator's standing back, with the ruleset that gave it if that can still be had.
    pub fn restore(&mut self, score: RestoredScore, evaluated_by: Option<Arc<Ruleset>>) {
        let operator = score.operator_id.as_str().into();
        self.0.insert(operator, OperatorState::restored(score, evaluated_by));
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Engine {
    /// Attaches a ruleset whose failure fails the batch: from now on it evaluates whomever the champion evaluates.
    /// Features that both have are computed once.
    pub fn attach_shadow(&mut self, ruleset: Arc<Ruleset>, emit: Emit) {
        self.shadows.push(Evaluator::new(ruleset, emit));
    }

    /// Attaches a candidate behind the shadows that are there, with the standings that it had. An error or a panic of
    /// it fails no batch: it stands in [`Pending::failures`](super::Pending), and the candidate missed the batch.
    pub fn attach_candidate(&mut self, ruleset: Arc<Ruleset>, standings: Standings) {
        self.shadows.push(Evaluator::candidate(ruleset, standings.0));
    }

    /// Takes a shadow away. Those behind it move up. Not between a decision and its commit.
    pub fn detach_shadow(&mut self, place: usize) -> Standings {
        Standings(self.shadows.remove(place).operators)
    }

    /// Evaluates with every ruleset: the champion's records go to `output`, the shadows' are returned, with everyone's
    /// new states.
    pub(super) fn evaluate(
        &self,
        context: &EvalContext<'_>,
        request: &EvalRequest<'_>,
        output: &mut Output,
    ) -> Result<EvalResults, FeatureError> {
        let shadows = self.shadows.iter().map(|_| Output::default()).collect();
        let mut results = EvalResults { shadows, ..EvalResults::default() };
        if request.operators.is_empty() {
            return Ok(results);
        }
        let mut shared = SharedFeatures::new(context.view, request.operators, context.as_of);
        results.states.push(self.champion.evaluate(context, request, &mut shared, output)?);
        for (place, (shadow, shadow_output)) in self.shadows.iter().zip(&mut results.shadows).enumerate() {
            let states = if shadow.is_candidate {
                shadow.evaluate_isolated(context, request, &mut shared, shadow_output).unwrap_or_else(|reason| {
                    results.failures.insert(place, reason);
                    States::new()
                })
            } else {
                shadow.evaluate(context, request, &mut shared, shadow_output)?
            };
            results.states.push(states);
        }
        Ok(results)
    }
}

impl Evaluator {
    /// As [`Evaluator::evaluate`], but a failure or a panic stays within.
    fn evaluate_isolated(
        &self,
        context: &EvalContext<'_>,
        request: &EvalRequest<'_>,
        shared: &mut SharedFeatures<'_>,
        output: &mut Output,
    ) -> Result<States, String> {
        let reason = match catch_unwind(AssertUnwindSafe(|| self.evaluate(context, request, shared, output))) {
            Ok(Ok(states)) => return Ok(states),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it panicked".to_owned(),
        };
        *output = Output::default();
        Err(reason)
    }
}
