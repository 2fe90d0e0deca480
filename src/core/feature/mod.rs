//! Features (指标): columns computed by an analyst's SQL for given operators as of an instant.
//!
//! A feature file is one SELECT over one source grouped by `operator_id`; each column carries `@zh`, `@en` and
//! `@missing 0` or `@missing unknown` in the comment before it. Files are planned once, when the ruleset is loaded; a
//! run fills the plan's slot with gathered events, sets its as-of cell and executes the kept plan.
//!
//! Each of these uses only those before it:
//!
//! - `catalogue`: what a feature is
//! - `query_error`: what DataFusion says of an error, for people
//! - `syntax`: SQL as text and as a tree
//! - `function`: the SQL functions that are ours
//! - `budget`: what SQL may make of the rows it is given
//! - `session`: where SQL is planned, and the functions it knows
//! - `file`: one feature file, read and checked without planning
//! - `feature_column`, `file_features`, `row`, `file_result`, `table`, `evidence`: what comes out
//! - `plan`: planning once, running often
//! - `aggregate`: aggregates that follow each row, kept per operator, without the query engine
//! - `lowered`: files split at their aggregation, so that each row is read once
//! - `planned_file`: one file with its plans and its stages
//! - `kept`: features kept from one question to the next
//! - `trial`: what fails on made-up records
//! - `entries`: columns as a catalogue has them
//! - `checked_file`: files that are kept for the next ruleset; `set`: every feature of a ruleset
//! - `operator_evidence`: the events behind an operator's features

mod aggregate;
mod budget;
mod catalogue;
mod checked_file;
mod entries;
mod evidence;
mod feature_column;
mod file;
mod file_features;
mod file_result;
mod function;
mod kept;
mod lowered;
mod operator_evidence;
mod plan;
mod planned_file;
mod query_error;
mod row;
mod session;
mod set;
mod syntax;
mod table;
mod trial;

pub use catalogue::{Feature, FeatureError, FeatureType, FeatureValue, Missing, ValueRange};
pub use checked_file::CheckedFiles;
pub use evidence::{Evidence, EvidenceEvent};
pub use feature_column::shortened;
pub use kept::{KeptFeatures, Refreshed};
pub use lowered::DayCounter;
pub use operator_evidence::OperatorEvidence;
pub use planned_file::FeaturePath;
pub use query_error::full_reason;
pub use row::FeatureRow;
pub use session::session;
pub use set::{CountBound, FeatureSet, LONGEST_TEXT};
pub use syntax::query::parse_query;
pub use table::{FailedValue, FeatureTable};
