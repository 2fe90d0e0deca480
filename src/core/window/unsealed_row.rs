//! One row that is not in an Arrow chunk yet.

use std::sync::Arc;

use yujing_base::OperatorId;

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
    pub cells: Box<[Cell]>,
}

impl UnsealedRow {
    /// About how many bytes the cells take.
    pub fn weight(&self) -> usize {
        self.cells.iter().map(weight).sum()
    }
}

impl From<Event> for UnsealedRow {
    fn from(event: Event) -> Self {
        Self {
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
