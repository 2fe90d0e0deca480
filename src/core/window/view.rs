//! Questions to the store: these operators' events as of an instant.

use std::collections::{BTreeSet, HashMap};

use arrow::array::{Array, ArrayRef};
use arrow::compute::interleave;
use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use serde_json::{Map, Value};
use yujing_base::OperatorId;

use super::chunk::{Chunk, unsealed_column};
use super::delta::{Delta, SourceChanges};
use super::json;
use super::table::{StoredRow, Table};
use super::unsealed_row::UnsealedRow;
use crate::source::{Source, SourceId};

/// The store with a delta laid over it, as one set of events.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// One a source, by [`SourceId`].
    tables: &'a [Table],
    pub(super) delta: Option<&'a Delta>,
    /// Whether what the delta retracts or corrects stands as it was.
    additions_only: bool,
    /// From where the past is looked at, if the questions are about the past.
    retrospect_from: Option<Timestamp>,
}

/// A row that belongs to the answer, with what it is sorted by within its operator.
#[derive(Debug)]
struct GatheredRow<'a> {
    occurred_at: i64,
    event_id: &'a str,
    publisher: &'a str,
    row: StoredRow<'a>,
}

impl<'a> View<'a> {
    pub(super) fn new(tables: &'a [Table], delta: Option<&'a Delta>) -> Self {
        Self { tables, delta, additions_only: false, retrospect_from: None }
    }

    /// The same without the delta.
    #[must_use]
    pub fn without_delta(self) -> Self {
        Self { delta: None, ..self }
    }

    /// The same with what the delta adds, and without what it takes: what it retracts or corrects stands as it was.
    #[must_use]
    pub fn with_additions_only(self) -> Self {
        Self { additions_only: true, ..self }
    }

    /// The same for questions about the past, asked at `now`: they see no row that a question as of `now` no longer
    /// sees, so that it does not matter when memory was cleared; and what a reference source first describes in the
    /// batch counts from its own date on, not before.
    #[must_use]
    pub fn in_retrospect(self, now: Timestamp) -> Self {
        Self { retrospect_from: Some(now), ..self }
    }

    /// Whether the delta changes what a question as of an instant sees of an operator. (An event that was past its
    /// retention can be retracted as long as it is in memory; that changes nothing.)
    pub fn is_changed(&self, operator: &str, as_of: Timestamp) -> bool {
        let as_of = as_of.as_microsecond();
        self.sources().any(|source| {
            let table = self.table(source);
            let is_kept = |occurred_at: i64| table.horizon(as_of).is_none_or(|horizon| horizon < occurred_at);
            let changes = self.changes(source);
            let replaced = changes.into_iter().flat_map(|changes| changes.identities_of(operator));
            let mut replaced = replaced.filter_map(|identity| table.prior(*identity).occurred_at);
            let mut added = changes.into_iter().flat_map(|changes| changes.rows_of(operator));
            replaced.any(is_kept) || added.any(|row| is_kept(row.occurred_at))
        })
    }

    /// Whether the delta retracts or corrects a row that the store has of an operator.
    pub fn removes_rows_of(&self, operator: &OperatorId) -> bool {
        self.delta.is_some_and(|delta| delta.lost_evidence.contains(operator))
    }

    /// Whether the delta has a row of an operator that is dated at or before an instant.
    pub fn adds_rows_until(&self, operator: &str, instant: Timestamp) -> bool {
        let instant = instant.as_microsecond();
        let sources = self.sources().filter_map(|source| self.changes(source));
        sources.flat_map(|changes| changes.rows_of(operator)).any(|row| row.occurred_at <= instant)
    }

    /// The events of `operators` in one source, as of an instant.
    ///
    /// Shape: the source's Arrow schema; rows of `as_of - retention < occurred_at <= as_of` (all rows of a reference
    /// source), sorted by operator, `occurred_at`, event id, publisher. The order is fixed because float sums depend on
    /// it (I3). Costs time by the operators' events, not by the store. Operators may come in any order, repeated or
    /// unknown.
    pub fn gather(&self, source: SourceId, operators: &[OperatorId], as_of: Timestamp) -> RecordBatch {
        let table = self.table(source);
        let forgotten = table.horizon(self.retrospect_from.unwrap_or(as_of).as_microsecond());
        let as_of = as_of.as_microsecond();
        let horizon = table.horizon(as_of).max(forgotten);
        let visible = |occurred_at: i64| horizon.is_none_or(|horizon| horizon < occurred_at && occurred_at <= as_of);
        let mut sorted: Vec<&str> = operators.iter().map(AsRef::as_ref).collect();
        sorted.sort_unstable();
        sorted.dedup();

        let mut gathered = Vec::new();
        for operator in sorted {
            let first = gathered.len();
            gathered.extend(
                self.rows_of(source, operator, as_of).map(GatheredRow::of).filter(|row| visible(row.occurred_at)),
            );
            gathered[first..].sort_unstable_by_key(|row| (row.occurred_at, row.event_id, row.publisher));
        }
        collect(table, &gathered)
    }

    /// The operators' rows of a reference source as JSON by column name, without the envelope and without what is
    /// unknown; those without a row are absent. One call for many costs a fraction of one for each.
    pub fn references(&self, source: SourceId, operators: &[OperatorId]) -> HashMap<OperatorId, Map<String, Value>> {
        json::rows(&self.gather(source, operators, Timestamp::MAX))
    }

    /// Every operator with an event or a reference row, sorted.
    pub fn operators(&self) -> Vec<OperatorId> {
        let mut found = BTreeSet::new();
        for source in self.sources() {
            let known = self.table(source).operators();
            let added = self.changes(source).into_iter().flat_map(SourceChanges::operators);
            for operator in known.chain(added) {
                if !found.contains(operator) && self.rows_of(source, operator, i64::MAX).next().is_some() {
                    found.insert(operator.clone());
                }
            }
        }
        found.into_iter().collect()
    }

    pub(super) fn table(&self, source: SourceId) -> &'a Table {
        &self.tables[usize::from(source.0)]
    }

    fn sources(&self) -> impl Iterator<Item = SourceId> + use<> {
        (0..=u16::MAX).take(self.tables.len()).map(SourceId)
    }

    fn changes(&self, source: SourceId) -> Option<&'a SourceChanges> {
        self.delta.and_then(|delta| delta.sources.get(&source))
    }

    /// The rows of an operator: the store's that the delta does not override, and the delta's.
    fn rows_of(&self, source: SourceId, operator: &str, as_of: i64) -> impl Iterator<Item = StoredRow<'a>> {
        let view = *self;
        let table = view.table(source);
        let changes = view.changes(source).filter(|changes| changes.touches(operator));
        let kept = table.rows_of(operator);
        let kept = kept
            .filter(move |row| view.additions_only || changes.is_none_or(|changes| !changes.overrides(row.identity())));
        let added = changes.into_iter().flat_map(|changes| changes.rows_of(operator));
        let added = added.filter(move |row| view.shows(table, row, as_of));
        kept.chain(added.map(StoredRow::Unsealed))
    }

    /// Whether a row of the delta belongs to what a question as of an instant sees, its window aside.
    fn shows(&self, table: &Table, row: &UnsealedRow, as_of: i64) -> bool {
        if !self.additions_only && self.retrospect_from.is_none() {
            return true;
        }
        let now = self.retrospect_from.map_or(as_of, Timestamp::as_microsecond);
        let is_kept = |occurred_at: i64| table.horizon(now).is_none_or(|horizon| horizon < occurred_at);
        let is_new = !table.prior(row.identity).occurred_at.is_some_and(is_kept);
        let is_early = self.retrospect_from.is_some() && row.occurred_at > as_of;
        if is_new { !is_early } else { !self.additions_only }
    }
}

impl<'a> GatheredRow<'a> {
    fn of(row: StoredRow<'a>) -> Self {
        let (occurred_at, event_id, publisher) = match row {
            StoredRow::Sealed { chunk, row, .. } => (chunk.occurred_at(row), chunk.event_id(row), chunk.publisher(row)),
            StoredRow::Unsealed(row) => (row.occurred_at, &*row.event_id, &*row.publisher),
        };
        Self { occurred_at, event_id, publisher, row }
    }
}

/// The picked rows as one batch, in their order.
fn collect(table: &Table, gathered: &[GatheredRow<'_>]) -> RecordBatch {
    let source = &table.source;
    if gathered.is_empty() {
        return RecordBatch::new_empty(source.schema.clone());
    }
    let mut chunks: Vec<&Chunk> = Vec::new();
    let mut unsealed: Vec<&UnsealedRow> = Vec::new();
    let mut part_of_chunk: Vec<Option<usize>> = vec![None; table.chunk_numbers()];
    // Part 0 is the unsealed rows, the others are the chunks met.
    let places: Vec<(usize, usize)> = gathered
        .iter()
        .map(|gathered| match gathered.row {
            StoredRow::Unsealed(row) => {
                unsealed.push(row);
                (0, unsealed.len() - 1)
            }
            StoredRow::Sealed { number, chunk, row } => {
                let part = *part_of_chunk[number as usize].get_or_insert_with(|| {
                    chunks.push(chunk);
                    chunks.len()
                });
                (part, row)
            }
        })
        .collect();
    let columns = (0..source.columns.len()).map(|index| column(source, index, &unsealed, &chunks, &places)).collect();
    RecordBatch::try_new(source.schema.clone(), columns).expect("invariant: cells follow the schema of their source")
}

fn column(
    source: &Source,
    index: usize,
    unsealed: &[&UnsealedRow],
    chunks: &[&Chunk],
    places: &[(usize, usize)],
) -> ArrayRef {
    let unsealed_part = unsealed_column(source, index, unsealed.iter().copied());
    if chunks.is_empty() {
        return unsealed_part;
    }
    let parts: Vec<&dyn Array> =
        std::iter::once(unsealed_part.as_ref()).chain(chunks.iter().map(|chunk| chunk.column(index))).collect();
    interleave(&parts, places).expect("invariant: the rows of a gather stay below 2 GiB a column")
}
