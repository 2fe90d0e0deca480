//! Features (指标): columns computed by an analyst's SQL for given operators as of an instant.
//!
//! A feature file is one SELECT over one source grouped by `operator_id`; each column carries `@zh`, `@en` and
//! `@missing 0` or `@missing unknown` in the comment before it. Files are planned once, when the ruleset is loaded; a run
//! fills the plan's slot with gathered events, sets its as-of cell and executes the kept plan.
//!
//! - `sql`, `comment`, `file`, `check`: text → a checked [`FeatureSet`] entry, with diagnostics that point into the text
//! - `walk`: every expression of a piece of SQL
//! - `scope`, `range`: what names stand for, the values that a feature can have
//! - `length`: windows and gaps that are none
//! - `lint`, `null`: what is allowed in SQL and probably not meant
//! - `session`, `function`, `episodes`: the SQL functions an analyst has
//! - `plan`, `kept`, `guard`, `local`: planning once, running often; what is laid into the SQL for that
//! - `refuse`: what planning refuses
//! - `trial`: what fails on made-up records
//! - `depth`, `cage`, `law`, `bounded`, `sum`, `budget`, `size`, `piece`: what SQL may make of the rows it is given
//! - `table`, `evidence`: what comes out

mod bounded;
mod budget;
mod cage;
mod check;
mod comment;
mod depth;
mod dialect;
mod episodes;
mod evidence;
mod file;
mod function;
mod guard;
mod kept;
mod law;
mod length;
mod lint;
mod local;
mod null;
mod piece;
mod plan;
mod range;
mod refuse;
mod scope;
mod session;
mod set;
mod size;
mod sql_source;
mod sum;
mod table;
mod trial;
mod walk;

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use dialect::parse_query;
pub use evidence::{Evidence, EvidenceEvent};
pub use session::session;
pub use set::{FeatureSet, LONGEST_TEXT, SharedFeatures};
pub use table::{FailedValue, FeatureTable, shortened};

/// The type of a feature as rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureType {
    Bool,
    Int,
    Float,
    Text,
}

/// The value of a feature for an operator without rows in its source (behind WHERE), and the value that SQL's NULL
/// becomes. An operator with rows of which a FILTER keeps none has what SQL says: `count` gives a real zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// Nothing reported means none happened.
    Zero,
    /// Nothing reported means nothing known: rules must say what then.
    Unknown,
}

/// The values that a feature can have when it is known, as far as its SQL and the schema of its source show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueRange {
    /// Any of its type.
    Any,
    /// Whole numbers from the first to the second.
    Between(i64, i64),
    /// These texts, sorted.
    OneOf(Vec<String>),
}

/// One entry of the catalogue.
#[derive(Debug, Clone, Serialize)]
pub struct Feature {
    pub name: String,
    pub data_type: FeatureType,
    pub missing: Missing,
    /// Whether a rule can meet it unknown: exactly the `@missing unknown` ones. A `@missing 0` column turns SQL's NULL
    /// into zero as well, also for an operator that has rows.
    pub nullable: bool,
    /// What it can be when it is known: what the check of rules relies on.
    pub values: ValueRange,
    pub zh: String,
    pub en: String,
    /// The source it reads.
    pub source: String,
    /// Whether that source is a reference source: its rows describe the operator and are no evidence.
    pub reference: bool,
    pub file: PathBuf,
    /// The line of its name, from 1.
    pub line: usize,
}

/// One value for one operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FeatureValue {
    /// Unknown is not zero.
    Unknown,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

/// A run that could not even start, for example because Arrow ran out of memory: the batch is not scored.
#[derive(Debug, thiserror::Error)]
#[error("features as of {as_of}: {message}")]
pub struct FeatureError {
    pub as_of: Timestamp,
    pub message: String,
}
