//! What clocks and people do to an open warning, before its level is looked at, and to whom a step of its level assigns
//! it. Each step is an event of its own, true of the instant at which it is taken.

use jiff::Timestamp;

use super::assessment::Assessment;
use super::dispositions::DecidedDisposition;
use crate::feature::FeatureRow;
use crate::rule::Deadline;
use crate::ruleset::Ruleset;
use crate::warning::handling::{Clocks, Disposition, Ground, HandlingPolicy};
use crate::warning::progress::{HandlingContext, handle, pass_time};
use crate::warning::routing::{OperatorFacts, RoutingInput};
use crate::warning::{
    FeatureValues, Level, OpenWarning, OperatorCard, Routing, Standing, Step, Transition, WarningEvent,
};

/// A step that was taken, with how the operator stood before and after it.
#[derive(Debug)]
pub(super) struct StepTaken {
    pub(super) transition: Transition,
    pub(super) before: Standing,
    pub(super) after: Standing,
}

impl StepTaken {
    pub(super) fn new(transition: Transition, before: &Standing, after: &Standing) -> Self {
        Self { transition, before: before.clone(), after: after.clone() }
    }
}

/// How warnings of a ruleset are handled, and what is known of the operator: what an assignment is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct HandlingFacts<'a> {
    policy: &'a HandlingPolicy,
    routing: &'a Routing,
    ruleset: &'a Ruleset,
    card: &'a OperatorCard,
    features: &'a FeatureRow,
    assessment: &'a Assessment,
}

impl<'a> HandlingFacts<'a> {
    /// `None` where the ruleset says nothing of handling.
    pub(super) fn new(
        ruleset: &'a Ruleset,
        card: &'a OperatorCard,
        features: &'a FeatureRow,
        assessment: &'a Assessment,
    ) -> Option<Self> {
        let (policy, routing) = ruleset.handling.as_ref().zip(ruleset.routing.as_ref())?;
        Some(Self { policy, routing, ruleset, card, features, assessment })
    }

    /// Lets the clocks of an open warning pass up to an instant, and has meanwhile done what somebody did, at the
    /// instant at which it came. Returns the steps, in their order.
    pub(super) fn advance(
        &self,
        standing: &mut Standing,
        decided: Option<&DecidedDisposition>,
        grounds: Vec<Ground>,
        as_of: Timestamp,
    ) -> Vec<StepTaken> {
        let mut steps = Vec::new();
        match decided {
            Some(DecidedDisposition::Applied { disposition, heard_at }) => {
                let since = standing.warning.as_ref().and_then(|warning| Some(warning.handling.as_ref()?.since));
                let heard_at = since.map_or(*heard_at, |since| since.max(*heard_at)).min(as_of);
                self.pass(standing, heard_at, &mut steps);
                take(standing, self.handle(standing, disposition, grounds, heard_at), &mut steps);
            }
            Some(DecidedDisposition::Refused(record)) => standing.refused_dispositions.push(*record),
            None => {}
        }
        self.pass(standing, as_of, &mut steps);
        steps
    }

    /// The step of an event that clocks or people made, from how the operator stood before it.
    pub(super) fn step_again(&self, event: &WarningEvent) -> (Standing, Option<Transition>) {
        let since = event.handling.as_ref().map_or(event.as_of, |handling| handling.since);
        match &event.disposition {
            Some(disposition) => {
                let grounds = event.handling.as_ref().map(|handling| handling.grounds.clone()).unwrap_or_default();
                self.handle(&event.previous, disposition, grounds, since)
            }
            None => pass_time(&event.previous, self.policy, &self.ruleset.calendar, event.as_of),
        }
    }

    fn handle(
        &self,
        standing: &Standing,
        disposition: &Disposition,
        grounds: Vec<Ground>,
        heard_at: Timestamp,
    ) -> (Standing, Option<Transition>) {
        let facts = self.operator();
        let clocks = self.clocks(&facts, standing);
        let (policy, routing, calendar) = (self.policy, self.routing, &self.ruleset.calendar);
        let context = HandlingContext { policy, routing, calendar, facts: &facts, clocks };
        handle(standing, disposition, grounds, &context, heard_at)
    }

    /// Lets clocks pass up to an instant.
    pub(super) fn pass(&self, standing: &mut Standing, as_of: Timestamp, steps: &mut Vec<StepTaken>) {
        while standing.warning.as_ref().and_then(OpenWarning::next_overdue).is_some_and(|at| at <= as_of) {
            take(standing, pass_time(standing, self.policy, &self.ruleset.calendar, as_of), steps);
        }
    }

    /// Assigns a warning after a step of its level.
    pub(super) fn assign(&self, warning: &mut OpenWarning, step: Step, as_of: Timestamp) {
        let facts = self.operator();
        let (assignment, clocks) =
            self.routed(&facts, warning.level, |input| (self.routing.assign(input), self.policy.clocks(input)));
        warning.assign(step, assignment, clocks, &self.ruleset.calendar, as_of);
    }

    fn clocks(&self, facts: &OperatorFacts, standing: &Standing) -> Clocks {
        self.shortened(self.routed(facts, standing.level(), |input| self.policy.clocks(input)))
    }

    /// Clocks that a modifier of a finding halves are shorter for the whole warning.
    fn shortened(&self, clocks: Clocks) -> Clocks {
        let grounds = self.assessment.contributions.iter().filter(|contribution| contribution.is_ground());
        let share = grounds.map(|ground| ground.clocks).min().unwrap_or_default();
        let shortened = |deadline: Deadline| deadline.shortened(share);
        Clocks { acknowledge: clocks.acknowledge.map(shortened), act: clocks.act.map(shortened) }
    }

    fn operator(&self) -> OperatorFacts {
        OperatorFacts { attributes: self.card.attributes() }
    }

    fn routed<T>(&self, facts: &OperatorFacts, level: Level, ask: impl FnOnce(&RoutingInput<'_>) -> T) -> T {
        let findings = self.assessment.findings(self.ruleset);
        let features = FeatureValues::new(&self.ruleset.record_parts.features, self.features.clone());
        ask(&RoutingInput { facts, level, findings: &findings, features: &features })
    }
}

/// Takes a step, if it is one.
fn take(standing: &mut Standing, (after, transition): (Standing, Option<Transition>), steps: &mut Vec<StepTaken>) {
    let before = std::mem::replace(standing, after);
    steps.extend(transition.map(|transition| StepTaken::new(transition, &before, standing)));
}

/// When a clock of the open warning passes next; [`Timestamp::MAX`] if none runs.
pub(super) fn next_overdue(standing: &Standing) -> Timestamp {
    standing.warning.as_ref().and_then(OpenWarning::next_overdue).unwrap_or(Timestamp::MAX)
}
