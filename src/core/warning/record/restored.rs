//! The parts of scores and warnings that a restore reads.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::rule::Level;
use crate::warning::handling::KeptHandling;
use crate::warning::past_warning::PastWarning;
use crate::warning::standing::{OpenWarning, ProvisionalDue, Standing, Step};

/// The part of a score record that a restore reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RestoredScore {
    pub operator_id: String,
    pub as_of: Timestamp,
    /// The hash of the ruleset by which the operator was scored.
    pub ruleset: String,
    pub standing: Standing,
    /// The rules that fired.
    pub findings: Vec<RestoredFinding>,
}

/// The part of a finding that a restore reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RestoredFinding {
    pub rule: String,
    pub points: i64,
    pub floor: Option<Level>,
    #[serde(default)]
    pub disputed: bool,
}

impl RestoredFinding {
    /// As [`crate::warning::finding::Finding::is_ground`].
    pub fn is_ground(&self) -> bool {
        (self.points >= 0 || self.floor.is_some()) && !self.disputed
    }
}

/// The part of a lifecycle event that says how the operator stood after it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RestoredWarning {
    pub warning_id: Uuid,
    pub sequence: u64,
    pub operator_id: String,
    pub step: Step,
    pub level: Level,
    #[serde(default)]
    pub highest: Level,
    pub as_of: Timestamp,
    pub opened_at: Timestamp,
    #[serde(default)]
    pub below_since: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    #[serde(default)]
    pub due_provisional: Option<ProvisionalDue>,
    #[serde(default)]
    pub handling: Option<KeptHandling>,
    pub ruleset: String,
    pub previous: Standing,
    pub findings: Vec<RestoredFinding>,
}

impl RestoredWarning {
    /// The score record that went with the event, as a restore reads it.
    pub fn into_score(self) -> RestoredScore {
        let opened = u64::from(self.step == Step::Opened);
        let before = self.previous.warning.as_ref().filter(|before| before.level == self.level);
        let shown_before = self.previous.warning.as_ref().and_then(|before| before.named.as_ref());
        let names_findings = !matches!(self.step, Step::Handled | Step::Overdue);
        let named_now = self.findings.iter().filter(|_| names_findings).map(|finding| finding.rule.clone());
        let named: BTreeSet<String> =
            shown_before.into_iter().flat_map(|shown| shown.iter().cloned()).chain(named_now).collect();
        let was_overdue =
            self.step == Step::Overdue || self.previous.warning.as_ref().is_some_and(|before| before.was_overdue);
        let mut past = self.previous.past.clone();
        if let Some(ended) = self.previous.warning.as_ref().filter(|_| self.level == Level::None) {
            PastWarning::remember(&mut past, PastWarning::of(ended, self.as_of));
        }
        let warning = (self.level > Level::None).then_some(OpenWarning {
            id: self.warning_id,
            sequence: self.sequence,
            level: self.level,
            highest: self.highest,
            opened_at: self.opened_at,
            level_since: before.map_or(self.as_of, |before| before.level_since),
            eased: before.map_or(self.step == Step::Eased, |before| before.eased),
            below_since: self.below_since,
            due_at: self.due_at,
            due_provisional: self.due_provisional,
            was_overdue,
            named: Some(Arc::new(named)),
            handling: self.handling,
        });
        let standing = Standing { ordinal: self.previous.ordinal + opened, warning, past, ..self.previous };
        let Self { operator_id, as_of, ruleset, findings, .. } = self;
        RestoredScore { operator_id, as_of, ruleset, standing, findings }
    }
}
