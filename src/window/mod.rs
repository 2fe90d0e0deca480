//! The window store: the accepted events of every source, as Arrow, kept for the source's retention.
//!
//! State is a *set* of events, so order of arrival does not matter: an event is named by its [`Identity`], the greatest
//! revision wins, a retract beats an upsert of the same revision. The store never changes while a batch is applied: the
//! batch gathers a [`Delta`], questions are asked of a [`View`] of the store with the delta laid over it, and
//! [`WindowStore::install`] takes the delta in when its transaction is committed.

use std::collections::BTreeSet;

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;

use crate::OperatorId;
use crate::source::{Event, SourceId, Sources};

/// What became of one decoded event (invariant I1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// New, or a higher revision of a known event: what SQL sees has changed.
    Applied,
    /// The same event, revision and content as before.
    Duplicate,
    /// A higher revision, or a retract of the same revision, is known already.
    Superseded,
    /// A retract (or a delete on a reference source) was taken: a tombstone stands for the event.
    Retracting,
    /// The same event and revision with other content: a dead letter.
    Conflict,
}

/// Accepted events of all sources.
#[derive(Debug)]
pub struct WindowStore {}

/// What a batch would change, not yet installed. Dropping it undoes the batch.
#[derive(Debug, Default)]
pub struct Delta {
    /// Operators whose events changed.
    pub touched: BTreeSet<OperatorId>,
    /// Those of them that lost something they had before: a row was retracted, deleted or corrected.
    pub bereft: BTreeSet<OperatorId>,
}

/// The store with a delta laid over it, as one set of events.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    store: &'a WindowStore,
    delta: Option<&'a Delta>,
}

impl WindowStore {
    pub fn new(_sources: &Sources) -> Self {
        todo!()
    }

    /// Says what an event is to the store with `delta` laid over it, and notes the change in `delta`.
    pub fn admit(&self, _delta: &mut Delta, _event: Event) -> Outcome {
        todo!()
    }

    /// Takes a delta in. The delta must have been made against this very state of the store.
    pub fn install(&mut self, _delta: Delta) {
        todo!()
    }

    /// Drops what no question at or after `as_of` can see: events of `occurred_at <= as_of - retention`, tombstones past
    /// their time. Returns how many events went.
    pub fn expire(&mut self, _as_of: Timestamp) -> usize {
        todo!()
    }

    pub fn view(&self) -> View<'_> {
        View { store: self, delta: None }
    }

    pub fn view_with<'a>(&'a self, delta: &'a Delta) -> View<'a> {
        View { store: self, delta: Some(delta) }
    }

    /// Live events of one source.
    pub fn len(&self, _source: SourceId) -> usize {
        todo!()
    }
}

impl View<'_> {
    /// The events of `operators` in one source, as of an instant.
    ///
    /// Shape: the source's Arrow schema; rows of `as_of - retention < occurred_at <= as_of` (all rows of a reference
    /// source), sorted by operator, `occurred_at`, event id, publisher. The order is fixed because float sums depend on it (I3).
    /// Costs time by the operators' events, not by the store. Operators may come in any order, repeated or unknown.
    pub fn gather(&self, _source: SourceId, _operators: &[OperatorId], _as_of: Timestamp) -> RecordBatch {
        let _ = (self.store, self.delta);
        todo!()
    }

    /// The operator's row of a reference source as JSON by column name, without the envelope; `None` if it has none.
    pub fn reference(
        &self,
        _source: SourceId,
        _operator: &OperatorId,
    ) -> Option<serde_json::Map<String, serde_json::Value>> {
        todo!()
    }

    /// Every operator with an event or a reference row, sorted.
    pub fn operators(&self) -> Vec<OperatorId> {
        todo!()
    }
}
