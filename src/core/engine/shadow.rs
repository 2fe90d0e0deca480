//! Shadow rulesets: attached to the champion, they evaluate whomever it evaluates, over the same events, with standings
//! of their own. What a candidate does wrong is its own failure (I6).

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::context::{EvalContext, EvalRequest};
use super::decision::Decision;
use super::evaluation_run::HoldsUntil;
use super::evaluator::Evaluator;
use super::operator_state::{OperatorState, States};
use super::{Emit, Engine, Output};
use crate::feature::{FeatureError, KeptFeatures};
use crate::ruleset::Ruleset;
use crate::warning::PastWarning;
use crate::warning::record::RestoredScore;

/// Why shadow rulesets could not evaluate, by their place. Their standings are as they were.
pub type ShadowFailures = BTreeMap<usize, String>;

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
        let shadow = self.shadows.remove(place);
        self.forget_unused_files();
        Standings(shadow.operators)
    }

    /// Evaluates with every ruleset, and notes until when the answers hold.
    pub(super) fn evaluate(
        &self,
        kept: &mut KeptFeatures,
        context: &EvalContext<'_>,
        request: &EvalRequest<'_>,
        decision: &mut Decision,
    ) -> Result<(), FeatureError> {
        if request.asks.is_empty() {
            return Ok(());
        }
        let asked = request.asks.iter().map(|ask| &ask.operator);
        let before: States = match decision.states.first() {
            Some(states) => asked.filter_map(|asked| Some((asked.clone(), states.get(asked)?.clone()))).collect(),
            None => States::new(),
        };
        let Decision { output, shadows, failures, states, wake_at, .. } = decision;
        let mut outputs = std::iter::once(output).chain(shadows);
        let mut wakes = vec![Timestamp::MAX; request.asks.len()];
        for (place, (evaluator, states)) in self.evaluators().zip(&mut *states).enumerate() {
            let Some(output) = outputs.next() else { break };
            // The champion comes first, and is no candidate.
            let shadow = place.saturating_sub(1);
            if evaluator.is_candidate && failures.contains_key(&shadow) {
                continue;
            }
            let until = if evaluator.is_candidate {
                evaluator.evaluate_isolated(kept, context, request, states, output).unwrap_or_else(|reason| {
                    failures.insert(shadow, reason);
                    Vec::new()
                })
            } else {
                evaluator.evaluate(kept, context, request, states, output)?
            };
            // What people are to do is due to the second, however rarely operators are woken for the rest.
            let until = until.into_iter().map(|holds| self.wakes_at(holds.facts).min(holds.handling));
            wakes.iter_mut().zip(until).for_each(|(wakes, until)| *wakes = until.min(*wakes));
        }
        for (ask, wakes) in request.asks.iter().zip(wakes) {
            let state = states.first().and_then(|states| states.get(&ask.operator));
            let ended = state.and_then(|state| state.standing.past.last()).map(PastWarning::visible_from);
            let seen = ended.filter(|at| *at > ask.as_of).map_or(Timestamp::MAX, |at| self.wakes_at(at));
            wake_at.insert(ask.operator.clone(), wakes.min(seen));
        }
        self.note_past(kept, request.asks, &before, decision);
        Ok(())
    }
}

impl Evaluator {
    /// As [`Evaluator::evaluate`], but a failure or a panic stays within.
    fn evaluate_isolated(
        &self,
        kept: &mut KeptFeatures,
        context: &EvalContext<'_>,
        request: &EvalRequest<'_>,
        states: &mut States,
        output: &mut Output,
    ) -> Result<Vec<HoldsUntil>, String> {
        let evaluate = || self.evaluate(kept, context, request, states, output);
        let reason = match catch_unwind(AssertUnwindSafe(evaluate)) {
            Ok(Ok(holds_until)) => return Ok(holds_until),
            Ok(Err(error)) => error.to_string(),
            Err(_) => {
                // What a panic left of it is nobody's answer.
                *kept = KeptFeatures::default();
                "it panicked".to_owned()
            }
        };
        *output = Output::default();
        states.clear();
        Err(reason)
    }
}
