//! What one operator adds to the areas that it is in.

use std::sync::Arc;

use jiff::Timestamp;
use yujing_base::zone::Zone;

use crate::feature::{FeatureRow, FeatureValue};
use crate::rule::Level;
use crate::warning::area::Area;
use crate::warning::record::OperatorCard;
use crate::warning::standing::OpenWarning;
use crate::warning::visit_target::VisitTarget;

/// One thing that is counted of an operator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// On the register and not closed.
    Operator,
    /// With an open warning of a level.
    Open(Level),
    /// With an open warning of a level whose action is overdue: its time has passed, and nobody has answered.
    Overdue(Level),
    /// To be visited, by the id of the visit target.
    ToVisit(Arc<str>),
    /// Visited in time, by the id of the visit target.
    Visited(Arc<str>),
}

/// What an operator counts for, as of an instant, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaShare {
    pub area: Arc<Area>,
    /// Sorted, each at most once.
    pub counters: Vec<Counter>,
}

/// What a share is made of.
#[derive(Debug)]
pub struct ShareInputs<'a> {
    pub card: &'a OperatorCard,
    pub warning: Option<&'a OpenWarning>,
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
}

impl AreaShare {
    pub fn of(inputs: &ShareInputs<'_>) -> Self {
        let mut counters = Vec::new();
        if inputs.card.is_registered() && inputs.closes_at().is_none_or(|closes_at| inputs.as_of < closes_at) {
            counters.push(Counter::Operator);
            inputs.visits.iter().for_each(|target| count_visit(target, inputs.features, &mut counters));
        }
        if let Some(warning) = inputs.warning {
            counters.push(Counter::Open(warning.level));
            let is_waiting = warning.handling.as_ref().is_none_or(|handling| handling.state.is_waiting());
            if is_waiting && warning.due_at.is_some_and(|due_at| due_at <= inputs.as_of) {
                counters.push(Counter::Overdue(warning.level));
            }
        }
        counters.sort();
        Self { area: Arc::clone(inputs.card.area()), counters }
    }

    /// The next instant at which time alone makes another share of the same inputs; features say for themselves until
    /// when they hold.
    pub fn holds_until(inputs: &ShareInputs<'_>) -> Timestamp {
        let due_at = inputs.warning.and_then(|warning| warning.due_at);
        let ends = [due_at, inputs.closes_at()].into_iter().flatten();
        ends.filter(|end| *end > inputs.as_of).min().unwrap_or(Timestamp::MAX)
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
