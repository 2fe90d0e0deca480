//! What a rule says of an operator.

use std::sync::Arc;

use serde::Serialize;
use yujing_base::language::Bilingual;

use super::level::Level;

/// A rule that fired (触发情形).
#[derive(Debug, Clone, PartialEq)]
pub struct Fired {
    /// The rule's place among those of its ruleset.
    pub rule: usize,
    pub points: i64,
    pub floor: Option<Level>,
    pub because: Arc<Bilingual>,
}

impl Fired {
    /// Whether it only lowers the risk: no ground of a warning, and nothing to be done in time.
    pub fn lowers(&self) -> bool {
        self.points < 0 && self.floor.is_none()
    }
}

/// Every kind of [`RuleFailure`], stable; `feature`: one that it reads could not be computed.
pub const FAILURE_KINDS: [&str; 7] = ["limit", "type", "arithmetic", "thrown", "feature", "panic", "other"];

/// A rule that could not answer: the score is degraded, never silently lower.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleFailure {
    pub rule: usize,
    /// One of [`FAILURE_KINDS`].
    pub kind: &'static str,
    pub message: String,
}

/// What all active rules in force say of one operator.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluation {
    pub fired: Vec<Fired>,
    pub failed: Vec<RuleFailure>,
}

impl Evaluation {
    /// Adds what one rule says.
    pub(super) fn add(&mut self, outcome: RuleOutcome) {
        match outcome {
            RuleOutcome::Fired(fired) => self.fired.push(fired),
            RuleOutcome::Failed(failure) => self.failed.push(failure),
            RuleOutcome::Quiet | RuleOutcome::NotInForce => (),
        }
    }
}

/// What one rule says of one operator.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleOutcome {
    Fired(Fired),
    /// In force, but it does not fire.
    Quiet,
    Failed(RuleFailure),
    /// A draft or retired rule, or outside its days in force.
    NotInForce,
}
