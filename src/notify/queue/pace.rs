//! How fast one channel takes messages.

use jiff::{SignedDuration, Timestamp};

use super::MOST_A_CHANNEL;

/// One channel: what is under way, and from when on it takes more.
#[derive(Debug)]
pub(super) struct Pace {
    interval: SignedDuration,
    under_way: usize,
    open_at: Timestamp,
}

impl Pace {
    pub(super) fn new(per_minute: Option<u32>) -> Self {
        let interval =
            per_minute.map_or(SignedDuration::ZERO, |count| SignedDuration::from_mins(1) / count.cast_signed());
        Self { interval, under_way: 0, open_at: Timestamp::MIN }
    }

    pub(super) fn admits(&self, now: Timestamp) -> bool {
        self.under_way < MOST_A_CHANNEL && self.open_at <= now
    }

    /// From when on it takes more, unless it has to wait for what is under way.
    pub(super) fn open_at(&self) -> Option<Timestamp> {
        (self.under_way < MOST_A_CHANNEL).then_some(self.open_at)
    }

    pub(super) fn start(&mut self, now: Timestamp) {
        self.under_way += 1;
        self.hold_until(now.saturating_add(self.interval).unwrap_or(Timestamp::MAX));
    }

    pub(super) fn finish(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// It takes nothing before an instant.
    pub(super) fn hold_until(&mut self, at: Timestamp) {
        self.open_at = self.open_at.max(at);
    }
}
