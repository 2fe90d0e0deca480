//! The two clocks of a warning: to acknowledge it, and to act on it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use yujing_base::language::Bilingual;

/// A clock of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// 签收时限: runs until somebody acknowledges.
    Acknowledge,
    /// 处置时限: runs until somebody answers.
    Act,
}

impl Clock {
    pub const ALL: [Self; 2] = [Self::Acknowledge, Self::Act];

    /// The clock as it stands in records, metrics and cases.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Act => "act",
        }
    }

    /// The clock as people read it.
    pub fn words(self) -> Bilingual {
        match self {
            Self::Acknowledge => Bilingual::new("签收时限", "the time to acknowledge"),
            Self::Act => Bilingual::new("处置时限", "the time to act"),
        }
    }
}

/// A clock that has passed and runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overdue {
    pub clock: Clock,
    /// When it passed.
    pub since: Timestamp,
    /// How many steps overdue it has made.
    pub times: u32,
    /// When it goes up again; none at the top of the ladder.
    pub next: Option<Timestamp>,
}
