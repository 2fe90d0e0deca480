//! A sealed chunk: rows of one source as narrow columns, sorted by operator and time, never changed except that rows are
//! deleted.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanBufferBuilder, StringArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::TimestampMicrosecondType;

use super::operator_key::OperatorKey;
use super::precedence::{KnownRevision, RevisionState};
use super::stored_column::{PartRow, StoredColumn, pick};
use super::unsealed_row::UnsealedRow;
use crate::source::{Identity, Source, cell, column};

/// A chunk may grow to this many rows by merging: a row's place is 16 bits.
pub(super) const MAX_ROWS: usize = 1 << 16;

/// Columns of which each row has a value of its own, so that none is looked for twice.
const NEVER_REPEATED: [usize; 2] = [column::EVENT_ID, column::OCCURRED_AT];

#[derive(Debug)]
pub(super) struct Chunk {
    /// By their places in the source's schema.
    columns: Box<[StoredColumn]>,
    // The columns by which rows are ordered and expired, so that they need not be looked for.
    occurred_at: ScalarBuffer<i64>,
    event_id: StringArray,
    identities: Box<[Identity]>,
    /// Of each row the part of its content's hash that the store keeps.
    contents: Box<[u64]>,
    /// A row that was superseded, retracted or expired is no longer live; its bytes go when the chunk is rewritten.
    live: BooleanBufferBuilder,
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
    /// Seals rows in this order, which is that of operator and time; at least one, at most [`MAX_ROWS`].
    pub fn seal(source: &Source, rows: &[&UnsealedRow]) -> Self {
        let places: Vec<PartRow> = (0..rows.len()).map(|row| (0, row)).collect();
        let columns = (0..source.columns.len()).map(|index| {
            let values = unsealed_column(source, index, rows.iter().copied());
            if NEVER_REPEATED.contains(&index) {
                return StoredColumn::plain(values);
            }
            StoredColumn::encode(&[values], &places)
        });
        let identities = rows.iter().map(|row| row.identity).collect();
        Self::new(columns.collect(), identities, rows.iter().map(|row| row.content).collect())
    }

    /// The rows of some chunks in this order, which is that of operator and time; at least one, at most [`MAX_ROWS`].
    pub fn merge(chunks: &[Self], rows: &[PartRow]) -> Self {
        let columns = (0..chunks[0].columns.len()).map(|index| {
            let of_chunks: Vec<&StoredColumn> = chunks.iter().map(|chunk| &chunk.columns[index]).collect();
            let parts: Vec<ArrayRef> = of_chunks.iter().map(|column| Arc::clone(column.values())).collect();
            let places: Vec<PartRow> = rows.iter().map(|&(part, row)| (part, of_chunks[part].key(row))).collect();
            if NEVER_REPEATED.contains(&index) {
                return StoredColumn::plain(pick(&parts, &places));
            }
            StoredColumn::encode(&parts, &places)
        });
        let identities = rows.iter().map(|&(part, row)| chunks[part].identities[row]).collect();
        Self::new(columns.collect(), identities, rows.iter().map(|&(part, row)| chunks[part].contents[row]).collect())
    }

    fn new(columns: Box<[StoredColumn]>, identities: Box<[Identity]>, contents: Box<[u64]>) -> Self {
        let occurred_at =
            columns[column::OCCURRED_AT].values().as_primitive::<TimestampMicrosecondType>().values().clone();
        let mut live = BooleanBufferBuilder::new(identities.len());
        live.append_n(identities.len(), true);
        let of_columns: usize = columns.iter().map(StoredColumn::bytes).sum();
        let beside_columns = size_of_val(&*identities) + size_of_val(&*contents) + live.capacity() / 8;
        Self {
            event_id: columns[column::EVENT_ID].values().as_string().clone(),
            earliest: occurred_at.iter().copied().min().unwrap_or(i64::MAX),
            bytes: of_columns + beside_columns,
            live_rows: identities.len(),
            columns,
            occurred_at,
            identities,
            contents,
            live,
        }
    }

    pub fn len(&self) -> usize {
        self.identities.len()
    }

    pub fn live_rows(&self) -> usize {
        self.live_rows
    }

    /// Bytes of all that is kept of the rows.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn column(&self, index: usize) -> &StoredColumn {
        &self.columns[index]
    }

    pub fn is_live(&self, row: usize) -> bool {
        self.live.get_bit(row)
    }

    pub fn occurred_at(&self, row: usize) -> i64 {
        self.occurred_at[row]
    }

    pub fn event_id(&self, row: usize) -> &str {
        self.event_id.value(row)
    }

    pub fn publisher(&self, row: usize) -> &str {
        self.columns[column::PUBLISHER].text(row)
    }

    pub fn identity(&self, row: usize) -> Identity {
        self.identities[row]
    }

    pub fn known(&self, row: usize) -> KnownRevision {
        let revision = self.columns[column::REVISION].integer(row);
        KnownRevision { revision, content: self.contents[row], state: RevisionState::Live }
    }

    pub fn delete(&mut self, row: usize) {
        if self.live.get_bit(row) {
            self.live.set_bit(row, false);
            self.live_rows -= 1;
        }
    }

    /// Deletes the live rows of `occurred_at <= horizon` and says which they were.
    pub fn expire(&mut self, horizon: i64) -> Vec<u16> {
        let mut expired = Vec::new();
        if self.earliest > horizon {
            return expired;
        }
        self.earliest = i64::MAX;
        for (number, row) in (0..=u16::MAX).zip(0..self.len()) {
            if !self.is_live(row) {
                continue;
            }
            if self.occurred_at[row] <= horizon {
                expired.push(number);
                self.delete(row);
            } else {
                self.earliest = self.earliest.min(self.occurred_at[row]);
            }
        }
        expired
    }

    /// Each operator with the range of its rows.
    pub fn runs(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        let operators = &self.columns[column::OPERATOR_ID];
        let mut start = 0;
        std::iter::from_fn(move || {
            if start == self.len() {
                return None;
            }
            let (key, operator) = (operators.key(start), operators.text(start));
            let is_other = |row: &usize| operators.key(*row) != key && operators.text(*row) != operator;
            let end = (start..self.len()).find(is_other).unwrap_or(self.len());
            let run = start..end;
            start = end;
            Some((operator, run))
        })
    }
}

/// The rows of one operator in one of several chunks, deleted ones included.
#[derive(Debug)]
pub(super) struct PartRun<'a> {
    pub operator: OperatorKey<'a>,
    part: usize,
    rows: Range<usize>,
}

/// The runs of some chunks, sorted by operator.
pub(super) fn sorted_runs(chunks: &[Chunk]) -> Vec<PartRun<'_>> {
    let mut runs: Vec<PartRun> = Vec::new();
    for (part, chunk) in chunks.iter().enumerate() {
        runs.extend(chunk.runs().map(|(operator, rows)| PartRun { operator: OperatorKey::of(operator), part, rows }));
    }
    // The stable sort finds that the runs of each chunk are sorted already.
    runs.sort_by_key(|run| run.operator);
    runs
}

/// Appends the live rows of one operator's runs, sorted by time.
pub(super) fn push_live_rows(chunks: &[Chunk], runs: &[PartRun<'_>], rows: &mut Vec<PartRow>) {
    let first = rows.len();
    for run in runs {
        let live_rows = run.rows.clone().filter(|row| chunks[run.part].is_live(*row));
        rows.extend(live_rows.map(|row| (run.part, row)));
    }
    rows[first..].sort_by_key(|&(part, row)| chunks[part].occurred_at(row));
}

/// One column of unsealed rows, in their order.
pub(super) fn unsealed_column<'a>(
    source: &Source,
    index: usize,
    rows: impl ExactSizeIterator<Item = &'a UnsealedRow>,
) -> ArrayRef {
    cell::to_array(&source.columns[index].data_type, rows.map(|row| &row.cells[index]))
}
