//! The event on the `warnings` topic.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yujing_base::zone::Zone;

use super::score_record::{Coverage, OperatorCard};
use crate::feature::FeatureValue;
use crate::rule::{Bilingual, Level};
use crate::warning::finding::Finding;
use crate::warning::score::Floor;
use crate::warning::standing::{Cause, ProvisionalDue, Standing, Step};

/// One event of a warning's lifecycle: the value on the `warnings` topic, its key is `operator_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarningEvent {
    pub warning_id: Uuid,
    /// From 1, without gaps.
    pub sequence: u64,
    pub operator_id: String,
    pub step: Step,
    pub cause: Cause,
    pub from: Level,
    pub level: Level,
    pub as_of: Timestamp,
    pub opened_at: Timestamp,
    /// Since when the score would allow a lower level.
    #[serde(default)]
    pub below_since: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    /// How `due_at` was counted, while it rests on days that the calendar does not know.
    #[serde(default)]
    pub due_provisional: Option<ProvisionalDue>,
    /// The office's, in which people read the times; left out where it is Beijing's.
    #[serde(default, skip_serializing_if = "Zone::is_beijing")]
    pub zone: Zone,
    /// The headline in both languages: who, what level, why.
    pub text: Bilingual,
    pub score: i64,
    pub base: i64,
    pub to_next: Option<i64>,
    pub findings: Vec<Finding>,
    pub floors: Vec<Floor>,
    pub features: BTreeMap<String, FeatureValue>,
    pub coverage: Coverage,
    pub degraded: Vec<String>,
    pub operator: OperatorCard,
    pub ruleset: String,
    /// The next offset of every input partition when this was decided, `topic:partition` → offset.
    pub offsets: BTreeMap<String, i64>,
    /// The warning's state before this event.
    pub previous: Standing,
}

impl WarningEvent {
    /// The findings that no earlier event of the warning showed.
    pub fn new_findings(&self) -> impl Iterator<Item = &Finding> {
        let shown = self.previous.warning.as_ref().and_then(|before| before.named.as_ref());
        self.findings.iter().filter(move |finding| shown.is_none_or(|shown| !shown.contains(&finding.rule)))
    }
}
