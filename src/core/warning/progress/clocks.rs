//! The clocks of an open warning: when the next one passes, and what then.

use jiff::Timestamp;

use crate::rule::Deadline;
use crate::warning::calendar::Calendar;
use crate::warning::handling::{Clock, Handling, HandlingPolicy, HandlingState, KeptHandling, Overdue};
use crate::warning::standing::OpenWarning;

/// A clock that passes at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Passing {
    at: Timestamp,
    clock: Clock,
}

impl OpenWarning {
    /// When a clock passes next; it may lie in the past already. `None` if none runs.
    pub fn next_overdue(&self) -> Option<Timestamp> {
        self.passing().map(|passing| passing.at)
    }

    /// Lets the clock pass that passes first, if it does by `as_of`: the warning goes up one rung, and the next has
    /// the time of a rung from then on. Above the ladder's top nothing follows. Says whether one passed.
    pub(super) fn pass(&mut self, policy: &HandlingPolicy, calendar: &Calendar, as_of: Timestamp) -> bool {
        let rung = policy.rung(self.level);
        let Some(Passing { at, clock }) = self.passing().filter(|passing| passing.at <= as_of) else { return false };
        let Some(handling) = self.handling.as_mut().map(KeptHandling::to_mut) else { return false };
        let before = handling.overdue.filter(|overdue| overdue.clock == clock);
        let since = before.map_or(at, |overdue| overdue.since);
        let times = before.map_or(1, |overdue| overdue.times + 1);
        handling.climb();
        let next = handling.next_rung(rung, calendar, at);
        handling.overdue = Some(Overdue { clock, since, times, next });
        self.was_overdue = true;
        true
    }

    fn passing(&self) -> Option<Passing> {
        let handling = self.handling.as_ref().filter(|handling| handling.state.is_waiting())?;
        let overdue = handling.overdue;
        let is_new = handling.state == HandlingState::New;
        let acknowledge = handling.acknowledge_by.filter(|_| is_new && overdue.is_none());
        let act = self.due_at.filter(|_| overdue.is_none_or(|overdue| overdue.clock != Clock::Act));
        let acknowledge = acknowledge.map(|at| Passing { at, clock: Clock::Acknowledge });
        let act = act.map(|at| Passing { at, clock: Clock::Act });
        let again = overdue.and_then(|overdue| Some(Passing { at: overdue.next?, clock: overdue.clock }));
        [acknowledge, act, again].into_iter().flatten().min()
    }
}

impl Handling {
    /// When a warning that is overdue since an instant goes up again; not from the top of the ladder.
    pub(super) fn next_rung(&self, rung: Option<Deadline>, calendar: &Calendar, since: Timestamp) -> Option<Timestamp> {
        rung.filter(|_| !self.ladder.is_empty()).map(|rung| calendar.due(since, rung))
    }

    /// The post above the assignee is to act; nothing changes at the top.
    fn climb(&mut self) {
        if self.ladder.is_empty() {
            return;
        }
        let above = self.ladder.remove(0);
        self.hand_to(above);
    }
}
