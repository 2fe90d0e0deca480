//! What officials made of the warnings that they were told of.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use uuid::Uuid;
use yujing_core::warning::handling::Verdict;
use yujing_core::warning::{HandlingState, WarningEvent};

/// Collects how far each warning was dealt with.
#[derive(Debug, Default)]
pub struct AnswerReport {
    warnings: HashMap<Uuid, Progress>,
}

/// How far one warning was dealt with by its newest event.
#[derive(Debug, Clone, Copy)]
struct Progress {
    state: HandlingState,
    verdict: Option<Verdict>,
    acknowledge_by: Option<Timestamp>,
    was_overdue: bool,
}

/// Warnings, each counted at every stage that it has reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnswerCounts {
    pub warnings: usize,
    pub acknowledged: usize,
    pub answered: usize,
    pub closed: usize,
    pub overdue: usize,
    pub verdicts: BTreeMap<Verdict, usize>,
    /// Nobody has acknowledged them, and until when somebody has to in the most urgent of them.
    pub waiting: usize,
    pub next_overdue_at: Option<Timestamp>,
}

impl AnswerReport {
    /// Takes in an event of a warning, in the order of its sequence.
    pub fn read(&mut self, event: &WarningEvent) {
        let Some(handling) = event.handling.as_deref() else { return };
        let before = self.warnings.get(&event.warning_id);
        let was_overdue = handling.overdue.is_some() || before.is_some_and(|before| before.was_overdue);
        let (state, verdict, acknowledge_by) = (handling.state, handling.verdict, handling.acknowledge_by);
        self.warnings.insert(event.warning_id, Progress { state, verdict, acknowledge_by, was_overdue });
    }

    /// The counts so far.
    pub fn counts(&self) -> AnswerCounts {
        let reached = |state: HandlingState| self.warnings.values().filter(|progress| progress.state >= state).count();
        let waiting = || self.warnings.values().filter(|progress| progress.state == HandlingState::New);
        let mut verdicts = BTreeMap::new();
        for verdict in self.warnings.values().filter_map(|progress| progress.verdict) {
            *verdicts.entry(verdict).or_default() += 1;
        }
        AnswerCounts {
            warnings: self.warnings.len(),
            acknowledged: reached(HandlingState::Acknowledged),
            answered: reached(HandlingState::Answered),
            closed: reached(HandlingState::Closed),
            overdue: self.warnings.values().filter(|progress| progress.was_overdue).count(),
            verdicts,
            waiting: waiting().count(),
            next_overdue_at: waiting().filter_map(|progress| progress.acknowledge_by).min(),
        }
    }
}
