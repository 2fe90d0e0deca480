//! Instants at which something about an operator changes although no event comes: a window ends, a day begins, a dwell
//! is over, an event that lay ahead becomes visible, a rule comes into force. Every evaluation says until when it holds;
//! operators are woken exactly then. The instants follow from events, rules and standings, so nothing of them is
//! stored: a start derives them again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use yujing_base::OperatorId;

use super::context::{Ask, EvalRequest};
use super::decision::Decision;
use super::intake::Intake;
use super::pending::Delta;
use super::{Engine, Pending, Positions};
use crate::feature::{FeatureError, KeptFeatures};
use crate::warning::Cause;

/// When each operator is to be woken. An operator has one instant; an earlier answer's may still lie in the queue, where
/// it is passed over.
#[derive(Debug, Default)]
pub(super) struct WakeQueue {
    at: HashMap<OperatorId, Timestamp>,
    queue: BTreeMap<Timestamp, Vec<OperatorId>>,
}

impl WakeQueue {
    /// Sets the instant of an operator, and gives the one before; [`Timestamp::MAX`] is never.
    pub(super) fn set(&mut self, operator: OperatorId, at: Timestamp) -> Option<Timestamp> {
        if at == Timestamp::MAX {
            return self.at.remove(&operator);
        }
        let before = self.at.insert(operator.clone(), at);
        if before != Some(at) {
            self.queue.entry(at).or_default().push(operator);
        }
        before
    }

    /// Operators whose instant has come, soonest first.
    fn due(&self, as_of: Timestamp) -> impl Iterator<Item = (Timestamp, &OperatorId)> {
        let due = self.queue.range(..=as_of).flat_map(|(at, operators)| operators.iter().map(|it| (*at, it)));
        due.filter(|(at, operator)| self.is_set(operator, *at))
    }

    /// The instant of an operator, if it has one.
    pub(super) fn instant_of(&self, operator: &OperatorId) -> Option<Timestamp> {
        self.at.get(operator).copied()
    }

    /// The soonest instant of any operator.
    fn next(&self) -> Option<Timestamp> {
        let mut instants = self.queue.iter();
        instants.find(|(at, operators)| operators.iter().any(|it| self.is_set(it, **at))).map(|(at, _)| *at)
    }

    /// Drops from the front of the queue what is passed over.
    pub(super) fn prune(&mut self) {
        while let Some(mut first) = self.queue.first_entry() {
            let (at, set) = (*first.key(), &self.at);
            first.get_mut().retain(|operator| set.get(operator) == Some(&at));
            if !first.get().is_empty() {
                return;
            }
            first.remove();
        }
    }

    fn is_set(&self, operator: &OperatorId, at: Timestamp) -> bool {
        self.at.get(operator) == Some(&at)
    }
}

/// An operator's turn: because its instant has come, or because of what somebody did. At the same instant time comes
/// first, then people, in the order of the batch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    at: Timestamp,
    operator: OperatorId,
    /// The place of the disposition in the batch.
    disposition: Option<usize>,
}

/// Whose turn is still to come for a pending, with why.
pub(super) type Due = BTreeMap<Turn, Cause>;

impl Engine {
    /// Wakes operators at whole multiples of an interval since 1970 only: over a long history nobody waits for the end of
    /// a window, and a counter of days costs an evaluation a day. Zero wakes them exactly.
    pub fn wake_every(&mut self, interval: SignedDuration) {
        self.wake_interval = interval;
    }

    /// The instant at which an answer that holds until another one is made anew.
    pub(super) fn wakes_at(&self, ends: Timestamp) -> Timestamp {
        let interval = self.wake_interval.as_nanos();
        if interval <= 0 || ends == Timestamp::MAX {
            return ends;
        }
        let ends = ends.as_nanosecond();
        let multiple = ends.div_euclid(interval) + i128::from(ends.rem_euclid(interval) > 0);
        Timestamp::from_nanosecond(multiple.saturating_mul(interval)).unwrap_or(Timestamp::MAX)
    }

    /// Evaluates operators whose instant has come by `as_of`, each at its own and as often as it has one, the soonest
    /// first. Time passes up to the last of these instants: after `most` of them the others wait for the next call.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn wake(&mut self, as_of: Timestamp, most: usize, positions: &Positions) -> Result<Pending, FeatureError> {
        self.decide(|engine, kept| {
            let mut decision = Decision::begin(engine);
            let last = engine.wake_due(kept, as_of, most, positions, &mut Intake::default(), &mut decision)?;
            let as_of = engine.as_of.max(last);
            let now_visible = last.iter().flat_map(|last| engine.pending_visibility.due(*last)).cloned().collect();
            Ok(Pending::of(engine, decision, Delta { now_visible, as_of, ..Delta::default() }))
        })
    }

    /// Has everyone evaluated by the next [`Engine::wake`], at the instant that was decided last: after a restore, until
    /// when the answers of before hold is not known any more.
    pub fn schedule_all(&mut self) {
        let Some(as_of) = self.as_of else { return };
        for operator in self.operators() {
            self.wakes.set(operator, as_of);
        }
    }

    /// The soonest instant at which [`Engine::wake`] has something to do.
    pub fn next_instant(&self) -> Option<Timestamp> {
        [self.wakes.next(), self.pending_visibility.next()].into_iter().flatten().min()
    }

    /// Whether more than so many operators are to be woken by an instant.
    pub fn are_more_due(&self, than: usize, as_of: Timestamp) -> bool {
        self.wakes.due(as_of).nth(than).is_some()
    }

    /// Operators that are to be woken by an instant, sorted.
    pub fn due(&self, as_of: Timestamp) -> Vec<OperatorId> {
        let visible = self.pending_visibility.due(as_of).map(|visible| &visible.operator);
        let due: BTreeSet<&OperatorId> = self.wakes.due(as_of).map(|(_, operator)| operator).chain(visible).collect();
        due.into_iter().cloned().collect()
    }

    /// Wakes whoever is due by `as_of`, and meanwhile decides the dispositions of a batch, each at its own instant; gives
    /// the last instant at which somebody had a turn.
    pub(super) fn wake_due(
        &self,
        kept: &mut KeptFeatures,
        as_of: Timestamp,
        most: usize,
        positions: &Positions,
        intake: &mut Intake,
        decision: &mut Decision,
    ) -> Result<Option<Timestamp>, FeatureError> {
        let woken = self.wakes.due(as_of).take(most);
        let mut due: Due = woken.map(|(at, operator)| (Turn::of_time(at, operator), Cause::Time)).collect();
        let last = due.last_key_value().map(|(turn, _)| turn.at);
        let until = last.filter(|_| due.len() == most).unwrap_or(as_of);
        let visible = self.pending_visibility.due(until);
        due.extend(visible.map(|visible| (Turn::of_time(visible.at, &visible.operator), Cause::Events)));
        due.extend(intake.undecided.iter().map(|(place, undecided)| {
            let turn = Turn { disposition: Some(*place), ..Turn::of_time(undecided.at, undecided.operator()) };
            (turn, Cause::Time)
        }));

        self.run_turns(kept, due, |_| until, positions, intake, decision)
    }

    /// Evaluates whoever is due, and again at each instant that follows until the operator's last one; gives the last
    /// instant at which somebody had a turn.
    pub(super) fn run_turns(
        &self,
        kept: &mut KeptFeatures,
        mut due: Due,
        until: impl Fn(&OperatorId) -> Timestamp,
        positions: &Positions,
        intake: &mut Intake,
        decision: &mut Decision,
    ) -> Result<Option<Timestamp>, FeatureError> {
        let mut reached = None;
        while !due.is_empty() {
            let mut asks = Vec::new();
            for (turn, cause) in next_round(&mut due) {
                reached = reached.max(Some(turn.at));
                let disposition = match turn.disposition {
                    Some(place) => match self.decide_disposition(place, intake, decision) {
                        None => continue,
                        decided => decided,
                    },
                    None => None,
                };
                asks.push(Ask { operator: turn.operator, as_of: turn.at, cause, disposition });
            }
            let request = EvalRequest { asks: &asks, positions, write_all: false };
            self.evaluate_round(kept, &request, decision)?;
            for ask in asks {
                if let Some(at) = decision.wake_at.get(&ask.operator).filter(|at| **at <= until(&ask.operator)) {
                    due.entry(Turn::of_time(*at, &ask.operator)).or_insert(Cause::Time);
                }
            }
        }
        Ok(reached)
    }
}

impl Engine {
    /// Evaluates a round, to which the warnings are over that ended in those before it.
    pub(super) fn evaluate_round(
        &self,
        kept: &mut KeptFeatures,
        request: &EvalRequest<'_>,
        decision: &mut Decision,
    ) -> Result<(), FeatureError> {
        let mut past = std::mem::take(&mut decision.past);
        let context = self.context(self.store.view_with(&past), &BTreeMap::new());
        self.evaluate(kept, &context, request, decision)?;
        past.absorb(std::mem::take(&mut decision.past));
        decision.past = past;
        Ok(())
    }
}

impl Turn {
    pub(super) fn of_time(at: Timestamp, operator: &OperatorId) -> Self {
        Self { at, operator: operator.clone(), disposition: None }
    }
}

/// Each operator's soonest turn, taken out of what is due.
fn next_round(due: &mut Due) -> Vec<(Turn, Cause)> {
    let mut met = HashSet::new();
    let mut round = Vec::new();
    due.retain(|turn, cause| {
        let is_first = met.insert(turn.operator.clone());
        if is_first {
            round.push((turn.clone(), *cause));
        }
        !is_first
    });
    round
}
