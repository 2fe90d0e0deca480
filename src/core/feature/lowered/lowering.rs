//! Lowering: the plan of a file is taken apart at its aggregation.

use std::sync::Arc;

use arrow::datatypes::Schema;
use datafusion::common::{Column, Result, plan_err};
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan};
use yujing_base::zone::Zone;

use crate::feature::aggregate::AggregateKind;
use crate::feature::file::FeatureFile;
use crate::feature::lowered::aggregate_call::AggregateCall;
use crate::feature::lowered::change_point::change_points;
use crate::feature::lowered::falling_count::FallingCounts;
use crate::feature::lowered::finish_stage::{FinishStage, FinishStagePlan};
use crate::feature::lowered::obstacle::Obstacle;
use crate::feature::lowered::row_conditions::RowPlan;
use crate::feature::lowered::row_stage::{Retained, RowStage, RowStagePlan};
use crate::feature::lowered::time_condition::reads_as_of;
use crate::feature::lowered::{LoweredFile, Lowering, Residual};
use crate::feature::plan::slot::PlanSlot;
use crate::feature::query_error::short_reason;
use crate::source::{Kind, Source};

/// The envelope's time from which on a row of an event source is seen.
const OCCURRED_AT: &str = "occurred_at";

/// Lowers what can be lowered of a file whose plan gives columns of these types. What cannot be is no error: the file's
/// plan gives it.
pub fn lower(file: &FeatureFile, source: &Source, zone: &Zone, planned: &Schema) -> Lowering {
    let mut is_timed = true;
    let lowered = PlanSlot::new(source, zone).and_then(|slot| {
        let plan = slot.typed(file.query())?;
        is_timed = reads_instant(&plan);
        Split::of(&plan)?.lower(slot, source, zone, planned)
    });
    let obstacle = match lowered {
        Ok(Some(lowering)) => return lowering,
        Ok(None) => Obstacle::Time,
        Err(error) => Obstacle::Plan(short_reason(&error)),
    };
    let columns = 0..file.columns.len();
    let residual = columns.map(|column| Residual { column, obstacle: obstacle.clone(), is_readable: !is_timed });
    Lowering { stages: None, residual: residual.collect() }
}

/// Whether the as-of instant is read anywhere in a plan.
fn reads_instant(plan: &LogicalPlan) -> bool {
    plan.expressions().iter().any(reads_as_of) || plan.inputs().into_iter().any(reads_instant)
}

fn has_window(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::Window(_)) || plan.inputs().into_iter().any(has_window)
}

/// A file's plan in two parts.
struct Split<'a> {
    /// The file's columns, over the aggregation.
    columns: &'a [Expr],
    aggregation: &'a Aggregate,
}

/// How one aggregate of a file is kept.
enum KeptCall {
    Lowered(Box<AggregateCall>),
    /// It is not, but these change when it may change as time passes.
    Watched(Vec<AggregateCall>, Obstacle),
    Unreadable(Obstacle),
}

impl KeptCall {
    fn of(call: &Expr, rows: &RowPlan) -> Self {
        match AggregateCall::of(call, rows) {
            Ok(call) => Self::Lowered(Box::new(call)),
            Err(obstacle) => match AggregateCall::watching(call, rows) {
                Some(calls) => Self::Watched(calls, obstacle),
                None => Self::Unreadable(obstacle),
            },
        }
    }
}

/// The aggregates of a file that are kept, each once.
struct KeptCalls(Vec<AggregateCall>);

impl KeptCalls {
    fn place_of(&mut self, call: AggregateCall) -> usize {
        if let Some(place) = self.0.iter().position(|known| *known == call) {
            return place;
        }
        self.0.push(call);
        self.0.len() - 1
    }
}

impl<'a> Split<'a> {
    fn of(plan: &'a LogicalPlan) -> Result<Self> {
        if let LogicalPlan::Projection(above) = plan
            && let LogicalPlan::Aggregate(aggregation) = &*above.input
        {
            return Ok(Self { columns: &above.expr[1..], aggregation });
        }
        plan_err!("columns do not stand over an aggregation")
    }

    /// `None` if what is below the aggregation depends on the as-of instant in a way that cannot be read.
    fn lower(self, slot: PlanSlot, source: &Source, zone: &Zone, planned: &Schema) -> Result<Option<Lowering>> {
        let Some(rows) = RowPlan::of(&self.aggregation.input)? else { return Ok(None) };
        let kept: Vec<_> = self.aggregation.aggr_expr.iter().map(|call| KeptCall::of(call, &rows)).collect();
        let mut columns = Vec::new();
        let mut residual = Vec::new();
        for column in 0..self.columns.len() {
            match self.residual(column, &kept)? {
                Some(other) => residual.push(other),
                None => columns.push(column),
            }
        }

        let mut calls = KeptCalls(vec![AggregateCall::rows_of(&rows)]);
        let mut finished = vec![None; self.aggregation.schema.fields().len()];
        for (place, kept) in kept.into_iter().enumerate() {
            match kept {
                KeptCall::Lowered(call) => finished[place + 1] = Some(calls.place_of(*call)),
                KeptCall::Watched(watching, _) => {
                    for call in watching {
                        calls.place_of(call);
                    }
                }
                KeptCall::Unreadable(_) => {}
            }
        }
        let KeptCalls(calls) = calls;
        let kinds: Arc<[AggregateKind]> = calls.iter().map(|call| call.kind).collect();
        let exprs: Vec<_> = columns.iter().map(|column| (*column, &self.columns[*column])).collect();
        let falling = FallingCounts::of(&exprs, &self.aggregation.schema, &finished, &kinds);
        let finish = FinishStagePlan {
            columns: columns.iter().map(|column| self.named(*column, planned)).collect(),
            aggregation: &self.aggregation.schema,
            aggregates: finished,
        };
        let Some(finish) = FinishStage::plan(finish, zone)? else { return Ok(None) };
        for (field, column) in finish.schema().fields().iter().zip(&columns) {
            if field.data_type() != planned.field(column + 1).data_type() {
                return plan_err!("`{}` would be of another type", field.name());
            }
        }
        let has_window = has_window(&rows.plan);
        let rows = RowStage::plan(slot, self.row_stage(rows, source, &calls)?)?;
        if has_window && !rows.reads_whole_operator() {
            // What the others make of a window is not known by the rows that are counted.
            for other in &mut residual {
                other.is_readable = false;
            }
        }
        let columns_read = rows.columns_read().filter_map(|name| source.schema.index_of(name).ok()).collect();
        let stages = LoweredFile { kinds, columns, columns_read, rows, finish, falling: Arc::new(falling) };
        Ok(Some(Lowering { stages: Some(stages), residual }))
    }

    /// Why a column is not lowered, if it is not.
    fn residual(&self, column: usize, kept: &[KeptCall]) -> Result<Option<Residual>> {
        let expr = &self.columns[column];
        let mut obstacle =
            change_points(std::slice::from_ref(expr), &self.aggregation.schema).is_none().then_some(Obstacle::Time);
        let mut is_readable = true;
        for read in expr.column_refs() {
            match self.aggregation.schema.index_of_column(read)?.checked_sub(1).map(|place| &kept[place]) {
                None => obstacle = obstacle.or_else(|| Some(Obstacle::Plan(read.name.clone()))),
                Some(KeptCall::Lowered(_)) => {}
                Some(KeptCall::Watched(_, found)) => obstacle = obstacle.or_else(|| Some(found.clone())),
                Some(KeptCall::Unreadable(found)) => {
                    obstacle = Some(found.clone());
                    is_readable = false;
                }
            }
        }
        let is_readable = is_readable && !reads_as_of(expr);
        Ok(obstacle.map(|obstacle| Residual { column, obstacle, is_readable }))
    }

    /// A column with its name.
    fn named(&self, column: usize, planned: &Schema) -> Expr {
        self.columns[column].clone().unalias().alias(planned.field(column + 1).name())
    }

    fn row_stage<'c>(&self, rows: RowPlan, source: &Source, calls: &'c [AggregateCall]) -> Result<RowStagePlan<'c>> {
        let occurred_at = || rows.plan.schema().qualified_field_with_unqualified_name(OCCURRED_AT);
        let retained = match source.kind {
            Kind::Reference => None,
            Kind::Event => Some(Retained {
                occurred_at: Expr::Column(Column::from(occurred_at()?)),
                retention: i64::try_from(source.retention.as_micros()).unwrap_or(i64::MAX),
            }),
        };
        match self.aggregation.group_expr.as_slice() {
            [operator] => Ok(RowStagePlan { below: rows.plan, operator: operator.clone(), retained, calls }),
            _ => plan_err!("rows are grouped by something else"),
        }
    }
}
