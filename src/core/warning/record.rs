//! What leaves: the record on the compacted `scores` topic and the event on the `warnings` topic. Both are described by
//! `schemas/scores.schema.json` and `schemas/warnings.schema.json`, carry no personal data and prove themselves (I4).

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xxhash_rust::xxh3::Xxh3;

pub use super::headline::headline;
use super::{Cause, Floor, Level, OpenWarning, ProvisionalDue, Standing, Step, Transition};
use crate::feature::{Evidence, FeatureValue};
use crate::rule::{Basis, Bilingual, Metadata};
use yujing_base::zone::Zone;

/// A rule that fired, as it stands in a score or a warning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: String,
    pub family: String,
    pub title: Bilingual,
    /// What the rule gave.
    pub points: i64,
    /// What counts of it after the family's bounds and the cut to 0-100.
    pub counted: i64,
    pub floor: Option<Level>,
    pub because: Bilingual,
    pub basis: Vec<Basis>,
    pub action: Bilingual,
    pub deadline: String,
    /// Only in warnings: the events behind each feature that the rule reads, by the feature's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<BTreeMap<String, Evidence>>,
}

impl Finding {
    /// Whether it only lowers the risk: no ground of a warning.
    pub fn lowers(&self) -> bool {
        self.points < 0 && self.floor.is_none()
    }

    /// A finding without evidence, from a rule's metadata and what it said.
    pub fn new(metadata: &Metadata, points: i64, counted: i64, floor: Option<Level>, because: Bilingual) -> Self {
        Self {
            rule: metadata.id.clone(),
            family: metadata.family.clone(),
            title: metadata.title.clone(),
            points,
            counted,
            floor,
            because,
            basis: metadata.basis.clone(),
            action: metadata.action.clone(),
            deadline: metadata.deadline.to_string(),
            evidence: None,
        }
    }
}

/// Whether a source was fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Freshness {
    Fresh,
    /// Silent for longer than its `x-max-silence`.
    Stale,
    /// Nothing ever came.
    Never,
    /// Something was written that cannot be read yet, because a publisher's transaction is still open.
    Held,
}

impl Freshness {
    /// The word that people read.
    pub fn words(self) -> Bilingual {
        match self {
            Self::Fresh => Bilingual::new("正常", "fresh"),
            Self::Stale => Bilingual::new("超期未更新", "stale"),
            Self::Never => Bilingual::new("从未接入", "never heard"),
            Self::Held => Bilingual::new("部分数据暂不可读", "held back"),
        }
    }
}

/// Which sources were fresh when the score was made (数据齐备度), by source name.
pub type Coverage = BTreeMap<String, Freshness>;

/// Who the operator is, from the reference source; absent fields are unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OperatorCard {
    /// Whether the reference source knows the operator.
    pub registered: bool,
    /// The reference row without personal fields, by column: name, business form, sub-district, community, grid, ...
    #[serde(flatten)]
    pub attributes: serde_json::Map<String, serde_json::Value>,
}

/// The live score of one operator: the value on the `scores` topic, its key is `operator_id`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreRecord {
    pub operator_id: String,
    pub as_of: Timestamp,
    pub score: i64,
    /// The level that stands, with hysteresis and dwell: the open warning's, or none.
    pub level: Level,
    /// The level that the score and floors alone would give.
    pub level_by_score: Level,
    pub to_next: Option<i64>,
    pub base: i64,
    pub findings: Vec<Finding>,
    pub floors: Vec<Floor>,
    pub features: BTreeMap<String, FeatureValue>,
    pub coverage: Coverage,
    /// Why the score may be too low: failed rules or features, a gap accepted at start. Empty is good.
    pub degraded: Vec<String>,
    pub operator: OperatorCard,
    /// The content hash of the ruleset.
    pub ruleset: String,
    /// What the lifecycle remembers; read back at restore.
    pub standing: Standing,
}

impl ScoreRecord {
    /// A hash of everything but the time: a score is written when this changes. Equal records have equal hashes within one
    /// build of the program; it is no lasting name.
    pub fn content_hash(&self) -> u128 {
        let Self {
            operator_id,
            as_of: _,
            score,
            level,
            level_by_score,
            to_next,
            base,
            findings,
            floors,
            features,
            coverage,
            degraded,
            operator,
            ruleset,
            standing,
        } = self;
        let mut hash = Hash(Xxh3::new());
        let numbers = (operator_id, score, level, level_by_score, to_next, base);
        let content = (numbers, findings, floors, features, coverage, degraded, operator, ruleset, standing);
        serde_json::to_writer(&mut hash, &content).expect("invariant: a score record is always JSON");
        hash.0.digest128()
    }
}

/// A hash as a place to write to, so that nothing is built in memory only to be hashed.
struct Hash(Xxh3);

impl io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The part of a score record that a restore reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RestoredScore {
    pub operator_id: String,
    pub as_of: Timestamp,
    /// The hash of the ruleset that judged the operator.
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
}

impl RestoredFinding {
    /// As [`Finding::lowers`].
    pub fn lowers(&self) -> bool {
        self.points < 0 && self.floor.is_none()
    }
}

/// The part of a lifecycle event that says how the operator stood after it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PastWarning {
    pub warning_id: Uuid,
    pub sequence: u64,
    pub operator_id: String,
    pub step: Step,
    pub level: Level,
    pub as_of: Timestamp,
    pub opened_at: Timestamp,
    #[serde(default)]
    pub below_since: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    #[serde(default)]
    pub due_provisional: Option<ProvisionalDue>,
    pub ruleset: String,
    pub previous: Standing,
    pub findings: Vec<RestoredFinding>,
}

impl PastWarning {
    /// The score record that went with the event, as a restore reads it.
    pub fn into_score(self) -> RestoredScore {
        let opened = u64::from(self.step == Step::Opened);
        let before = self.previous.warning.as_ref().filter(|before| before.level == self.level);
        let shown_before = self.previous.warning.as_ref().and_then(|before| before.named.as_ref());
        let shown = self.findings.iter().map(|finding| finding.rule.clone());
        let warning = (self.level > Level::None).then_some(OpenWarning {
            id: self.warning_id,
            sequence: self.sequence,
            level: self.level,
            opened_at: self.opened_at,
            level_since: before.map_or(self.as_of, |before| before.level_since),
            eased: before.map_or(self.step == Step::Eased, |before| before.eased),
            below_since: self.below_since,
            due_at: self.due_at,
            due_provisional: self.due_provisional,
            named: Some(shown_before.into_iter().flatten().cloned().chain(shown).collect()),
        });
        let standing = Standing { ordinal: self.previous.ordinal + opened, warning };
        let Self { operator_id, as_of, ruleset, findings, .. } = self;
        RestoredScore { operator_id, as_of, ruleset, standing, findings }
    }
}

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
    /// The event of a change: `score` is the operator's score after it, with the evidence of its findings; `zone` is the
    /// office's.
    pub fn new(
        change: &Transition,
        score: ScoreRecord,
        previous: Standing,
        offsets: BTreeMap<String, i64>,
        zone: &Zone,
    ) -> Self {
        let warning = score.standing.warning.as_ref();
        let mut event = Self {
            warning_id: change.warning_id,
            sequence: change.sequence,
            operator_id: score.operator_id,
            step: change.step,
            cause: change.cause,
            from: change.from,
            level: change.to,
            as_of: score.as_of,
            opened_at: change.opened_at,
            below_since: warning.and_then(|warning| warning.below_since),
            due_at: warning.and_then(|warning| warning.due_at),
            due_provisional: warning.and_then(|warning| warning.due_provisional),
            zone: zone.clone(),
            text: Bilingual { zh: String::new(), en: String::new() },
            score: score.score,
            base: score.base,
            to_next: score.to_next,
            findings: score.findings,
            floors: score.floors,
            features: score.features,
            coverage: score.coverage,
            degraded: score.degraded,
            operator: score.operator,
            ruleset: score.ruleset,
            offsets,
            previous,
        };
        event.text = headline(&event);
        event
    }

    /// The findings that no earlier event of the warning showed.
    pub fn new_findings(&self) -> impl Iterator<Item = &Finding> {
        let shown = self.previous.warning.as_ref().and_then(|before| before.named.as_ref());
        self.findings.iter().filter(move |finding| shown.is_none_or(|shown| !shown.contains(&finding.rule)))
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
