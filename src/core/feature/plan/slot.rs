//! Kept plans: planned once, run again and again over the rows that are put into a slot.
//!
//! Planning takes milliseconds, a run microseconds. A kept plan holds state (hash tables, counters), so it is reset
//! before each run and never run concurrently: [`PlanSlot::run`] takes `&mut self`. Nothing of a run's data is known at
//! planning: the slot has no statistics, and `as_of` is read from the slot's cell whenever the plan runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::provider_as_source;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::optimizer::{Analyzer, AnalyzerRule};
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement as PlannedStatement;
use datafusion::sql::sqlparser::ast::{Query, Statement};
use futures::executor::block_on;
use futures::stream;
use jiff::Timestamp;
use yujing_base::zone::Zone;

use crate::feature::budget::Budget;
use crate::feature::function::as_of::AsOf;
use crate::feature::plan::chain::Chain;
use crate::feature::plan::{batches, local_time};
use crate::feature::query_error::short_reason;
use crate::feature::session::session_over;
use crate::feature::session::short_circuit::ShortCircuit;
use crate::source::Source;

/// Where the plans of one file are made and run: one slot, one as-of cell, one session.
pub struct PlanSlot {
    context: SessionContext,
    task: Arc<TaskContext>,
    rows: Arc<RowSlot>,
    as_of: AsOf,
    budget: Budget,
}

impl std::fmt::Debug for PlanSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlanSlot").field("rows", &self.rows).field("as_of", &self.as_of).finish_non_exhaustive()
    }
}

/// What a plan reads: the rows of this run.
#[derive(Debug)]
struct RowSlot {
    schema: SchemaRef,
    rows: Mutex<Option<RecordBatch>>,
}

impl RowSlot {
    fn put(&self, rows: Option<RecordBatch>) {
        *self.rows.lock().unwrap_or_else(PoisonError::into_inner) = rows;
    }
}

impl PartitionStream for RowSlot {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let steps = rows.as_ref().map(batches::steps).unwrap_or_default();
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream::iter(steps.into_iter().map(Ok))))
    }
}

impl PlanSlot {
    /// A slot whose only table is the source's, with times in the office's zone.
    pub fn new(source: &Source, zone: &Zone) -> Result<Self> {
        Self::over(&source.table, local_time::schema(&source.schema, zone), zone)
    }

    /// A slot whose only table has this name and these columns, whose times are in the office's zone already.
    pub fn over(table: &str, schema: SchemaRef, zone: &Zone) -> Result<Self> {
        let as_of = AsOf::in_zone(zone);
        let budget = Budget::default();
        let context = session_over(&as_of, &budget)?;
        let slot = Arc::new(RowSlot { schema: Arc::clone(&schema), rows: Mutex::new(None) });
        let partitions: Vec<Arc<dyn PartitionStream>> = vec![Arc::clone(&slot) as _];
        context.register_table(table, Arc::new(StreamingTable::try_new(schema, partitions)?))?;
        let task = context.task_ctx();
        Ok(Self { context, task, rows: slot, as_of, budget })
    }

    /// The columns of the table.
    pub fn schema(&self) -> &SchemaRef {
        &self.rows.schema
    }

    /// Plans a query over the source's table.
    pub fn plan(&self, query: Query) -> Result<Arc<dyn ExecutionPlan>> {
        let logical = block_on(self.context.state().statement_to_plan(statement(query)))?;
        self.plan_logical(&logical)
    }

    /// Plans how to run a query that is a logical plan over the table already.
    pub fn plan_logical(&self, logical: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
        self.budget.begin();
        block_on(self.context.state().create_physical_plan(logical))
    }

    /// The logical plan of a query with all types known: before what can fail is put behind its guard, and before
    /// anything is optimised.
    pub fn typed(&self, query: Query) -> Result<LogicalPlan> {
        let state = self.context.state();
        let logical = block_on(state.statement_to_plan(statement(query)))?;
        let typing = state.analyzer().rules.iter().take_while(|rule| rule.name() != ShortCircuit.name());
        Analyzer::with_rules(typing.cloned().collect()).execute_and_check(logical, state.config_options(), |_, _| {})
    }

    /// The logical plan that reads all of the table of this name.
    pub fn scan(&self, table: &str) -> Result<LogicalPlan> {
        let provider = block_on(self.context.table_provider(table))?;
        LogicalPlanBuilder::scan(table, provider_as_source(provider), None)?.build()
    }

    /// Checks names and types of a query without planning how to run it.
    pub fn check(&self, query: Query) -> Result<()> {
        block_on(self.context.state().statement_to_plan(statement(query))).map(|_| ())
    }

    /// The slot with only those columns that a plan made here reads, and the plan over it.
    pub fn narrowed(mut self, plan: Arc<dyn ExecutionPlan>) -> Result<(Self, Arc<dyn ExecutionPlan>)> {
        let narrowed = plan.transform_up(|node| {
            let Some(scan) = node.downcast_ref::<StreamingTableExec>() else { return Ok(Transformed::no(node)) };
            let schema = Arc::new(scan.projected_schema().clone());
            self.rows = Arc::new(RowSlot { schema: Arc::clone(&schema), rows: Mutex::new(None) });
            let partitions = vec![Arc::clone(&self.rows) as _];
            let scan = StreamingTableExec::try_new(schema, partitions, None, [], false, None)?;
            Ok(Transformed::yes(Arc::new(scan) as Arc<dyn ExecutionPlan>))
        })?;
        Ok((self, narrowed.data))
    }

    /// Runs a plan made here over `rows`, which have the columns of the table and may have others.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub fn run(
        &mut self,
        plan: &Arc<dyn ExecutionPlan>,
        rows: &RecordBatch,
        as_of: Timestamp,
    ) -> Result<RecordBatch, String> {
        let rows = local_time::rows(rows, &self.rows.schema).map_err(|error| error.to_string())?;
        self.as_of.set(as_of);
        self.rows.put(Some(rows));
        let outcome = self.evaluate(|| {
            let plan = reset_plan_states(Arc::clone(plan))?;
            let schema = plan.schema();
            let batches = block_on(collect(plan, Arc::clone(&self.task)))?;
            Ok(concat_batches(&schema, &batches)?)
        });
        self.rows.put(None);
        outcome
    }

    /// Evaluates the steps of a plan made here, as [`PlanSlot::run`] runs the plan.
    ///
    /// # Errors
    /// As [`PlanSlot::run`].
    pub fn evaluate_chain(&self, chain: &Chain, rows: &RecordBatch, as_of: Timestamp) -> Result<RecordBatch, String> {
        let rows = local_time::rows(rows, &self.rows.schema).map_err(|error| error.to_string())?;
        self.as_of.set(as_of);
        self.evaluate(|| {
            let steps = batches::steps(&rows).into_iter().map(|step| chain.evaluate(step));
            let steps = steps.collect::<Result<Vec<_>>>()?;
            match steps.first() {
                Some(first) => Ok(concat_batches(&first.schema(), &steps)?),
                None => chain.evaluate(rows.clone()),
            }
        })
    }

    /// Does work of a plan made here within a budget of its own.
    ///
    /// # Errors
    /// What went wrong, in words. A panic inside a library's kernel counts as an error: it must not stop the engine.
    pub fn evaluate<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T, String> {
        self.budget.begin();
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(made)) => Ok(made),
            Ok(Err(error)) => Err(short_reason(&error)),
            Err(_) => Err("a panic inside the query engine".to_owned()),
        }
    }
}

fn statement(mut query: Query) -> PlannedStatement {
    local_time::place_timestamps(&mut query);
    PlannedStatement::Statement(Box::new(Statement::Query(Box::new(query))))
}
