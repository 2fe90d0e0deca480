//! Times compared with dates, by the office's clocks.

use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::functions::datetime::to_local_time;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};
use datafusion::optimizer::AnalyzerRule;

/// Lets a time that is compared with a date be the office's clock time, once types are known: the query engine takes
/// the zone away from the time and would leave it the clock time of Greenwich.
#[derive(Debug)]
pub struct ClockTimes;

impl AnalyzerRule for ClockTimes {
    fn name(&self) -> &'static str {
        "clock_times"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up(|plan| {
            let schema = merge_schema(&plan.inputs());
            let names = NamePreserver::new(&plan);
            let placed = |expr: Expr| {
                expr.transform_up(|expr| {
                    let Expr::Cast(mut cast) = expr else { return Ok(Transformed::no(expr)) };
                    let loses_zone = matches!(cast.field.data_type(), DataType::Timestamp(_, None))
                        && matches!(cast.expr.get_type(&schema)?, DataType::Timestamp(_, Some(_)));
                    if loses_zone {
                        *cast.expr = to_local_time().call(vec![*cast.expr.clone()]);
                    }
                    Ok(Transformed::new_transformed(Expr::Cast(cast), loses_zone))
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
