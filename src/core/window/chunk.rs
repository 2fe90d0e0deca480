//! A sealed chunk: rows of one source as Arrow columns, sorted by operator and time, never changed except that rows are
//! deleted.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::buffer::ScalarBuffer;
use arrow::compute::interleave;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;

use super::unsealed_row::UnsealedRow;
use crate::source::{Identity, Source, cell};

/// A chunk may grow to this many rows by merging: a row's place is 16 bits.
pub(super) const MAX_ROWS: usize = 1 << 16;

#[derive(Debug)]
pub(super) struct Chunk {
    batch: RecordBatch,
    // The columns that every gather reads, so that it need not look for them.
    occurred_at: ScalarBuffer<i64>,
    event_id: StringArray,
    operator_id: StringArray,
    publisher: StringArray,
    identities: Box<[Identity]>,
    /// A row that was superseded, retracted or expired is no longer live; its bytes go when the chunk is rewritten.
    live: Vec<bool>,
    live_rows: usize,
    /// No live row is older.
    earliest: i64,
    bytes: usize,
}

/// The rows of one operator, which lie side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub chunk: u32,
    pub start: u32,
    pub end: u32,
}

impl Chunk {
    /// Seals unsealed rows; at least one, at most [`MAX_ROWS`].
    pub fn seal(source: &Source, mut rows: Vec<UnsealedRow>) -> Self {
        rows.sort_by(|left, right| (&left.operator, left.occurred_at).cmp(&(&right.operator, right.occurred_at)));
        let columns = (0..source.columns.len()).map(|index| unsealed_column(source, index, rows.iter())).collect();
        Self::new(source, columns, rows.iter().map(|row| row.identity).collect())
    }

    /// The live rows of some chunks as one; at least one, at most [`MAX_ROWS`].
    pub fn merge(source: &Source, chunks: &[Self]) -> Self {
        let mut places: Vec<(usize, usize)> = chunks
            .iter()
            .enumerate()
            .flat_map(|(number, chunk)| {
                let live_rows = chunk.live.iter().enumerate().filter(|(_, live)| **live);
                live_rows.map(move |(row, _)| (number, row))
            })
            .collect();
        // The stable sort finds the runs that are sorted already.
        places.sort_by_key(|&(number, row)| (chunks[number].operator_id.value(row), chunks[number].occurred_at[row]));
        let columns = (0..source.columns.len())
            .map(|index| {
                let parts: Vec<&dyn Array> = chunks.iter().map(|chunk| chunk.batch.column(index).as_ref()).collect();
                interleave(&parts, &places).expect("invariant: chunks of a source have one schema and bounded bytes")
            })
            .collect();
        let identities = places.iter().map(|&(number, row)| chunks[number].identities[row]).collect();
        Self::new(source, columns, identities)
    }

    fn new(source: &Source, mut columns: Vec<ArrayRef>, identities: Box<[Identity]>) -> Self {
        for column in &mut columns {
            column.shrink_to_fit();
        }
        let batch = RecordBatch::try_new(source.schema.clone(), columns)
            .expect("invariant: cells follow the schema of their source");
        let occurred_at = envelope(&batch, "occurred_at").as_primitive::<TimestampMicrosecondType>().values().clone();
        let earliest = occurred_at.iter().copied().min().unwrap_or(i64::MAX);
        Self {
            event_id: envelope(&batch, "event_id").as_string().clone(),
            operator_id: envelope(&batch, "operator_id").as_string().clone(),
            publisher: envelope(&batch, "publisher").as_string().clone(),
            occurred_at,
            live: vec![true; batch.num_rows()],
            live_rows: batch.num_rows(),
            identities,
            earliest,
            bytes: batch.get_array_memory_size(),
            batch,
        }
    }

    pub fn len(&self) -> usize {
        self.identities.len()
    }

    pub fn live_rows(&self) -> usize {
        self.live_rows
    }

    /// Bytes of the columns.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn column(&self, index: usize) -> &dyn Array {
        self.batch.column(index).as_ref()
    }

    pub fn is_live(&self, row: usize) -> bool {
        self.live[row]
    }

    pub fn occurred_at(&self, row: usize) -> i64 {
        self.occurred_at[row]
    }

    pub fn event_id(&self, row: usize) -> &str {
        self.event_id.value(row)
    }

    pub fn publisher(&self, row: usize) -> &str {
        self.publisher.value(row)
    }

    pub fn identity(&self, row: usize) -> Identity {
        self.identities[row]
    }

    pub fn identities(&self) -> &[Identity] {
        &self.identities
    }

    pub fn delete(&mut self, row: usize) {
        if std::mem::replace(&mut self.live[row], false) {
            self.live_rows -= 1;
        }
    }

    /// Deletes rows of `occurred_at <= horizon` and notes their identities.
    pub fn expire(&mut self, horizon: i64, expired: &mut Vec<Identity>) {
        if self.earliest > horizon {
            return;
        }
        self.earliest = i64::MAX;
        for row in 0..self.len() {
            if !self.live[row] {
                continue;
            }
            if self.occurred_at[row] <= horizon {
                expired.push(self.identities[row]);
                self.delete(row);
            } else {
                self.earliest = self.earliest.min(self.occurred_at[row]);
            }
        }
    }

    /// Each operator with the range of its rows.
    pub fn runs(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        let mut start = 0;
        std::iter::from_fn(move || {
            if start == self.len() {
                return None;
            }
            let operator = self.operator_id.value(start);
            let end = (start..self.len()).find(|row| self.operator_id.value(*row) != operator).unwrap_or(self.len());
            let run = start..end;
            start = end;
            Some((operator, run))
        })
    }
}

/// One column of unsealed rows, in their order.
pub(super) fn unsealed_column<'a>(
    source: &Source,
    index: usize,
    rows: impl ExactSizeIterator<Item = &'a UnsealedRow>,
) -> ArrayRef {
    cell::to_array(&source.columns[index].data_type, rows.map(|row| &row.cells[index]))
}

fn envelope<'a>(batch: &'a RecordBatch, name: &str) -> &'a ArrayRef {
    batch.column_by_name(name).expect("invariant: every source has the columns of the envelope")
}
