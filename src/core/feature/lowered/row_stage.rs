//! The row stage: what each row gives to each aggregate. It is the file's own plan below its aggregation, with the
//! arguments and the FILTERs that the aggregation would compute; only the conditions on time are taken out of it, and
//! become the interval for which the row counts.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{Result, plan_datafusion_err};
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use jiff::Timestamp;

use crate::feature::budget::STEP_ROWS;
use crate::feature::lowered::Contributions;
use crate::feature::lowered::aggregate_call::AggregateCall;
use crate::feature::lowered::row_reader::{PlannedCall, RowReader};
use crate::feature::plan::chain::Chain;
use crate::feature::plan::slot::PlanSlot;
use crate::feature::plan::{batches, local_time};

/// The plan of a file below its aggregation, with what is computed of its rows.
#[derive(Debug)]
pub struct RowStage {
    /// Over the columns that are read.
    slot: PlanSlot,
    below: Below,
    reader: RowReader,
}

/// How the rows come about of which arguments and FILTERs are computed.
#[derive(Debug)]
enum Below {
    Chain(Chain),
    /// Lists are unfolded, or rows are seen beside others.
    Plan {
        plan: Arc<dyn ExecutionPlan>,
        /// What is done with each row before that.
        first: Option<Chain>,
    },
}

/// What is below the aggregation, and what is made of it.
pub struct RowStagePlan<'a> {
    pub below: LogicalPlan,
    pub operator: Expr,
    pub retained: Option<Retained>,
    pub calls: &'a [AggregateCall],
}

/// From when and how long a row of an event source is seen.
pub struct Retained {
    pub occurred_at: Expr,
    /// Microseconds.
    pub retention: i64,
}

impl RowStage {
    /// Plans the stage on a slot of the file's source.
    pub fn plan(slot: PlanSlot, plan: RowStagePlan<'_>) -> Result<Self> {
        let RowStagePlan { below, operator, retained, calls } = plan;
        let beside = retained.as_ref().map(|retained| retained.occurred_at.clone());
        // The query engine would plan calls that are the same once.
        let stand_ins: Vec<Expr> = calls.iter().map(|call| call.stand_in(beside.as_slice())).collect();
        let first_same = |call: &Expr| stand_ins.iter().position(|other| other == call).unwrap_or_default();
        let each_once = stand_ins.iter().enumerate().filter(|(place, call)| first_same(call) == *place);
        let each_once = each_once.map(|(place, call)| call.clone().alias(name(place))).collect();
        let aggregate = Aggregate::try_new(Arc::new(below), vec![operator], each_once)?;
        let plan = slot.plan_logical(&LogicalPlan::Aggregate(aggregate))?;
        let aggregation = aggregation(&plan).ok_or_else(|| plan_datafusion_err!("the plan has no aggregation"))?;

        let operator = aggregation.group_expr().expr().first().map(|(operator, _)| Arc::clone(operator));
        let operator = operator.ok_or_else(|| plan_datafusion_err!("the plan has no grouping"))?;
        let mut reader = RowReader::new(operator);
        for (call, stand_in) in calls.iter().zip(&stand_ins) {
            let name = name(first_same(stand_in));
            let planned = aggregation.aggr_expr().iter().position(|planned| planned.name() == name);
            let planned = planned.ok_or_else(|| plan_datafusion_err!("the plan has other aggregates"))?;
            reader.add(
                call,
                PlannedCall {
                    args: aggregation.aggr_expr()[planned].expressions(),
                    filter: aggregation.filter_expr()[planned].clone(),
                    retention: retained.as_ref().map(|retained| retained.retention),
                },
            );
        }
        let (slot, below) = slot.narrowed(Arc::clone(aggregation.input()))?;
        let below = match Chain::of(&below) {
            Some(chain) => Below::Chain(chain),
            None => Below::Plan { first: Chain::at_the_bottom_of(&below), plan: below },
        };
        Ok(Self { slot, below, reader })
    }

    /// Whether what a row gives depends on others.
    pub fn reads_whole_operator(&self) -> bool {
        match &self.below {
            Below::Chain(_) => false,
            Below::Plan { plan, .. } => plan.exists(|node| Ok(is_window(node))).unwrap_or(true),
        }
    }

    /// The names of the source's columns that are read.
    pub fn columns_read(&self) -> impl Iterator<Item = &str> {
        self.slot.schema().fields().iter().map(|field| field.name().as_str())
    }

    /// Those of some rows of the source that are seen beside others, as far as that depends on each row alone.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub fn rows_read(&self, rows: &RecordBatch) -> Result<RecordBatch, String> {
        let (Below::Chain(chain) | Below::Plan { first: Some(chain), .. }) = &self.below else {
            return Ok(rows.clone());
        };
        let given = local_time::rows(rows, self.slot.schema()).map_err(|error| error.to_string())?;
        self.slot.evaluate(|| chain.keep(given, rows))
    }

    /// What rows of the source give, which are sorted by operator.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub fn contributions(&mut self, rows: &RecordBatch) -> Result<Contributions, String> {
        let rows = local_time::rows(rows, self.slot.schema()).map_err(|error| error.to_string())?;
        let mut given = Contributions::of_operators(&rows);
        for run in batches::runs(&rows) {
            match &self.below {
                Below::Chain(chain) => self.slot.evaluate(|| {
                    let mut steps = batches::steps(&run).into_iter();
                    steps.try_for_each(|step| self.reader.read(&chain.evaluate(step)?, &mut given))
                })?,
                Below::Plan { plan, .. } => {
                    // Nothing below the aggregation reads the instant.
                    let below = self.slot.run(&Arc::clone(plan), &run, Timestamp::UNIX_EPOCH)?;
                    self.slot.evaluate(|| {
                        let mut begins = (0..below.num_rows()).step_by(STEP_ROWS);
                        begins.try_for_each(|begin| {
                            let step = below.slice(begin, STEP_ROWS.min(below.num_rows() - begin));
                            self.reader.read(&step, &mut given)
                        })
                    })?;
                }
            }
        }
        Ok(given)
    }
}

/// The name of the call that stands in for an aggregate.
fn name(place: usize) -> String {
    format!("aggregate_{place}")
}

/// The innermost aggregation of a plan, in which rows are read.
fn aggregation(plan: &Arc<dyn ExecutionPlan>) -> Option<&AggregateExec> {
    let below = match plan.children().as_slice() {
        [below] => aggregation(below),
        _ => None,
    };
    below.or_else(|| plan.downcast_ref::<AggregateExec>())
}

fn is_window(node: &Arc<dyn ExecutionPlan>) -> bool {
    node.downcast_ref::<WindowAggExec>().is_some() || node.downcast_ref::<BoundedWindowAggExec>().is_some()
}
