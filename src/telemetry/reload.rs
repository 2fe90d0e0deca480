//! What happens when rulesets change.

use std::time::Duration;

use jiff::Timestamp;
use tracing::{debug, info, warn};

use super::metrics::seconds;
use super::{InternalEvent, Metrics};
use crate::reload::{Attempt, Outcome, Trigger};

/// An attempt at another ruleset ended.
#[derive(Debug)]
pub struct ReloadEnded<'a> {
    pub attempt: &'a Attempt,
}

impl InternalEvent for ReloadEnded<'_> {
    fn emit(self, metrics: &Metrics) {
        let Attempt { number, trigger, dry_run, outcome, ruleset, difference, refusal, .. } = self.attempt;
        let outcome = outcome.unwrap_or(Outcome::Refused);
        metrics.ruleset_reloads.with_label_values(&[outcome.as_str()]).inc();
        let is_good = outcome != Outcome::Refused;
        // Nobody asked for the look at the start: if the folder is not in order, somebody has to know. Whoever asks for an
        // earlier ruleset is told, and the folder is what it was.
        if *trigger == Trigger::Start || (!dry_run && *trigger != Trigger::Rollback) {
            metrics.ruleset_last_reload_successful.set(i64::from(is_good));
        }
        if !dry_run && is_good {
            metrics.ruleset_last_reload_success_timestamp.set(seconds(Timestamp::now()));
        }
        let (trigger, hash) = (trigger.as_str(), ruleset.as_deref().unwrap_or("none"));
        match (outcome, difference, refusal) {
            (Outcome::Refused, _, Some(refusal)) => warn!(
                code = "ruleset_refused",
                attempt = number,
                trigger,
                hash,
                dry_run,
                report = %refusal.report.en,
                "the ruleset stays as it is: {}",
                refusal.reason.en
            ),
            (Outcome::Applied, Some(difference), _) => {
                let change = &difference.change;
                info!(
                    code = "ruleset_applied",
                    attempt = number,
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
                );
            }
            _ => info!(
                code = "ruleset_tried",
                attempt = number,
                trigger,
                hash,
                outcome = outcome.as_str(),
                "nothing changed"
            ),
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
pub struct CageBroken<'a> {
    pub death: &'a str,
    /// What it wrote at last.
    pub said: &'a str,
}

impl InternalEvent for CageBroken<'_> {
    fn emit(self, _metrics: &Metrics) {
        let Self { death, said } = self;
        warn!(
            code = "ruleset_trial_died",
            said, "the process that tries a ruleset ended without an answer ({death}); the ruleset is refused"
        );
    }
}

/// Every operator was judged by the ruleset in force.
#[derive(Debug, Clone, Copy)]
pub struct EveryoneJudged {
    pub operators: usize,
    pub took: Duration,
}

impl InternalEvent for EveryoneJudged {
    fn emit(self, _metrics: &Metrics) {
        let Self { operators, took } = self;
        info!(code = "everyone_judged", operators, "the ruleset in force has judged every operator, within {took:.1?}");
    }
}

/// A request for a reload came.
#[derive(Debug, Clone, Copy)]
pub struct ReloadAsked {
    pub attempt: u64,
    pub by: &'static str,
}

impl InternalEvent for ReloadAsked {
    fn emit(self, _metrics: &Metrics) {
        debug!(code = "reload_asked", attempt = self.attempt, by = self.by, "a reload is asked for");
    }
}
