//! Instants in the office's zone: columns of time carry it in SQL, so that `extract(hour FROM occurred_at)`, `date_trunc`,
//! `CAST(occurred_at AS DATE)`, `to_char` and months mean what the office means. The instants stay what they are.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::functions::datetime::to_local_time;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr as PlannedExpr, ExprSchemable, LogicalPlan};
use datafusion::optimizer::AnalyzerRule;
use datafusion::sql::sqlparser::ast::{DataType as SqlType, Expr, Function, Query, Spanned as _, TimezoneInfo};

use super::file::normalized;
use super::sql_source::SqlSource;
use super::walk::visit_expressions_mut;
use crate::diagnostic::Diagnostics;
use crate::language::{Bilingual, say};
use crate::zone::Zone;

/// Refuses what takes no notice of the zone that a time carries.
pub(super) fn call_goes_by_the_clocks(sql: &SqlSource, call: &Function, problems: &mut Diagnostics) {
    let name = normalized(&call.name);
    let help = match name.as_str() {
        "date_bin" => Bilingual::new(
            "它从世界时零点起分段：按日、周、月请写 date_trunc('day', occurred_at)",
            "its bins begin at midnight UTC: for days, weeks and months write date_trunc('day', occurred_at)",
        ),
        "to_local_time" => Bilingual::new(
            "时间列已是办公所在地时间，直接写列名即可",
            "columns of time are in the office's zone already: write the column alone",
        ),
        _ => return,
    };
    let message = say!("`{name}` 不按办公所在地时间计算", "`{name}` does not go by the office's clocks");
    problems.push(sql.at("feature/utc", call.name.span(), message).with_help(help));
}

/// The columns of a source as SQL sees them.
pub(super) fn schema(of_source: &Schema, zone: &Zone) -> SchemaRef {
    let fields = of_source.fields().iter().map(|field| in_zone(field, zone));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Rows of a source with the types of such a schema; no time is changed.
pub(super) fn rows(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = rows.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| {
        if column.data_type() == field.data_type() { Ok(Arc::clone(column)) } else { cast(column, field.data_type()) }
    });
    RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_, _>>()?)
}

fn in_zone(field: &FieldRef, zone: &Zone) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some(Arc::clone(zone.name()))),
        DataType::List(item) => DataType::List(in_zone(item, zone)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(|field| in_zone(field, zone)).collect()),
        _ => return Arc::clone(field),
    };
    Arc::new(Field::new(field.name(), data_type, field.is_nullable()))
}

/// Lets `TIMESTAMP '2026-03-02 08:00:00'` and `CAST(... AS TIMESTAMP)` be instants of the zone, as columns are. Without one
/// they would be clock times of nowhere, and an offset that is written out would be lost on the way back.
pub(super) fn place_timestamps(query: &mut Query) {
    visit_expressions_mut(query, |expr| {
        let data_type = match expr {
            Expr::TypedString(typed) => &mut typed.data_type,
            Expr::Cast { data_type, .. } => data_type,
            _ => return ControlFlow::Continue(()),
        };
        if let SqlType::Timestamp(precision, zone) = data_type {
            // Microseconds, as in columns.
            precision.get_or_insert(6);
            *zone = TimezoneInfo::WithTimeZone;
        }
        ControlFlow::Continue(())
    });
}

/// Lets a time that is compared with a date be the office's clock time, once types are known: the query engine takes the
/// zone away from the time and would leave it the clock time of Greenwich.
#[derive(Debug)]
pub(super) struct ClockTimes;

impl AnalyzerRule for ClockTimes {
    fn name(&self) -> &'static str {
        "clock_times"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up(|plan| {
            let schema = merge_schema(&plan.inputs());
            let names = NamePreserver::new(&plan);
            let placed = |expr: PlannedExpr| {
                expr.transform_up(|expr| {
                    let PlannedExpr::Cast(mut cast) = expr else { return Ok(Transformed::no(expr)) };
                    let loses_zone = matches!(cast.field.data_type(), DataType::Timestamp(_, None))
                        && matches!(cast.expr.get_type(&schema)?, DataType::Timestamp(_, Some(_)));
                    if loses_zone {
                        *cast.expr = to_local_time().call(vec![*cast.expr.clone()]);
                    }
                    Ok(Transformed::new_transformed(PlannedExpr::Cast(cast), loses_zone))
                })
            };
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(placed(expr)?.update_data(|expr| name.restore(expr)))
            })
        })
        .map(|rewritten| rewritten.data)
    }
}
