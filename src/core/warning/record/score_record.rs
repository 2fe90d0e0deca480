//! The record on the compacted `scores` topic.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use yujing_base::OperatorId;

use super::coverage::Coverage;
use super::feature_values::FeatureValues;
use super::operator_card::OperatorCard;
use crate::rule::Level;
use crate::warning::content_hash::ContentHash;
use crate::warning::finding::Finding;
use crate::warning::json::{JsonObject, WriteJson};
use crate::warning::score::{Floor, Score};
use crate::warning::standing::Standing;

/// The live score of one operator: the value on the `scores` topic, its key is `operator_id`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreRecord {
    pub operator_id: OperatorId,
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
    pub features: FeatureValues,
    pub coverage: Coverage,
    /// Why the score may be too low: failed rules or features, a gap accepted at start. Empty is good.
    pub degraded: Vec<String>,
    pub operator: OperatorCard,
    /// The content hash of the ruleset.
    pub ruleset: Arc<str>,
    /// What the lifecycle remembers; read back at restore.
    pub standing: Standing,
}

/// What a score record says besides the score.
#[derive(Debug)]
pub struct ScoreInputs {
    pub operator_id: OperatorId,
    pub as_of: Timestamp,
    pub findings: Vec<Finding>,
    pub features: FeatureValues,
    pub coverage: Coverage,
    pub degraded: Vec<String>,
    pub operator: OperatorCard,
    pub ruleset: Arc<str>,
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
        let Self { operator_id, as_of: _, score, level, level_by_score, to_next, base, findings, floors, .. } = self;
        let Self { features, coverage, degraded, operator, ruleset, standing, .. } = self;
        let mut hash = ContentHash::begin();
        hash.text(operator_id);
        hash.number(*score);
        hash.kind(*level as u8);
        hash.kind(*level_by_score as u8);
        hash.optional(*to_next, ContentHash::number);
        hash.number(*base);
        hash.length(findings.len());
        for finding in findings {
            finding.hash_into(&mut hash);
        }
        hash.length(floors.len());
        for floor in floors {
            floor.hash_into(&mut hash);
        }
        features.hash_into(&mut hash);
        coverage.hash_into(&mut hash);
        hash.length(degraded.len());
        for reason in degraded {
            hash.text(reason);
        }
        operator.hash_into(&mut hash);
        hash.text(ruleset);
        standing.hash_into(&mut hash);
        hash.finish()
    }
}

impl WriteJson for ScoreRecord {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = JsonObject::begin(out);
        object.member("operator_id", &*self.operator_id);
        object.member("as_of", &self.as_of);
        object.member("score", &self.score);
        object.member("level", &self.level);
        object.member("level_by_score", &self.level_by_score);
        object.member("to_next", &self.to_next);
        object.member("base", &self.base);
        object.part("findings", &self.findings);
        object.member("floors", &self.floors);
        object.part("features", &self.features);
        object.part("coverage", &self.coverage);
        object.member("degraded", &self.degraded);
        object.part("operator", &self.operator);
        object.member("ruleset", &*self.ruleset);
        object.part("standing", &self.standing);
        object.end();
    }
}
