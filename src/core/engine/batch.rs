//! A batch of records decided: applied to what is known, and every operator that it concerns evaluated.

use std::collections::BTreeSet;
use std::time::Instant;

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::context::{Ask, EvalRequest};
use super::decision::Decision;
use super::evaluator::Evaluator;
use super::intake::Intake;
use super::operator_state::States;
use super::pending::Delta;
use super::{Engine, Mode, Output, Pending, Positions, Tally};
use crate::feature::{FeatureError, KeptFeatures};
use crate::source::{DecodedRecord, Record};
use crate::warning::Cause;
use crate::window::View;

impl Engine {
    /// Decides a batch as of the greatest of its record timestamps and the engine's as-of. `positions` are the offsets
    /// that will be committed with it; warnings quote them.
    ///
    /// # Errors
    /// If no feature could be computed at all; the batch can be tried again.
    pub fn apply(&mut self, records: &[Record], positions: &Positions, mode: Mode) -> Result<Pending, FeatureError> {
        self.apply_until(records, positions, mode, Timestamp::MAX)
    }

    /// As [`Engine::apply`], but as of `latest` where record timestamps lie behind it: no record moves the time of all
    /// ahead of the clock. What it is about becomes visible when its time has come.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn apply_until(
        &mut self,
        records: &[Record],
        positions: &Positions,
        mode: Mode,
        latest: Timestamp,
    ) -> Result<Pending, FeatureError> {
        let started = Instant::now();
        let decoded = self.decoders.decode_on_threads(records, self.threads);
        let decoding = started.elapsed();
        let mut pending = self.apply_decoded(records, decoded, positions, mode, latest)?;
        pending.output.tally.stages.insert("decode", decoding);
        Ok(pending)
    }

    /// As [`Engine::apply_until`], of records that were decoded ahead: `decoded` is what [`Engine::decoders`] gave of
    /// each.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn apply_decoded(
        &mut self,
        records: &[Record],
        decoded: Vec<DecodedRecord>,
        positions: &Positions,
        mode: Mode,
        latest: Timestamp,
    ) -> Result<Pending, FeatureError> {
        self.decide(|engine, kept| engine.decide_batch(kept, records, decoded, positions, mode, latest))
    }

    fn decide_batch(
        &self,
        kept: &mut KeptFeatures,
        records: &[Record],
        decoded: Vec<DecodedRecord>,
        positions: &Positions,
        mode: Mode,
        latest: Timestamp,
    ) -> Result<Pending, FeatureError> {
        let started = Instant::now();
        let mut decision = Decision::begin(self);
        let tally = &mut decision.output.tally;
        let mut intake = self.admit_all(decoded, latest, mode, tally);
        tally.stages.insert("intake", started.elapsed());
        if let (Mode::Live, Some(as_of)) = (mode, intake.delta.as_of) {
            self.wake_due(kept, as_of, usize::MAX, positions, &mut intake, &mut decision)?;
        }
        let Intake { mut delta, refused, actions, .. } = intake;
        kept.forget(decision.past.operators_of(self.sources.past_warnings().0));
        delta.events.absorb(std::mem::take(&mut decision.past));
        let Output { dead_letters, tally, .. } = &mut decision.output;
        debug_assert_eq!(tally.records(), records.len() as u64, "I1: every record is exactly one of the outcomes");
        if mode != Mode::Restore {
            self.count_actions(&actions, tally);
            dead_letters.extend(refused.into_iter().map(|refused| refused.into_dead_letter(records)));
        }
        let view = self.store.view_with(&delta.events);
        kept.apply_changes(view, self.threads_for(delta.events.touched.len()));
        match (mode, delta.as_of) {
            (Mode::Live, Some(as_of)) => {
                let asks = changed_operators(view, &delta, as_of);
                let context = self.context(view, &delta.last_seen);
                let request = EvalRequest { asks: &asks, positions, write_all: false };
                self.evaluate(kept, &context, &request, &mut decision)?;
            }
            (Mode::CatchUp, Some(as_of)) => {
                decision.states = self.note_lost_evidence(view, &delta.events.touched, as_of)?;
            }
            _ => {}
        }
        Ok(Pending::of(self, decision, delta))
    }

    /// Takes records into memory that were committed before, as [`Engine::apply_until`] does and at once: nothing
    /// leaves, because it left before. Features are not kept meanwhile: they are made of all rows when first asked for.
    pub fn restore(&mut self, decoded: Vec<DecodedRecord>, latest: Timestamp) -> Tally {
        self.kept = KeptFeatures::default();
        let mut tally = Tally::default();
        let Intake { delta, .. } = self.admit_all(decoded, latest, Mode::Restore, &mut tally);
        self.install(delta);
        tally
    }

    /// Notes whose open warnings lose their evidence to a batch that is applied without scoring: the score that follows
    /// a start sees the facts as they are by then, and could not distinguish it from time that passed.
    fn note_lost_evidence(
        &self,
        view: View<'_>,
        touched: &BTreeSet<OperatorId>,
        as_of: Timestamp,
    ) -> Result<Vec<States>, FeatureError> {
        let of = |evaluator: &Evaluator| match evaluator.note_lost_evidence(view, touched, as_of) {
            // A candidate fails no batch.
            Err(_) if evaluator.is_candidate => Ok(States::new()),
            states => states,
        };
        self.evaluators().map(of).collect()
    }
}

/// The operators of whom the batch changes something, sorted.
fn changed_operators(view: View<'_>, delta: &Delta, as_of: Timestamp) -> Vec<Ask> {
    let changed = delta.events.touched.iter().filter(|operator| view.is_changed(operator, as_of));
    changed.map(|operator| Ask { operator: operator.clone(), as_of, cause: Cause::Events, disposition: None }).collect()
}
