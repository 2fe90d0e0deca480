//! What running one file gave, and the columns of features made of it.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{AsArray, UInt32Array, new_null_array};
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use yujing_base::OperatorId;

use crate::feature::catalogue::Feature;
use crate::feature::feature_column::FeatureColumn;

/// What the runs of one file gave.
#[derive(Debug, Default)]
pub struct FileResult {
    /// `operator_id`, then the file's columns; each operator in at most one row of one batch.
    pub batches: Vec<RecordBatch>,
    /// Operators on whose events the SQL of some columns failed, and why.
    pub failures: HashMap<String, HashMap<usize, Arc<str>>>,
}

impl FileResult {
    /// The file's `features`, one row for each of `operators`.
    ///
    /// # Errors
    /// If Arrow cannot put them together.
    pub fn columns(
        &self,
        features: &[Feature],
        operators: &[OperatorId],
        longest_text: usize,
    ) -> Result<Vec<FeatureColumn>, ArrowError> {
        let merged = self.merged()?;
        let rows = rows_of(merged.as_ref(), operators);
        let failures: Vec<_> = operators.iter().map(|operator| self.failures.get(&**operator)).collect();
        let column = |(place, feature): (usize, &Feature)| {
            let computed = match &merged {
                Some(merged) => merged.column(place + 1).clone(),
                None => new_null_array(&feature.data_type.arrow(), 0),
            };
            let failure = |row: usize| failures[row]?.get(&place).cloned();
            FeatureColumn::new(feature, &computed, &rows, failure, longest_text)
        };
        features.iter().enumerate().map(column).collect()
    }

    /// The batches as one; `None` if there is none.
    fn merged(&self) -> Result<Option<RecordBatch>, ArrowError> {
        let Some(first) = self.batches.first() else { return Ok(None) };
        // An operator for whom a column failed has null there, also in a column that else never is.
        let fields = first.schema_ref().fields().iter().map(|field| Field::clone(field).with_nullable(true));
        let nullable = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        concat_batches(&nullable, &self.batches).map(Some)
    }
}

/// For each operator its row in the result.
fn rows_of(merged: Option<&RecordBatch>, operators: &[OperatorId]) -> UInt32Array {
    let mut row_of = HashMap::new();
    if let Some(ids) = merged.and_then(|merged| merged.column(0).as_string_opt::<i32>()) {
        row_of.extend(ids.iter().zip(0_u32..).filter_map(|(id, row)| Some((id?, row))));
    }
    operators.iter().map(|operator| row_of.get(&**operator).copied()).collect()
}
