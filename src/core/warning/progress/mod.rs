//! How the handling of an open warning moves on: by what people answer, by evidence, by instants. All of it is a function
//! of the standing and its arguments; whoever calls knows the time.
//!
//! - here: the steps that leave as events
//! - [`ruling`]: what becomes of an answer: permitted, late, or refused and why
//! - [`answering`]: what an answer changes
//! - [`assigning`]: who gets a warning that opens, rises or shows something new
//! - [`clocks`]: when a clock passes, and what then

mod answering;
mod assigning;
mod clocks;
mod ruling;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use self::ruling::Ruling;
use super::calendar::Calendar;
use super::handling::{Clocks, Disposition, Ground, HandlingPolicy};
use super::lifecycle::{Transition, keep_level};
use super::routing::{OperatorFacts, Routing};
use super::standing::{Cause, Standing, Step};

/// What moves handling beside the warning itself and the event that moves it.
#[derive(Debug, Clone, Copy)]
pub struct HandlingContext<'a> {
    pub policy: &'a HandlingPolicy,
    pub routing: &'a Routing,
    pub calendar: &'a Calendar,
    pub facts: &'a OperatorFacts,
    /// How long the warning's steps may take now.
    pub clocks: Clocks,
}

/// Applies a disposition that [`Standing::rule_on`] lets apply. A receipt and a change of words move nothing that others
/// need to hear of: then there is no step. `grounds` are the findings that an answer calls unfounded, with what is known
/// of them now; only such an answer needs them.
pub fn handle(
    standing: &Standing,
    disposition: &Disposition,
    grounds: Vec<Ground>,
    context: &HandlingContext<'_>,
    as_of: Timestamp,
) -> (Standing, Option<Transition>) {
    let mut after = standing.clone();
    if !after.answer(disposition, grounds, context, as_of) {
        return (after, None);
    }
    let Some(warning) = after.warning.clone() else { return (after, None) };
    let (after, transition) = keep_level(&after, warning, Step::Handled, Cause::Disposition);
    let disposition = Some(Box::new(disposition.clone()));
    (after, transition.map(|transition| Transition { disposition, ..transition }))
}

/// Lets the first clock that passes by an instant pass; no step if none does. Called again until there is none.
pub fn pass_time(
    standing: &Standing,
    policy: &HandlingPolicy,
    calendar: &Calendar,
    as_of: Timestamp,
) -> (Standing, Option<Transition>) {
    let mut after = standing.clone();
    let passed = after.warning.as_mut().is_some_and(|warning| warning.pass(policy, calendar, as_of));
    match after.warning.clone().filter(|_| passed) {
        Some(warning) => keep_level(&after, warning, Step::Overdue, Cause::Time),
        None => (after, None),
    }
}
