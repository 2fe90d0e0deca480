//! A request shared out among threads: operators in their order, so many to a share, and what came of the shares put
//! together in the same order. An operator stands once in a request, so no share sees what another one decides.

use std::sync::{Mutex, PoisonError};

use yujing_base::parallel;

use super::{EvaluationRun, HoldsUntil, Judgement};
use crate::engine::Output;
use crate::engine::context::{Ask, EvalContext, EvalRequest, OPERATORS_A_SHARE};
use crate::engine::evaluator::Evaluator;
use crate::engine::operator_state::States;
use crate::feature::{FeatureError, KeptFeatures, Refreshed};

impl Evaluator {
    /// Evaluates everyone of a request by their features; adds what leaves to `output` and the new states to `states`.
    /// Returns until when each answer holds.
    pub(in crate::engine) fn judge(
        &self,
        kept: &mut KeptFeatures,
        context: &EvalContext<'_>,
        request: &EvalRequest<'_>,
        refreshed: Vec<Refreshed>,
        states: &mut States,
        output: &mut Output,
    ) -> Result<Vec<HoldsUntil>, FeatureError> {
        let threads = context.threads_for(request.asks.len());
        let a_share = if threads.get() > 1 { OPERATORS_A_SHARE } else { request.asks.len().max(1) };
        let cards = self.new_cards(context, request);
        let (lock, before) = (Mutex::new(std::mem::take(kept)), &*states);
        let judged = parallel::map(threads, shares(request.asks, refreshed, a_share), |(asks, refreshed)| {
            EvaluationRun::new(self, &lock, context, request, &cards, before).evaluate(asks, refreshed)
        });
        *kept = lock.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut holds_until = Vec::with_capacity(request.asks.len());
        states.reserve(request.asks.len());
        for share in judged {
            let Judgement { holds_until: of_share, states: new, output: leaves } = share?;
            holds_until.extend(of_share);
            states.extend(new);
            output.append(leaves);
        }
        Ok(holds_until)
    }
}

/// Who is asked for with the features of each, at most so many together.
fn shares(asks: &[Ask], refreshed: Vec<Refreshed>, most: usize) -> Vec<(&[Ask], Vec<Refreshed>)> {
    let mut refreshed = refreshed.into_iter();
    asks.chunks(most).map(|asks| (asks, refreshed.by_ref().take(asks.len()).collect())).collect()
}
