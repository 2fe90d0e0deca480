//! Pauses between tries.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Pauses between tries, without end: each up to twice as long as the one before, at most [`MAX_PAUSE`].
pub(super) struct Backoff(ExponentialBackoff);

impl Backoff {
    pub(super) fn new() -> Self {
        let pauses = ExponentialBuilder::default().with_min_delay(MIN_PAUSE).with_max_delay(MAX_PAUSE);
        Self(pauses.with_jitter().without_max_times().build())
    }

    pub(super) fn next_pause(&mut self) -> Duration {
        self.0.next().unwrap_or(MAX_PAUSE)
    }
}
