//! The instants that the engine goes by, on either clock.

use jiff::Timestamp;
use yujing_config::Clock;

/// The instant at which time stands; `as_of` is that of the last decision.
pub(super) fn now(clock: Clock, as_of: Option<Timestamp>) -> Timestamp {
    match clock {
        Clock::Wall => as_of.map_or_else(Timestamp::now, |as_of| as_of.max(Timestamp::now())),
        Clock::Log => as_of.unwrap_or(Timestamp::UNIX_EPOCH),
    }
}

/// The latest instant that anything is decided as of now. The log's clock has no end.
pub(super) fn latest(clock: Clock) -> Timestamp {
    match clock {
        Clock::Wall => Timestamp::now(),
        Clock::Log => Timestamp::MAX,
    }
}
