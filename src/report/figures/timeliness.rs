//! What was done in time, of the warnings opened in the month.

use serde::Serialize;
use yujing_base::language::Bilingual;
use yujing_core::rule::Level;
use yujing_core::warning::handling::Clock;
use yujing_workbench::page::drawing::float;

use super::count::LEVELS;
use crate::life::{Timeliness, WarningLife};

/// Whether what a clock asks for was done in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockFigures {
    pub clock: Clock,
    pub words: Bilingual,
    /// By the highest level that they reached, the highest first.
    pub by_level: Vec<LevelTimeliness>,
    pub all: TimelinessCounts,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LevelTimeliness {
    pub level: Level,
    pub counts: TimelinessCounts,
}

/// How many warnings are so; the sum is all that were opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TimelinessCounts {
    pub in_time: u64,
    pub late: u64,
    pub overdue: u64,
    pub waiting: u64,
    pub ended: u64,
    pub unknown: u64,
}

impl ClockFigures {
    pub fn of(clock: Clock, opened: &[&WarningLife]) -> Self {
        let of_level = |level| {
            let lives = opened.iter().copied().filter(|life| life.highest == level);
            LevelTimeliness { level, counts: TimelinessCounts::of(lives, clock) }
        };
        let words = match clock {
            Clock::Acknowledge => Bilingual::new("签收", "acknowledged"),
            Clock::Act => Bilingual::new("处置反馈", "answered"),
        };
        let all = TimelinessCounts::of(opened.iter().copied(), clock);
        Self { clock, words, by_level: LEVELS.map(of_level).into(), all }
    }
}

impl TimelinessCounts {
    pub fn of<'a>(lives: impl IntoIterator<Item = &'a WarningLife>, clock: Clock) -> Self {
        let mut counts = Self::default();
        for life in lives {
            let count = match life.timeliness(clock) {
                Timeliness::InTime => &mut counts.in_time,
                Timeliness::Late => &mut counts.late,
                Timeliness::Overdue => &mut counts.overdue,
                Timeliness::Waiting => &mut counts.waiting,
                Timeliness::Ended => &mut counts.ended,
                Timeliness::Unknown => &mut counts.unknown,
            };
            *count += 1;
        }
        counts
    }

    /// All of them.
    pub fn all(self) -> u64 {
        let Self { in_time, late, overdue, waiting, ended, unknown } = self;
        in_time + late + overdue + waiting + ended + unknown
    }

    /// 按期率: what was done in time, of what was done or should have been; nothing if that is nothing.
    pub fn share(self) -> Option<f64> {
        let due = self.in_time + self.late + self.overdue;
        (due > 0).then(|| float(self.in_time) / float(due))
    }
}
