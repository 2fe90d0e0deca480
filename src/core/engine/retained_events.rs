//! The events of one operator that memory holds, a part at a time, for a person who asks. Nothing is evaluated.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Engine;
use crate::source::Kind;

/// Most events of one answer.
pub const MOST_EVENTS: usize = 1_000;

/// Which events of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSelection {
    /// Only of this source.
    pub source: Option<String>,
    /// None that occurred later.
    pub until: Timestamp,
    /// At most so many, and never more than [`MOST_EVENTS`].
    pub limit: usize,
}

/// An event as memory holds it: what is personal was dropped when it was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RetainedEvent {
    pub source: Arc<str>,
    pub publisher: String,
    pub event_id: String,
    pub occurred_at: Timestamp,
    /// The other columns that have a value, by name.
    pub content: Map<String, Value>,
}

impl Engine {
    /// The events of an operator that features may see at `now`, the newest first; those of one instant by source, then
    /// by id, the greatest first. The operator's number may be written in any form; of one that is not known there are
    /// none.
    pub fn events_of(&self, operator: &str, selection: &EventSelection, now: Timestamp) -> Vec<RetainedEvent> {
        let operator = self.sources.operator_id(operator);
        let now = self.not_before_committed(now);
        let (until, limit) = (selection.until.min(now), selection.limit.min(MOST_EVENTS));
        let view = self.store.view().in_retrospect(now);
        let is_asked = |name: &str| selection.source.as_deref().is_none_or(|source| source == name);
        let sources = self.sources.iter().filter(|(_, source)| source.kind == Kind::Event && is_asked(&source.name));
        let rows = sources.flat_map(|(id, source)| {
            let rows = view.newest_rows(id, &operator, until, limit).into_iter();
            rows.map(|row| RetainedEvent::of(Arc::clone(&source.name), row))
        });
        let mut events: Vec<RetainedEvent> = rows.collect();
        // The sort is stable: events of one source and instant stay in the order of their ids.
        events.sort_by(|left, right| {
            (Reverse(left.occurred_at), &left.source).cmp(&(Reverse(right.occurred_at), &right.source))
        });
        events.truncate(limit);
        events
    }
}

impl RetainedEvent {
    fn of(source: Arc<str>, mut content: Map<String, Value>) -> Self {
        content.remove("operator_id");
        let mut taken = |column: &str| match content.remove(column) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let (publisher, event_id, occurred_at) = (taken("publisher"), taken("event_id"), taken("occurred_at"));
        let occurred_at = occurred_at.parse().expect("invariant: arrow writes instants as RFC 3339 does");
        Self { source, publisher, event_id, occurred_at, content }
    }
}
