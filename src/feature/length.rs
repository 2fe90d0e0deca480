//! Lengths of time that are none: a window that never holds anything, a gap that is negative.

use arrow::compute::kernels::cast_utils::parse_interval_month_day_nano;
use datafusion::sql::sqlparser::ast::{Expr, Function, Spanned as _, UnaryOperator, Value};

use super::file::normalized;
use super::page::Page;
use super::scope::{arguments, text};
use crate::diagnostic::Diagnostics;
use crate::language::{Bilingual, say};

const NANOS_A_DAY: i128 = 86_400_000_000_000;
/// Only the sign matters, and it does not depend on how long a month is taken to be.
const DAYS_A_MONTH: i128 = 30;

/// Tells of a window or gap that is written out and is not a length of time.
pub(super) fn call_has_a_length(page: &Page, call: &Function, problems: &mut Diagnostics) {
    let name = normalized(&call.name);
    if !["within", "episodes"].contains(&name.as_str()) {
        return;
    }
    let Some(given) = arguments(call).nth(1) else { return };
    if nanos(given).is_some_and(|length| length <= 0) {
        let message = say!(
            "`{name}` 的时长应当大于零，而不是 {given}",
            "`{name}` takes a length of time greater than zero, not {given}"
        );
        let help = Bilingual::new("写法如 INTERVAL '7 days'", "write it like INTERVAL '7 days'");
        problems.push(page.at("feature/length", given.span(), message).with_help(help));
    }
}

/// How long an interval is that is written out.
fn nanos(expr: &Expr) -> Option<i128> {
    match expr {
        Expr::Nested(inner) => nanos(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => nanos(expr).map(|length| -length),
        Expr::Interval(interval) => {
            let number = match interval.value.as_ref() {
                Expr::Value(value) => match &value.value {
                    Value::Number(number, _) => number.clone(),
                    _ => text(&interval.value)?.to_owned(),
                },
                Expr::UnaryOp { op: UnaryOperator::Minus, expr } => format!("-{expr}"),
                _ => return None,
            };
            let unit = interval.leading_field.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
            let length = parse_interval_month_day_nano(&format!("{number}{unit}")).ok()?;
            let days = i128::from(length.months) * DAYS_A_MONTH + i128::from(length.days);
            Some(days * NANOS_A_DAY + i128::from(length.nanoseconds))
        }
        _ => None,
    }
}
