//! Questions to the store: these operators' events as of an instant.

use std::collections::{BTreeSet, HashMap};

use arrow::array::{Array, ArrayRef};
use arrow::compute::interleave;
use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::chunk::{Chunk, loose_column};
use super::delta::{Changes, Delta};
use super::row::LooseRow;
use super::table::{Table, Visited};
use super::{WindowStore, json};
use crate::OperatorId;
use crate::source::{Source, SourceId};

/// The store with a delta laid over it, as one set of events.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub(super) store: &'a WindowStore,
    pub(super) delta: Option<&'a Delta>,
    /// Whether what the delta retracts or corrects stands as it was.
    spares: bool,
    /// From where the past is looked at, if the questions are about the past.
    looks_back_from: Option<Timestamp>,
}

/// A row that belongs to the answer, with what it is sorted by within its operator.
#[derive(Debug)]
struct Picked<'a> {
    occurred_at: i64,
    event_id: &'a str,
    publisher: &'a str,
    row: Visited<'a>,
}

impl<'a> View<'a> {
    pub(super) fn new(store: &'a WindowStore, delta: Option<&'a Delta>) -> Self {
        Self { store, delta, spares: false, looks_back_from: None }
    }

    /// The same without the delta.
    #[must_use]
    pub fn without_the_batch(self) -> Self {
        Self { delta: None, ..self }
    }

    /// The same with what the delta adds, and without what it takes: what it retracts or corrects stands as it was.
    #[must_use]
    pub fn sparing_what_is_taken(self) -> Self {
        Self { spares: true, ..self }
    }

    /// The same for questions about the past, asked at `now`: they see no row that a question as of `now` no longer sees,
    /// so that it does not matter when memory was cleared; and what a reference source first tells in the batch counts
    /// from its own date on, not before.
    #[must_use]
    pub fn looking_back_from(self, now: Timestamp) -> Self {
        Self { looks_back_from: Some(now), ..self }
    }

    /// Whether the delta changes what a question as of an instant sees of an operator. (An event that was past its
    /// retention can be retracted as long as it is in memory; that changes nothing.)
    pub fn is_changed(&self, operator: &str, as_of: Timestamp) -> bool {
        let as_of = as_of.as_microsecond();
        self.store.sources().any(|source| {
            let table = self.store.table(source);
            let is_kept = |occurred_at: i64| table.horizon(as_of).is_none_or(|horizon| horizon < occurred_at);
            let changes = self.changes(source);
            let replaced = changes.into_iter().flat_map(|changes| changes.identities_of(operator));
            let mut replaced = replaced.filter_map(|identity| table.past(*identity).occurred_at);
            let mut added = changes.into_iter().flat_map(|changes| changes.rows_of(operator));
            replaced.any(is_kept) || added.any(|row| is_kept(row.occurred_at))
        })
    }

    /// Whether the delta retracts or corrects a row that the store has of an operator.
    pub fn takes_from(&self, operator: &OperatorId) -> bool {
        self.delta.is_some_and(|delta| delta.bereft.contains(operator))
    }

    /// Whether the delta has a row of an operator that is dated at or before an instant.
    pub fn reaches_back(&self, operator: &str, instant: Timestamp) -> bool {
        let instant = instant.as_microsecond();
        let sources = self.store.sources().filter_map(|source| self.changes(source));
        sources.flat_map(|changes| changes.rows_of(operator)).any(|row| row.occurred_at <= instant)
    }

    /// The events of `operators` in one source, as of an instant.
    ///
    /// Shape: the source's Arrow schema; rows of `as_of - retention < occurred_at <= as_of` (all rows of a reference
    /// source), sorted by operator, `occurred_at`, event id, publisher. The order is fixed because float sums depend on it (I3).
    /// Costs time by the operators' events, not by the store. Operators may come in any order, repeated or unknown.
    pub fn gather(&self, source: SourceId, operators: &[OperatorId], as_of: Timestamp) -> RecordBatch {
        let table = self.store.table(source);
        let forgotten = table.horizon(self.looks_back_from.unwrap_or(as_of).as_microsecond());
        let as_of = as_of.as_microsecond();
        let horizon = table.horizon(as_of).max(forgotten);
        let visible = |occurred_at: i64| horizon.is_none_or(|horizon| horizon < occurred_at && occurred_at <= as_of);
        let mut sorted: Vec<&str> = operators.iter().map(AsRef::as_ref).collect();
        sorted.sort_unstable();
        sorted.dedup();

        let mut picked = Vec::new();
        for operator in sorted {
            let first = picked.len();
            picked.extend(self.rows_of(source, operator, as_of).map(Picked::of).filter(|row| visible(row.occurred_at)));
            picked[first..].sort_unstable_by_key(|row| (row.occurred_at, row.event_id, row.publisher));
        }
        collect(table, &picked)
    }

    /// The operators' rows of a reference source as JSON by column name, without the envelope and without what is unknown;
    /// those without a row are absent. One call for many costs a fraction of one for each.
    pub fn references(&self, source: SourceId, operators: &[OperatorId]) -> HashMap<OperatorId, Map<String, Value>> {
        json::rows(&self.gather(source, operators, Timestamp::MAX))
    }

    /// Every operator with an event or a reference row, sorted.
    pub fn operators(&self) -> Vec<OperatorId> {
        let mut found = BTreeSet::new();
        for source in self.store.sources() {
            let known = self.store.table(source).operators();
            let added = self.changes(source).into_iter().flat_map(Changes::operators);
            for operator in known.chain(added) {
                if !found.contains(operator) && self.rows_of(source, operator, i64::MAX).next().is_some() {
                    found.insert(operator.clone());
                }
            }
        }
        found.into_iter().collect()
    }

    fn changes(&self, source: SourceId) -> Option<&'a Changes> {
        self.delta.and_then(|delta| delta.sources.get(&source))
    }

    /// The rows of an operator: the store's that the delta does not override, and the delta's.
    fn rows_of(&self, source: SourceId, operator: &str, as_of: i64) -> impl Iterator<Item = Visited<'a>> {
        let view = *self;
        let table = view.store.table(source);
        let changes = view.changes(source).filter(|changes| changes.touches(operator));
        let kept = table.rows_of(operator);
        let kept =
            kept.filter(move |row| view.spares || changes.is_none_or(|changes| !changes.overrides(row.identity())));
        let added = changes.into_iter().flat_map(|changes| changes.rows_of(operator));
        let added = added.filter(move |row| view.lays(table, row, as_of));
        kept.chain(added.map(Visited::Loose))
    }

    /// Whether a row of the delta belongs to what a question as of an instant sees, its window aside.
    fn lays(&self, table: &Table, row: &LooseRow, as_of: i64) -> bool {
        if !self.spares && self.looks_back_from.is_none() {
            return true;
        }
        let now = self.looks_back_from.map_or(as_of, Timestamp::as_microsecond);
        let is_kept = |occurred_at: i64| table.horizon(now).is_none_or(|horizon| horizon < occurred_at);
        let is_new = !table.past(row.identity).occurred_at.is_some_and(is_kept);
        let is_early = self.looks_back_from.is_some() && row.occurred_at > as_of;
        if is_new { !is_early } else { !self.spares }
    }
}

impl<'a> Picked<'a> {
    fn of(row: Visited<'a>) -> Self {
        let (occurred_at, event_id, publisher) = match row {
            Visited::Sealed { chunk, row, .. } => (chunk.occurred_at(row), chunk.event_id(row), chunk.publisher(row)),
            Visited::Loose(row) => (row.occurred_at, &*row.event_id, &*row.publisher),
        };
        Self { occurred_at, event_id, publisher, row }
    }
}

/// The picked rows as one batch, in their order.
fn collect(table: &Table, picked: &[Picked<'_>]) -> RecordBatch {
    let source = &table.source;
    if picked.is_empty() {
        return RecordBatch::new_empty(source.schema.clone());
    }
    let mut chunks: Vec<&Chunk> = Vec::new();
    let mut loose: Vec<&LooseRow> = Vec::new();
    let mut part_of_chunk: Vec<Option<usize>> = vec![None; table.chunk_numbers()];
    // Part 0 is the loose rows, the others are the chunks met.
    let places: Vec<(usize, usize)> = picked
        .iter()
        .map(|picked| match picked.row {
            Visited::Loose(row) => {
                loose.push(row);
                (0, loose.len() - 1)
            }
            Visited::Sealed { number, chunk, row } => {
                let part = *part_of_chunk[number as usize].get_or_insert_with(|| {
                    chunks.push(chunk);
                    chunks.len()
                });
                (part, row)
            }
        })
        .collect();
    let columns = (0..source.columns.len()).map(|index| column(source, index, &loose, &chunks, &places)).collect();
    RecordBatch::try_new(source.schema.clone(), columns).expect("invariant: cells follow the schema of their source")
}

fn column(
    source: &Source,
    index: usize,
    loose: &[&LooseRow],
    chunks: &[&Chunk],
    places: &[(usize, usize)],
) -> ArrayRef {
    let loose_part = loose_column(source, index, loose.iter().copied());
    if chunks.is_empty() {
        return loose_part;
    }
    let parts: Vec<&dyn Array> =
        std::iter::once(loose_part.as_ref()).chain(chunks.iter().map(|chunk| chunk.column(index))).collect();
    interleave(&parts, places).expect("invariant: the rows of a gather stay below 2 GiB a column")
}
