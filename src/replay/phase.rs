//! Where the time of a replay goes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A part of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The outcome's query over the inputs.
    Outcome,
    /// Waiting until history is read and put in the order of arrival.
    Reading,
    /// Events applied, operators evaluated, warnings moved.
    Deciding,
    /// Scores as of the evenings that outcomes are held against, whole and in parts.
    Scoring,
    /// Figures and their intervals.
    Statistics,
}

impl Phase {
    pub const ALL: [Self; 5] = [Self::Outcome, Self::Reading, Self::Deciding, Self::Scoring, Self::Statistics];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Reading => "reading",
            Self::Deciding => "deciding",
            Self::Scoring => "scoring",
            Self::Statistics => "statistics",
        }
    }
}

/// How long each part took on the clock on the wall; of threads that do the same side by side, the mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PhaseTimes(BTreeMap<Phase, Duration>);

impl PhaseTimes {
    /// Counts the time since an instant for a part.
    pub fn add_since(&mut self, phase: Phase, began: Instant) {
        *self.0.entry(phase).or_default() += began.elapsed();
    }

    /// Adds those of another pass.
    pub fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(phase, took)| *self.0.entry(*phase).or_default() += *took);
    }

    /// The mean of threads that were at work side by side.
    pub fn mean(threads: &[Self]) -> Self {
        let mut mean = Self::default();
        for times in threads {
            mean.add(times);
        }
        let count = u32::try_from(threads.len()).unwrap_or(u32::MAX).max(1);
        mean.0.values_mut().for_each(|took| *took /= count);
        mean
    }

    /// Seconds by part, in the order in which parts come; one that did not happen is absent.
    pub fn seconds(&self) -> impl Iterator<Item = (Phase, f64)> {
        self.0.iter().map(|(phase, took)| (*phase, took.as_secs_f64()))
    }
}
