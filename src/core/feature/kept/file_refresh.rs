//! Answers of one file made anew, for those asked for whose answer no longer holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::error::ArrowError;
use jiff::Timestamp;

use super::kept_file::KeptFile;
use super::operator_index::OperatorIndex;
use super::{Ask, Hold};
use crate::feature::aggregate::AggregateValue;
use crate::feature::catalogue::Feature;
use crate::feature::feature_column::FeatureColumn;
use crate::feature::lowered::{FinishInput, Finished, LoweredFile};
use crate::window::View;

/// So many operators are finished in one run.
const FINISHED_TOGETHER: usize = 4_096;

/// Which columns the plan gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PlanColumns {
    All,
    Residual,
}

impl KeptFile {
    /// Sees to it that the answers for those asked for hold. `features` are the file's.
    ///
    /// # Errors
    /// If Arrow cannot put values together.
    pub fn refresh(
        &mut self,
        features: &[Feature],
        view: View<'_>,
        asks: &[Ask<'_>],
        operators: &OperatorIndex,
    ) -> Result<(), ArrowError> {
        self.make_missing(view, asks, operators);
        let failing = self.finish_due(features, asks)?;
        let is_due = |ask: &&Ask<'_>| self.kept(ask.number).planned.same_until <= ask.as_of;
        let due =
            asks.iter().filter(is_due).copied().filter(|ask| failing.iter().all(|other| other.number != ask.number));
        let due: Vec<Ask<'_>> = if self.residual.is_empty() { Vec::new() } else { due.collect() };
        self.run_plan(features, view, &failing, PlanColumns::All)?;
        self.run_plan(features, view, &due, PlanColumns::Residual)
    }

    /// Computes in stages what is due; returns those for whom that fails.
    fn finish_due<'a>(&mut self, features: &[Feature], asks: &[Ask<'a>]) -> Result<Vec<Ask<'a>>, ArrowError> {
        let planned = Arc::clone(&self.planned);
        let Some(mut lowered) = planned.lowered() else {
            for ask in asks {
                self.kept_mut(ask.number).staged = Hold::FOREVER;
            }
            return Ok(Vec::new());
        };
        let has_no_columns = self.staged.is_empty();
        let (mut failing, mut due, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
        for ask in asks {
            let kept = self.kept_mut(ask.number);
            if ask.as_of < kept.staged.same_until {
                continue;
            }
            kept.advance(ask.as_of);
            kept.staged = kept.unknown_hold(ask.as_of);
            match kept.aggregates.as_ref().map(|aggregates| aggregates.values()) {
                _ if kept.is_failing => failing.push(*ask),
                _ if has_no_columns => kept.staged = Hold::until(kept.next_change()),
                Some(Err(_)) => failing.push(*ask),
                Some(Ok(values)) if values.first() != Some(&AggregateValue::Int(0)) => {
                    due.push(*ask);
                    inputs.push(FinishInput { as_of: ask.as_of, values });
                }
                Some(Ok(_)) | None => self.set_absent(ask.number),
            }
        }
        for (asks, inputs) in due.chunks(FINISHED_TOGETHER).zip(inputs.chunks(FINISHED_TOGETHER)) {
            self.finish(&mut lowered, features, asks, inputs, &mut failing)?;
        }
        Ok(failing)
    }

    /// Notes that an operator has no rows that count.
    fn set_absent(&mut self, number: usize) {
        let Self { staged, absent, operators, residual, .. } = self;
        let Some(kept) = operators[number].as_mut() else { return };
        kept.staged = Hold::until(kept.next_change());
        match &mut kept.features {
            features if residual.is_empty() => *features = None,
            Some(features) => {
                let features = Arc::make_mut(features);
                for place in staged.iter() {
                    features.set_from(*place, absent);
                }
            }
            None => {}
        }
    }

    /// Runs the finish stage; where it fails, over fewer operators, so that one takes no other with it.
    fn finish<'a>(
        &mut self,
        lowered: &mut LoweredFile,
        features: &[Feature],
        asks: &[Ask<'a>],
        inputs: &[FinishInput],
        failing: &mut Vec<Ask<'a>>,
    ) -> Result<(), ArrowError> {
        match lowered.finish(inputs) {
            Ok(finished) => self.take_finished(features, asks, &finished),
            Err(_) if asks.len() > 1 => {
                let (first, second) = asks.split_at(asks.len() / 2);
                self.finish(lowered, features, first, &inputs[..first.len()], failing)?;
                self.finish(lowered, features, second, &inputs[first.len()..], failing)
            }
            Err(_) => {
                for (ask, input) in asks.iter().zip(inputs) {
                    let kept = self.kept_mut(ask.number);
                    kept.staged = match lowered.hold_of(input) {
                        Some(until) => Hold::until(kept.next_change().min(until)),
                        None => kept.unknown_hold(ask.as_of),
                    };
                }
                failing.extend_from_slice(asks);
                Ok(())
            }
        }
    }

    fn take_finished(&mut self, features: &[Feature], asks: &[Ask<'_>], finished: &Finished) -> Result<(), ArrowError> {
        let longest = self.key.longest_text;
        let columns = self.staged.iter().zip(finished.columns.columns());
        let columns = columns
            .map(|(place, computed)| FeatureColumn::of_each_row(&features[*place], computed, longest))
            .collect::<Result<Vec<_>, _>>()?;
        let (staged, falling) = (self.staged.clone(), Arc::clone(&self.falling));
        for (row, ask) in asks.iter().enumerate() {
            self.set(ask.number, &staged, &columns, row);
            let kept = self.kept_mut(ask.number);
            let next_change = kept.next_change();
            let beside_counts = kept.next_change_beside(&falling.only_counted);
            kept.staged = Hold {
                steady_until: beside_counts.min(finished.steady_until[row]),
                ..Hold::until(next_change.min(finished.holds_until[row]))
            };
        }
        Ok(())
    }

    /// Runs the file's plan: one run for all that are asked for as of one instant.
    fn run_plan(
        &mut self,
        features: &[Feature],
        view: View<'_>,
        asks: &[Ask<'_>],
        given: PlanColumns,
    ) -> Result<(), ArrowError> {
        let mut by_instant: BTreeMap<i64, Vec<Ask<'_>>> = BTreeMap::new();
        for ask in asks {
            by_instant.entry(ask.as_of).or_default().push(*ask);
        }
        for (as_of, asks) in by_instant {
            let operators: Vec<_> = asks.iter().map(|ask| Arc::clone(ask.operator)).collect();
            let instant = Timestamp::from_microsecond(as_of).expect("invariant: it was asked for as a timestamp");
            let rows = view.gather(self.planned.file.source, &operators, instant);
            let result = self.planned.run(&rows, instant);
            let columns = result.columns(features, &operators, self.key.longest_text)?;
            for (row, ask) in asks.iter().enumerate() {
                self.take_planned(ask, &columns, row, given);
            }
        }
        Ok(())
    }

    fn take_planned(&mut self, ask: &Ask<'_>, columns: &[FeatureColumn], row: usize, given: PlanColumns) {
        let places = match given {
            PlanColumns::All => (0..columns.len()).collect(),
            PlanColumns::Residual => self.residual.clone(),
        };
        let columns: Vec<&FeatureColumn> = places.iter().map(|place| &columns[*place]).collect();
        self.set(ask.number, &places, &columns, row);
        if self.residual.is_empty() {
            return;
        }
        let (is_readable, kept) = (self.is_residual_readable, self.kept_mut(ask.number));
        let is_known = is_readable && !kept.is_failing;
        kept.planned = if is_known { Hold::until(kept.next_change()) } else { kept.unknown_hold(ask.as_of) };
    }

    /// Puts one row of some columns in an operator's features, by their places.
    fn set<C: std::borrow::Borrow<FeatureColumn>>(
        &mut self,
        number: usize,
        places: &[usize],
        columns: &[C],
        row: usize,
    ) {
        let Self { absent, operators, .. } = self;
        let Some(kept) = operators[number].as_mut() else { return };
        let features = kept.features.get_or_insert_with(|| Arc::clone(absent));
        for (place, column) in places.iter().zip(columns) {
            // What rows share of them is copied only if it changes.
            if !features.has(*place, column.borrow(), row) {
                Arc::make_mut(features).set(*place, column.borrow(), row);
            }
        }
        if features == absent {
            kept.features = None;
        }
    }
}
