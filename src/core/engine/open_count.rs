//! The open warnings counted by how far they are dealt with.

use std::collections::BTreeMap;

use crate::warning::handling::Clock;
use crate::warning::{HandlingState, Level, Standing};

/// What is counted of an open warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenCount {
    pub level: Level,
    /// `None` if nobody has to answer it.
    pub state: Option<HandlingState>,
    /// The clock that has passed.
    pub overdue: Option<Clock>,
    /// Whether no route reached a post (未包保).
    pub unrouted: bool,
}

impl OpenCount {
    /// `None` if no warning is open.
    pub(super) fn of(standing: &Standing) -> Option<Self> {
        let warning = standing.warning.as_ref()?;
        let handling = warning.handling.as_deref();
        Some(Self {
            level: warning.level,
            state: handling.map(|handling| handling.state),
            overdue: handling.and_then(|handling| handling.overdue).map(|overdue| overdue.clock),
            unrouted: handling.is_some_and(|handling| handling.unrouted),
        })
    }
}

/// Notes that an open warning is counted otherwise.
pub(super) fn count_change(
    changes: &mut BTreeMap<OpenCount, i64>,
    before: Option<OpenCount>,
    after: Option<OpenCount>,
) {
    if before == after {
        return;
    }
    for (count, change) in [(before, -1), (after, 1)] {
        if let Some(count) = count {
            *changes.entry(count).or_default() += change;
        }
    }
}
