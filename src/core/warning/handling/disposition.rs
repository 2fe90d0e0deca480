//! A disposition (处置反馈): what somebody reports to have done about a warning.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yujing_base::OperatorId;

use super::action::{HandlingAction, Measure, Verdict};

/// Which event of an operator it is, whatever its revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventKey {
    pub publisher: String,
    pub event_id: String,
}

/// One event of the `dispositions` source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposition {
    pub operator_id: OperatorId,
    #[serde(flatten)]
    pub event: EventKey,
    pub revision: i64,
    /// When it was done, as the event says.
    pub at: Timestamp,
    /// What was done; none where the event is retracted: it never was.
    pub answer: Option<Answer>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// By which channel something was delivered, in receipts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Which event of the warning was delivered, in receipts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

/// What was done about which warning, by which role and post: never a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub warning_id: Uuid,
    pub action: HandlingAction,
    /// None in events of version 1: then it is the policy's role for these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The id of the post; none in events of version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<Measure>,
    /// The rules whose findings the verdict is about; empty: all that stood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// Until when time is asked for or granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extend_to: Option<Timestamp>,
    /// The id of the post that gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer_to: Option<String>,
}

/// A reference to a document of the office's own systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub uri: String,
    /// In hex.
    pub sha256: String,
}
