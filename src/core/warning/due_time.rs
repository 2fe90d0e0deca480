//! When the action of an open warning is due. A finding may bring it forward and never puts it off: whoever has until
//! eleven does not get another day because matters became worse. One thing alone moves it later: a calendar that did
//! not know the days it was counted over, and now does.

use jiff::Timestamp;

use super::calendar::Calendar;
use super::standing::{OpenWarning, ProvisionalDue};
use crate::rule::Deadline;

impl OpenWarning {
    /// Lets the action be due no later than a deadline that starts now allows.
    pub fn advance_due(&mut self, calendar: &Calendar, now: Timestamp, deadline: Deadline) {
        let due = calendar.due(now, deadline);
        let is_certain = calendar.knows(now, deadline);
        let certain = match (self.due_provisional, self.due_at) {
            (Some(provisional), _) => provisional.certain,
            (None, due_at) => due_at,
        };
        let is_sooner = self.due_at.is_none_or(|present| due < present);
        if is_certain && is_sooner {
            (self.due_at, self.due_provisional) = (Some(due), None);
        } else if is_certain {
            let certain = Some(certain.map_or(due, |certain| certain.min(due)));
            self.due_provisional = self.due_provisional.map(|provisional| ProvisionalDue { certain, ..provisional });
        } else if is_sooner {
            (self.due_at, self.due_provisional) = (Some(due), Some(ProvisionalDue { from: now, deadline, certain }));
        }
    }

    /// Counts a provisional due time again, once the calendar knows its days; says whether it did.
    pub fn recount_due(&mut self, calendar: &Calendar) -> bool {
        let known = self.due_provisional.filter(|counted| calendar.knows(counted.from, counted.deadline));
        let Some(ProvisionalDue { from, deadline, certain }) = known else { return false };
        let due = calendar.due(from, deadline);
        self.due_at = Some(certain.map_or(due, |certain| certain.min(due)));
        self.due_provisional = None;
        true
    }
}

#[cfg(test)]
#[path = "due_time_tests.rs"]
mod tests;
