//! Lengths of time that are none: a window that never holds anything, a gap that is negative, days against which the
//! time between two instants is held.

use arrow::compute::kernels::cast_utils::parse_interval_month_day_nano;
use arrow::datatypes::IntervalMonthDayNano;
use datafusion::sql::sqlparser::ast::{Expr, Function, Spanned as _, UnaryOperator, Value};
use yujing_base::diagnostic::Diagnostics;
use yujing_base::language::{Bilingual, say};

use crate::feature::syntax::names::{arguments, normalized, text};
use crate::feature::syntax::sql_source::SqlSource;

const NANOS_A_DAY: i128 = 86_400_000_000_000;
/// Only the sign matters, and it does not depend on how long a month is taken to be.
const DAYS_A_MONTH: i128 = 30;

/// Reports a window or gap that is written out and is not a length of time.
pub fn call_has_a_length(sql: &SqlSource, call: &Function, problems: &mut Diagnostics) {
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
        problems.push(sql.at("feature/length", given.span(), message).with_help(help));
    }
}

/// Refuses a comparison with a length in days or months: the query engine compares months, days and hours one by one,
/// and the time between two instants is all in hours.
pub fn difference_is_in_hours<const N: usize>(sql: &SqlSource, compared: [&Expr; N], problems: &mut Diagnostics) {
    let in_days = |part: &&Expr| interval(part).is_some_and(|length| length.months != 0 || length.days != 0);
    let Some(written) = compared.into_iter().find(in_days) else { return };
    let message = say!(
        "两个时刻之差以时、分、秒计，与 {written} 比较得不出应有的结果",
        "the time between two instants is in hours, minutes and seconds: compared with {written} it gives no true answer"
    );
    let help = Bilingual::new(
        "请写成小时，如 INTERVAL '48 hours'，或者比较时刻：occurred_at > as_of() - INTERVAL '2 days'",
        "write hours, like INTERVAL '48 hours', or compare instants: occurred_at > as_of() - INTERVAL '2 days'",
    );
    problems.push(sql.at("feature/length", written.span(), message).with_help(help));
}

/// How long an interval is that is written out.
fn nanos(expr: &Expr) -> Option<i128> {
    let length = interval(expr)?;
    let days = i128::from(length.months) * DAYS_A_MONTH + i128::from(length.days);
    Some(days * NANOS_A_DAY + i128::from(length.nanoseconds))
}

/// An interval that is written out.
fn interval(expr: &Expr) -> Option<IntervalMonthDayNano> {
    match expr {
        Expr::Nested(inner) => interval(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
            interval(expr).map(|IntervalMonthDayNano { months, days, nanoseconds }| IntervalMonthDayNano {
                months: months.saturating_neg(),
                days: days.saturating_neg(),
                nanoseconds: nanoseconds.saturating_neg(),
            })
        }
        Expr::Interval(written) => {
            let number = match written.value.as_ref() {
                Expr::Value(value) => match &value.value {
                    Value::Number(number, _) => number.clone(),
                    _ => text(&written.value)?.to_owned(),
                },
                Expr::UnaryOp { op: UnaryOperator::Minus, expr } => format!("-{expr}"),
                _ => return None,
            };
            let unit = written.leading_field.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
            parse_interval_month_day_nano(&format!("{number}{unit}")).ok()
        }
        _ => None,
    }
}
