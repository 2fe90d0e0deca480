//! Features (指标): columns computed by an analyst's SQL for given operators as of an instant.
//!
//! A feature file is one SELECT over one source grouped by `operator_id`; each column carries `@zh`, `@en` and
//! `@missing 0` or `@missing unknown` in the comment before it. Files are planned once, when the ruleset is loaded; a run
//! fills the plan's slot with gathered events, sets its as-of cell and executes the kept plan.

use std::path::{Path, PathBuf};

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use serde::Serialize;

use crate::OperatorId;
use crate::diagnostic::Diagnostics;
use crate::source::{SourceId, Sources};
use crate::window::View;

/// The type of a feature as rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureType {
    Bool,
    Int,
    Float,
    Text,
}

/// The value of a feature for an operator without rows in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// Nothing reported means none happened.
    Zero,
    /// Nothing reported means nothing known: rules must say what then.
    Unknown,
}

/// One entry of the catalogue.
#[derive(Debug, Clone, Serialize)]
pub struct Feature {
    pub name: String,
    pub data_type: FeatureType,
    pub missing: Missing,
    /// Whether a rule can meet it unknown: `@missing unknown`, or SQL that can give NULL.
    pub nullable: bool,
    pub zh: String,
    pub en: String,
    /// The source it reads.
    pub source: String,
    /// Whether that source is a reference source: its rows describe the operator and are no evidence.
    pub reference: bool,
    pub file: PathBuf,
    pub line: usize,
}

/// One value for one operator.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FeatureValue {
    /// Unknown is not zero.
    Unknown,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

/// Features of some operators as of an instant.
#[derive(Debug, Clone)]
pub struct FeatureTable {
    /// One row an operator, in the order asked for.
    pub operators: Vec<OperatorId>,
    /// One column a feature, in the catalogue's order: Boolean, Int64, Float64 or Utf8; null is unknown.
    pub values: RecordBatch,
    /// Features (by their place in the catalogue) whose SQL failed in this run: they are unknown, and the score says degraded.
    pub failed: Vec<(usize, String)>,
}

impl FeatureTable {
    pub fn value(&self, _row: usize, _feature: usize) -> FeatureValue {
        todo!()
    }
}

/// The event ids behind a feature's value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Rows that the feature's WHERE and FILTER kept.
    pub total: u64,
    /// The newest of them, at most [`Evidence::NEWEST`], newest first.
    pub newest: Vec<EvidenceEvent>,
}

impl Evidence {
    pub const NEWEST: usize = 20;
}

/// One event of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
pub struct EvidenceEvent {
    pub source: String,
    pub publisher: String,
    pub event_id: String,
    pub occurred_at: Timestamp,
}

/// Every feature of a ruleset, with its kept plans. Plans hold state, so runs of one set are serialised by a lock.
#[derive(Debug)]
pub struct FeatureSet {}

/// A run that could not even start, for example because Arrow ran out of memory: the batch is not scored.
#[derive(Debug, thiserror::Error)]
#[error("features as of {as_of}: {message}")]
pub struct FeatureError {
    pub as_of: Timestamp,
    pub message: String,
}

impl FeatureSet {
    /// Reads, checks and plans every `*.sql` below `folder`, in the order of their paths.
    ///
    /// # Errors
    /// Every problem of every file, with line, column and a hint.
    pub fn load(_folder: &Path, _sources: &Sources) -> Result<Self, Diagnostics> {
        todo!()
    }

    /// The catalogue, in the order of files and columns.
    pub fn catalogue(&self) -> &[Feature] {
        todo!()
    }

    pub fn index_of(&self, _name: &str) -> Option<usize> {
        todo!()
    }

    /// All features of `operators` as of an instant: one gather and one plan run a file.
    ///
    /// # Errors
    /// If a run cannot start. A feature whose SQL fails is not an error but listed in [`FeatureTable::failed`].
    pub fn compute(
        &self,
        _view: View<'_>,
        _operators: &[OperatorId],
        _as_of: Timestamp,
    ) -> Result<FeatureTable, FeatureError> {
        todo!()
    }

    /// The events that the WHERE and FILTER of a feature kept for one operator. Planned when asked for: only lifecycle
    /// events and people's questions need it.
    ///
    /// # Errors
    /// If the evidence plan fails.
    pub fn evidence(
        &self,
        _feature: usize,
        _view: View<'_>,
        _operator: &OperatorId,
        _as_of: Timestamp,
    ) -> Result<Evidence, FeatureError> {
        todo!()
    }

    /// The source that a feature reads.
    pub fn source(&self, _feature: usize) -> SourceId {
        todo!()
    }
}
