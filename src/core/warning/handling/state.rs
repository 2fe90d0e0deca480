//! The states of handling.

use serde::{Deserialize, Serialize};
use yujing_base::language::Bilingual;

/// How far an open warning has been dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandlingState {
    /// 待签收: nobody has taken it.
    New,
    /// 已签收: somebody has read it and answers for it.
    Acknowledged,
    /// 处置中: somebody is on site, or at work on it.
    InProgress,
    /// 已反馈: the answer is there, with a verdict.
    Answered,
    /// 已审核: who may has accepted the answer.
    Reviewed,
    /// 办结: nothing is left to do.
    Closed,
}

impl HandlingState {
    pub const ALL: [Self; 6] =
        [Self::New, Self::Acknowledged, Self::InProgress, Self::Answered, Self::Reviewed, Self::Closed];

    /// The state as it stands in records, metrics and cases.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Acknowledged => "acknowledged",
            Self::InProgress => "in_progress",
            Self::Answered => "answered",
            Self::Reviewed => "reviewed",
            Self::Closed => "closed",
        }
    }

    /// The state as people read it.
    pub fn words(self) -> Bilingual {
        match self {
            Self::New => Bilingual::new("待签收", "new"),
            Self::Acknowledged => Bilingual::new("已签收", "acknowledged"),
            Self::InProgress => Bilingual::new("处置中", "in progress"),
            Self::Answered => Bilingual::new("已反馈", "answered"),
            Self::Reviewed => Bilingual::new("已审核", "reviewed"),
            Self::Closed => Bilingual::new("办结", "closed"),
        }
    }

    /// Whether somebody still has to act: the clock to act runs.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::New | Self::Acknowledged | Self::InProgress)
    }
}
