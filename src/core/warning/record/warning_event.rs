//! The event on the `warnings` topic.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yujing_base::OperatorId;
use yujing_base::zone::Zone;

use super::coverage::Coverage;
use super::feature_values::FeatureValues;
use super::operator_card::OperatorCard;
use crate::rule::{Bilingual, Level};
use crate::warning::finding::Finding;
use crate::warning::handling::{Disposition, KeptHandling};
use crate::warning::json::{JsonObject, WriteJson};
use crate::warning::score::Floor;
use crate::warning::standing::{Cause, ProvisionalDue, Standing, Step};

/// One event of a warning's lifecycle: the value on the `warnings` topic, its key is `operator_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarningEvent {
    pub warning_id: Uuid,
    /// From 1, without gaps.
    pub sequence: u64,
    pub operator_id: OperatorId,
    pub step: Step,
    pub cause: Cause,
    pub from: Level,
    pub level: Level,
    /// The highest level that the warning has had without rules that read past warnings.
    #[serde(default)]
    pub highest: Level,
    pub as_of: Timestamp,
    pub opened_at: Timestamp,
    /// Since when the score would allow a lower level.
    #[serde(default)]
    pub below_since: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    /// How `due_at` was counted, while it rests on days that the calendar does not know.
    #[serde(default)]
    pub due_provisional: Option<ProvisionalDue>,
    /// What is done about the warning, after this event; of a closed one as it was at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<KeptHandling>,
    /// What somebody did, if that is the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<Box<Disposition>>,
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
    pub features: FeatureValues,
    pub coverage: Coverage,
    pub degraded: Vec<String>,
    pub operator: OperatorCard,
    pub ruleset: Arc<str>,
    /// The next offset of every input partition when this was decided, `topic:partition` → offset.
    pub offsets: BTreeMap<String, i64>,
    /// The warning's state before this event.
    pub previous: Standing,
}

impl WarningEvent {
    /// The findings that no earlier event of the warning showed.
    pub fn new_findings(&self) -> impl Iterator<Item = &Finding> {
        let shown = self.previous.warning.as_ref().and_then(|before| before.named.as_ref());
        self.findings.iter().filter(move |finding| shown.is_none_or(|shown| !shown.contains(&finding.rule.id)))
    }
}

impl WriteJson for WarningEvent {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = JsonObject::begin(out);
        object.member("warning_id", &self.warning_id);
        object.member("sequence", &self.sequence);
        object.member("operator_id", &*self.operator_id);
        object.member("step", &self.step);
        object.member("cause", &self.cause);
        object.member("from", &self.from);
        object.member("level", &self.level);
        object.member("highest", &self.highest);
        object.member("as_of", &self.as_of);
        object.member("opened_at", &self.opened_at);
        object.member("below_since", &self.below_since);
        object.member("due_at", &self.due_at);
        object.member("due_provisional", &self.due_provisional);
        if let Some(handling) = &self.handling {
            object.part("handling", handling);
        }
        if let Some(disposition) = &self.disposition {
            object.member("disposition", disposition);
        }
        if !self.zone.is_beijing() {
            object.member("zone", &self.zone);
        }
        object.member("text", &self.text);
        object.member("score", &self.score);
        object.member("base", &self.base);
        object.member("to_next", &self.to_next);
        object.part("findings", &self.findings);
        object.member("floors", &self.floors);
        object.part("features", &self.features);
        object.part("coverage", &self.coverage);
        object.member("degraded", &self.degraded);
        object.part("operator", &self.operator);
        object.member("ruleset", &*self.ruleset);
        object.member("offsets", &self.offsets);
        object.part("previous", &self.previous);
        object.end();
    }
}
