//! From the topics into the read model, read committed: scores, warnings, dispositions, roll-ups, dead letters. What was
//! read and how far is written together, so that a restart goes on where it was, and a deleted file is made anew.
//!
//! - here: session after session; Kafka may be away, the database locked: pages stay readable meanwhile
//! - [`topics`]: which topics there are; [`session`]: one stay on Kafka

mod session;
pub mod topics;

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio_util::sync::CancellationToken;
use yujing_config::Config;
use yujing_telemetry::console::FollowingInterrupted;
use yujing_telemetry::{InternalEvent as _, Metrics};

use self::session::Session;
use self::topics::FollowedTopics;
use crate::feed::Feed;
use crate::read_model::ReadModel;
use crate::status::{KafkaState, Status};

/// How often a pause looks whether to stop.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(50);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Follows the topics.
#[derive(Debug)]
pub struct Follower {
    pub config: Arc<Config>,
    pub topics: FollowedTopics,
    pub read_model: Arc<ReadModel>,
    pub feed: Feed,
    pub status: Status,
    pub metrics: Arc<Metrics>,
    pub stop: CancellationToken,
}

impl Follower {
    /// Runs until `stop` is cancelled. Blocks: call it on a thread of its own.
    pub fn run(&self) {
        let mut waits = pauses();
        while !self.stop.is_cancelled() {
            let mut session = match Session::start(self) {
                Ok(session) => session,
                Err(error) => {
                    self.interrupted(&error.to_string());
                    self.pause(waits.next().unwrap_or(LONGEST_PAUSE));
                    continue;
                }
            };
            waits = pauses();
            if let Err(error) = session.run() {
                self.interrupted(&error.to_string());
                self.pause(SHORTEST_PAUSE);
            }
        }
    }

    fn interrupted(&self, reason: &str) {
        self.status.change(|state| {
            state.kafka = KafkaState::Away;
            state.behind = true;
        });
        FollowingInterrupted { reason }.emit(&self.metrics);
    }

    /// Sleeps, but not past a request to stop.
    fn pause(&self, longest: Duration) {
        let mut left = longest;
        while !left.is_zero() && !self.stop.is_cancelled() {
            let step = left.min(STOP_CHECK_INTERVAL);
            std::thread::sleep(step);
            left -= step;
        }
    }
}

/// Pauses between sessions, without end.
fn pauses() -> impl Iterator<Item = Duration> {
    let pauses = ExponentialBuilder::default().with_min_delay(SHORTEST_PAUSE).with_max_delay(LONGEST_PAUSE);
    pauses.with_jitter().without_max_times().build()
}
