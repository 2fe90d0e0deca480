//! What the engine remembers of an operator between two scores.

use std::collections::HashMap;
use std::sync::Arc;

use yujing_base::OperatorId;

use super::contributing_rules::ContributingRules;
use super::kept_evaluation::KeptEvaluation;
use crate::ruleset::Ruleset;
use crate::warning::record::RestoredScore;
use crate::warning::rollup::AreaShare;
use crate::warning::{Level, OperatorCard, Standing};

/// States of operators.
pub(super) type States = HashMap<OperatorId, OperatorState>;

/// What one ruleset made of an operator so far.
#[derive(Debug, Clone, Default)]
pub(super) struct OperatorState {
    pub(super) standing: Standing,
    /// Content hash of the last score written, to write the next only when something changed.
    pub(super) written: Option<u128>,
    /// The level of the last score; `None` before the first.
    pub(super) level: Option<Level>,
    /// The ruleset of the last score, as far as it is known.
    pub(super) evaluated_by: Option<Arc<Ruleset>>,
    /// The rules behind the newest warning, as far as they are known.
    pub(super) contributing: Option<ContributingRules>,
    /// Whether the open warning lost its evidence to events that were applied without scoring.
    pub(super) lost_evidence: bool,
    /// What the rules found at the last score; `None` after a restore.
    pub(super) evaluation: Option<Arc<KeptEvaluation>>,
    /// What it adds to its areas; `None` before the first score, and where only warnings are counted.
    pub(super) share: Option<Arc<AreaShare>>,
    /// Whether a route leads to a post; `None` where it counts for no area.
    pub(super) routed: Option<Routed>,
}

/// Whether a route of its ruleset leads from an operator, as the register has it, to a post.
#[derive(Debug, Clone)]
pub(super) struct Routed {
    pub(super) card: OperatorCard,
    pub(super) unrouted: bool,
}

impl OperatorState {
    /// From a score record, with the ruleset that gave it if that can still be had.
    pub(super) fn restored(score: RestoredScore, evaluated_by: Option<Arc<Ruleset>>) -> Self {
        let contributing = ContributingRules::restored(&score);
        Self { standing: score.standing, evaluated_by, contributing, ..Self::default() }
    }

    /// Whether this ruleset gave the last score.
    pub(super) fn is_evaluated_by(&self, ruleset: &Arc<Ruleset>) -> bool {
        self.evaluated_by.as_ref().is_some_and(|evaluated_by| Arc::ptr_eq(evaluated_by, ruleset))
    }

    /// The ruleset of the last score, if it is known and another one than this.
    pub(super) fn previous_ruleset(&self, current: &Arc<Ruleset>) -> Option<&Arc<Ruleset>> {
        self.evaluated_by.as_ref().filter(|previous| !Arc::ptr_eq(previous, current))
    }
}
