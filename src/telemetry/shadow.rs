//! What happens to candidates, the rulesets that are only tried.

use tracing::{info, warn};
use yujing_core::engine::Tally;
use yujing_core::warning::Level;

use super::{InternalEvent, Metrics};

/// A candidate is attached: it judges from now on.
#[derive(Debug, Clone, Copy)]
pub struct CandidateAttached<'a> {
    pub name: &'a str,
    pub hash: &'a str,
    /// Operators that it judged before.
    pub standings: usize,
}

impl InternalEvent for CandidateAttached<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { name, hash, standings } = self;
        metrics.shadow_seated.with_label_values(&[name]).set(1);
        info!(
            code = "candidate_seated",
            candidate = name,
            hash,
            standings,
            "a candidate judges beside the ruleset in force"
        );
    }
}

/// A candidate's folder is not in order, or its cases do not hold.
#[derive(Debug, Clone, Copy)]
pub struct CandidateRefused<'a> {
    pub name: &'a str,
    pub reason: &'a str,
    pub report: &'a str,
}

impl InternalEvent for CandidateRefused<'_> {
    fn emit(self, _metrics: &Metrics) {
        let Self { name, reason, report } = self;
        warn!(code = "candidate_refused", candidate = name, "a candidate is not in order: {reason}\n{report}");
    }
}

/// A candidate failed and was detached.
#[derive(Debug, Clone, Copy)]
pub struct CandidateFailed<'a> {
    pub name: &'a str,
    pub reason: &'a str,
}

impl InternalEvent for CandidateFailed<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { name, reason } = self;
        metrics.shadow_seated.with_label_values(&[name]).set(0);
        warn!(
            code = "candidate_failed",
            candidate = name,
            "a candidate judges no more, until its folder changes: {reason}"
        );
    }
}

/// What candidates made of operators was taken back from their topic; they are counted anew.
#[derive(Debug)]
pub struct CandidatesRestored<I> {
    pub names: I,
}

impl<'a, I: Iterator<Item = &'a String> + std::fmt::Debug> InternalEvent for CandidatesRestored<I> {
    fn emit(self, metrics: &Metrics) {
        for name in self.names {
            metrics.shadow_seated.with_label_values(&[name]).set(0);
            for level in Level::ALL {
                metrics.shadow_operators.with_label_values(&[name.as_str(), level.as_str()]).set(0);
            }
        }
    }
}

/// A candidate judged a batch or a step of a sweep, and what it gave is committed.
#[derive(Debug, Clone, Copy)]
pub struct CandidateDecided<'a> {
    pub name: &'a str,
    pub tally: &'a Tally,
}

impl InternalEvent for CandidateDecided<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { name, tally } = self;
        for (level, change) in &tally.level_changes {
            metrics.shadow_operators.with_label_values(&[name, level.as_str()]).add(*change);
        }
        for ((step, level), count) in &tally.lifecycle {
            metrics.shadow_warnings.with_label_values(&[name, step.as_str(), level.as_str()]).inc_by(*count);
        }
        let failures: u64 = tally.rule_failures.values().chain(tally.feature_failures.values()).sum();
        metrics.shadow_errors.with_label_values(&[name]).inc_by(failures);
        let took: std::time::Duration = tally.stages.values().sum();
        if tally.operators_scored > 0 {
            metrics.shadow_duration.with_label_values(&[name]).observe(took.as_secs_f64());
        }
    }
}
