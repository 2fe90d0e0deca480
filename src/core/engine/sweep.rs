//! Operators gone through without new events: scored by another ruleset or after a start, or checked.

use std::collections::BTreeSet;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;
use yujing_base::OperatorId;

use super::context::{Ask, EvalRequest};
use super::decision::Decision;
use super::intake::Intake;
use super::pending::Delta;
use super::{Engine, Pending, Positions};
use crate::feature::{FeatureError, KeptFeatures};
use crate::warning::Cause;

/// Each operator's answers are checked once in so many hours.
const CHECKED_IN_HOURS: i64 = 24;

impl Engine {
    /// Scores some operators at an instant without new events: everybody once after a start, or by another ruleset.
    /// Their scores leave even if nothing changed but the time.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn sweep(
        &mut self,
        operators: &[OperatorId],
        as_of: Timestamp,
        cause: Cause,
        positions: &Positions,
    ) -> Result<Pending, FeatureError> {
        self.score_at(operators, as_of, cause, positions, true)
    }

    /// Looks whether what is kept of some operators is what their events give as of an instant, computed anew: of each of
    /// them in one hour of the day. What differs is counted ([`Tally::wrong_answers`](super::Tally)), forgotten and
    /// scored; nothing ever should. Scores leave whose coverage has changed.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn check(
        &mut self,
        operators: &[OperatorId],
        as_of: Timestamp,
        positions: &Positions,
    ) -> Result<Pending, FeatureError> {
        self.score_at(operators, as_of, Cause::Time, positions, false)
    }

    fn score_at(
        &mut self,
        operators: &[OperatorId],
        as_of: Timestamp,
        cause: Cause,
        positions: &Positions,
        write_all: bool,
    ) -> Result<Pending, FeatureError> {
        let as_of = self.not_before_committed(as_of);
        self.decide(|engine, kept| {
            let mut decision = Decision::begin(engine);
            // After a start nobody has an instant yet: what came in the meantime is all scored with this cause.
            if cause != Cause::Start {
                engine.wake_due(kept, as_of, usize::MAX, positions, &mut Intake::default(), &mut decision)?;
            }
            if !write_all {
                decision.output.tally.wrong_answers = engine.forget_wrong(kept, operators, as_of)?;
            }
            let sorted: BTreeSet<&OperatorId> = operators.iter().collect();
            let ask = |operator: &OperatorId| Ask { operator: operator.clone(), as_of, cause, disposition: None };
            let asks: Vec<Ask> = sorted.iter().copied().map(ask).collect();
            engine.evaluate_round(kept, &EvalRequest { asks: &asks, positions, write_all }, &mut decision)?;
            let due = engine.pending_visibility.due(as_of);
            let is_scored = |operator: &OperatorId| cause != Cause::Start || sorted.contains(operator);
            let now_visible = due.filter(|visible| is_scored(&visible.operator)).cloned().collect();
            Ok(Pending::of(engine, decision, Delta { now_visible, as_of: Some(as_of), ..Delta::default() }))
        })
    }

    /// Forgets what is kept of operators whose events give something else; says how many.
    fn forget_wrong(
        &self,
        kept: &mut KeptFeatures,
        operators: &[OperatorId],
        as_of: Timestamp,
    ) -> Result<u64, FeatureError> {
        let view = self.store.view();
        let features = &self.champion.ruleset.features;
        let turn = as_of.as_second().div_euclid(3_600).rem_euclid(CHECKED_IN_HOURS).unsigned_abs();
        let has_turn = |operator: &&OperatorId| xxh3_64(operator.as_bytes()) % CHECKED_IN_HOURS.unsigned_abs() == turn;
        let operators: Vec<OperatorId> = operators.iter().filter(has_turn).cloned().collect();
        let computed = features.compute(view, &operators, as_of)?;
        let asks: Vec<_> = operators.iter().map(|operator| (operator.clone(), as_of)).collect();
        let refreshed = features.refresh(kept, view, &asks, self.threads_for(asks.len()))?;
        let rows = refreshed.iter().enumerate();
        let wrong = rows.filter(|(row, refreshed)| refreshed.row != computed.row(*row));
        let wrong: Vec<OperatorId> = wrong.map(|(row, _)| operators[row].clone()).collect();
        kept.forget(&wrong);
        Ok(wrong.len() as u64)
    }
}
