//! Conditions that hold a row's time against the as-of instant, and the instants for which they are true.

use arrow::datatypes::{DataType, IntervalMonthDayNano};
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, ExprSchemable, Operator};

use crate::feature::aggregate::Interval;
use crate::feature::function::as_of::MICROS_PER_DAY;
use crate::feature::function::scalar::BEIJING_OFFSET_MICROS;
use crate::feature::session::functions::READING_AS_OF;

/// A condition that is true for the as-of instants that lie in, or outside of, an interval about a time of the row; it
/// is null where that time is.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeCondition {
    /// The time, or the date, which stands for its midnight in Beijing. It does not depend on as-of.
    pub operand: Expr,
    pub span: TimeSpan,
}

/// An interval of instants about a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    /// Microseconds behind the time; `None` for no bound.
    pub from: Option<i64>,
    pub until: Option<i64>,
    /// Whether the instants outside of it are meant.
    pub outside: bool,
}

impl TimeCondition {
    /// Reads a condition; `None` if it is none of those that are known.
    pub fn read(condition: &Expr, schema: &DFSchema) -> Option<Self> {
        match condition {
            Expr::Alias(alias) => Self::read(&alias.expr, schema),
            Expr::Not(inner) => Self::read(inner, schema).map(Self::negated),
            Expr::ScalarFunction(call) => Self::within(call),
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                Self::comparison(left, *op, right, schema).or_else(|| Self::comparison(right, op.swap()?, left, schema))
            }
            Expr::Between(between) => Self::days_between(between),
            _ => None,
        }
    }

    fn negated(self) -> Self {
        let outside = !self.span.outside;
        Self { span: TimeSpan { outside, ..self.span }, ..self }
    }

    /// `within(time, length)`.
    fn within(call: &ScalarFunction) -> Option<Self> {
        let [operand, Expr::Literal(length, _)] = call.args.as_slice() else { return None };
        if call.func.name() != "within" || reads_as_of(operand) {
            return None;
        }
        let span = TimeSpan { from: Some(0), until: Some(micros(length, DayLength::Hours24)?), outside: false };
        Some(Self { operand: operand.clone(), span })
    }

    /// A row's time, a date or a number of days against a quantity of the as-of instant.
    fn comparison(row: &Expr, op: Operator, as_of: &Expr, schema: &DFSchema) -> Option<Self> {
        if reads_as_of(row) {
            return None;
        }
        if let Some(time) = days_since(as_of) {
            let days = whole_number(row)?.checked_mul(MICROS_PER_DAY)?;
            let span = TimeSpan::compared(op, MICROS_PER_DAY)?.later(days)?;
            return Some(Self { operand: time.clone(), span });
        }
        let span = match row.get_type(schema).ok()? {
            DataType::Timestamp(..) => TimeSpan::compared(op, 1)?.later(shift(as_of)?)?,
            DataType::Date32 if is_beijing_date(as_of) => TimeSpan::compared(op, MICROS_PER_DAY)?,
            _ => return None,
        };
        Some(Self { operand: row.clone(), span })
    }

    /// `days_since(time) BETWEEN 8 AND 90`.
    fn days_between(between: &Between) -> Option<Self> {
        let operand = days_since(&between.expr)?.clone();
        let from = whole_number(&between.low)?.checked_mul(MICROS_PER_DAY)?;
        let until = whole_number(&between.high)?.checked_add(1)?.checked_mul(MICROS_PER_DAY)?;
        Some(Self { operand, span: TimeSpan { from: Some(from), until: Some(until), outside: between.negated } })
    }
}

impl TimeSpan {
    /// The instants whose unit (a microsecond, or a day that begins with the time) compares so with the time's own:
    /// `time <op> unit of as-of`.
    fn compared(op: Operator, unit: i64) -> Option<Self> {
        let (from, until, outside) = match op {
            Operator::LtEq => (Some(0), None, false),
            Operator::Lt => (Some(unit), None, false),
            Operator::Gt => (None, Some(0), false),
            Operator::GtEq => (None, Some(unit), false),
            Operator::Eq => (Some(0), Some(unit), false),
            Operator::NotEq => (Some(0), Some(unit), true),
            _ => return None,
        };
        Some(Self { from, until, outside })
    }

    fn later(self, micros: i64) -> Option<Self> {
        let shifted = |bound: Option<i64>| match bound {
            Some(bound) => bound.checked_add(micros).map(Some),
            None => Some(None),
        };
        Some(Self { from: shifted(self.from)?, until: shifted(self.until)?, ..self })
    }

    /// The instants for a time in microseconds, as one interval or two.
    pub fn about(self, time: i64) -> [Option<Interval>; 2] {
        let from = self.from.map_or(i64::MIN, |from| time.saturating_add(from));
        let until = self.until.map_or(i64::MAX, |until| time.saturating_add(until));
        let holds_once = |interval: Interval| Some(interval).filter(|interval| !interval.is_empty());
        if !self.outside {
            return [holds_once(Interval { from, until }), None];
        }
        if from >= until {
            return [Some(Interval::ALWAYS), None];
        }
        let before = Interval { from: i64::MIN, until: from };
        let behind = Interval { from: until, until: i64::MAX };
        [holds_once(before), holds_once(behind)]
    }

    /// The first instant behind `as_of` at which what is true of a time may change.
    pub fn next_change(self, time: i64, as_of: i64) -> i64 {
        let bounds = [self.from, self.until].into_iter().flatten().map(|bound| time.saturating_add(bound));
        bounds.filter(|bound| *bound > as_of).min().unwrap_or(i64::MAX)
    }
}

/// Whether an expression itself calls a function that reads the as-of instant.
pub fn reads_as_of(expr: &Expr) -> bool {
    let reads = |part: &Expr| matches!(part, Expr::ScalarFunction(call) if READING_AS_OF.contains(&call.func.name()));
    expr.exists(|part| Ok(reads(part))).unwrap_or(true)
}

pub fn is_as_of(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(call) if call.func.name() == "as_of")
}

/// Whether it is `beijing_date(as_of())`.
pub fn is_beijing_date(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(call) if call.func.name() == "beijing_date" && call.args.iter().all(is_as_of))
}

/// The time of `days_since(time)`, if that does not depend on as-of.
pub fn days_since(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::ScalarFunction(call) if call.func.name() == "days_since" => {
            call.args.first().filter(|time| !reads_as_of(time))
        }
        _ => None,
    }
}

/// How much later than `as_of()` a time is compared: `time > as_of() - INTERVAL '2 hours'` is
/// `time + 2 hours > as_of()`.
fn shift(as_of: &Expr) -> Option<i64> {
    match as_of {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_as_of(left) => {
            let Expr::Literal(length, _) = &**right else { return None };
            let length = micros(length, DayLength::OfCalendar)?;
            match op {
                Operator::Minus => Some(length),
                Operator::Plus => length.checked_neg(),
                _ => None,
            }
        }
        other => is_as_of(other).then_some(0),
    }
}

/// How long a day of an interval is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DayLength {
    Hours24,
    /// From midnight to midnight by the office's clocks, which differs where they are put forward and back.
    OfCalendar,
}

/// An interval in microseconds, if it has a fixed length.
fn micros(interval: &ScalarValue, day: DayLength) -> Option<i64> {
    let ScalarValue::IntervalMonthDayNano(Some(interval)) = interval else { return None };
    let IntervalMonthDayNano { months, days, nanoseconds } = *interval;
    if months != 0 || (days != 0 && day == DayLength::OfCalendar) || nanoseconds % 1_000 != 0 {
        return None;
    }
    // `within` counts in nanoseconds and fails beyond what they can hold.
    let length = i64::from(days).checked_mul(1_000 * MICROS_PER_DAY)?.checked_add(nanoseconds)?;
    Some(length / 1_000)
}

fn whole_number(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::Int64(Some(number)), _) => Some(*number),
        _ => None,
    }
}

/// The midnight in Beijing at which a date begins, in microseconds since 1970.
pub fn midnight(date: i32) -> i64 {
    i64::from(date) * MICROS_PER_DAY - BEIJING_OFFSET_MICROS
}

/// The next midnight in Beijing.
pub fn next_midnight(as_of: i64) -> i64 {
    let day = as_of.saturating_add(BEIJING_OFFSET_MICROS).div_euclid(MICROS_PER_DAY);
    (day + 1) * MICROS_PER_DAY - BEIJING_OFFSET_MICROS
}
