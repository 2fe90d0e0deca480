//! What is delivered next, what waits for another try, and how far the topic may be committed. It reads no clock and
//! does no I/O: every call says what time it is.
//!
//! Deliveries of one warning through one channel make a lane. A lane is in order and has one delivery under way; lanes
//! do not wait for each other. A channel has at most [`MOST_A_CHANNEL`] deliveries under way and keeps its pace.
//!
//! - here: the queue; `lane`, `pace`: one lane, one channel's pace
//! - `progress`: offsets

mod lane;
mod pace;
mod progress;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use self::lane::{Lane, Waiting};
use self::pace::Pace;
use self::progress::Progress;
use crate::config::{ChannelName, NotifyConfig, RetryPolicy};
use crate::delivery::Delivery;
use crate::notice::{Letter, Place};

/// Deliveries of one channel under way at once: one that hangs does not stop the channel, and no server is stormed.
pub const MOST_A_CHANNEL: usize = 2;
/// Deliveries under way at once in all: each has a thread.
pub const MOST_AT_ONCE: usize = 64;
/// Undelivered events in memory; while there are more, no further ones are read.
pub const MOST_EVENTS: usize = 10_000;
/// Bytes of undelivered events in memory.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The far side has it.
    Delivered,
    /// Another try may go better. The channel asks for a pause, or the lane takes its own.
    Failed { reason: String, pause: Option<Duration> },
    /// It will never be taken.
    Refused { reason: String },
}

/// One try to be made.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub letter: Arc<Letter>,
    pub delivery: Delivery,
    /// From 1.
    pub number: u32,
}

/// A delivery that is over.
#[derive(Debug, Clone)]
pub struct Settled {
    pub letter: Arc<Letter>,
    pub delivery: Delivery,
    pub tries: u32,
    /// Why it was given up; `None` if it was delivered.
    pub given_up: Option<GivenUp>,
}

/// Why nobody was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// Whether the far side refused it, rather than that the time was up.
    pub refused: bool,
    pub reason: String,
}

/// What waits for one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    pub deliveries: usize,
    /// Since when the oldest of them waits.
    pub oldest: Timestamp,
}

/// Deliveries of one warning through one channel.
type LaneKey = (ChannelName, Uuid);

/// All deliveries that are not over.
#[derive(Debug)]
pub struct Queue {
    policy: RetryPolicy,
    lanes: BTreeMap<LaneKey, Lane>,
    paces: BTreeMap<ChannelName, Pace>,
    under_way: HashMap<Uuid, LaneKey>,
    progress: Progress,
    /// Undelivered events and their bytes.
    events: usize,
    bytes: usize,
}

impl Queue {
    pub fn new(config: &NotifyConfig) -> Self {
        let pace = |(name, channel): (&ChannelName, &crate::config::ChannelConfig)| {
            (Arc::clone(name), Pace::new(channel.per_minute))
        };
        Self {
            policy: config.retry,
            lanes: BTreeMap::new(),
            paces: config.channels.iter().map(pace).collect(),
            under_way: HashMap::new(),
            progress: Progress::default(),
            events: 0,
            bytes: 0,
        }
    }

    /// Whether further events may be read.
    pub fn has_room(&self) -> bool {
        self.events < MOST_EVENTS && self.bytes < MOST_BYTES
    }

    /// Takes a record that was read, in the order of its partition, with what is to be delivered of it.
    pub fn admit(&mut self, letter: &Arc<Letter>, deliveries: Vec<Delivery>, now: Timestamp) {
        self.progress.read(letter.place, deliveries.len());
        if deliveries.is_empty() {
            return;
        }
        self.events += 1;
        self.bytes += letter.body.len();
        for delivery in deliveries {
            let key = (Arc::clone(&delivery.channel), letter.notice.warning_id);
            let waiting = Waiting { letter: Arc::clone(letter), delivery, since: now, tries: 0 };
            self.lanes.entry(key).or_insert_with(|| Lane::new(now)).push(waiting);
        }
    }

    /// Takes a record of which nothing is to be delivered.
    pub fn pass(&mut self, place: Place) {
        self.progress.read(place, 0);
    }

    /// The next try that may be made now: of all lanes that are ready, the one that has been so for longest.
    pub fn next(&mut self, now: Timestamp) -> Option<Attempt> {
        if self.under_way.len() >= MOST_AT_ONCE {
            return None;
        }
        let ready = self.lanes.iter().filter(|((channel, _), lane)| {
            lane.is_ready(now) && self.paces.get(channel).is_some_and(|pace| pace.admits(now))
        });
        let (key, _) = ready.min_by_key(|(_, lane)| lane.ready_at())?;
        let key = key.clone();
        let waiting = self.lanes.get_mut(&key)?.start()?;
        let attempt =
            Attempt { letter: Arc::clone(&waiting.letter), delivery: waiting.delivery.clone(), number: waiting.tries };
        self.paces.get_mut(&key.0)?.start(now);
        self.under_way.insert(attempt.delivery.id, key);
        Some(attempt)
    }

    /// Takes how a try ended; what it settled, if it did.
    pub fn finish(&mut self, delivery: Uuid, outcome: Outcome, now: Timestamp) -> Option<Settled> {
        let key = self.under_way.remove(&delivery)?;
        let pace = self.paces.get_mut(&key.0)?;
        pace.finish();
        let lane = self.lanes.get_mut(&key)?;
        let given_up = match outcome {
            Outcome::Delivered => None,
            Outcome::Refused { reason } => Some(GivenUp { refused: true, reason }),
            Outcome::Failed { reason, pause } => {
                if let Some(pause) = pause {
                    pace.hold_until(later(now, pause));
                }
                if !lane.is_out_of_time(now, self.policy.give_up_after) {
                    lane.retry_at(now, &self.policy);
                    return None;
                }
                Some(GivenUp { refused: false, reason })
            }
        };
        let Waiting { letter, delivery, tries, .. } = lane.settle(now)?;
        if lane.is_empty() {
            self.lanes.remove(&key);
        }
        if self.progress.settle(letter.place) {
            self.events -= 1;
            self.bytes -= letter.body.len();
        }
        Some(Settled { letter, delivery, tries, given_up })
    }

    /// When something may be ready next, if nothing is now; `None` if only outcomes or further events can change that.
    pub fn next_instant(&self) -> Option<Timestamp> {
        if self.under_way.len() >= MOST_AT_ONCE {
            return None;
        }
        let instant = |((channel, _), lane): (&LaneKey, &Lane)| {
            let ready_at = lane.waiting_until()?;
            Some(ready_at.max(self.paces.get(channel)?.open_at()?))
        };
        self.lanes.iter().filter_map(instant).min()
    }

    /// The next offset of each partition before which everything is settled.
    pub fn positions(&self) -> BTreeMap<i32, i64> {
        self.progress.positions()
    }

    /// Deliveries under way.
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// What waits, by channel.
    pub fn backlogs(&self) -> BTreeMap<ChannelName, Backlog> {
        let mut backlogs: BTreeMap<ChannelName, Backlog> = BTreeMap::new();
        for ((channel, _), lane) in &self.lanes {
            let Some(oldest) = lane.oldest() else { continue };
            let backlog = backlogs.entry(Arc::clone(channel)).or_insert(Backlog { deliveries: 0, oldest });
            backlog.deliveries += lane.len();
            backlog.oldest = backlog.oldest.min(oldest);
        }
        backlogs
    }
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
