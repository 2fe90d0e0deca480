//! Shares of a whole (百分比), as files write them: `150%`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A share in percent. In records it is the number alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(u32);

impl Percent {
    /// All of it: nothing changes.
    pub const WHOLE: Self = Self(100);

    /// Reads `150%`; nothing if it is written otherwise.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%')?;
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse().ok().filter(|_| is_plain).map(Self)
    }

    /// The share of a number of points, halves rounded up.
    pub fn of_points(self, points: i64) -> i64 {
        points.saturating_mul(i64::from(self.0)).saturating_add(50).div_euclid(100)
    }

    /// The share of a count, rounded up: of something there is always something left.
    pub fn of_count(self, count: u32) -> u32 {
        let share = (u64::from(count) * u64::from(self.0)).div_ceil(100);
        u32::try_from(share).unwrap_or(u32::MAX)
    }
}

impl Default for Percent {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_and_written() {
        assert_eq!(Percent::parse("150%").map(|share| share.to_string()).as_deref(), Some("150%"));
        for text in ["", "%", "150", "+5%", "-5%", "1.5%", "50 %", "５０%", "99999999999%"] {
            assert_eq!(Percent::parse(text), None, "{text}");
        }
    }

    #[test]
    fn points_are_rounded_to_the_nearest_and_counts_up() {
        let share = |text| Percent::parse(text).expect("a share");
        assert_eq!([1, 3, 5, 20].map(|points| share("150%").of_points(points)), [2, 5, 8, 30]);
        assert_eq!([1, 3, 5, 240].map(|count| share("50%").of_count(count)), [1, 2, 3, 120]);
        assert_eq!((Percent::WHOLE.of_points(7), Percent::WHOLE.of_count(7)), (7, 7));
        assert_eq!((share("500%").of_points(i64::MAX), share("500%").of_count(u32::MAX)), (i64::MAX / 100, u32::MAX));
    }
}
