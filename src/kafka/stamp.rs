//! Whose clock a record's timestamp is of, and whether it can be. Brokers stamp records as they arrive
//! (`LogAppendTime`); where they do not, the publisher's own clock does (`CreateTime`), and that can be any. A
//! publisher's timestamp is taken as it is while it does not lie ahead of this machine's clock; then the record is
//! taken to have been made when it arrived.
//!
//! A restore has to judge the same. Whatever did not lie ahead is judged by its timestamp, before and after. What lay
//! ahead by some time and does no more is judged later than before, by no more than that time. What still lies ahead is
//! judged by the record before it in its partition, so that no start takes it for new.

use jiff::{SignedDuration, Timestamp};
use rdkafka::Timestamp as Stamp;
use yujing_core::source::Record;

/// Clocks of machines that are kept in time differ by no more; what lies ahead by more is reported.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(1);

/// Records with remarkable timestamps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stamps {
    /// Those that the publisher stamped, not the broker.
    pub by_publisher: u64,
    /// Those stamped by either further ahead of this machine's clock than clocks differ.
    pub ahead: u64,
    /// How far the furthest of them lay ahead.
    pub furthest: SignedDuration,
}

impl Stamps {
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn add(&mut self, other: Self) {
        self.by_publisher += other.by_publisher;
        self.ahead += other.ahead;
        self.furthest = self.furthest.max(other.furthest);
    }
}

/// A record's time from its milliseconds since 1970: a record without one is of 1970, and one beyond the years that are
/// known here is of their end.
pub fn timestamp(milliseconds: Option<i64>) -> Timestamp {
    // Of the calendar's last second jiff knows no milliseconds but the first.
    let [first, last] = [Timestamp::MIN, Timestamp::MAX].map(|end| end.as_second() * 1_000);
    Timestamp::from_millisecond(milliseconds.unwrap_or_default().clamp(first, last)).unwrap_or_default()
}

/// Gives the record the timestamp that it is judged by: `instead`, if its publisher says that it comes after `now`.
pub fn correct(record: &mut Record, stamp: Stamp, now: Timestamp, instead: Timestamp) -> Stamps {
    let by_publisher = !matches!(stamp, Stamp::LogAppendTime(_));
    let ahead = record.timestamp.duration_since(now);
    if by_publisher && ahead.is_positive() {
        record.timestamp = instead;
    }
    let is_reported = ahead > CLOCKS_DIFFER;
    Stamps {
        by_publisher: u64::from(by_publisher),
        ahead: u64::from(is_reported),
        furthest: if is_reported { ahead } else { SignedDuration::ZERO },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use yujing_core::source::SourceId;

    use super::*;

    const NOW: i64 = 1_772_000_000_000;

    /// The milliseconds by which a record is judged, and what is reported of it.
    fn corrected(stamp: Stamp) -> (i64, Stamps) {
        let at = |milliseconds| Timestamp::from_millisecond(milliseconds).expect("a time");
        let mut record = Record {
            source: SourceId(0),
            topic: "complaints".into(),
            partition: 0,
            offset: 0,
            timestamp: at(stamp.to_millis().expect("a stamp")),
            key: None,
            value: None,
            headers: Vec::new(),
        };
        let stamps = correct(&mut record, stamp, at(NOW), at(NOW - 7));
        (record.timestamp.as_millisecond(), stamps)
    }

    #[test]
    fn only_a_publishers_clock_is_not_believed_about_the_future() {
        let day = 24 * 60 * 60 * 1_000;
        let cases = [
            (Stamp::LogAppendTime(NOW - day), NOW - day, (0, 0)),
            (Stamp::LogAppendTime(NOW + 400 * day), NOW + 400 * day, (0, 1)),
            (Stamp::CreateTime(NOW - day), NOW - day, (1, 0)),
            (Stamp::CreateTime(NOW), NOW, (1, 0)),
            (Stamp::CreateTime(NOW + 20), NOW - 7, (1, 0)),
            (Stamp::CreateTime(NOW + 30 * 60 * 1_000), NOW - 7, (1, 1)),
            (Stamp::CreateTime(NOW + 400 * day), NOW - 7, (1, 1)),
        ];
        for (stamp, judged_by, (by_publisher, ahead)) in cases {
            let (milliseconds, stamps) = corrected(stamp);
            assert_eq!(
                (milliseconds, stamps.by_publisher, stamps.ahead),
                (judged_by, by_publisher, ahead),
                "{stamp:?}"
            );
            let furthest = SignedDuration::from_millis(stamp.to_millis().expect("a stamp") - NOW);
            assert_eq!(stamps.furthest, if ahead == 1 { furthest } else { SignedDuration::ZERO }, "{stamp:?}");
        }
    }

    proptest! {
        #[test]
        fn every_time_that_a_record_can_have_is_an_instant_and_their_order_is_kept(one: i64, other: i64) {
            let (earlier, later) = (one.min(other), one.max(other));
            prop_assert!(timestamp(Some(earlier)) <= timestamp(Some(later)));
            prop_assert_eq!(timestamp(None), Timestamp::UNIX_EPOCH);
            prop_assert!(timestamp(Some(i64::MIN)) < Timestamp::UNIX_EPOCH && timestamp(Some(i64::MAX)) > Timestamp::UNIX_EPOCH);
        }
    }
}
