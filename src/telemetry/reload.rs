//! What happens when rulesets change.

use std::time::Duration;

use jiff::Timestamp;
use tracing::{debug, info, warn};
use yujing_core::ruleset::RulesetChange;

use super::metrics::seconds;
use super::{InternalEvent, Metrics};

/// The outcomes of attempts, as metrics have them.
pub(super) const OUTCOMES: [&str; 4] = ["applied", "unchanged", "projected", "refused"];

/// An attempt at another ruleset ended.
#[derive(Debug, Clone, Copy)]
pub struct ReloadEnded<'a> {
    /// The number of the attempt.
    pub attempt: u64,
    pub trigger: &'a str,
    /// The hash of the new ruleset, if it was built.
    pub hash: Option<&'a str>,
    pub dry_run: bool,
    /// Whether the attempt shows if the rules folder is in order.
    pub shows_folder: bool,
    pub result: ReloadResult<'a>,
    pub at: Timestamp,
}

/// How an attempt at another ruleset ended.
#[derive(Debug, Clone, Copy)]
pub enum ReloadResult<'a> {
    Applied { change: &'a RulesetChange },
    Unchanged,
    Projected,
    Refused { reason: &'a str, report: &'a str },
}

impl ReloadResult<'_> {
    fn outcome(self) -> &'static str {
        let [applied, unchanged, projected, refused] = OUTCOMES;
        match self {
            Self::Applied { .. } => applied,
            Self::Unchanged => unchanged,
            Self::Projected => projected,
            Self::Refused { .. } => refused,
        }
    }
}

impl InternalEvent for ReloadEnded<'_> {
    fn emit(self, metrics: &Metrics) {
        let outcome = self.result.outcome();
        metrics.ruleset_reloads.with_label_values(&[outcome]).inc();
        let is_good = !matches!(self.result, ReloadResult::Refused { .. });
        if self.shows_folder {
            metrics.ruleset_last_reload_successful.set(i64::from(is_good));
        }
        if !self.dry_run && is_good {
            metrics.ruleset_last_reload_success_timestamp.set(seconds(self.at));
        }
        self.log(outcome);
    }
}

impl ReloadEnded<'_> {
    fn log(self, outcome: &str) {
        let Self { attempt, trigger, dry_run, .. } = self;
        let hash = self.hash.unwrap_or("none");
        match self.result {
            ReloadResult::Refused { reason, report } => warn!(
                code = "ruleset_refused",
                attempt,
                trigger,
                hash,
                dry_run,
                report = %report,
                "the ruleset stays as it is: {reason}"
            ),
            ReloadResult::Applied { change } => info!(
                code = "ruleset_applied",
                attempt,
                trigger,
                hash,
                rules_added = ?change.rules.added,
                rules_changed = ?change.rules.changed,
                rules_removed = ?change.rules.removed,
                features_changed = change.features.len(),
                settings = ?change.settings,
                operators = change.operators,
                levels_changed = change.moved(),
                failures = ?change.failures,
                "another ruleset is in force"
            ),
            ReloadResult::Unchanged | ReloadResult::Projected => {
                info!(code = "ruleset_tried", attempt, trigger, hash, outcome, "nothing changed");
            }
        }
    }
}

/// The folder was compared with what is in force.
#[derive(Debug, Clone, Copy)]
pub struct FolderCompared {
    pub differs: bool,
}

impl InternalEvent for FolderCompared {
    fn emit(self, metrics: &Metrics) {
        metrics.ruleset_folder_differs.set(i64::from(self.differs));
    }
}

/// After a start the folder was found to hold something else than what is in force.
#[derive(Debug, Clone, Copy)]
pub struct FolderDiffers<'a> {
    pub in_force: &'a str,
}

impl InternalEvent for FolderDiffers<'_> {
    fn emit(self, _metrics: &Metrics) {
        warn!(
            code = "ruleset_folder_differs",
            hash = self.in_force,
            "the rules folder holds something else than the ruleset in force, which goes on: change a file, send SIGHUP \
             or run `yujing rules reload` to take the folder, `yujing rules reload --dry-run` to see what would change"
        );
    }
}

/// The process that tries rulesets ended without an answer.
#[derive(Debug, Clone, Copy)]
pub struct TrialFailed<'a> {
    pub reason: &'a str,
    /// What it wrote to standard error at last.
    pub stderr: &'a str,
}

impl InternalEvent for TrialFailed<'_> {
    fn emit(self, _metrics: &Metrics) {
        let Self { reason, stderr } = self;
        warn!(
            code = "ruleset_trial_died",
            said = stderr,
            "the process that tries a ruleset ended without an answer ({reason}); the ruleset is refused"
        );
    }
}

/// Every operator was scored by the ruleset in force.
#[derive(Debug, Clone, Copy)]
pub struct EveryoneScored {
    pub operators: usize,
    pub took: Duration,
}

impl InternalEvent for EveryoneScored {
    fn emit(self, _metrics: &Metrics) {
        let Self { operators, took } = self;
        info!(code = "everyone_judged", operators, "the ruleset in force has judged every operator, within {took:.1?}");
    }
}

/// A reload was asked for.
#[derive(Debug, Clone, Copy)]
pub struct ReloadRequested {
    pub attempt: u64,
    pub by: &'static str,
}

impl InternalEvent for ReloadRequested {
    fn emit(self, _metrics: &Metrics) {
        debug!(code = "reload_asked", attempt = self.attempt, by = self.by, "a reload is asked for");
    }
}
