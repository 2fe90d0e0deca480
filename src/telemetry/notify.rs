//! What happens in `yujing notify`.

use std::time::Duration;

use tracing::{debug, error, info, warn};

use super::throttle::Throttle;
use super::{InternalEvent, Metrics};

static FAILURES: Throttle = Throttle::every_ten_seconds();
static UNREADABLE: Throttle = Throttle::every_ten_seconds();

/// Its state changed.
#[derive(Debug, Clone, Copy)]
pub struct NotifyStateChanged<'a> {
    pub name: &'a str,
    pub is_ready: bool,
    /// Of one that is no good.
    pub reason: Option<&'a str>,
}

impl InternalEvent for NotifyStateChanged<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { name, is_ready, reason } = self;
        metrics.notify_ready.set(i64::from(is_ready));
        match reason {
            Some(reason) => warn!(code = "notify_state", "{name}: {reason}"),
            None => info!(code = "notify_state", "{name}"),
        }
    }
}

/// An event was read.
#[derive(Debug, Clone, Copy)]
pub struct EventTaken {
    /// Whether anybody is to be told of it.
    pub is_for_somebody: bool,
}

impl InternalEvent for EventTaken {
    fn emit(self, metrics: &Metrics) {
        let outcome = if self.is_for_somebody { "told" } else { "nobody" };
        metrics.notify_events.with_label_values(&[outcome]).inc();
    }
}

/// A record on the warnings topic is no warning's event; it was passed over.
#[derive(Debug, Clone, Copy)]
pub struct EventUnreadable<'a> {
    pub partition: i32,
    pub offset: i64,
    pub reason: &'a str,
}

impl InternalEvent for EventUnreadable<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.notify_events.with_label_values(&["unreadable"]).inc();
        let Self { partition, offset, reason } = self;
        let Some(suppressed) = UNREADABLE.admit("event_unreadable", metrics) else { return };
        warn!(
            code = "event_unreadable",
            suppressed, partition, offset, "a record on the warnings topic is passed over, and nobody told: {reason}"
        );
    }
}

/// Events were deleted before they were read, or the topic was made anew.
#[derive(Debug, Clone, Copy)]
pub struct EventsMissed<'a> {
    pub topic: &'a str,
    pub partition: i32,
    /// Where reading stood.
    pub from: i64,
    /// Where the partition begins now.
    pub to: i64,
}

impl InternalEvent for EventsMissed<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.notify_missed_partitions.inc();
        let Self { topic, partition, from, to } = self;
        error!(
            code = "events_missed",
            topic,
            partition,
            "{topic} partition {partition} was read up to {from} and begins at {to} now: nobody was told of what lay between"
        );
    }
}

/// A channel took an event.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryMade<'a> {
    pub channel: &'a str,
    pub took: Duration,
}

impl InternalEvent for DeliveryMade<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { channel, took } = self;
        metrics.notify_tries.with_label_values(&[channel, "delivered"]).inc();
        metrics.notify_try_duration.with_label_values(&[channel]).observe(took.as_secs_f64());
        debug!(code = "delivered", channel, "delivered");
    }
}

/// A channel did not take an event.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryFailed<'a> {
    pub channel: &'a str,
    /// The warning and the number of the event in it.
    pub event: &'a str,
    /// Of the try, from 1.
    pub number: u32,
    pub reason: &'a str,
}

impl InternalEvent for DeliveryFailed<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { channel, event, number, reason } = self;
        metrics.notify_tries.with_label_values(&[channel, "failed"]).inc();
        let Some(suppressed) = FAILURES.admit("delivery_failed", metrics) else { return };
        warn!(code = "delivery_failed", suppressed, channel, event, number, "{reason}");
    }
}

/// An event goes to the dead letters: nobody was told of it through this channel.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryOver<'a> {
    pub channel: &'a str,
    /// The warning and the number of the event in it.
    pub event: &'a str,
    /// Whether the far side refused it, rather than that the time was up.
    pub refused: bool,
    pub reason: &'a str,
}

impl InternalEvent for DeliveryOver<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { channel, event, refused, reason } = self;
        let why = if refused { "refused" } else { "gave_up" };
        metrics.notify_dead_letters.with_label_values(&[channel, why]).inc();
        error!(code = "delivery_over", channel, event, why, "nobody was told of {event} through {channel}: {reason}");
    }
}

/// What waits for a channel.
#[derive(Debug, Clone, Copy)]
pub struct BacklogMeasured<'a> {
    pub channel: &'a str,
    pub deliveries: usize,
    /// For how many seconds the oldest has waited.
    pub oldest: f64,
}

impl InternalEvent for BacklogMeasured<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { channel, deliveries, oldest } = self;
        metrics.notify_backlog.with_label_values(&[channel]).set(i64::try_from(deliveries).unwrap_or(i64::MAX));
        metrics.notify_oldest_waiting.with_label_values(&[channel]).set(oldest);
    }
}

/// The channels that there are, so that rates start at zero.
#[derive(Debug, Clone, Copy)]
pub struct ChannelsKnown<'a> {
    pub channels: &'a [&'a str],
}

impl InternalEvent for ChannelsKnown<'_> {
    fn emit(self, metrics: &Metrics) {
        for channel in self.channels {
            for outcome in ["delivered", "failed"] {
                metrics.notify_tries.with_label_values(&[*channel, outcome]);
            }
            for why in ["refused", "gave_up"] {
                metrics.notify_dead_letters.with_label_values(&[*channel, why]);
            }
        }
        for outcome in ["told", "nobody", "unreadable"] {
            metrics.notify_events.with_label_values(&[outcome]);
        }
    }
}
