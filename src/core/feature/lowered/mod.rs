//! Feature files lowered (下沉): the SQL of a file is split at its aggregation, so that a row is read once, when it
//! arrives, and an answer costs what changed since the last one.
//!
//! - the row stage: everything below the aggregation, with the arguments and the FILTERs of the aggregates, is run by
//!   DataFusion over the rows that arrive; each row gives [`Contribution`]s
//! - the aggregates themselves are kept by whoever holds the file ([`crate::feature::aggregate`]): conditions on the time
//!   are intervals of as-of instants
//! - the finish stage: everything above the aggregation is run by DataFusion over the aggregates' values, with the as-of
//!   instant as a column
//!
//! What does not fit stays with the plan of the file, which also judges every error of a stage.

//!
//! Each of these uses only those before it:
//!
//! - [`value`]: values of aggregates in Arrow's columns
//! - [`time_condition`]: conditions that hold a row's time against the as-of instant
//! - [`change_point`]: when the value of an expression changes as time passes
//! - [`day_counter`]: columns that count days
//! - [`falling_count`]: columns that count rows
//! - [`row_conditions`]: conditions on time lifted out of a plan
//! - [`obstacle`], [`aggregate_call`]: what is kept for one aggregate, or why it is not
//! - [`row_reader`], [`row_stage`]: what rows give
//! - [`finish_stage`]: what aggregates give
//! - [`lowering`]: a file taken apart

mod aggregate_call;
mod change_point;
mod day_counter;
mod falling_count;
mod finish_stage;
mod lowering;
mod obstacle;
mod row_conditions;
mod row_reader;
mod row_stage;
mod time_condition;
mod value;

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use yujing_base::OperatorId;

use self::finish_stage::FinishStage;
use self::row_stage::RowStage;
use crate::feature::aggregate::{AggregateKind, AggregateValue, Interval};

pub use self::day_counter::DayCounter;
pub use self::falling_count::FallingCounts;
pub use self::lowering::lower;
pub use self::obstacle::Obstacle;

/// What became of a file.
#[derive(Debug)]
pub struct Lowering {
    /// `None` if the file's plan gives every column.
    pub stages: Option<LoweredFile>,
    /// The columns that the file's plan gives, ascending.
    pub residual: Vec<Residual>,
}

/// A column that stays with its file's plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Residual {
    /// Its place in the file.
    pub column: usize,
    /// Why.
    pub obstacle: Obstacle,
    /// Whether it changes only when a row of the operator comes, goes, begins to be seen or is no longer seen, or one of
    /// [`LoweredFile::kinds`] changes. Otherwise nothing says when it changes as time passes.
    pub is_readable: bool,
}

/// What one row gives to one aggregate, for the as-of instants of an interval. The same row gives the same again, so
/// that it can be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The place in [`Contributions::operators`].
    pub operator: usize,
    /// The place in [`LoweredFile::kinds`].
    pub aggregate: usize,
    pub interval: Interval,
    /// Null where the aggregate counts rows and reads no value; else never null.
    pub value: AggregateValue,
}

/// What the rows of a batch give to the aggregates of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contributions {
    /// The operators of the batch, each once, in their order; also those whose rows give nothing.
    pub operators: Vec<OperatorId>,
    pub entries: Vec<Contribution>,
}

/// What is asked of the finish stage: one operator's aggregates as of an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishInput {
    /// Microseconds since 1970.
    pub as_of: i64,
    /// One value for each of [`LoweredFile::kinds`].
    pub values: Vec<AggregateValue>,
}

/// What the finish stage gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// One column for each of [`LoweredFile::columns`], of the type that the file's plan gives; one row an input.
    pub columns: RecordBatch,
    /// For each input the first instant (microseconds since 1970) at which the same values give another row; `i64::MAX`
    /// if there is none. Between its as-of and this instant the row stays as long as the values do.
    pub holds_until: Vec<i64>,
    /// The same but for the columns that count days ([`LoweredFile::day_counters`]).
    pub steady_until: Vec<i64>,
}

/// A feature file of which some columns, or all, are computed in stages.
#[derive(Debug)]
pub struct LoweredFile {
    kinds: Arc<[AggregateKind]>,
    columns: Vec<usize>,
    columns_read: Vec<usize>,
    rows: RowStage,
    finish: FinishStage,
    falling: Arc<FallingCounts>,
}

impl LoweredFile {
    /// The aggregates to be kept for each operator. The first counts the rows that WHERE keeps: an operator for which it
    /// is zero has no row in the file's result. Some only say when what is not lowered changes.
    pub fn kinds(&self) -> &Arc<[AggregateKind]> {
        &self.kinds
    }

    /// The places of the file's columns that it gives, ascending.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The columns that count days, by their places in the file.
    pub fn day_counters(&self) -> impl Iterator<Item = DayCounter> {
        let counters = self.finish.day_counters().iter();
        counters.map(|counter| DayCounter { place: self.columns[counter.place], ..*counter })
    }

    /// The columns that are counts of rows.
    pub fn falling_counts(&self) -> &Arc<FallingCounts> {
        &self.falling
    }

    /// The places of the source's columns that the row stage reads.
    pub fn columns_read(&self) -> &[usize] {
        &self.columns_read
    }

    /// Whether what a row gives depends on the operator's other rows: the row stage then needs all rows of the operator
    /// that are visible, and is run over these whenever one of them changes, becomes visible or leaves.
    pub fn reads_whole_operator(&self) -> bool {
        self.rows.reads_whole_operator()
    }

    /// Those of some rows of the file's source that may make a difference, as far as that depends on each row alone: the
    /// conditions below windows keep them. They have all columns that they came with.
    ///
    /// # Errors
    /// What went wrong, in words: any of the rows may make a difference.
    pub fn rows_read(&self, rows: &RecordBatch) -> Result<RecordBatch, String> {
        self.rows.rows_read(rows)
    }

    /// Runs the row stage over rows of the file's source, sorted by operator. The batch needs
    /// [`LoweredFile::columns_read`] and may have other columns as well.
    ///
    /// # Errors
    /// What went wrong, in words: the operators of these rows are then the plan's to answer for.
    pub fn contributions(&mut self, rows: &RecordBatch) -> Result<Contributions, String> {
        self.rows.contributions(rows)
    }

    /// Runs the finish stage.
    ///
    /// # Errors
    /// What went wrong, in words: these operators are then the plan's to answer for.
    pub fn finish(&mut self, inputs: &[FinishInput]) -> Result<Finished, String> {
        self.finish.finish(inputs)
    }

    /// Until when what an operator's aggregates give holds, also if that is an error; `None` if it cannot be said.
    pub fn hold_of(&self, input: &FinishInput) -> Option<i64> {
        self.finish.hold_of(input)
    }
}

#[cfg(test)]
mod tests;
