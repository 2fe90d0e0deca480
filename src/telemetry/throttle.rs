//! What repeats in a storm is written seldom: a line says how many like it were left out before.

use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use super::Metrics;

/// Lets some lines through and counts the others. A `static` next to the event that it guards.
#[derive(Debug)]
pub struct Throttle {
    limiter: LazyLock<DefaultDirectRateLimiter, fn() -> DefaultDirectRateLimiter>,
    left_out: AtomicU64,
}

impl Throttle {
    const fn new(make: fn() -> DefaultDirectRateLimiter) -> Self {
        Self { limiter: LazyLock::new(make), left_out: AtomicU64::new(0) }
    }

    /// One line in ten seconds.
    pub const fn every_ten_seconds() -> Self {
        Self::new(|| RateLimiter::direct(Quota::per_minute(SIX).allow_burst(NonZeroU32::MIN)))
    }

    /// One line a minute.
    pub const fn every_minute() -> Self {
        Self::new(|| RateLimiter::direct(Quota::per_minute(NonZeroU32::MIN)))
    }

    /// Fifty lines a second.
    pub const fn fifty_a_second() -> Self {
        Self::new(|| RateLimiter::direct(Quota::per_second(FIFTY)))
    }

    /// Whether a line may be written now: `Some` of how many were left out since the last one.
    pub fn admit(&self, event: &'static str, metrics: &Metrics) -> Option<u64> {
        if self.limiter.check().is_ok() {
            return Some(self.left_out.swap(0, Ordering::Relaxed));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        metrics.suppressed_log_lines.with_label_values(&[event]).inc();
        None
    }
}

const SIX: NonZeroU32 = NonZeroU32::new(6).expect("invariant: six is not zero");
const FIFTY: NonZeroU32 = NonZeroU32::new(50).expect("invariant: fifty is not zero");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_leaves_one_line_and_a_count_of_the_others() {
        let throttle = Throttle::every_ten_seconds();
        let metrics = Metrics::new();
        assert_eq!(throttle.admit("test", &metrics), Some(0));
        for _ in 0..41 {
            assert_eq!(throttle.admit("test", &metrics), None);
        }
        assert_eq!(throttle.left_out.load(Ordering::Relaxed), 41);
        assert_eq!(metrics.suppressed_log_lines.with_label_values(&["test"]).get(), 41);
    }
}
