//! Until when what stands above an aggregation gives the same for the same aggregates.

use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, lit};

use crate::feature::aggregate::AggregateValue;
use crate::feature::function::as_of::MICROS_PER_DAY;
use crate::feature::lowered::time_condition::{
    TimeCondition, days_since, is_beijing_date, midnight, next_midnight, reads_as_of,
};
use crate::feature::session::functions::READING_AS_OF;

/// A part of an expression whose value changes as time passes.
#[derive(Debug, Clone, PartialEq)]
pub enum ChangePoint {
    /// A condition on a time.
    Condition(TimeCondition),
    /// `days_since(time)`.
    WholeDays(Expr),
    /// `beijing_date(as_of())`.
    Midnight,
}

impl ChangePoint {
    /// The time that it depends on, or something else where it depends on none.
    pub fn operand(&self) -> Expr {
        match self {
            Self::Condition(condition) => condition.operand.clone(),
            Self::WholeDays(time) => time.clone(),
            Self::Midnight => lit(0_i64),
        }
    }

    /// The first instant behind an as-of at which it may have another value, given the time that it depends on.
    pub fn next(&self, operand: &AggregateValue, as_of: i64) -> i64 {
        let time = match operand {
            AggregateValue::Time(time) => Some(*time),
            AggregateValue::Date(date) => Some(midnight(*date)),
            _ => None,
        };
        match (self, time) {
            (Self::Midnight, _) => next_midnight(as_of),
            (Self::Condition(TimeCondition { span, .. }), Some(time)) => span.next_change(time, as_of),
            (Self::WholeDays(_), Some(time)) => {
                as_of.saturating_add(MICROS_PER_DAY - as_of.saturating_sub(time).rem_euclid(MICROS_PER_DAY))
            }
            (_, None) => i64::MAX,
        }
    }
}

/// Every part of some expressions that depends on the as-of instant; `None` if it depends on it in another way.
pub fn change_points(expressions: &[Expr], schema: &DFSchema) -> Option<Vec<ChangePoint>> {
    let mut found = Vec::new();
    for expr in expressions {
        let mut is_readable = true;
        let looked = expr.apply(|part| {
            if !reads_as_of(part) {
                return Ok(TreeNodeRecursion::Jump);
            }
            let point = match TimeCondition::read(part, schema) {
                Some(condition) if !reads_as_of(&condition.operand) => Some(ChangePoint::Condition(condition)),
                _ if is_beijing_date(part) => Some(ChangePoint::Midnight),
                _ => days_since(part).map(|time| ChangePoint::WholeDays(time.clone())),
            };
            match point {
                Some(point) => {
                    if !found.contains(&point) {
                        found.push(point);
                    }
                    Ok(TreeNodeRecursion::Jump)
                }
                // A function that reads the instant, of which nothing is known.
                None if matches!(part, Expr::ScalarFunction(call) if READING_AS_OF.contains(&call.func.name())) => {
                    is_readable = false;
                    Ok(TreeNodeRecursion::Stop)
                }
                None => Ok(TreeNodeRecursion::Continue),
            }
        });
        if looked.is_err() || !is_readable {
            return None;
        }
    }
    Some(found)
}
