//! What one operator adds to the areas that it is in.

use std::sync::Arc;

use jiff::Timestamp;
use yujing_base::zone::Zone;

use super::answer_time::Settled;
use crate::feature::{FeatureRow, FeatureValue};
use crate::rule::Level;
use crate::warning::area::Area;
use crate::warning::handling::HandlingState;
use crate::warning::record::OperatorCard;
use crate::warning::standing::{OpenWarning, Standing};
use crate::warning::visit_target::VisitTarget;

/// One thing that is counted of an operator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// On the register and not closed.
    Operator,
    /// Of those, without a post that is to act on its warnings (未包保).
    Unrouted,
    /// With an open warning of a level.
    Open(Level),
    /// With an open warning of a level that is in a state of handling.
    InState(Level, HandlingState),
    /// With an open warning of a level whose action is overdue: its time has passed, and nobody has answered.
    Overdue(Level),
    /// With a warning that was answered in time or was not ([`Settled`]).
    Settled,
    /// With one that was.
    AnsweredInTime,
    /// To be visited, by the id of the visit target.
    ToVisit(Arc<str>),
    /// Visited in time, by the id of the visit target.
    Visited(Arc<str>),
}

/// What an operator counts for, as of an instant, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaShare {
    pub area: Arc<Area>,
    /// Sorted. What an operator counts for several times stands there as often.
    pub counters: Vec<Counter>,
}

/// What a share is made of.
#[derive(Debug)]
pub struct ShareInputs<'a> {
    pub card: &'a OperatorCard,
    pub standing: &'a Standing,
    /// Whether no route leads from it to a post.
    pub unrouted: bool,
    pub features: &'a FeatureRow,
    /// The visit targets of the ruleset.
    pub visits: &'a [VisitTarget],
    pub as_of: Timestamp,
    /// The office's.
    pub zone: &'a Zone,
}

impl ShareInputs<'_> {
    /// When the register has the operator closed.
    fn closes_at(&self) -> Option<Timestamp> {
        self.card.closed_on().map(|day| self.zone.start_of_day(day))
    }

    /// The warnings that count as answered in time or not.
    fn settled(&self) -> impl Iterator<Item = Settled> {
        Settled::all(self.standing, self.as_of).filter(|settled| self.as_of < settled.ends_at())
    }
}

impl AreaShare {
    pub fn of(inputs: &ShareInputs<'_>) -> Self {
        let mut counters = Vec::new();
        if inputs.card.is_registered() && inputs.closes_at().is_none_or(|closes_at| inputs.as_of < closes_at) {
            counters.push(Counter::Operator);
            counters.extend(inputs.unrouted.then_some(Counter::Unrouted));
            inputs.visits.iter().for_each(|target| count_visit(target, inputs.features, &mut counters));
        }
        if let Some(warning) = &inputs.standing.warning {
            count_open(warning, inputs.as_of, &mut counters);
        }
        for settled in inputs.settled() {
            counters.push(Counter::Settled);
            counters.extend(settled.in_time.then_some(Counter::AnsweredInTime));
        }
        counters.sort();
        Self { area: Arc::clone(inputs.card.area()), counters }
    }

    /// The next instant at which time alone makes another share of the same inputs; features say for themselves until
    /// when they hold.
    pub fn holds_until(inputs: &ShareInputs<'_>) -> Timestamp {
        let due_at = inputs.standing.warning.as_ref().and_then(|warning| warning.due_at);
        let counted_until = inputs.settled().map(Settled::ends_at);
        let ends = [due_at, inputs.closes_at()].into_iter().flatten().chain(counted_until);
        ends.filter(|end| *end > inputs.as_of).min().unwrap_or(Timestamp::MAX)
    }
}

fn count_open(warning: &OpenWarning, as_of: Timestamp, counters: &mut Vec<Counter>) {
    let state = warning.handling.as_ref().map(|handling| handling.state);
    counters.push(Counter::Open(warning.level));
    counters.extend(state.map(|state| Counter::InState(warning.level, state)));
    let is_waiting = state.is_none_or(HandlingState::is_waiting);
    if is_waiting && warning.due_at.is_some_and(|due_at| due_at <= as_of) {
        counters.push(Counter::Overdue(warning.level));
    }
}

fn count_visit(target: &VisitTarget, features: &FeatureRow, counters: &mut Vec<Counter>) {
    let is_meant = target.of.is_none_or(|feature| *features.value(feature) != FeatureValue::Unknown);
    if !is_meant {
        return;
    }
    counters.push(Counter::ToVisit(Arc::clone(&target.id)));
    if matches!(features.value(target.days_since), FeatureValue::Int(days) if *days < target.within_days) {
        counters.push(Counter::Visited(Arc::clone(&target.id)));
    }
}
