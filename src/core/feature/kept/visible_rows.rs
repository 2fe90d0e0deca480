//! The rows that a question sees, and when it sees others.

use arrow::array::{Array, AsArray, BooleanArray, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;

use crate::source::{Kind, Source};

/// One operator's rows among those of many.
#[derive(Debug, Clone, Copy)]
pub struct OperatorRows<'a> {
    pub operator: &'a str,
    pub begin: usize,
    pub end: usize,
}

/// The rows of each operator of a batch sorted by operator.
pub fn by_operator(ids: &StringArray) -> Vec<OperatorRows<'_>> {
    let mut found: Vec<OperatorRows<'_>> = Vec::new();
    for row in 0..ids.len() {
        match found.last_mut() {
            Some(last) if last.operator == ids.value(row) => last.end = row + 1,
            _ => found.push(OperatorRows { operator: ids.value(row), begin: row, end: row + 1 }),
        }
    }
    found
}

/// The ids of a batch's rows.
pub fn ids(rows: &RecordBatch) -> &StringArray {
    rows.column_by_name("operator_id")
        .and_then(|ids| ids.as_string_opt::<i32>())
        .expect("invariant: every source has the envelope's operator_id")
}

/// How long the rows of a source are seen.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    /// None for a reference source: its rows are always seen.
    retention: Option<i64>,
}

impl Sight {
    pub fn of(source: &Source) -> Self {
        let retention = i64::try_from(source.retention.as_micros()).unwrap_or(i64::MAX);
        Self { retention: (source.kind == Kind::Event).then_some(retention) }
    }

    /// The rows that are seen as of the instant of their operator, and for each operator the first instant behind it at
    /// which others are: `as_of` is asked for the instant, `tell` told of the change.
    pub fn visible(
        self,
        rows: &RecordBatch,
        as_of: impl Fn(&str) -> i64,
        mut tell: impl FnMut(&str, i64),
    ) -> RecordBatch {
        let Some(retention) = self.retention else { return rows.clone() };
        let times = rows
            .column_by_name("occurred_at")
            .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>())
            .expect("invariant: every source of events has the envelope's occurred_at");
        let mut is_seen = Vec::with_capacity(rows.num_rows());
        for OperatorRows { operator, begin, end } in by_operator(ids(rows)) {
            let as_of = as_of(operator);
            let mut next = i64::MAX;
            for time in &times.values()[begin..end] {
                let leaves = time.saturating_add(retention);
                let is_past = *time <= as_of.saturating_sub(retention);
                is_seen.push(*time <= as_of && !is_past);
                if !is_past {
                    next = next.min(if *time > as_of { *time } else { leaves });
                }
            }
            tell(operator, next);
        }
        filter_record_batch(rows, &BooleanArray::from(is_seen)).expect("invariant: the mask has one value a row")
    }
}
