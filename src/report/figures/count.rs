//! Counts by level.

use serde::Serialize;
use yujing_core::rule::Level;

/// The levels of warnings, the highest first.
pub const LEVELS: [Level; 4] = [Level::Red, Level::Orange, Level::Yellow, Level::Blue];

/// A count for each level, and their sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LevelCounts {
    pub red: u64,
    pub orange: u64,
    pub yellow: u64,
    pub blue: u64,
    pub all: u64,
}

impl LevelCounts {
    /// How many there are of each level; what has none counts for nothing.
    pub fn of(levels: impl IntoIterator<Item = Level>) -> Self {
        let mut counts = Self::default();
        levels.into_iter().for_each(|level| counts.count(level));
        counts
    }

    fn count(&mut self, level: Level) {
        let count = match level {
            Level::Red => &mut self.red,
            Level::Orange => &mut self.orange,
            Level::Yellow => &mut self.yellow,
            Level::Blue => &mut self.blue,
            Level::None => return,
        };
        *count += 1;
        self.all += 1;
    }
}

/// How many there are.
pub fn count(items: impl IntoIterator) -> u64 {
    items.into_iter().fold(0, |count, _| count + 1)
}
