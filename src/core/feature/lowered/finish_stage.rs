//! The finish stage: what the file's plan makes of its aggregates, with the as-of instant as a column, so that one run
//! serves operators at different instants. It also says until when what it gives holds.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result, plan_datafusion_err, plan_err};
use datafusion::logical_expr::{Expr, LogicalPlan, Projection};
use yujing_base::zone::Zone;

use crate::feature::aggregate::AggregateValue;
use crate::feature::budget::STEP_ROWS;
use crate::feature::function::as_of::time_type;
use crate::feature::function::scalar::{days_since_at, within_at};
use crate::feature::lowered::change_point::{ChangePoint, change_points};
use crate::feature::lowered::day_counter::DayCounter;
use crate::feature::lowered::time_condition::is_as_of;
use crate::feature::lowered::value::{self, ValueColumn};
use crate::feature::lowered::{FinishInput, Finished};
use crate::feature::plan::chain::Chain;
use crate::feature::plan::slot::PlanSlot;

/// The table of the aggregates' values.
const TABLE: &str = "aggregates";
/// Its first column.
const AS_OF: &str = "as_of";

/// The plan of a file above its aggregation.
#[derive(Debug)]
pub struct FinishStage {
    slot: PlanSlot,
    above: Chain,
    /// The times alone, for when a column cannot be computed.
    times: Option<Chain>,
    /// The columns that it gives.
    schema: SchemaRef,
    /// Behind them stand the times that they depend on, one for each of these.
    change_points: Vec<ChangePoint>,
    /// The columns that count days, and for each change point whether another column depends on it as well.
    day_counters: Vec<DayCounter>,
    is_point_of_others: Vec<bool>,
    /// For each column of the table behind `as_of`, the place of its aggregate.
    aggregates: Vec<usize>,
}

/// Until when what one input gives holds.
#[derive(Clone, Copy)]
struct Ends {
    all: i64,
    /// But for the columns that count days.
    steady: i64,
}

/// What is above the aggregation.
pub struct FinishStagePlan<'a> {
    /// The columns to be given, over the columns of the aggregation, with their names.
    pub columns: Vec<Expr>,
    /// The columns of the aggregation.
    pub aggregation: &'a DFSchema,
    /// For each of them the place of its aggregate; none for the operator and for those that are not read.
    pub aggregates: Vec<Option<usize>>,
}

impl FinishStage {
    /// Plans the stage; `None` if a column depends on the as-of instant in a way that cannot be read.
    pub fn plan(plan: FinishStagePlan<'_>, zone: &Zone) -> Result<Option<Self>> {
        let FinishStagePlan { columns, aggregation, aggregates } = plan;
        let count = columns.len();
        let counter = |(place, expr): (usize, &Expr)| DayCounter::step_of(expr).map(|step| DayCounter { place, step });
        let day_counters: Vec<DayCounter> = columns.iter().enumerate().filter_map(counter).collect();
        let others = columns.iter().filter(|expr| DayCounter::step_of(expr).is_none()).cloned().collect::<Vec<_>>();
        let (Some(change_points), Some(of_others)) =
            (change_points(&columns, aggregation), change_points(&others, aggregation))
        else {
            return Ok(None);
        };
        let is_point_of_others = change_points.iter().map(|point| of_others.contains(point)).collect();
        let slot = PlanSlot::over(TABLE, table(aggregation, &aggregates, zone), zone)?;

        let times = change_points.iter().enumerate();
        let times = times.map(|(place, point)| point.operand().alias(format!("__time_{place}")));
        let expressions = columns.into_iter().chain(times).map(|expr| over_table(expr, aggregation));
        let projection = Projection::try_new(expressions.collect::<Result<_>>()?, Arc::new(slot.scan(TABLE)?))?;
        let (slot, above) = {
            let plan = slot.plan_logical(&LogicalPlan::Projection(projection))?;
            slot.narrowed(plan)?
        };
        let schema = Arc::new(above.schema().project(&(0..count).collect::<Vec<_>>())?);
        let above = Chain::of(&above).ok_or_else(|| plan_datafusion_err!("the plan does more than compute columns"))?;
        let times = above.without_first(count);
        let read = slot.schema().fields().iter().filter(|field| field.name() != AS_OF);
        let read = read.map(|field| field.name().parse::<usize>().ok().and_then(|place| aggregates[place]));
        let Some(aggregates) = read.collect() else { return plan_err!("the plan reads other columns") };
        Ok(Some(Self { slot, above, times, schema, change_points, day_counters, is_point_of_others, aggregates }))
    }

    /// The columns that it gives.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The columns that count days, by their place among [`FinishStage::schema`].
    pub fn day_counters(&self) -> &[DayCounter] {
        &self.day_counters
    }

    /// The columns for each input, and until when they hold.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub fn finish(&self, inputs: &[FinishInput]) -> Result<Finished, String> {
        let mut batches = Vec::new();
        let mut finished = Finished {
            columns: RecordBatch::new_empty(Arc::clone(&self.schema)),
            holds_until: Vec::with_capacity(inputs.len()),
            steady_until: Vec::with_capacity(inputs.len()),
        };
        for inputs in inputs.chunks(STEP_ROWS) {
            let rows = self.rows(inputs)?;
            let computed = self.slot.evaluate(|| self.above.evaluate(rows))?;
            for ends in self.ends(inputs, &computed.columns()[self.schema.fields().len()..])? {
                finished.holds_until.push(ends.all);
                finished.steady_until.push(ends.steady);
            }
            batches.push(self.columns_of(&computed)?);
        }
        finished.columns = match batches.as_slice() {
            [only] => only.clone(),
            several => arrow::compute::concat_batches(&self.schema, several).map_err(|error| error.to_string())?,
        };
        Ok(finished)
    }

    /// Until when what an input gives holds, also if that is an error; `None` if it cannot be said.
    pub fn hold_of(&self, input: &FinishInput) -> Option<i64> {
        let times = self.times.as_ref()?;
        let rows = self.rows(std::slice::from_ref(input)).ok()?;
        let computed = self.slot.evaluate(|| times.evaluate(rows)).ok()?;
        self.ends(std::slice::from_ref(input), computed.columns()).ok()?.pop().map(|ends| ends.all)
    }

    /// The values as rows of the table.
    fn rows(&self, inputs: &[FinishInput]) -> Result<RecordBatch, String> {
        let schema = self.slot.schema();
        let mut aggregates = self.aggregates.iter();
        let columns = schema.fields().iter().map(|field| {
            if field.name() == AS_OF {
                let instants: Vec<_> = inputs.iter().map(|input| AggregateValue::Time(input.as_of)).collect();
                return value::column(instants.iter(), field.data_type());
            }
            let place = *aggregates.next().ok_or("a column without an aggregate")?;
            value::column(inputs.iter().map(|input| &input.values[place]), field.data_type())
        });
        let columns = columns.collect::<Result<Vec<ArrayRef>, String>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(inputs.len()));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(|error| error.to_string())
    }

    fn columns_of(&self, computed: &RecordBatch) -> Result<RecordBatch, String> {
        let columns = computed.columns()[..self.schema.fields().len()].to_vec();
        let options = RecordBatchOptions::new().with_row_count(Some(computed.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|error| error.to_string())
    }

    /// Until when what the inputs give holds, by the times that it depends on.
    fn ends(&self, inputs: &[FinishInput], times: &[ArrayRef]) -> Result<Vec<Ends>, String> {
        let mut ends = vec![Ends { all: i64::MAX, steady: i64::MAX }; inputs.len()];
        for ((point, is_of_others), times) in self.change_points.iter().zip(&self.is_point_of_others).zip(times) {
            let times = ValueColumn::of(times)?;
            for (row, (ends, input)) in ends.iter_mut().zip(inputs).enumerate() {
                let next = point.next(&times.value(row), input.as_of);
                ends.all = next.min(ends.all);
                if *is_of_others {
                    ends.steady = next.min(ends.steady);
                }
            }
        }
        Ok(ends)
    }
}

/// The as-of instant, and a column for each aggregate that is read, named by its place in the aggregation.
fn table(aggregation: &DFSchema, aggregates: &[Option<usize>], zone: &Zone) -> SchemaRef {
    let read = aggregation.fields().iter().enumerate().filter(|(place, _)| aggregates[*place].is_some());
    let read = read.map(|(place, field)| Field::new(place.to_string(), field.data_type().clone(), field.is_nullable()));
    let as_of = Field::new(AS_OF, time_type(zone), false);
    Arc::new(Schema::new(std::iter::once(as_of).chain(read).collect::<Vec<_>>()))
}

/// An expression over the aggregation as one over the table.
fn over_table(expr: Expr, aggregation: &DFSchema) -> Result<Expr> {
    let column = |name: String| Expr::Column(Column::new(Some(TABLE), name));
    let as_of = || column(AS_OF.to_owned());
    let placed = expr.transform_up(|part| {
        Ok(Transformed::yes(match part {
            Expr::Column(found) => column(aggregation.index_of_column(&found)?.to_string()),
            part if is_as_of(&part) => as_of(),
            Expr::ScalarFunction(call) if call.func.name() == "days_since" => {
                days_since_at().call(call.args.into_iter().chain([as_of()]).collect())
            }
            Expr::ScalarFunction(call) if call.func.name() == "within" => {
                within_at().call(call.args.into_iter().chain([as_of()]).collect())
            }
            other => return Ok(Transformed::no(other)),
        }))
    });
    placed.map(|placed| placed.data)
}
