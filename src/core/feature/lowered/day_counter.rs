//! Columns that count days: all that time changes of them is one day more, or one less. Whoever knows that can tell what
//! they will be without computing them.

use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use crate::feature::lowered::time_condition::{days_since, is_beijing_date, reads_as_of};

/// A column that counts days, or the feature that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCounter {
    /// Its place: among the columns of a stage, in a file or in the catalogue.
    pub place: usize,
    /// What a day adds: 1, or -1 where it counts down to a date.
    pub step: i64,
}

impl DayCounter {
    /// What a day adds to an expression over aggregates that stay as they are; `None` if that is not all that time does
    /// to it.
    pub fn step_of(expr: &Expr) -> Option<i64> {
        match expr {
            Expr::Alias(alias) => Self::step_of(&alias.expr),
            Expr::Cast(cast) if cast.field.data_type().is_integer() => Self::step_of(&cast.expr),
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Minus, right }) => {
                if is_day_number(left) && !reads_as_of(right) {
                    Some(1)
                } else {
                    (is_day_number(right) && !reads_as_of(left)).then_some(-1)
                }
            }
            other => days_since(other).map(|_| 1),
        }
    }
}

/// Whether it is `CAST(beijing_date(as_of()) AS INT)`, whatever the size of the number.
fn is_day_number(expr: &Expr) -> bool {
    match expr {
        Expr::Cast(cast) => {
            cast.field.data_type().is_integer() && (is_beijing_date(&cast.expr) || is_day_number(&cast.expr))
        }
        _ => false,
    }
}
