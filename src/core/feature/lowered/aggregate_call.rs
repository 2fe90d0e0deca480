//! One call of an aggregate in a file's plan, taken apart.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, Result};
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::{Expr, ExprSchemable, lit};

use crate::feature::aggregate::AggregateKind;
use crate::feature::function::episodes::gap_micros;
use crate::feature::lowered::obstacle::Obstacle;
use crate::feature::lowered::row_conditions::RowPlan;
use crate::feature::lowered::time_condition::TimeCondition;
use crate::feature::lowered::value::is_kept;

/// What the row stage computes for one aggregate, and how the aggregate is kept.
#[derive(Debug, PartialEq)]
pub struct AggregateCall {
    pub kind: AggregateKind,
    /// What is aggregated; `None` where rows are counted.
    pub argument: Option<Expr>,
    /// The part of its FILTER that depends on the row alone.
    pub filter: Option<Expr>,
    /// The others, with those of WHERE.
    pub conditions: Vec<TimeCondition>,
}

impl AggregateCall {
    /// Counts every row of a plan.
    pub fn rows_of(plan: &RowPlan) -> Self {
        Self { kind: AggregateKind::Count, argument: None, filter: None, conditions: plan.conditions.clone() }
    }

    /// Counts of rows that change whenever what a call gives may change as time passes; `None` if nothing says when.
    pub fn watching(call: &Expr, plan: &RowPlan) -> Option<Vec<Self>> {
        let AggregateFunction { params, .. } = call_of(call).ok()?;
        let keys = params.order_by.iter().map(|key| &key.expr);
        let parts = params.args.iter().chain(params.filter.as_deref()).chain(keys);
        let conditions: Option<Vec<_>> = parts.map(|part| plan.conditions_in(part)).collect();
        let watching = conditions?.into_iter().flatten().map(|condition| Self {
            kind: AggregateKind::Count,
            argument: None,
            filter: None,
            conditions: vec![condition],
        });
        Some(watching.collect())
    }

    /// Reads a call over the rows of a plan.
    pub fn of(call: &Expr, plan: &RowPlan) -> std::result::Result<Self, Obstacle> {
        let AggregateFunction { func, params } = call_of(call)?;
        let name = func.name();
        if params.args.iter().any(|argument| plan.is_timed(argument)) {
            return Err(Obstacle::Time);
        }
        if !params.order_by.is_empty() || params.null_treatment.is_some() {
            return Err(Obstacle::Order(name.to_owned()));
        }
        let kind = kind_of(name, params, plan.plan.schema())?;
        let counts_rows = kind == AggregateKind::Count
            && matches!(params.args.as_slice(), [Expr::Literal(value, _)] if !value.is_null());
        let argument = params.args.first().filter(|_| !counts_rows).cloned();
        Self { kind, argument, filter: None, conditions: plan.conditions.clone() }
            .filtered(params.filter.as_deref(), plan)
    }

    fn filtered(mut self, filter: Option<&Expr>, plan: &RowPlan) -> std::result::Result<Self, Obstacle> {
        if let Some(filter) = filter {
            let split = plan.split(filter.clone()).ok_or(Obstacle::Time)?;
            self.filter = split.of_row;
            self.conditions.extend(split.of_time);
        }
        Ok(self)
    }

    /// The call that stands in the row stage's plan for this one, so that the query engine plans the same FILTER over the
    /// same arguments in the same way: it counts the argument and the times of the conditions, with `beside` as well.
    pub fn stand_in(&self, beside: &[Expr]) -> Expr {
        let argument = self.argument.clone().unwrap_or_else(|| lit(1_i64));
        let times = self.conditions.iter().map(|condition| condition.operand.clone());
        let args = std::iter::once(argument).chain(times).chain(beside.iter().cloned()).collect();
        let filter = self.filter.clone().map(Box::new);
        let (distinct, order_by, null_treatment) = (false, Vec::new(), None);
        let params = AggregateFunctionParams { args, distinct, filter, order_by, null_treatment };
        Expr::AggregateFunction(AggregateFunction { func: count_udaf(), params })
    }
}

fn call_of(call: &Expr) -> std::result::Result<&AggregateFunction, Obstacle> {
    match call {
        Expr::Alias(alias) => call_of(&alias.expr),
        Expr::AggregateFunction(call) => Ok(call),
        other => Err(Obstacle::Plan(other.variant_name().to_owned())),
    }
}

fn kind_of(
    name: &str,
    params: &AggregateFunctionParams,
    schema: &Arc<DFSchema>,
) -> std::result::Result<AggregateKind, Obstacle> {
    let other = || Obstacle::Function(name.to_owned());
    let exact = |data_type: Result<DataType>| match data_type {
        Ok(data_type) if is_kept(&data_type) => Ok(()),
        Ok(data_type) if data_type.is_floating() => Err(Obstacle::Float(name.to_owned())),
        _ => Err(other()),
    };
    let argument = params.args.first().ok_or_else(other)?;
    if params.args.len() != 1 && name != "episodes" {
        return Err(other());
    }
    let is_distinct = params.distinct;
    let kind = match name {
        "count" if !is_distinct => return Ok(AggregateKind::Count),
        "count" => AggregateKind::CountDistinct,
        "sum" if !is_distinct => AggregateKind::Sum,
        "min" => AggregateKind::Min,
        "max" => AggregateKind::Max,
        "bool_and" if !is_distinct => AggregateKind::BoolAnd,
        "bool_or" if !is_distinct => AggregateKind::BoolOr,
        "episodes" if !is_distinct => match params.args.get(1) {
            Some(Expr::Literal(gap, _)) => AggregateKind::Episodes { gap: gap_micros(gap).map_err(|_| other())? },
            _ => return Err(other()),
        },
        _ => return Err(other()),
    };
    exact(argument.get_type(schema))?;
    Ok(kind)
}
