//! Events that are not visible yet. A record may be about an instant after the one that it is decided as of: by the
//! fraction of a millisecond that Kafka's timestamps lack, by as much as `x-max-ahead` allows clocks to differ, or
//! because the broker's clock is ahead of the engine's. No feature before that instant sees the event, so its operator
//! is to be scored again when the instant comes, without waiting for a sweep.

use std::collections::BTreeSet;

use jiff::Timestamp;
use yujing_base::OperatorId;

use crate::source::Event;

/// An instant at which an event becomes visible, and whose event it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VisibleFrom {
    pub(super) at: Timestamp,
    pub(super) operator: OperatorId,
}

impl VisibleFrom {
    /// When an event becomes visible to features by `occurred_at` and by `reported_at`, as far as that is after an
    /// instant.
    pub(super) fn after(as_of: Option<Timestamp>, event: &Event) -> impl Iterator<Item = Self> + use<> {
        let operator = event.operator_id.clone();
        let later = [event.occurred_at, event.reported_at].into_iter().filter(move |at| Some(*at) > as_of);
        later.map(move |at| Self { at, operator: operator.clone() })
    }
}

/// The instants still to come, soonest first.
#[derive(Debug, Default)]
pub(super) struct PendingVisibility {
    instants: BTreeSet<VisibleFrom>,
}

impl PendingVisibility {
    /// What has become visible by an instant.
    pub(super) fn due(&self, as_of: Timestamp) -> impl Iterator<Item = &VisibleFrom> {
        self.instants.iter().take_while(move |visible| visible.at <= as_of)
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.instants.first().map(|visible| visible.at)
    }

    /// Adds instants, and says which are new.
    pub(super) fn add(&mut self, instants: Vec<VisibleFrom>) -> Vec<VisibleFrom> {
        instants.into_iter().filter(|visible| self.instants.insert(visible.clone())).collect()
    }

    pub(super) fn remove(&mut self, instants: &[VisibleFrom]) {
        for visible in instants {
            self.instants.remove(visible);
        }
    }
}
