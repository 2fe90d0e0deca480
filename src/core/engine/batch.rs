//! A batch of records decided: applied to what is known, and every operator that it concerns evaluated.

use std::collections::BTreeSet;
use std::time::Instant;

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::context::EvalRequest;
use super::evaluator::Evaluator;
use super::intake::Intake;
use super::operator_state::States;
use super::pending::Delta;
use super::shadow::EvalResults;
use super::{Engine, Mode, Output, Pending, Positions, Tally};
use crate::feature::FeatureError;
use crate::source::{DecodedRecord, Record};
use crate::warning::Cause;
use crate::window::View;

impl Engine {
    /// Decides a batch as of the greatest of its record timestamps and the engine's as-of. `positions` are the offsets
    /// that will be committed with it; warnings quote them.
    ///
    /// # Errors
    /// If no feature could be computed at all; the batch can be tried again.
    pub fn apply(&self, records: &[Record], positions: &Positions, mode: Mode) -> Result<Pending, FeatureError> {
        self.apply_until(records, positions, mode, Timestamp::MAX)
    }

    /// As [`Engine::apply`], but as of `latest` where record timestamps lie behind it: no record moves the time of all
    /// ahead of the clock. What it is about becomes visible when its time has come.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn apply_until(
        &self,
        records: &[Record],
        positions: &Positions,
        mode: Mode,
        latest: Timestamp,
    ) -> Result<Pending, FeatureError> {
        let started = Instant::now();
        let decoded = self.decoders.decode_all(records);
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
        &self,
        records: &[Record],
        decoded: Vec<DecodedRecord>,
        positions: &Positions,
        mode: Mode,
        latest: Timestamp,
    ) -> Result<Pending, FeatureError> {
        let started = Instant::now();
        let Intake { mut delta, refused, mut tally, dispositions } = self.admit_all(decoded, latest);
        tally.stages.insert("intake", started.elapsed());
        let mut output = Output { tally, ..Output::default() };
        if mode != Mode::Restore {
            self.count_dispositions(&dispositions, &mut output.tally);
            output.dead_letters = refused.into_iter().map(|refused| refused.into_dead_letter(records)).collect();
        }
        let view = self.store.view_with(&delta.events);
        let results = match (mode, delta.as_of) {
            (Mode::Live, Some(as_of)) => {
                let operators = concerned(view, &delta, as_of);
                let context = self.context(view, &delta.last_seen, as_of);
                let request = EvalRequest { operators: &operators, cause: Cause::Events, positions, write_all: false };
                self.evaluate(&context, &request, &mut output)?
            }
            (Mode::CatchUp, Some(as_of)) => {
                let states = self.note_lost_evidence(view, &delta.events.touched, as_of)?;
                EvalResults { states, ..EvalResults::default() }
            }
            _ => EvalResults::default(),
        };
        let EvalResults { shadows, failures, states } = results;
        delta.states = states;
        Ok(Pending { output, shadows, failures, delta })
    }

    /// Takes records into memory that were committed before, as [`Engine::apply_until`] does and at once: nothing
    /// leaves, because it left before.
    pub fn restore(&mut self, decoded: Vec<DecodedRecord>, latest: Timestamp) -> Tally {
        let Intake { delta, tally, .. } = self.admit_all(decoded, latest);
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

/// The operators to be evaluated, sorted: those of whom the batch changes something, and those of whom something has
/// become visible.
fn concerned(view: View<'_>, delta: &Delta, as_of: Timestamp) -> Vec<OperatorId> {
    let changed = delta.events.touched.iter().filter(|operator| view.is_changed(operator, as_of));
    let now_visible = delta.now_visible.iter().map(|visible| &visible.operator);
    let operators: BTreeSet<&OperatorId> = changed.chain(now_visible).collect();
    operators.into_iter().cloned().collect()
}
