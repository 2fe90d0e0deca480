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

use std::sync::Arc;

use arrow::record_batch::RecordBatch;

use crate::feature::aggregate::{AggregateKind, AggregateValue, Interval};

/// One aggregate of a lowered file. The first of a file counts the rows that its WHERE keeps: an operator for which it
/// is zero has no row in the file's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    pub kind: AggregateKind,
}

/// What one row gives to one aggregate, for the as-of instants of an interval. The same row gives the same again, so
/// that it can be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The place in [`Contributions::operators`].
    pub operator: usize,
    /// The place in [`LoweredFile::aggregates`].
    pub aggregate: usize,
    pub interval: Interval,
    /// Null where the aggregate counts rows and reads no value; else never null.
    pub value: AggregateValue,
}

/// What the rows of a batch give to the aggregates of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contributions {
    /// The operators of the batch, each once, in their order; also those whose rows give nothing.
    pub operators: Vec<Arc<str>>,
    pub entries: Vec<Contribution>,
}

/// What is asked of the finish stage: one operator's aggregates as of an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishInput {
    /// Microseconds since 1970.
    pub as_of: i64,
    /// One value for each of [`LoweredFile::aggregates`].
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
}

/// A feature file of which some columns, or all, are computed in stages.
#[derive(Debug)]
pub struct LoweredFile {
    aggregates: Vec<Aggregate>,
    columns: Vec<usize>,
    columns_read: Vec<usize>,
    reads_whole_operator: bool,
}

impl LoweredFile {
    /// The aggregates to be kept for each operator; the first counts its rows.
    pub fn aggregates(&self) -> &[Aggregate] {
        &self.aggregates
    }

    /// The places of the file's columns that it gives, ascending; the others stay with the file's plan.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The places of the source's columns that the row stage reads, ascending.
    pub fn columns_read(&self) -> &[usize] {
        &self.columns_read
    }

    /// Whether what a row gives depends on the operator's other rows: the row stage then needs all rows of the operator
    /// that are visible, and is run over these whenever one of them changes, becomes visible or leaves.
    pub fn reads_whole_operator(&self) -> bool {
        self.reads_whole_operator
    }

    /// Runs the row stage over rows of the file's source, sorted by operator. The batch may hold other columns than
    /// [`LoweredFile::columns_read`] as well.
    ///
    /// # Errors
    /// What went wrong, in words: the operators of these rows are then the plan's to answer for.
    pub fn contributions(&mut self, rows: &RecordBatch) -> Result<Contributions, String> {
        let _ = rows;
        Err("the file is not lowered yet".to_owned())
    }

    /// Runs the finish stage.
    ///
    /// # Errors
    /// What went wrong, in words: these operators are then the plan's to answer for.
    pub fn finish(&mut self, inputs: &[FinishInput]) -> Result<Finished, String> {
        let _ = inputs;
        Err("the file is not lowered yet".to_owned())
    }
}
