//! The five levels (等级), from none to red.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How high an operator's risk is raised. Ordered: `None < Blue < Yellow < Orange < Red`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    #[default]
    None,
    Blue,
    Yellow,
    Orange,
    Red,
}

impl Level {
    pub const ALL: [Self; 5] = [Self::None, Self::Blue, Self::Yellow, Self::Orange, Self::Red];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Blue => "blue",
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }

    /// The level as officials write it.
    pub fn zh(self) -> &'static str {
        match self {
            Self::None => "无",
            Self::Blue => "蓝色",
            Self::Yellow => "黄色",
            Self::Orange => "橙色",
            Self::Red => "红色",
        }
    }

    /// The level so many steps higher, at most red. Nothing is raised from none: without a warning there is none.
    #[must_use]
    pub fn raised(self, by: u8) -> Self {
        let steps = if self == Self::None { 0 } else { usize::from(by) };
        Self::ALL.into_iter().skip_while(|level| *level < self).nth(steps).unwrap_or(Self::Red)
    }

    /// The level of a word in lower case, as rules and files write it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
