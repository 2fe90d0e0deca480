//! The window store: the accepted events of every source, as Arrow, kept for the source's retention.
//!
//! State is a *set* of events, so order of arrival does not matter: an event is named by its [`Identity`], the greatest
//! revision wins, a retract beats an upsert of the same revision. The store never changes while a batch is applied: the
//! batch gathers a [`Delta`], and questions are asked of a [`View`] of the store with the delta laid over it.
//! [`WindowStore::stage`] lays it over the store for the next batch too, which can so be decided while the transaction of
//! this one is under way; then [`WindowStore::commit`] takes it in, or [`WindowStore::abort`] drops it.
//!
//! - [`precedence`]: what an event is to what is known of its identity
//! - [`delta`]: the changes of a batch, apart from the store
//! - [`table`]: one source: chunks and open segment, indexed by identity and by operator
//! - [`open_segment`], [`unsealed_row`]: the newest rows, as typed cells
//! - [`operator_key`]: operators, to sort by
//! - [`stored_column`], [`chunk`]: sealed rows, as narrow columns, sorted by operator
//! - [`identity_index`]: where the row of an identity is
//! - [`retained_identities`]: identities that outlive their rows
//! - [`gathered_rows`]: the rows of an answer as one Arrow batch
//! - [`view`]: questions to store and delta
//!
//! What a retained event costs besides its columns: a place in the index (9 bytes, up to 18 while it grows), its identity
//! and the hash of its content (24 bytes), and its operator's share of one 12-byte run a chunk.
//!
//! [`Identity`]: crate::source::Identity

mod chunk;
mod delta;
mod gathered_rows;
mod identity_hash;
mod identity_index;
mod json;
mod open_segment;
mod operator_key;
pub mod precedence;
mod retained_identities;
mod stored_column;
mod table;
mod unsealed_row;
mod view;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;

pub use delta::Delta;
pub use precedence::EventOutcome;
pub use view::View;

use crate::source::{Event, Kind, Op, Source, SourceId, Sources};
use delta::{IdentityChange, NewState, PriorState};
use table::Table;

/// The open segment of a source becomes an Arrow chunk at this many rows.
const SEALED_ROWS: usize = 8_192;

/// Accepted events of all sources.
#[derive(Debug)]
pub struct WindowStore {
    /// One a source, by [`SourceId`].
    tables: Vec<Table>,
    /// The delta of the transaction that is under way.
    staged: Option<Delta>,
}

impl WindowStore {
    pub fn new(sources: &Sources) -> Self {
        Self::of(sources.tables().map(|(_, source)| source.clone()), SEALED_ROWS)
    }

    fn of(sources: impl IntoIterator<Item = Arc<Source>>, sealed_rows: usize) -> Self {
        let tables = sources.into_iter().map(|source| Table::new(source, sealed_rows)).collect();
        Self { tables, staged: None }
    }

    /// Says what an event is to the store with `delta` laid over it, and changes nothing.
    pub fn outcome(&self, delta: &Delta, event: &Event) -> EventOutcome {
        let (_, prior) = self.prior(delta, event);
        precedence::decide(self.table(event.source).source.kind, prior.known, event)
    }

    /// What is known of an event's identity to a record of its instant: in the store, and with `delta` laid over it.
    fn prior(&self, delta: &Delta, event: &Event) -> (PriorState, PriorState) {
        let table = self.table(event.source);
        let known_to_the_record = |prior: PriorState| match table.source.kind {
            Kind::Event => prior.as_of(event.received_at.as_microsecond(), table.retention()),
            Kind::Reference => prior,
        };
        let committed = known_to_the_record(self.view().prior(event.source, event.identity));
        let changed = delta.sources.get(&event.source).and_then(|changes| changes.prior(event.identity));
        (committed, changed.map_or(committed, known_to_the_record))
    }

    /// As [`WindowStore::outcome`], and notes the change in `delta`.
    pub fn admit(&self, delta: &mut Delta, event: Event) -> EventOutcome {
        let table = self.table(event.source);
        let (committed, prior) = self.prior(delta, &event);
        let outcome = precedence::decide(table.source.kind, prior.known, &event);
        if !matches!(outcome, EventOutcome::Applied | EventOutcome::Retracting) {
            return outcome;
        }

        let content = precedence::content_key(&event);
        if outcome == EventOutcome::Applied || prior.occurred_at.is_some() {
            delta.touched.insert(event.operator_id.clone());
        }
        if committed.occurred_at.is_some()
            && (outcome == EventOutcome::Retracting || committed.known.is_none_or(|known| known.content != content))
        {
            delta.lost_evidence.insert(event.operator_id.clone());
        }

        let retain_until = match table.source.kind {
            Kind::Event => retain_until(&prior, &event, table.retention()),
            Kind::Reference => None,
        };
        let (source, operator) = (event.source, event.operator_id.clone());
        let (identity, revision) = (event.identity, event.revision);
        let after = match event.op {
            Op::Upsert => NewState::Live(event.into()),
            Op::Retract => NewState::Retracted { revision, content },
            Op::Delete => NewState::Deleted,
        };
        let changes = delta.sources.entry(source).or_default();
        changes.put(&operator, identity, IdentityChange { after, retain_until });
        outcome
    }

    /// Lays a delta over the store. It must have been made against this very state of the store, with nothing staged.
    pub fn stage(&mut self, delta: Delta) {
        debug_assert!(self.staged.is_none(), "one transaction is under way at a time");
        self.staged = Some(delta);
    }

    /// Takes a delta in at once.
    pub fn install(&mut self, delta: Delta) {
        self.stage(delta);
        self.commit();
    }

    /// What is staged.
    pub fn staged(&self) -> Option<&Delta> {
        self.staged.as_ref()
    }

    /// Takes what is staged in.
    pub fn commit(&mut self) {
        for (source, changes) in self.staged.take().into_iter().flat_map(|delta| delta.sources) {
            self.tables[usize::from(source.0)].install(changes);
        }
    }

    /// Drops what is staged.
    pub fn abort(&mut self) {
        self.staged = None;
    }

    /// Drops what no question at or after `as_of` can see: events of `occurred_at <= as_of - retention`, tombstones
    /// past their time. Returns how many events went. Cheap when nothing is due. With nothing staged.
    pub fn expire(&mut self, as_of: Timestamp) -> usize {
        self.tables.iter_mut().map(|table| table.expire(as_of.as_microsecond())).sum()
    }

    pub fn view(&self) -> View<'_> {
        View::new(&self.tables, self.staged.as_ref(), None)
    }

    pub fn view_with<'a>(&'a self, delta: &'a Delta) -> View<'a> {
        View::new(&self.tables, self.staged.as_ref(), Some(delta))
    }

    /// Live events of one source, as committed.
    pub fn len(&self, source: SourceId) -> usize {
        self.table(source).live_rows()
    }

    /// Bytes that the committed events of one source take: rows, deleted ones included, and all indexes, with what these reserve.
    pub fn bytes(&self, source: SourceId) -> usize {
        self.table(source).bytes()
    }

    fn table(&self, source: SourceId) -> &Table {
        &self.tables[usize::from(source.0)]
    }
}

/// Until when (µs) an event's identity must be known although no row of it may be left: as long as a revision that was
/// superseded or retracted could come again and be young enough to be accepted.
fn retain_until(prior: &PriorState, event: &Event, retention: i64) -> Option<i64> {
    let lost_row = prior.occurred_at.map(|occurred_at| occurred_at.saturating_add(retention));
    match event.op {
        Op::Upsert => {
            let still_to_come = event.occurred_at.as_microsecond().saturating_add(retention);
            prior.retain_until.max(lost_row.filter(|until| *until > still_to_come))
        }
        Op::Retract => {
            let received = event.received_at.as_microsecond().saturating_add(retention);
            prior.retain_until.max(lost_row).max(Some(received))
        }
        Op::Delete => None,
    }
}
