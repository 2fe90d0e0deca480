//! Events that lie ahead. A record may tell of an instant after the one that it is decided as of: by the fraction of a
//! millisecond that Kafka's timestamps lack, by as much as `x-max-ahead` allows clocks to differ, or because the broker's
//! clock is ahead of the engine's. No question before that instant sees the event, so its operator is to be scored again
//! when the instant comes, without waiting for a sweep.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::source::Event;
use yujing_base::OperatorId;

/// An instant at which an event of an operator comes into sight.
pub(super) type Moment = (Timestamp, OperatorId);

/// The instants still to come, soonest first.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    moments: BTreeSet<Moment>,
}

impl Ahead {
    /// The instants at which an event comes into sight for features by `occurred_at` or `reported_at`.
    pub(super) fn of(event: &Event) -> impl Iterator<Item = Moment> + use<> {
        let operator = event.operator_id.clone();
        [event.occurred_at, event.reported_at].into_iter().map(move |time| (time, operator.clone()))
    }

    /// What has come into sight by an instant.
    pub(super) fn due(&self, as_of: Timestamp) -> impl Iterator<Item = &Moment> {
        self.moments.iter().take_while(move |(time, _)| *time <= as_of)
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.moments.first().map(|(time, _)| *time)
    }

    pub(super) fn add(&mut self, moments: impl IntoIterator<Item = Moment>) {
        self.moments.extend(moments);
    }

    pub(super) fn settle<'a>(&mut self, moments: impl IntoIterator<Item = &'a Moment>) {
        for moment in moments {
            self.moments.remove(moment);
        }
    }
}
