//! What people do about a warning, and what they find.

use serde::{Deserialize, Serialize};
use yujing_base::language::Bilingual;

use super::state::HandlingState;

/// What an event of the `dispositions` source reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandlingAction {
    /// 送达: a receipt; it moves no state.
    Delivered,
    /// 签收
    Acknowledged,
    /// 开始处置
    InProgress,
    /// 反馈, with a verdict and measures.
    Answered,
    /// 审核通过
    Reviewed,
    /// 办结
    Closed,
    /// 申请延期
    ExtensionAsked,
    /// 同意延期
    ExtensionGranted,
    /// 不同意延期
    ExtensionRefused,
    /// 转办
    Transferred,
    /// 退回
    Returned,
    /// 重新打开
    Reopened,
}

impl HandlingAction {
    pub const ALL: [Self; 12] = [
        Self::Delivered,
        Self::Acknowledged,
        Self::InProgress,
        Self::Answered,
        Self::Reviewed,
        Self::Closed,
        Self::ExtensionAsked,
        Self::ExtensionGranted,
        Self::ExtensionRefused,
        Self::Transferred,
        Self::Returned,
        Self::Reopened,
    ];

    /// The action as it stands in records, metrics and `handling.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Acknowledged => "acknowledged",
            Self::InProgress => "in_progress",
            Self::Answered => "answered",
            Self::Reviewed => "reviewed",
            Self::Closed => "closed",
            Self::ExtensionAsked => "extension_asked",
            Self::ExtensionGranted => "extension_granted",
            Self::ExtensionRefused => "extension_refused",
            Self::Transferred => "transferred",
            Self::Returned => "returned",
            Self::Reopened => "reopened",
        }
    }

    /// The action of a word as [`HandlingAction::as_str`] gives it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }

    /// Whether it can follow upon a state.
    pub fn follows(self, state: HandlingState) -> bool {
        use HandlingState::{Acknowledged, Answered, Closed, InProgress, New, Reviewed};
        match self {
            Self::Delivered => true,
            Self::Acknowledged => state == New,
            Self::InProgress => matches!(state, New | Acknowledged),
            Self::ExtensionAsked => matches!(state, Acknowledged | InProgress),
            Self::Answered | Self::Transferred | Self::ExtensionGranted | Self::ExtensionRefused => state.is_waiting(),
            Self::Returned | Self::Reviewed => state == Answered,
            Self::Closed => state == Reviewed,
            Self::Reopened => matches!(state, Answered | Reviewed | Closed),
        }
    }

    /// The action as people read it.
    pub fn words(self) -> Bilingual {
        match self {
            Self::Delivered => Bilingual::new("送达", "delivered"),
            Self::Acknowledged => Bilingual::new("签收", "acknowledged"),
            Self::InProgress => Bilingual::new("开始处置", "work begun"),
            Self::Answered => Bilingual::new("反馈", "answered"),
            Self::Reviewed => Bilingual::new("审核通过", "reviewed"),
            Self::Closed => Bilingual::new("办结", "closed"),
            Self::ExtensionAsked => Bilingual::new("申请延期", "extension asked"),
            Self::ExtensionGranted => Bilingual::new("同意延期", "extension granted"),
            Self::ExtensionRefused => Bilingual::new("不同意延期", "extension refused"),
            Self::Transferred => Bilingual::new("转办", "transferred"),
            Self::Returned => Bilingual::new("退回", "returned"),
            Self::Reopened => Bilingual::new("重新打开", "reopened"),
        }
    }
}

/// What an answer says of the findings (核查结论).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 属实
    Confirmed,
    /// 部分属实
    Partly,
    /// 不属实
    Unfounded,
}

impl Verdict {
    pub const ALL: [Self; 3] = [Self::Confirmed, Self::Partly, Self::Unfounded];

    /// The verdict as it stands in records and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Partly => "partly",
            Self::Unfounded => "unfounded",
        }
    }

    /// The verdict of a word as [`Verdict::as_str`] gives it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }

    /// The verdict as people read it.
    pub fn words(self) -> Bilingual {
        match self {
            Self::Confirmed => Bilingual::new("属实", "confirmed"),
            Self::Partly => Bilingual::new("部分属实", "partly confirmed"),
            Self::Unfounded => Bilingual::new("不属实", "unfounded"),
        }
    }
}

/// What was done on site or after (处置措施).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// 现场整改
    OnTheSpotCorrection,
    /// 责令改正
    WrittenOrder,
    /// 查封扣押
    Sealing,
    /// 抽样检验
    Sampling,
    /// 立案
    CaseOpened,
    /// 移送
    Referral,
}

impl Measure {
    pub const ALL: [Self; 6] = [
        Self::OnTheSpotCorrection,
        Self::WrittenOrder,
        Self::Sealing,
        Self::Sampling,
        Self::CaseOpened,
        Self::Referral,
    ];

    /// The measure as it stands in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnTheSpotCorrection => "on_the_spot_correction",
            Self::WrittenOrder => "written_order",
            Self::Sealing => "sealing",
            Self::Sampling => "sampling",
            Self::CaseOpened => "case_opened",
            Self::Referral => "referral",
        }
    }

    /// The measure of a word as [`Measure::as_str`] gives it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == word)
    }

    /// The measure as people read it.
    pub fn words(self) -> Bilingual {
        match self {
            Self::OnTheSpotCorrection => Bilingual::new("现场整改", "corrected on the spot"),
            Self::WrittenOrder => Bilingual::new("责令改正", "ordered in writing"),
            Self::Sealing => Bilingual::new("查封扣押", "sealed or seized"),
            Self::Sampling => Bilingual::new("抽样检验", "sampled"),
            Self::CaseOpened => Bilingual::new("立案", "case opened"),
            Self::Referral => Bilingual::new("移送", "referred"),
        }
    }
}
