//! From the topics into the read model, read committed: scores, warnings, dispositions, roll-ups, dead letters. What was
//! read and how far is written together, so that a restart goes on where it was, and a deleted file is made anew.
//!
//! - here: session after session; Kafka may be away, the database locked: pages stay readable meanwhile
//! - [`topics`]: which topics there are; [`session`]: one stay on Kafka

mod session;
pub mod topics;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use yujing_config::Config;
use yujing_kafka::backoff::{self, Backoff};
use yujing_telemetry::console::FollowingInterrupted;
use yujing_telemetry::{InternalEvent as _, Metrics};

use self::session::Session;
use self::topics::FollowedTopics;
use crate::feed::Feed;
use crate::read_model::ReadModel;
use crate::status::{KafkaState, Status};

/// People wait in front of pages.
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
        let mut waits = Backoff::up_to(LONGEST_PAUSE);
        while !self.stop.is_cancelled() {
            let mut session = match Session::start(self) {
                Ok(session) => session,
                Err(error) => {
                    self.interrupted(&error.to_string());
                    backoff::pause(waits.next_pause(), &self.stop);
                    continue;
                }
            };
            waits = Backoff::up_to(LONGEST_PAUSE);
            if let Err(error) = session.run() {
                self.interrupted(&error.to_string());
                backoff::pause(backoff::MIN_PAUSE, &self.stop);
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
}
