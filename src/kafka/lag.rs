//! How far each partition is behind what was written to it, and what holds it back.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use yujing_core::source::SourceId;

/// A publisher's transaction that is open for no longer is nothing to report.
const USUAL_HOLD: Duration = Duration::from_secs(10);

/// How far a partition goes, as of the client's last statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermarks {
    /// The next offset that the client will ask for.
    pub next_fetch: i64,
    /// Behind the last record that can be read.
    pub last_stable: i64,
    /// Behind the last record that was written. What lies between is of a publisher's open transaction, or behind it.
    pub high: i64,
}

/// One partition's distance to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Lag {
    pub topic: Arc<str>,
    pub source: SourceId,
    pub partition: i32,
    /// Records written and not committed by the engine, those too that nobody can read yet; marks of transactions
    /// count.
    pub records: i64,
    /// How old the last record taken is while others wait, or for how long what was written cannot be read; in seconds.
    pub seconds: f64,
    /// What holds it back.
    pub hold: Option<Hold>,
}

/// A publisher's open transaction: nobody can read what stands behind its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Where reading stands.
    pub offset: i64,
    /// Since when it was seen to stand there.
    pub since: Timestamp,
    /// Records that cannot be read; marks of transactions count.
    pub records: i64,
}

impl Hold {
    /// The hold on a partition of which everything that can be read was taken, if there is one; `before` is what was
    /// found at the last look.
    pub fn find(watermarks: Watermarks, before: Option<Self>, now: Timestamp) -> Option<Self> {
        let records = watermarks.high - watermarks.last_stable;
        let since = before.filter(|hold| hold.offset == watermarks.last_stable).map_or(now, |hold| hold.since);
        (records > 0).then_some(Self { offset: watermarks.last_stable, since, records })
    }

    /// Whether it lasts for longer than transactions usually do.
    pub fn is_long(&self, now: Timestamp) -> bool {
        now.duration_since(self.since).unsigned_abs() > USUAL_HOLD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn watermarks(last_stable: i64, high: i64) -> Watermarks {
        Watermarks { next_fetch: last_stable, last_stable, high }
    }

    #[test]
    fn a_hold_lasts_from_when_reading_first_stood_there_and_ends_when_it_goes_on() {
        let first = Hold::find(watermarks(5, 7), None, at(100));
        assert_eq!(first, Some(Hold { offset: 5, since: at(100), records: 2 }));
        let later = Hold::find(watermarks(5, 9), first, at(111));
        assert_eq!(later, Some(Hold { offset: 5, since: at(100), records: 4 }));
        assert_eq!(later.map(|hold| (hold.is_long(at(110)), hold.is_long(at(111)))), Some((false, true)));
        // Another transaction is open at once: reading went on meanwhile.
        assert_eq!(Hold::find(watermarks(9, 12), later, at(112)), Some(Hold { offset: 9, since: at(112), records: 3 }));
        assert_eq!(Hold::find(watermarks(12, 12), later, at(113)), None);
    }
}
