//! The core joined: records in, scores, warnings and dead letters out. [`Engine::apply`] decides without changing
//! anything and returns a [`Pending`]; [`Engine::commit`] installs its delta once the transaction that carried its
//! output is committed. Dropping a `Pending` undoes it.
//!
//! - [`ruleset`]: features, rules, policy and calendar under one content hash
//! - [`output`]: what a batch gives
//! - [`explain`]: why and why not, for a person who asks

pub mod explain;
pub mod output;
pub mod ruleset;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

pub use explain::Explanation;
pub use output::{DeadLetter, Output, Tally};
pub use ruleset::Ruleset;

use crate::OperatorId;
use crate::feature::FeatureError;
use crate::source::{Record, Sources};
use crate::warning::record::RestoredScore;
use crate::warning::{Cause, ScoreRecord};

/// The next offset to read of every input partition, by (topic, partition).
pub type Positions = BTreeMap<(Arc<str>, i32), i64>;

/// What is to be done with a batch of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Rebuilding what was committed before: only the window store changes, nothing leaves.
    Restore,
    /// Catching up after a start: events are applied and dead letters leave, nobody is scored yet.
    CatchUp,
    /// Events are applied and every operator touched is scored once.
    Live,
}

/// Everything the engine knows. One owner, one thread.
#[derive(Debug)]
pub struct Engine {}

/// What a batch or a sweep decided: `output` is to leave in one transaction with the offsets.
#[derive(Debug)]
pub struct Pending {
    pub output: Output,
    delta: Delta,
}

/// What is installed after the commit.
#[derive(Debug, Default)]
struct Delta {}

/// What an operator's answer on the API is made of.
#[derive(Debug, Clone)]
pub struct OperatorAnswer {
    pub score: ScoreRecord,
}

impl Engine {
    pub fn new(_sources: Arc<Sources>, _ruleset: Arc<Ruleset>) -> Self {
        todo!()
    }

    /// Notes that events may be missing (a start with `--accept-gap`): every score is degraded from now on.
    pub fn accept_gap(&mut self, _reason: String) {
        todo!()
    }

    /// Takes an operator's standing back from the `scores` topic.
    pub fn restore_standing(&mut self, _score: RestoredScore) {
        todo!()
    }

    /// The greatest record timestamp seen and committed; `None` before the first record.
    pub fn as_of(&self) -> Option<Timestamp> {
        todo!()
    }

    /// Decides a batch as of the greatest of its record timestamps and the engine's as-of. `positions` are the offsets
    /// that will be committed with it; warnings quote them.
    ///
    /// # Errors
    /// If no feature could be computed at all; the batch can be tried again.
    pub fn apply(&self, _records: Vec<Record>, _positions: &Positions, _mode: Mode) -> Result<Pending, FeatureError> {
        todo!()
    }

    /// Re-scores some operators at an instant without new events (a sweep, or everybody once after a start). Scores leave
    /// even if nothing changed but the time.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn sweep(
        &self,
        _operators: &[OperatorId],
        _as_of: Timestamp,
        _cause: Cause,
        _positions: &Positions,
    ) -> Result<Pending, FeatureError> {
        todo!()
    }

    /// Installs a committed pending. It must have been made against this very state.
    pub fn commit(&mut self, pending: Pending) {
        let _ = pending.delta;
        todo!()
    }

    /// Drops events beyond their retention. Returns how many went.
    pub fn expire(&mut self) -> usize {
        todo!()
    }

    /// Every operator with an event, a reference row or an open warning, sorted.
    pub fn operators(&self) -> Vec<OperatorId> {
        todo!()
    }

    /// The live score of an operator; `None` if nothing is known of it.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn score_of(&self, _operator: &OperatorId, _as_of: Timestamp) -> Result<Option<ScoreRecord>, FeatureError> {
        todo!()
    }

    /// Why and why not: each rule, fired or not, with the values it read and the events behind them.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn explain(&self, _operator: &OperatorId, _as_of: Timestamp) -> Result<Option<Explanation>, FeatureError> {
        todo!()
    }

    /// The newest lifecycle event of each open warning.
    pub fn open_warnings(&self) -> Vec<OpenWarningSummary> {
        todo!()
    }

    pub fn ruleset(&self) -> &Arc<Ruleset> {
        todo!()
    }

    pub fn sources(&self) -> &Arc<Sources> {
        todo!()
    }
}

/// One open warning as the API and the `warnings` command list it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct OpenWarningSummary {
    pub operator_id: String,
    pub name: Option<String>,
    pub sub_district: Option<String>,
    #[serde(flatten)]
    pub warning: crate::warning::OpenWarning,
}
