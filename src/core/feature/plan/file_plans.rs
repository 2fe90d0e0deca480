//! The kept plans of one file, and runs that fail: made again over fewer operators, then column by column, so that one
//! operator's events (a division by zero) take nobody else's features with them, and one column no other.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, new_null_array};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::sqlparser::ast::Query;
use jiff::Timestamp;

use crate::feature::file::FeatureFile;
use crate::feature::file_result::FileResult;
use crate::feature::plan::batches::{self, Boundary, boundary};
use crate::feature::plan::chain::Chain;
use crate::feature::plan::slot::PlanSlot;
use crate::feature::query_error::short_reason;

/// The slot of one file with the plans that were made on it.
#[derive(Debug)]
pub struct FilePlans {
    slot: PlanSlot,
    features: Arc<dyn ExecutionPlan>,
    /// Each column alone; planned when a run fails first.
    columns: HashMap<usize, Arc<dyn ExecutionPlan>>,
    /// Which rows count for which column; planned when first asked for.
    evidence_flags: Option<FlagsPlan>,
    /// The evidence of each column alone; planned when those flags fail first.
    evidence: HashMap<usize, Arc<dyn ExecutionPlan>>,
}

/// How the conditions of all columns are asked.
#[derive(Debug, Clone)]
enum FlagsPlan {
    /// Of each row alone.
    Chain(Arc<Chain>),
    /// Lists are unfolded.
    Run(Arc<dyn ExecutionPlan>),
}

impl FilePlans {
    /// Plans every column of a file.
    pub fn plan(slot: PlanSlot, file: &FeatureFile) -> Result<Self, (PlanSlot, datafusion::error::DataFusionError)> {
        match slot.plan(file.query()) {
            Ok(features) => {
                let (columns, evidence) = (HashMap::new(), HashMap::new());
                Ok(Self { slot, features, columns, evidence_flags: None, evidence })
            }
            Err(error) => Err((slot, error)),
        }
    }

    pub fn slot(&mut self) -> &mut PlanSlot {
        &mut self.slot
    }

    /// The types of `operator_id` and of the columns.
    pub fn schema(&self) -> Arc<Schema> {
        self.features.schema()
    }

    /// The file's features over rows of its source, which are sorted by operator.
    pub fn run(&mut self, file: &FeatureFile, rows: &RecordBatch, as_of: Timestamp) -> FileResult {
        let mut result = FileResult::default();
        for run in batches::runs(rows) {
            self.run_apart(file, &run, as_of, &mut result);
        }
        result
    }

    fn run_apart(&mut self, file: &FeatureFile, rows: &RecordBatch, as_of: Timestamp, result: &mut FileResult) {
        match self.slot.run(&self.features, rows, as_of) {
            Ok(batch) => result.batches.push(batch),
            Err(message) => match boundary(rows) {
                Boundary::Between(at) => {
                    self.run_apart(file, &rows.slice(0, at), as_of, result);
                    self.run_apart(file, &rows.slice(at, rows.num_rows() - at), as_of, result);
                }
                Boundary::One(operator) => self.run_columns(file, rows, as_of, operator, &message, result),
            },
        }
    }

    /// Each column alone over one operator's rows, on which the columns together failed.
    fn run_columns(
        &mut self,
        file: &FeatureFile,
        rows: &RecordBatch,
        as_of: Timestamp,
        operator: String,
        together: &str,
        result: &mut FileResult,
    ) {
        let mut failures = HashMap::new();
        let mut columns: Vec<Option<ArrayRef>> = Vec::new();
        for column in 0..file.columns.len() {
            let query = || file.query_for([&file.columns[column]]);
            let outcome = run_one(&mut self.slot, &mut self.columns, column, query, rows, as_of);
            columns.push(match outcome {
                Ok(batch) => Some(Arc::clone(batch.column(1))).filter(|values| values.len() == 1),
                Err(message) => {
                    failures.insert(column, Arc::from(message));
                    None
                }
            });
        }
        if failures.is_empty() {
            // What fails together only, for want of memory for example, is nobody's alone.
            failures.extend((0..file.columns.len()).map(|column| (column, Arc::from(together))));
        } else if columns.iter().any(Option::is_some) {
            let schema = self.features.schema();
            let nullable = schema.fields().iter().map(|field| Field::clone(field).with_nullable(true));
            let nullable = Arc::new(Schema::new(nullable.collect::<Vec<_>>()));
            let values = columns.into_iter().zip(schema.fields().iter().skip(1));
            let values = values.map(|(values, field)| values.unwrap_or_else(|| new_null_array(field.data_type(), 1)));
            let id: ArrayRef = Arc::new(StringArray::from(vec![operator.as_str()]));
            match RecordBatch::try_new(nullable, std::iter::once(id).chain(values).collect()) {
                Ok(batch) => result.batches.push(batch),
                Err(error) => {
                    failures.extend((0..file.columns.len()).map(|column| (column, Arc::from(error.to_string()))));
                }
            }
        }
        result.failures.insert(operator, failures);
    }

    /// The rows of a file's query of evidence for all its columns.
    ///
    /// # Errors
    /// What went wrong with one of them, in words.
    pub fn evidence_flags(
        &mut self,
        file: &FeatureFile,
        rows: &RecordBatch,
        as_of: Timestamp,
    ) -> Result<RecordBatch, String> {
        match self.flags_plan(file)? {
            FlagsPlan::Chain(chain) => self.slot.evaluate_chain(&chain, rows, as_of),
            FlagsPlan::Run(plan) => self.slot.run(&plan, rows, as_of),
        }
    }

    /// Plans that query, if it is not planned yet.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub fn plan_evidence_flags(&mut self, file: &FeatureFile) -> Result<(), String> {
        self.flags_plan(file).map(drop)
    }

    fn flags_plan(&mut self, file: &FeatureFile) -> Result<FlagsPlan, String> {
        if let Some(planned) = &self.evidence_flags {
            return Ok(planned.clone());
        }
        let plan = self.slot.plan(file.evidence_flags_query()).map_err(|error| short_reason(&error))?;
        let chain = Chain::of(&plan).map(|chain| FlagsPlan::Chain(Arc::new(chain)));
        Ok(self.evidence_flags.insert(chain.unwrap_or(FlagsPlan::Run(plan))).clone())
    }

    /// The rows of a column's evidence query.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub fn evidence(
        &mut self,
        file: &FeatureFile,
        column: usize,
        rows: &RecordBatch,
        as_of: Timestamp,
    ) -> Result<RecordBatch, String> {
        let query = || file.evidence_query(&file.columns[column]);
        run_one(&mut self.slot, &mut self.evidence, column, query, rows, as_of)
    }
}

/// Runs the plan of one column, which is made when it is not there yet.
fn run_one(
    slot: &mut PlanSlot,
    plans: &mut HashMap<usize, Arc<dyn ExecutionPlan>>,
    column: usize,
    query: impl FnOnce() -> Query,
    rows: &RecordBatch,
    as_of: Timestamp,
) -> Result<RecordBatch, String> {
    let plan = match plans.get(&column) {
        Some(plan) => Arc::clone(plan),
        None => {
            let plan = slot.plan(query()).map_err(|error| short_reason(&error))?;
            plans.insert(column, Arc::clone(&plan));
            plan
        }
    };
    slot.run(&plan, rows, as_of)
}
