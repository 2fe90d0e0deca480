//! The record that puts a ruleset in force: written to the `rulesets` topic beside the body, described by
//! `schemas/ruleset-publications.schema.json`. The newest one says what runs, also after a restart.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::RulesetChange;

/// What set off a reload, or put a ruleset in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// A start: nothing was published yet, or the folder was asked for.
    Start,
    /// A change under the rules folder.
    Folder,
    /// SIGHUP.
    Signal,
    /// A request.
    Api,
    /// A request for an earlier ruleset.
    Rollback,
}

impl Trigger {
    pub const ALL: [Self; 5] = [Self::Start, Self::Folder, Self::Signal, Self::Api, Self::Rollback];

    /// As records and log lines have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Folder => "folder",
            Self::Signal => "signal",
            Self::Api => "api",
            Self::Rollback => "rollback",
        }
    }
}

/// A ruleset came into force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    /// From 1, without gaps.
    pub sequence: u64,
    /// The content hash of the ruleset, whose body is on the same topic.
    pub ruleset: String,
    /// The ruleset in force before; none for the first.
    pub previous: Option<String>,
    /// By the clock of the engine's machine.
    pub published_at: Timestamp,
    pub cause: Trigger,
    /// What it changed; unknown for the first, and at a start.
    pub change: Option<RulesetChange>,
    /// The version of the program that published it.
    pub engine: String,
}

impl Publication {
    /// The next publication after `last`.
    pub fn next(last: Option<&Self>, ruleset: &str, previous: Option<&str>, cause: Trigger, at: Timestamp) -> Self {
        Self {
            sequence: last.map_or(0, |last| last.sequence) + 1,
            ruleset: ruleset.to_owned(),
            previous: previous.map(str::to_owned),
            published_at: at,
            cause,
            change: None,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}
