//! Questions to the store: these operators' events as of an instant.

use std::collections::{BTreeSet, HashMap};

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use serde_json::{Map, Value};
use yujing_base::OperatorId;

use super::delta::{Delta, PriorState, SourceChanges};
use super::gathered_rows::GatheredRows;
use super::json;
use super::table::{StoredRow, Table};
use super::unsealed_row::UnsealedRow;
use crate::source::{Identity, SourceId};

/// The store with a delta laid over it, as one set of events. To a view the store is what is committed with what is
/// staged.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// One a source, by [`SourceId`].
    tables: &'a [Table],
    staged: Option<&'a Delta>,
    pub(super) delta: Option<&'a Delta>,
    /// Whether what the delta retracts or corrects stands as it was.
    additions_only: bool,
    /// From where the past is looked at, if the questions are about the past.
    retrospect_from: Option<Timestamp>,
    /// The places of the columns that batches have; all of the source's if `None`.
    columns: Option<&'a [usize]>,
}

impl<'a> View<'a> {
    pub(super) fn new(tables: &'a [Table], staged: Option<&'a Delta>, delta: Option<&'a Delta>) -> Self {
        Self { tables, staged, delta, additions_only: false, retrospect_from: None, columns: None }
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

    /// The same with batches of only these columns, by their places in the source's schema and in this order: others
    /// are not built. All questions to it must be about the one source that has these columns.
    #[must_use]
    pub fn with_columns(self, columns: &'a [usize]) -> Self {
        Self { columns: Some(columns), ..self }
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
            let mut replaced = replaced.filter_map(|identity| self.prior(source, *identity).occurred_at);
            let mut added = changes.into_iter().flat_map(|changes| changes.rows_of(operator));
            replaced.any(is_kept) || added.any(|row| is_kept(row.occurred_at))
        })
    }

    /// Whether the delta says anything of an operator in one source.
    pub fn changes_of(&self, source: SourceId, operator: &str) -> bool {
        self.changes(source).is_some_and(|changes| changes.touches(operator))
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
        let visible =
            move |occurred_at: i64| horizon.is_none_or(|horizon| horizon < occurred_at && occurred_at <= as_of);
        self.collect(source, operators.iter(), |operator| {
            self.rows_of(source, operator, as_of).filter(move |row| visible(row.occurred_at()))
        })
    }

    /// The newest rows of one operator that [`gather`](Self::gather) gives, at most so many, as JSON by column name with
    /// the envelope and without what is unknown; the newest first.
    pub fn newest_rows(
        &self,
        source: SourceId,
        operator: &OperatorId,
        as_of: Timestamp,
        most: usize,
    ) -> Vec<Map<String, Value>> {
        let rows = self.gather(source, std::slice::from_ref(operator), as_of);
        let from = rows.num_rows().saturating_sub(most);
        let mut newest = json::objects(&rows.slice(from, rows.num_rows() - from));
        newest.reverse();
        newest
    }

    /// Everything in memory of `operators` in one source, whenever it counts: rows dated ahead too, and rows past their
    /// retention that are not cleared away yet. Shape and order as in [`gather`](Self::gather).
    pub fn gather_all(&self, source: SourceId, operators: &[OperatorId]) -> RecordBatch {
        self.collect(source, operators.iter(), |operator| self.rows_of(source, operator, i64::MAX))
    }

    /// The operators of a source of which the delta says something, in no particular order.
    pub fn changed_operators(&self, source: SourceId) -> impl Iterator<Item = &'a OperatorId> {
        self.changes(source).into_iter().flat_map(SourceChanges::operators)
    }

    /// The rows of the store that the delta replaces, retracts or deletes. Shape and order as in
    /// [`gather`](Self::gather).
    pub fn removed_rows(&self, source: SourceId) -> RecordBatch {
        let Some(changes) = self.changes(source) else { return self.collect_none(source) };
        self.collect(source, changes.operators(), |operator| {
            changes.identities_of(operator).filter_map(|identity| self.stored_row(source, *identity))
        })
    }

    /// The rows that the delta adds to the store, those that replace one included. Shape and order as in
    /// [`gather`](Self::gather).
    pub fn added_rows(&self, source: SourceId) -> RecordBatch {
        let Some(changes) = self.changes(source) else { return self.collect_none(source) };
        self.collect(source, changes.operators(), |operator| changes.rows_of(operator).map(StoredRow::Unsealed))
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
            let added = [self.staged_changes(source), self.changes(source)].into_iter().flatten();
            let added = added.flat_map(SourceChanges::operators);
            for operator in known.chain(added) {
                if !found.contains(operator) && self.rows_of(source, operator, i64::MAX).next().is_some() {
                    found.insert(operator.clone());
                }
            }
        }
        found.into_iter().collect()
    }

    /// The rows of some operators as one batch: each operator once, sorted, whatever the order they are named in.
    fn collect<'o, Rows: Iterator<Item = StoredRow<'a>>>(
        &self,
        source: SourceId,
        operators: impl Iterator<Item = &'o OperatorId>,
        rows_of: impl Fn(&'o str) -> Rows,
    ) -> RecordBatch {
        let mut sorted: Vec<&str> = operators.map(AsRef::as_ref).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut gathered = GatheredRows::default();
        for operator in sorted {
            gathered.add_operator(rows_of(operator));
        }
        gathered.to_batch(self.table(source), self.columns)
    }

    fn collect_none(&self, source: SourceId) -> RecordBatch {
        GatheredRows::default().to_batch(self.table(source), self.columns)
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

    fn staged_changes(&self, source: SourceId) -> Option<&'a SourceChanges> {
        self.staged.and_then(|staged| staged.sources.get(&source))
    }

    /// What the store knows of an identity.
    pub(super) fn prior(&self, source: SourceId, identity: Identity) -> PriorState {
        let staged = self.staged_changes(source).and_then(|changes| changes.prior(identity));
        staged.unwrap_or_else(|| self.table(source).prior(identity))
    }

    /// The row that the store has of an identity.
    fn stored_row(&self, source: SourceId, identity: Identity) -> Option<StoredRow<'a>> {
        match self.staged_changes(source).filter(|changes| changes.overrides(identity)) {
            Some(changes) => changes.row(identity).map(StoredRow::Unsealed),
            None => self.table(source).row(identity),
        }
    }

    /// The rows that the store has of an operator.
    fn stored_rows_of(&self, source: SourceId, operator: &str) -> impl Iterator<Item = StoredRow<'a>> {
        let staged = self.staged_changes(source).filter(|changes| changes.touches(operator));
        let committed = self.table(source).rows_of(operator);
        let kept = committed.filter(move |row| staged.is_none_or(|changes| !changes.overrides(row.identity())));
        let added = staged.into_iter().flat_map(|changes| changes.rows_of(operator));
        kept.chain(added.map(StoredRow::Unsealed))
    }

    /// The rows of an operator: the store's that the delta does not override, and the delta's.
    fn rows_of(&self, source: SourceId, operator: &str, as_of: i64) -> impl Iterator<Item = StoredRow<'a>> {
        let view = *self;
        let changes = view.changes(source).filter(|changes| changes.touches(operator));
        let kept = self.stored_rows_of(source, operator);
        let kept = kept
            .filter(move |row| view.additions_only || changes.is_none_or(|changes| !changes.overrides(row.identity())));
        let added = changes.into_iter().flat_map(|changes| changes.rows_of(operator));
        let added = added.filter(move |row| view.shows(source, row, as_of));
        kept.chain(added.map(StoredRow::Unsealed))
    }

    /// Whether a row of the delta belongs to what a question as of an instant sees, its window aside.
    fn shows(&self, source: SourceId, row: &UnsealedRow, as_of: i64) -> bool {
        if !self.additions_only && self.retrospect_from.is_none() {
            return true;
        }
        let now = self.retrospect_from.map_or(as_of, Timestamp::as_microsecond);
        let horizon = self.table(source).horizon(now);
        let is_kept = |occurred_at: i64| horizon.is_none_or(|horizon| horizon < occurred_at);
        let is_new = !self.prior(source, row.identity).occurred_at.is_some_and(is_kept);
        let is_early = self.retrospect_from.is_some() && row.occurred_at > as_of;
        if is_new { !is_early } else { !self.additions_only }
    }
}
