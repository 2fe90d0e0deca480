//! Pauses between tries.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio_util::sync::CancellationToken;

/// The first pause.
pub const MIN_PAUSE: Duration = Duration::from_millis(100);
/// What a pause is at most where nobody waits in front of a page.
pub const MAX_PAUSE: Duration = Duration::from_secs(30);

/// How often a pause looks whether to stop.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// Pauses between tries, without end: each up to twice as long as the one before.
#[derive(Debug)]
pub struct Backoff {
    pauses: ExponentialBackoff,
    longest: Duration,
}

impl Default for Backoff {
    /// At most [`MAX_PAUSE`].
    fn default() -> Self {
        Self::up_to(MAX_PAUSE)
    }
}

impl Backoff {
    pub fn up_to(longest: Duration) -> Self {
        let pauses = ExponentialBuilder::default().with_min_delay(MIN_PAUSE).with_max_delay(longest);
        Self { pauses: pauses.with_jitter().without_max_times().build(), longest }
    }

    pub fn next_pause(&mut self) -> Duration {
        self.pauses.next().unwrap_or(self.longest)
    }
}

/// Sleeps, but not past a request to stop.
pub fn pause(longest: Duration, stop: &CancellationToken) {
    let mut left = longest;
    while !left.is_zero() && !stop.is_cancelled() {
        let nap = left.min(STOP_CHECK_INTERVAL);
        std::thread::sleep(nap);
        left -= nap;
    }
}
