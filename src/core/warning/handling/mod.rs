//! What is done about an open warning (处置): one state machine beside the level's lifecycle, moved by what people answer
//! (dispositions), by evidence and by instants.
//!
//! - here, `kept`: what is kept of it with the warning
//! - [`state`], [`action`]: its states, and what people do
//! - [`disposition`]: one event of the `dispositions` source, typed
//! - [`dispute`]: what a verdict takes from findings
//! - [`policy`], `policy_file`: `rules/handling.toml`: times and roles
//! - [`not_permitted`]: why an answer is refused
//! - [`overdue`]: its two clocks

pub mod action;
pub mod disposition;
pub mod dispute;
mod kept;
pub mod not_permitted;
pub mod overdue;
pub mod policy;
mod policy_file;
pub mod state;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::action::{HandlingAction, Measure, Verdict};
pub use self::disposition::{Answer, Attachment, Disposition, EventKey};
pub use self::dispute::{Dispute, EvidenceKey, Ground, SeenEvents};
pub use self::kept::KeptHandling;
pub use self::not_permitted::NotPermitted;
pub use self::overdue::{Clock, Overdue};
pub use self::policy::{ClockRule, Clocks, HandlingPolicy};
pub use self::state::HandlingState;
use crate::warning::routing::{Assignment, Post, PostCopy};

/// How many steps of people are kept with a warning: the newest. Their events stay on the topic.
pub const MAX_STEPS: usize = 64;
/// How many receipts are kept with a warning: the newest.
pub const MAX_RECEIPTS: usize = 32;

/// What is done about an open warning. The clock to act is the warning's own `due_at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handling {
    pub state: HandlingState,
    /// Since when it is in its state.
    pub since: Timestamp,
    /// The post that is to act.
    pub assignee: Post,
    /// The posts above the assignee, the nearest first.
    pub ladder: Vec<Post>,
    /// The posts that had it before and are answerable too: below the assignee, or where it was transferred from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<Post>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<PostCopy>,
    /// Whether no route reached a post, so that the default has it (未包保).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unrouted: bool,
    /// Until when somebody has to acknowledge it, while nobody has.
    pub acknowledge_by: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    /// When the answer that stands came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// What the newest answer says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<Measure>,
    /// What an answer that calls findings unfounded is about, until somebody has reviewed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grounds: Vec<Ground>,
    /// The clock that has passed, while it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue: Option<Overdue>,
    /// How often it was reopened.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reopened: u32,
    /// What people did, the oldest first: at most [`MAX_STEPS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<HandlingStep>,
    /// What was delivered, the oldest first: at most [`MAX_RECEIPTS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Receipt>,
    /// What the newest of the steps left, so that it can be taken back; none once evidence has moved it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<Before>>,
}

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandlingStep {
    #[serde(flatten)]
    pub event: EventKey,
    pub revision: i64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub answer: Answer,
}

/// How a warning stood before a step of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Without steps, receipts and what it was before.
    pub handling: Handling,
    pub due_at: Option<Timestamp>,
}

/// More time (延期): asked for, and granted or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Until when somebody asks to have time; none once that was decided.
    pub asked: Option<Timestamp>,
    /// Until when time was granted, the newest.
    pub granted: Option<Timestamp>,
}

/// Something reached a post (送达).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub post: Option<String>,
    pub channel: Option<String>,
    /// The event of the warning that was delivered.
    pub sequence: Option<u64>,
    pub at: Timestamp,
}

impl Handling {
    /// A warning that has just been assigned.
    pub fn opened(assignment: Assignment, acknowledge_by: Option<Timestamp>, as_of: Timestamp) -> Self {
        let Assignment { assignee, ladder, copies, unrouted } = assignment;
        Self {
            state: HandlingState::New,
            since: as_of,
            assignee,
            ladder,
            passed: Vec::new(),
            copies,
            unrouted,
            acknowledge_by,
            extension: None,
            answered_at: None,
            verdict: None,
            measures: Vec::new(),
            grounds: Vec::new(),
            overdue: None,
            reopened: 0,
            steps: Vec::new(),
            receipts: Vec::new(),
            before: None,
        }
    }

    /// Whether a post has to do with the warning: it is to act, stands above or had it before.
    pub fn concerns(&self, post: &str) -> bool {
        self.ladder.iter().chain(&self.passed).chain([&self.assignee]).any(|known| known.id == post)
    }

    /// What somebody did by an event, if the warning remembers it.
    pub fn step_of(&self, event: &EventKey) -> Option<&HandlingStep> {
        self.steps.iter().find(|step| step.event == *event)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
