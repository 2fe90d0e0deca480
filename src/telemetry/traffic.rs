//! How many records came lately.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Records of the last hour and of the last day, each with the minute under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    pub last_hour: u64,
    pub last_day: u64,
}

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// Records by the minute in which they came, of a day.
#[derive(Debug, Default)]
pub struct Traffic(VecDeque<(i64, u64)>);

impl Traffic {
    /// Counts records that came at an instant; where the clock was set back, as of the newest.
    pub fn add(&mut self, at: Timestamp, records: u64) {
        let now = minute(at);
        match self.0.back_mut() {
            Some((newest, count)) if *newest >= now => *count += records,
            _ => self.0.push_back((now, records)),
        }
        while self.0.front().is_some_and(|(oldest, _)| *oldest <= now - DAY) {
            self.0.pop_front();
        }
    }

    /// What came lately.
    pub fn recent(&self, now: Timestamp) -> Recent {
        let within = |minutes: i64| {
            let later = self.0.iter().rev().take_while(|(at, _)| *at > minute(now) - minutes);
            later.map(|(_, records)| records).sum()
        };
        Recent { last_hour: within(HOUR), last_day: within(DAY) }
    }
}

fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    #[test]
    fn an_hour_and_a_day_end_to_the_minute() {
        let mut traffic = Traffic::default();
        for (minute, records) in [(0, 1), (1380, 10), (1381, 100), (1439, 1000)] {
            traffic.add(at(minute), records);
        }
        assert_eq!(traffic.recent(at(1439)), Recent { last_hour: 1110, last_day: 1111 });
        assert_eq!(traffic.recent(at(1440)), Recent { last_hour: 1100, last_day: 1110 });
        assert_eq!(traffic.recent(at(5000)), Recent::default());
    }

    #[test]
    fn it_keeps_a_day_and_no_more_and_bears_a_clock_that_is_set_back() {
        let mut traffic = Traffic::default();
        (0..10 * DAY).for_each(|minute| traffic.add(at(minute), 1));
        assert_eq!(traffic.0.len(), 1440);
        traffic.add(at(0), 5);
        assert_eq!(traffic.0.len(), 1440);
        assert_eq!(traffic.recent(at(10 * DAY - 1)), Recent { last_hour: 65, last_day: 1445 });
    }
}
