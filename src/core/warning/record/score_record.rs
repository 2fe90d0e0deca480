//! The record on the compacted `scores` topic.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::feature::FeatureValue;
use crate::rule::{Bilingual, Level};
use crate::warning::finding::Finding;
use crate::warning::score::{Floor, Score};
use crate::warning::standing::Standing;

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

/// What a score record says besides the score.
#[derive(Debug)]
pub struct ScoreInputs {
    pub operator_id: String,
    pub as_of: Timestamp,
    pub findings: Vec<Finding>,
    pub features: BTreeMap<String, FeatureValue>,
    pub coverage: Coverage,
    pub degraded: Vec<String>,
    pub operator: OperatorCard,
    pub ruleset: String,
    /// After this score.
    pub standing: Standing,
}

impl ScoreRecord {
    /// The record of a score.
    pub fn new(score: &Score, inputs: ScoreInputs) -> Self {
        Self {
            operator_id: inputs.operator_id,
            as_of: inputs.as_of,
            score: score.score,
            level: inputs.standing.level(),
            level_by_score: score.level,
            to_next: score.to_next,
            base: score.base,
            findings: inputs.findings,
            floors: score.floors.clone(),
            features: inputs.features,
            coverage: inputs.coverage,
            degraded: inputs.degraded,
            operator: inputs.operator,
            ruleset: inputs.ruleset,
            standing: inputs.standing,
        }
    }

    /// A hash of everything but the time: a score is written when this changes. Equal records have equal hashes within
    /// one build of the program; it is no lasting name.
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
