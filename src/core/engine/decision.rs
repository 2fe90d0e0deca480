//! What is decided so far of one pending, round after round: a round finds the states that those before it left.

use std::collections::HashMap;

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::operator_state::{OperatorState, States};
use super::shadow::ShadowFailures;
use super::{Engine, Output};
use crate::window;

/// What champion and shadows made of the rounds so far.
#[derive(Debug, Default)]
pub(super) struct Decision {
    /// What leaves of the champion.
    pub(super) output: Output,
    /// What leaves of the shadows, in their order.
    pub(super) shadows: Vec<Output>,
    pub(super) failures: ShadowFailures,
    /// The new states, for each evaluator.
    pub(super) states: Vec<States>,
    /// The rows of warnings that ended.
    pub(super) past: window::Delta,
    /// Until when what was decided of an operator holds.
    pub(super) wake_at: HashMap<OperatorId, Timestamp>,
}

impl Decision {
    pub(super) fn begin(engine: &Engine) -> Self {
        Self {
            shadows: engine.shadows.iter().map(|_| Output::default()).collect(),
            states: engine.evaluators().map(|_| States::new()).collect(),
            ..Self::default()
        }
    }

    /// Puts warnings in the order of their instants, then of operators: in how many rounds an operator was met says
    /// nothing.
    pub(super) fn sort_warnings(&mut self) {
        for output in self.shadows.iter_mut().chain([&mut self.output]) {
            output.warnings.sort_by(|left, right| {
                left.as_of.cmp(&right.as_of).then_with(|| left.operator_id.cmp(&right.operator_id))
            });
        }
    }

    /// Of several scores of one operator the last one is enough: they become visible at once.
    pub(super) fn keep_last_scores(&mut self) {
        let mut last = HashMap::new();
        for (place, score) in self.output.scores.iter().enumerate() {
            last.insert(score.operator_id.clone(), place);
        }
        if last.len() < self.output.scores.len() {
            let mut place = 0..;
            self.output.scores.retain(|score| place.next() == last.get(&score.operator_id).copied());
        }
    }
}

/// The state that a round finds.
pub(super) fn state_of<'a>(
    decided: &'a States,
    committed: &'a HashMap<OperatorId, OperatorState>,
    operator: &OperatorId,
) -> Option<&'a OperatorState> {
    decided.get(operator).or_else(|| committed.get(operator))
}
