//! One row that is not in an Arrow chunk yet.

use std::sync::Arc;

use yujing_base::OperatorId;

use super::precedence::{self, KnownRevision, RevisionState};
use crate::source::{Cell, Event, Identity};

/// An accepted event of a delta or of the open segment.
#[derive(Debug)]
pub(super) struct UnsealedRow {
    pub identity: Identity,
    pub operator: OperatorId,
    pub event_id: Arc<str>,
    pub publisher: Arc<str>,
    /// Microseconds since 1970, as in the cells.
    pub occurred_at: i64,
    pub revision: i64,
    /// The part of the content's hash that the store keeps.
    pub content: u64,
    pub cells: Box<[Cell]>,
}

impl UnsealedRow {
    /// About how many bytes the row takes.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.cells.iter().map(weight).sum::<usize>()
    }

    pub fn known(&self) -> KnownRevision {
        KnownRevision { revision: self.revision, content: self.content, state: RevisionState::Live }
    }
}

impl From<Event> for UnsealedRow {
    fn from(event: Event) -> Self {
        Self {
            content: precedence::content_key(&event),
            revision: event.revision,
            identity: event.identity,
            operator: event.operator_id,
            event_id: event.event_id,
            publisher: event.publisher,
            occurred_at: event.occurred_at.as_microsecond(),
            cells: event.cells,
        }
    }
}

fn weight(cell: &Cell) -> usize {
    let beyond = match cell {
        Cell::Text(text) => text.len(),
        Cell::List(cells) | Cell::Object(cells) => cells.iter().map(weight).sum(),
        Cell::Null
        | Cell::Bool(_)
        | Cell::Int(_)
        | Cell::Float(_)
        | Cell::Decimal(_)
        | Cell::Time(_)
        | Cell::Date(_) => 0,
    };
    size_of::<Cell>() + beyond
}
