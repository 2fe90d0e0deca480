//! The lifecycle of a warning: a function of the committed sequence of (batch, as-of) (invariant I7).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Level, Policy};
use crate::feature::EvidenceEvent;

/// One step of a warning's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// 发布
    Opened,
    /// 升级
    Escalated,
    /// 降级: lower, still a warning.
    Eased,
    /// 解除: the risk passed.
    Resolved,
    /// 撤销: what it rested on was retracted or corrected.
    Withdrawn,
}

/// Why a level changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// New events.
    Events,
    /// Something that held the level was retracted or corrected.
    Retraction,
    /// Nothing came: time moved windows, or the dwell ended.
    Time,
    /// The engine started, caught up and scored everybody once.
    Start,
}

/// What the lifecycle remembers of an operator; it travels in the operator's score record and is restored from there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How many warnings the operator has had, the open one included.
    pub ordinal: u64,
    pub warning: Option<OpenWarning>,
}

/// An open warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWarning {
    /// UUID v5 of (operator, ordinal).
    pub id: Uuid,
    /// Number of its newest event, from 1, without gaps.
    pub sequence: u64,
    pub level: Level,
    pub opened_at: Timestamp,
    /// When it reached its present level.
    pub level_since: Timestamp,
    /// Since when the score would allow a lower level; the level falls when this has lasted for the dwell.
    pub below_since: Option<Timestamp>,
    /// When the action is due; set when the warning opens or escalates.
    pub due_at: Option<Timestamp>,
    /// The newest events behind the findings when the level was last raised: if one goes, the level goes with it.
    pub held_by: Vec<EvidenceEvent>,
}

/// What the engine found about an operator in a batch or a sweep.
#[derive(Debug, Clone)]
pub struct Judgement {
    pub score: i64,
    /// The level by score and floors.
    pub level: Level,
    /// The highest floor.
    pub floor: Level,
    pub as_of: Timestamp,
    /// Whether a retraction or correction of this batch removed what held the present level.
    pub bereft: bool,
    pub cause: Cause,
}

/// A level that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub step: Step,
    pub from: Level,
    pub to: Level,
    pub cause: Cause,
}

/// The namespace of warning ids: UUID v5 of `yujing:warning` in the URL namespace.
pub fn warning_id(_operator: &str, _ordinal: u64) -> Uuid {
    todo!()
}

/// Moves one operator's standing on: the new standing, and the change if the level changed. `due_at` and `held_by` of a
/// raised warning are left for the caller to fill, who knows the findings.
pub fn advance(
    _policy: &Policy,
    _operator: &str,
    _standing: &Standing,
    _judgement: &Judgement,
) -> (Standing, Option<Change>) {
    todo!()
}
