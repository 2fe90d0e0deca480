//! Deliveries of one warning through one channel, in order.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::config::RetryPolicy;
use crate::delivery::Delivery;
use crate::notice::Letter;

/// Pauses double until here; the policy's bound is reached long before.
const MOST_DOUBLINGS: u32 = 20;

/// A delivery that is not over.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) letter: Arc<Letter>,
    pub(super) delivery: Delivery,
    /// When it was read.
    pub(super) since: Timestamp,
    /// Tries so far, the one under way included.
    pub(super) tries: u32,
}

/// A lane; the first of it is the one that is tried.
#[derive(Debug)]
pub(super) struct Lane {
    waiting: VecDeque<Waiting>,
    is_under_way: bool,
    ready_at: Timestamp,
}

impl Lane {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { waiting: VecDeque::new(), is_under_way: false, ready_at: now }
    }

    pub(super) fn push(&mut self, waiting: Waiting) {
        self.waiting.push_back(waiting);
    }

    pub(super) fn is_ready(&self, now: Timestamp) -> bool {
        !self.is_under_way && self.ready_at <= now
    }

    pub(super) fn ready_at(&self) -> Timestamp {
        self.ready_at
    }

    /// When it is ready, unless a try is under way.
    pub(super) fn waiting_until(&self) -> Option<Timestamp> {
        (!self.is_under_way).then_some(self.ready_at)
    }

    /// Begins a try of the first.
    pub(super) fn start(&mut self) -> Option<&Waiting> {
        let first = self.waiting.front_mut()?;
        self.is_under_way = true;
        first.tries = first.tries.saturating_add(1);
        Some(first)
    }

    pub(super) fn is_out_of_time(&self, now: Timestamp, longest: SignedDuration) -> bool {
        self.waiting.front().is_some_and(|first| now.duration_since(first.since) >= longest)
    }

    /// The try failed, and another is made after a pause.
    pub(super) fn retry_at(&mut self, now: Timestamp, policy: &RetryPolicy) {
        self.is_under_way = false;
        let Some(first) = self.waiting.front() else { return };
        let doublings = first.tries.saturating_sub(1).min(MOST_DOUBLINGS);
        let pause = policy.first.saturating_mul(1 << doublings).min(policy.longest);
        let pause = pause - spread(first.delivery.id, first.tries, pause);
        self.ready_at = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
    }

    /// The first is over.
    pub(super) fn settle(&mut self, now: Timestamp) -> Option<Waiting> {
        self.is_under_way = false;
        self.ready_at = now;
        self.waiting.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.waiting.front().map(|first| first.since)
    }
}

/// Up to a quarter of a pause, so that lanes that failed together do not come back together. It follows from the
/// delivery and the number of the try.
fn spread(delivery: Uuid, tries: u32, pause: SignedDuration) -> SignedDuration {
    let share = delivery.as_bytes()[(tries % 16) as usize];
    pause.saturating_mul(i32::from(share)) / (4 * 255)
}
