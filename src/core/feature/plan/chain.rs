//! Plans that only compute columns and drop rows are evaluated step by step, without the machinery of streams and tasks
//! that a run takes: it costs more than computing a few rows.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::{Result, exec_err};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::streaming::StreamingTableExec;

/// The steps of a plan over the rows of a slot, from the innermost on.
#[derive(Debug)]
pub struct Chain {
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    /// Keeps these columns.
    Choose(Vec<usize>),
    Compute {
        columns: Vec<Arc<dyn PhysicalExpr>>,
        schema: SchemaRef,
    },
    /// Keeps the rows for which it is true.
    Keep(Arc<dyn PhysicalExpr>),
}

impl Chain {
    /// The steps of a plan; `None` if it does more than that.
    pub fn of(plan: &Arc<dyn ExecutionPlan>) -> Option<Self> {
        let mut steps = Vec::new();
        let mut plan = plan;
        loop {
            if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
                let columns = projection.expr().iter().map(|column| Arc::clone(&column.expr)).collect();
                steps.push(Step::Compute { columns, schema: plan.schema() });
                plan = projection.input();
            } else if let Some(filter) = plan.downcast_ref::<FilterExec>() {
                steps.extend(filter.projection().as_ref().map(|columns| Step::Choose(columns.to_vec())));
                steps.push(Step::Keep(Arc::clone(filter.predicate())));
                plan = filter.input();
            } else if let Some(cooperative) = plan.downcast_ref::<CooperativeExec>() {
                plan = cooperative.input();
            } else if let Some(scan) = plan.downcast_ref::<StreamingTableExec>() {
                steps.extend(scan.projection().as_ref().map(|columns| Step::Choose(columns.to_vec())));
                steps.reverse();
                return Some(Self { steps });
            } else {
                return None;
            }
        }
    }

    /// The steps at the bottom of a plan, up to the first that does more than that.
    pub fn at_the_bottom_of(plan: &Arc<dyn ExecutionPlan>) -> Option<Self> {
        Self::of(plan).or_else(|| match plan.children().as_slice() {
            [below] => Self::at_the_bottom_of(below),
            _ => None,
        })
    }

    /// The same without its first `count` columns; `None` if the last step computes none.
    pub fn without_first(&self, count: usize) -> Option<Self> {
        let (last, before) = self.steps.split_last()?;
        let Step::Compute { columns, schema } = last else { return None };
        let schema = Arc::new(schema.project(&(count..columns.len()).collect::<Vec<_>>()).ok()?);
        let last = Step::Compute { columns: columns.get(count..)?.to_vec(), schema };
        Some(Self { steps: before.iter().cloned().chain([last]).collect() })
    }

    /// Those of the rows `beside` others, which have the slot's schema, whose others are not dropped.
    pub fn keep(&self, rows: RecordBatch, beside: &RecordBatch) -> Result<RecordBatch> {
        let mut kept = (rows, beside.clone());
        for step in &self.steps {
            kept = match step {
                Step::Keep(condition) => {
                    let mask = mask(condition, &kept.0)?;
                    (filter_record_batch(&kept.0, &mask)?, filter_record_batch(&kept.1, &mask)?)
                }
                other => (other.evaluate(&kept.0)?, kept.1),
            };
        }
        Ok(kept.1)
    }

    /// What the plan gives for rows of the slot's schema.
    pub fn evaluate(&self, rows: RecordBatch) -> Result<RecordBatch> {
        self.steps.iter().try_fold(rows, |rows, step| step.evaluate(&rows))
    }
}

impl Step {
    fn evaluate(&self, rows: &RecordBatch) -> Result<RecordBatch> {
        match self {
            Self::Choose(columns) => Ok(rows.project(columns)?),
            Self::Compute { columns, schema } => {
                let columns = columns.iter().map(|column| column.evaluate(rows)?.into_array(rows.num_rows()));
                let columns = columns.collect::<Result<_>>()?;
                let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
                Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
            }
            Self::Keep(condition) => Ok(filter_record_batch(rows, &mask(condition, rows)?)?),
        }
    }
}

/// Where a condition is true.
fn mask(condition: &Arc<dyn PhysicalExpr>, rows: &RecordBatch) -> Result<BooleanArray> {
    let kept = condition.evaluate(rows)?.into_array(rows.num_rows())?;
    match kept.as_boolean_opt() {
        Some(kept) => Ok(kept.clone()),
        None => exec_err!("a condition gave {}", kept.data_type()),
    }
}
