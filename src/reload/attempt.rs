//! One try at another ruleset, as API, commands and log tell it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Difference, Trigger};
use crate::ruleset::RulesetRefusal;
use crate::telemetry::reload::{ReloadEnded, ReloadResult};
use crate::telemetry::{InternalEvent as _, Metrics};

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
    pub refusal: Option<RulesetRefusal>,
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

    /// Logs and counts its end.
    pub fn report(&self, metrics: &Metrics) {
        let result = match (self.outcome, &self.difference, &self.refusal) {
            (Some(Outcome::Applied), Some(difference), _) => ReloadResult::Applied { change: &difference.change },
            (Some(Outcome::Unchanged), ..) => ReloadResult::Unchanged,
            (Some(Outcome::Projected), ..) => ReloadResult::Projected,
            (_, _, Some(refusal)) => ReloadResult::Refused { reason: &refusal.reason.en, report: &refusal.report.en },
            _ => return,
        };
        ReloadEnded {
            attempt: self.number,
            trigger: self.trigger.as_str(),
            hash: self.ruleset.as_deref(),
            dry_run: self.dry_run,
            // Nobody asked for the look at the start: if the folder is not in order, somebody has to know. Whoever asks
            // for an earlier ruleset gets the answer, and the folder is what it was.
            shows_folder: self.trigger == Trigger::Start || (!self.dry_run && self.trigger != Trigger::Rollback),
            result,
            at: self.ended_at.unwrap_or(self.started_at),
        }
        .emit(metrics);
    }
}
