//! Rows that come and go: what they give to the aggregates of their operators.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;

use super::Ask;
use super::kept_file::KeptFile;
use super::kept_operator::{Change, KeptOperator};
use super::operator_index::OperatorIndex;
use super::visible_rows::{by_operator, ids};
use crate::feature::lowered::{Contributions, LoweredFile};
use crate::feature::plan::batches::{self, Boundary, boundary};
use crate::window::View;

/// The rows of so many operators are read together: a run costs little more for many, and memory is bounded.
const OPERATORS_READ: usize = 256;

impl KeptFile {
    /// Takes in what the view's delta changes, for operators that are kept.
    pub fn apply_changes(&mut self, view: View<'_>, operators: &OperatorIndex) {
        let source = self.planned.file.source;
        let changed = view.changed_operators(source).filter_map(|operator| operators.number_of(operator));
        let changed: Vec<usize> = changed.filter(|number| self.is_kept(*number)).collect();
        if changed.is_empty() {
            return;
        }
        let planned = Arc::clone(&self.planned);
        let Some(mut lowered) = planned.lowered() else {
            for number in changed {
                self.forget(number);
            }
            return;
        };
        for number in changed {
            if self.kept(number).is_failing {
                self.forget(number);
            }
        }
        let columns = self.columns_read.clone();
        let view = view.with_columns(&columns);
        let given = [(Change::Removed, view.removed_rows(source)), (Change::Added, view.added_rows(source))];
        for (change, rows) in given {
            for piece in batches::runs(&rows) {
                if self.is_made_of_all_rows {
                    let read = lowered.rows_read(&piece).unwrap_or(piece);
                    self.forget_all_in(&read, operators);
                } else {
                    self.apply(&mut lowered, change, &piece, operators);
                }
            }
        }
    }

    /// Operators on whose rows the row stage fails are forgotten, with those that were read together with them.
    fn apply(&mut self, lowered: &mut LoweredFile, change: Change, rows: &RecordBatch, operators: &OperatorIndex) {
        match lowered.contributions(rows) {
            Ok(given) => self.enter(given, change, operators),
            Err(_) => self.forget_all_in(rows, operators),
        }
    }

    /// Forgets the operators of some rows.
    fn forget_all_in(&mut self, rows: &RecordBatch, operators: &OperatorIndex) {
        for rows in by_operator(ids(rows)) {
            if let Some(number) = operators.number_of(rows.operator) {
                self.forget(number);
            }
        }
    }

    /// Makes those asked for who are not kept, or whose rows are others as of now.
    pub(super) fn make_missing(&mut self, view: View<'_>, asks: &[Ask<'_>], operators: &OperatorIndex) {
        if self.operators.len() < operators.len() {
            self.operators.resize_with(operators.len(), || None);
        }
        let is_missing = |ask: &&Ask<'_>| {
            let kept = self.operators[ask.number].as_ref();
            kept.is_none_or(|kept| kept.rows_until <= ask.as_of || ask.as_of < kept.as_of)
        };
        let missing: Vec<Ask<'_>> = asks.iter().filter(is_missing).copied().collect();
        for some in missing.chunks(OPERATORS_READ) {
            self.make(view, some, operators);
        }
    }

    fn make(&mut self, view: View<'_>, asks: &[Ask<'_>], operators: &OperatorIndex) {
        for ask in asks {
            self.operators[ask.number] = Some(KeptOperator::new(ask.as_of));
        }
        let planned = Arc::clone(&self.planned);
        let mut lowered = planned.lowered();
        if lowered.is_none() && !self.is_made_of_all_rows {
            return;
        }
        let asked: Vec<_> = asks.iter().map(|ask| Arc::clone(ask.operator)).collect();
        let rows = view.with_columns(&self.columns_read).gather_all(planned.file.source, &asked);
        for mut piece in batches::runs(&rows) {
            if self.is_made_of_all_rows {
                let read = lowered.as_ref().and_then(|lowered| lowered.rows_read(&piece).ok());
                piece = self.keep_visible(&read.unwrap_or(piece), operators);
            }
            if let Some(lowered) = lowered.as_mut().filter(|_| piece.num_rows() > 0) {
                self.read(lowered, &piece, operators);
            }
        }
    }

    /// The rows that are seen; notes until when they are.
    fn keep_visible(&mut self, rows: &RecordBatch, operators: &OperatorIndex) -> RecordBatch {
        let number =
            |operator: &str| operators.number_of(operator).expect("invariant: rows are of whoever is asked for");
        let mut changes = Vec::new();
        let as_of = |operator: &str| self.kept(number(operator)).as_of;
        let visible = self.sight.visible(rows, as_of, |operator, next| changes.push((number(operator), next)));
        for (number, next) in changes {
            self.kept_mut(number).rows_until = next;
        }
        visible
    }

    /// Reads rows of operators that are new; where the row stage fails, over fewer of them, so that one operator's rows
    /// take nobody else's with them.
    fn read(&mut self, lowered: &mut LoweredFile, rows: &RecordBatch, operators: &OperatorIndex) {
        match lowered.contributions(rows) {
            Ok(given) => self.enter(given, Change::Added, operators),
            Err(_) => match boundary(rows) {
                Boundary::Between(at) => {
                    self.read(lowered, &rows.slice(0, at), operators);
                    self.read(lowered, &rows.slice(at, rows.num_rows() - at), operators);
                }
                Boundary::One(operator) => {
                    if let Some(number) = operators.number_of(&operator) {
                        self.kept_mut(number).is_failing = true;
                    }
                }
            },
        }
    }

    fn enter(&mut self, given: Contributions, change: Change, operators: &OperatorIndex) {
        let numbers: Vec<_> = given.operators.iter().map(|operator| operators.number_of(operator)).collect();
        for entry in given.entries {
            let number = numbers[entry.operator];
            let kept = number.and_then(|number| self.operators.get_mut(number)?.as_mut());
            if let Some(kept) = kept {
                kept.apply(change, entry, &self.kinds);
            }
        }
    }
}
