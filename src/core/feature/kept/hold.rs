//! Until when an answer holds.

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// Until when an answer holds, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// At any instant before, the answer is the same.
    pub same_until: i64,
    /// At any instant before, it is the same but for columns that count days, and for counts of rows, which fall at most.
    pub steady_until: i64,
    /// When the question is to be asked again.
    pub ask_again: i64,
}

impl Hold {
    pub const FOREVER: Self = Self::until(i64::MAX);
    /// There is no answer yet, or another one.
    pub const NONE: Self = Self::until(i64::MIN);

    pub const fn until(instant: i64) -> Self {
        Self { same_until: instant, steady_until: instant, ask_again: instant }
    }

    /// Nothing says when an answer changes: it is for its own instant, and to be asked for again at the next whole hour.
    pub fn unknown(as_of: i64) -> Self {
        let next_hour = as_of.div_euclid(MICROS_PER_HOUR).saturating_add(1).saturating_mul(MICROS_PER_HOUR);
        Self { ask_again: next_hour, ..Self::until(as_of.saturating_add(1)) }
    }

    /// As long as both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            same_until: self.same_until.min(other.same_until),
            steady_until: self.steady_until.min(other.steady_until),
            ask_again: self.ask_again.min(other.ask_again),
        }
    }
}
