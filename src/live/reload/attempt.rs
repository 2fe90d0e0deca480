//! One try at another ruleset, as API, commands and log show it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use yujing_core::ruleset::{RulesetRefusal, Trigger};
use yujing_telemetry::reload::{ReloadEnded, ReloadResult};
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::RulesetDifference;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "lowercase")]
pub enum ReloadStage {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReloadOutcome {
    /// The ruleset is in force.
    Applied,
    /// It was in force already.
    Unchanged,
    /// It was only asked what would change.
    Projected,
    /// It was found wanting: the old ruleset goes on.
    Refused,
}

/// How it ended, and what belongs to that.
#[derive(Debug, Clone, PartialEq)]
pub enum ReloadEnding {
    Applied(RulesetDifference),
    Unchanged,
    Projected(RulesetDifference),
    Refused(RulesetRefusal),
}

/// One try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReloadAttempt {
    /// From 1 in each run of the program.
    pub number: u64,
    pub trigger: Trigger,
    /// Whether it is only asked what would change.
    pub dry_run: bool,
    #[serde(flatten)]
    pub stage: ReloadStage,
    pub outcome: Option<ReloadOutcome>,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// The hash of the new ruleset, once it is known.
    pub ruleset: Option<String>,
    pub difference: Option<RulesetDifference>,
    pub refusal: Option<RulesetRefusal>,
}

impl ReloadAttempt {
    pub fn new(number: u64, trigger: Trigger, dry_run: bool, at: Timestamp) -> Self {
        Self {
            number,
            trigger,
            dry_run,
            stage: ReloadStage::Waiting,
            outcome: None,
            started_at: at,
            ended_at: None,
            ruleset: None,
            difference: None,
            refusal: None,
        }
    }

    pub(super) fn end(&mut self, ending: &ReloadEnding, at: Timestamp) {
        self.stage = ReloadStage::Ended;
        self.outcome = Some(ending.outcome());
        self.ended_at = Some(at);
        match ending {
            ReloadEnding::Applied(difference) | ReloadEnding::Projected(difference) => {
                self.difference = Some(difference.clone());
            }
            ReloadEnding::Unchanged => {}
            ReloadEnding::Refused(refusal) => self.refusal = Some(refusal.clone()),
        }
    }
}

impl ReloadEnding {
    fn outcome(&self) -> ReloadOutcome {
        match self {
            Self::Applied(_) => ReloadOutcome::Applied,
            Self::Unchanged => ReloadOutcome::Unchanged,
            Self::Projected(_) => ReloadOutcome::Projected,
            Self::Refused(_) => ReloadOutcome::Refused,
        }
    }

    /// Logs and counts the end of an attempt.
    pub(super) fn report(&self, attempt: &ReloadAttempt, metrics: &Metrics) {
        let ReloadAttempt { number, trigger, dry_run, ended_at, started_at, ruleset, .. } = attempt;
        ReloadEnded {
            attempt: *number,
            trigger: trigger.as_str(),
            hash: ruleset.as_deref(),
            dry_run: *dry_run,
            // Nobody asked for the look at the start: if the folder is not in order, somebody has to know. Whoever asks
            // for an earlier ruleset gets the answer, and the folder is what it was.
            shows_folder: *trigger == Trigger::Start || (!dry_run && *trigger != Trigger::Rollback),
            result: self.result(),
            at: ended_at.unwrap_or(*started_at),
        }
        .emit(metrics);
    }

    fn result(&self) -> ReloadResult<'_> {
        match self {
            Self::Applied(difference) => ReloadResult::Applied { change: &difference.change },
            Self::Unchanged => ReloadResult::Unchanged,
            Self::Projected(_) => ReloadResult::Projected,
            Self::Refused(refusal) => ReloadResult::Refused { reason: &refusal.reason.en, report: &refusal.report.en },
        }
    }
}
