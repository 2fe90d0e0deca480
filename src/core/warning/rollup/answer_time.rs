//! Whether warnings were answered in time (按时反馈).
//!
//! A warning counts if somebody has to answer it and its action is due at some time. It is *settled* when its answer
//! comes in time, or else when the time to act passes while it is open; it counts from then on, for
//! [`ANSWERED_WITHIN_DAYS`] days, as answered in time or not. One that ends before either was asked of nobody in the
//! end and does not count. The answer is the one that stands: who is sent back, or has to answer again because something
//! new was found, has not answered; an extension that was granted in time is the time. Each warning counts once.

use jiff::{SignedDuration, Timestamp};

use crate::warning::past_warning::PastWarning;
use crate::warning::standing::{OpenWarning, Standing};

/// For how many days a warning counts that was answered in time or was not.
pub const ANSWERED_WITHIN_DAYS: u32 = 30;

/// A warning that was answered in time or was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// When that was clear.
    pub at: Timestamp,
    pub in_time: bool,
}

impl Settled {
    /// Those of an operator by an instant, however long ago.
    pub fn all(standing: &Standing, as_of: Timestamp) -> impl Iterator<Item = Self> {
        let past = standing.past.iter().filter_map(Self::of_past);
        let open = standing.warning.as_ref().and_then(|warning| Self::of_open(warning, as_of));
        past.chain(open)
    }

    fn of_past(warning: &PastWarning) -> Option<Self> {
        warning.handled.then(|| Self::by(warning.due_at?, warning.answered_at, warning.closed_at)).flatten()
    }

    fn of_open(warning: &OpenWarning, as_of: Timestamp) -> Option<Self> {
        Self::by(warning.due_at?, warning.handling.as_ref()?.answered_at, as_of)
    }

    fn by(due_at: Timestamp, answered_at: Option<Timestamp>, until: Timestamp) -> Option<Self> {
        match answered_at {
            Some(at) if at <= due_at => Some(Self { at, in_time: true }),
            _ => (due_at <= until).then_some(Self { at: due_at, in_time: false }),
        }
    }

    /// When it counts no longer.
    pub fn ends_at(self) -> Timestamp {
        let window = SignedDuration::from_hours(24 * i64::from(ANSWERED_WITHIN_DAYS));
        self.at.checked_add(window).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    #[test]
    fn an_answer_by_the_due_time_is_in_time_and_silence_counts_from_when_that_has_passed() {
        let settled = |answered: Option<i64>, until: i64| {
            let settled = Settled::by(hour(24), answered.map(hour), hour(until));
            settled.map(|settled| (settled.at == hour(24), settled.in_time))
        };
        assert_eq!(settled(Some(3), 3), Some((false, true)));
        assert_eq!(settled(Some(24), 24), Some((true, true)));
        assert_eq!(settled(None, 23), None, "it may yet be answered, or has ended before its time");
        assert_eq!(settled(None, 24), Some((true, false)));
        assert_eq!(settled(Some(25), 90), Some((true, false)), "late is not in time, and settled when it was due");
    }
}
