//! Instants of the log's clock at which everyone is gone through without events: fixed, so that a history always gives
//! the same scores, whoever reads it.

use jiff::{SignedDuration, Timestamp};

/// Whole multiples of an interval since 1970, one after the other.
#[derive(Debug, Clone)]
pub struct Boundaries {
    interval: SignedDuration,
    last: Option<Timestamp>,
}

impl Boundaries {
    /// `interval` of at least a second.
    pub fn every(interval: SignedDuration) -> Self {
        Self { interval: interval.max(SignedDuration::from_secs(1)), last: None }
    }

    /// The first boundary not yet passed at or after `as_of`. Records up to it come before its sweep.
    pub fn next(&self, as_of: Timestamp) -> Timestamp {
        let interval = self.interval.as_millis();
        let since = as_of.as_duration().as_millis();
        let at = since.div_euclid(interval) + i128::from(since.rem_euclid(interval) > 0);
        let next =
            i64::try_from(at * interval).ok().and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
        let next = next.unwrap_or(Timestamp::MAX);
        match self.last {
            Some(last) if next <= last => last.checked_add(self.interval).unwrap_or(Timestamp::MAX),
            _ => next,
        }
    }

    /// Everyone was gone through at this boundary.
    pub fn passed(&mut self, at: Timestamp) {
        self.last = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_fixed_and_none_is_skipped() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let mut boundaries = Boundaries::every(SignedDuration::from_hours(1));
        assert_eq!(boundaries.next(at("2026-03-02T00:10:00Z")), at("2026-03-02T01:00:00Z"));
        assert_eq!(boundaries.next(at("2026-03-02T01:00:00Z")), at("2026-03-02T01:00:00Z"));
        boundaries.passed(at("2026-03-02T01:00:00Z"));
        assert_eq!(boundaries.next(at("2026-03-02T00:10:00Z")), at("2026-03-02T02:00:00Z"));
        assert_eq!(boundaries.next(at("2026-03-02T01:00:00Z")), at("2026-03-02T02:00:00Z"));
    }
}
