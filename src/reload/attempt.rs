//! One try at another ruleset, as API, commands and log tell it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::candidate::Refusal;
use super::{Difference, Trigger};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "lowercase")]
pub enum Stage {
    /// For its turn, or for the engine to start.
    Waiting,
    /// Reading, building and checking the files.
    Building,
    /// Running the cases.
    Testing,
    /// Looking at what operators' levels would become.
    Projecting {
        done: usize,
        total: usize,
    },
    /// Writing it to Kafka.
    Publishing,
    Ended,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The ruleset is in force.
    Applied,
    /// It was in force already.
    Unchanged,
    /// It was only asked what would change.
    Projected,
    /// It was found wanting: the old ruleset goes on.
    Refused,
}

impl Outcome {
    pub const ALL: [Self; 4] = [Self::Applied, Self::Unchanged, Self::Projected, Self::Refused];

    /// As metrics have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Projected => "projected",
            Self::Refused => "refused",
        }
    }
}

/// One try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1 in each run of the program.
    pub number: u64,
    pub trigger: Trigger,
    /// Whether it is only asked what would change.
    pub dry_run: bool,
    #[serde(flatten)]
    pub stage: Stage,
    pub outcome: Option<Outcome>,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// The hash of the new ruleset, once it is built.
    pub ruleset: Option<String>,
    pub difference: Option<Difference>,
    pub refusal: Option<Refusal>,
}

impl Attempt {
    pub fn new(number: u64, trigger: Trigger, dry_run: bool, at: Timestamp) -> Self {
        Self {
            number,
            trigger,
            dry_run,
            stage: Stage::Waiting,
            outcome: None,
            started_at: at,
            ended_at: None,
            ruleset: None,
            difference: None,
            refusal: None,
        }
    }
}
