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
use super::visibility::VisibleFrom;
use super::{Engine, Mode, Output, Pending, Positions};
use crate::feature::FeatureError;
use crate::source::Record;
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
        let Intake { events, dead_letters, mut tally, newest_record, last_seen, dispositions, visible_from } =
            self.ingest(records);
        tally.stages.insert("intake", started.elapsed());
        if mode != Mode::Restore {
            self.count_dispositions(&dispositions, &mut tally);
        }
        let as_of = self.as_of.max(newest_record.map(|newest| newest.min(latest)));
        let is_later = |visible: &VisibleFrom| as_of.is_none_or(|as_of| visible.at > as_of);
        let not_yet_visible = visible_from.into_iter().filter(is_later).collect();
        let now_visible: Vec<VisibleFrom> =
            as_of.iter().flat_map(|as_of| self.pending_visibility.due(*as_of)).cloned().collect();
        let dead_letters = if mode == Mode::Restore { Vec::new() } else { dead_letters };
        let mut output = Output { dead_letters, tally, ..Output::default() };
        let view = self.store.view_with(&events);
        let results = match (mode, as_of) {
            (Mode::Live, Some(as_of)) => {
                let operators = concerned(view, &events.touched, &now_visible, as_of);
                let context = self.context(view, &last_seen, as_of);
                let request = EvalRequest { operators: &operators, cause: Cause::Events, positions, write_all: false };
                self.evaluate(&context, &request, &mut output)?
            }
            (Mode::CatchUp, Some(as_of)) => {
                let states = self.note_lost_evidence(view, &events.touched, as_of)?;
                EvalResults { states, ..EvalResults::default() }
            }
            _ => EvalResults::default(),
        };
        let EvalResults { shadows, failures, states } = results;
        let delta = Delta { events, states, last_seen, not_yet_visible, now_visible, as_of };
        Ok(Pending { output, shadows, failures, delta })
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
fn concerned(
    view: View<'_>,
    touched: &BTreeSet<OperatorId>,
    now_visible: &[VisibleFrom],
    as_of: Timestamp,
) -> Vec<OperatorId> {
    let changed = touched.iter().filter(|operator| view.is_changed(operator, as_of));
    let operators: BTreeSet<&OperatorId> = changed.chain(now_visible.iter().map(|visible| &visible.operator)).collect();
    operators.into_iter().cloned().collect()
}
