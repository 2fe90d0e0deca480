//! The scalar functions that are ours: `as_of()`, `within(time, interval)`, `days_since(time)` and
//! `beijing_date(time)`.
//!
//! The first three read the as-of cell of their plan, so they are volatile: planning must never fold them into
//! constants. Where one run answers for several instants, `within` and `days_since` read a column of them instead.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::compute::kernels::arity::binary;
use arrow::compute::kernels::{boolean, cmp, numeric};
use arrow::datatypes::{
    DataType, Date32Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, TimestampMicrosecondType,
};
use datafusion::common::utils::take_function_args;
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::physical_expr_common::datum::apply;
use yujing_base::zone::Zone;

use crate::feature::function::as_of::{AsOf, MICROS_PER_DAY, interval_argument, time_argument, time_type};

const NANOS_PER_DAY: i64 = 1_000 * MICROS_PER_DAY;
/// China keeps UTC+8 all year since 1991.
pub const BEIJING_OFFSET_MICROS: i64 = 8 * 3_600_000_000;

/// The scalar functions that are ours, over one as-of cell.
pub fn scalar_functions(as_of: &AsOf) -> [ScalarUDF; 4] {
    let reading = Signature::user_defined(Volatility::Volatile);
    [
        ScalarUDF::new_from_impl(AsOfFunction {
            cell: as_of.clone(),
            signature: Signature::nullary(Volatility::Volatile),
        }),
        ScalarUDF::new_from_impl(Within { cell: as_of.clone(), signature: reading.clone() }),
        ScalarUDF::new_from_impl(DaysSince { cell: as_of.clone(), signature: reading }),
        ScalarUDF::new_from_impl(BeijingDate {
            zone: as_of.zone().clone(),
            signature: Signature::user_defined(Volatility::Immutable),
        }),
    ]
}

/// `within(time, interval, as_of)`: the same with the instant as an argument. It has its name for those who look at
/// plans, and is not for analysts.
pub fn within_at() -> ScalarUDF {
    ScalarUDF::new_from_impl(WithinAt { signature: Signature::any(3, Volatility::Immutable) })
}

/// `days_since(time, as_of)`: likewise.
pub fn days_since_at() -> ScalarUDF {
    ScalarUDF::new_from_impl(DaysSinceAt { signature: Signature::any(2, Volatility::Immutable) })
}

/// `as_of()`: the instant the question is asked for.
#[derive(Debug, PartialEq, Eq, Hash)]
struct AsOfFunction {
    cell: AsOf,
    signature: Signature,
}

impl ScalarUDFImpl for AsOfFunction {
    fn name(&self) -> &'static str {
        "as_of"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(time_type(self.cell.zone()))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(self.cell.scalar())
    }
}

/// `within(time, interval)`: whether `as_of() - interval < time <= as_of()`; null if the time is. A day is 24 hours, a
/// month one of the office's calendar.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Within {
    cell: AsOf,
    signature: Signature,
}

impl ScalarUDFImpl for Within {
    fn name(&self) -> &'static str {
        "within"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let [time, interval] = take_function_args(self.name(), given)?;
        Ok(vec![time_argument(self.name(), time, self.cell.zone())?, interval_argument(self.name(), interval)?])
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let [time, interval] = take_function_args(self.name(), args.args)?;
        is_within(&time, interval, &self.cell.scalar(), rows)
    }
}

fn is_within(
    time: &ColumnarValue,
    interval: ColumnarValue,
    until: &ColumnarValue,
    rows: usize,
) -> Result<ColumnarValue> {
    let after = apply(until, &in_hours(interval)?, numeric::sub)?;
    let late_enough = apply(time, &after, |time, after| Ok(Arc::new(cmp::gt(time, after)?) as ArrayRef))?;
    let early_enough = apply(time, until, |time, until| Ok(Arc::new(cmp::lt_eq(time, until)?) as ArrayRef))?;
    let inside = boolean::and(late_enough.into_array(rows)?.as_boolean(), early_enough.into_array(rows)?.as_boolean())?;
    Ok(ColumnarValue::Array(Arc::new(inside)))
}

/// `within(time, interval, as_of)`.
#[derive(Debug, PartialEq, Eq, Hash)]
struct WithinAt {
    signature: Signature,
}

impl ScalarUDFImpl for WithinAt {
    fn name(&self) -> &'static str {
        "within"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let [time, interval, as_of] = take_function_args(self.name(), args.args)?;
        is_within(&time, interval, &as_of, rows)
    }
}

/// The same interval with days of 24 hours, also where clocks are put forward and back.
fn in_hours(interval: ColumnarValue) -> Result<ColumnarValue> {
    let fixed = |given: IntervalMonthDayNano| {
        let IntervalMonthDayNano { months, days, nanoseconds } = given;
        let nanoseconds = i64::from(days).checked_mul(NANOS_PER_DAY).and_then(|days| days.checked_add(nanoseconds));
        let nanoseconds = nanoseconds.ok_or_else(|| exec_datafusion_err!("the interval {given:?} is too long"))?;
        Ok(IntervalMonthDayNano { months, days: 0, nanoseconds })
    };
    Ok(match interval {
        ColumnarValue::Scalar(ScalarValue::IntervalMonthDayNano(given)) => {
            ColumnarValue::Scalar(ScalarValue::IntervalMonthDayNano(given.map(fixed).transpose()?))
        }
        other => {
            let given = other.into_array(1)?;
            let given = given
                .as_primitive_opt::<IntervalMonthDayNanoType>()
                .ok_or_else(|| exec_datafusion_err!("within was given {}", given.data_type()))?;
            ColumnarValue::Array(Arc::new(given.try_unary::<_, IntervalMonthDayNanoType, DataFusionError>(fixed)?))
        }
    })
}

/// The only argument of a function of times, as microseconds since 1970.
fn times(function: &str, args: ScalarFunctionArgs) -> Result<TimestampMicrosecondArray> {
    let [time] = take_function_args(function, args.args)?;
    times_of(function, time, args.number_rows)
}

fn times_of(function: &str, time: ColumnarValue, rows: usize) -> Result<TimestampMicrosecondArray> {
    let column = time.into_array(rows)?;
    match column.as_primitive_opt::<TimestampMicrosecondType>() {
        Some(times) => Ok(times.clone()),
        None => exec_err!("{function} was given {}", column.data_type()),
    }
}

/// `days_since(time)`: whole days of 24 hours from the time to `as_of()`, rounded down; null if the time is.
#[derive(Debug, PartialEq, Eq, Hash)]
struct DaysSince {
    cell: AsOf,
    signature: Signature,
}

impl ScalarUDFImpl for DaysSince {
    fn name(&self) -> &'static str {
        "days_since"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let [time] = take_function_args(self.name(), given)?;
        Ok(vec![time_argument(self.name(), time, self.cell.zone())?])
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let as_of = self.cell.micros();
        let days = times(self.name(), args)?.unary::<_, Int64Type>(|time| whole_days(time, as_of));
        Ok(ColumnarValue::Array(Arc::new(days)))
    }
}

fn whole_days(time: i64, as_of: i64) -> i64 {
    as_of.saturating_sub(time).div_euclid(MICROS_PER_DAY)
}

/// `days_since(time, as_of)`.
#[derive(Debug, PartialEq, Eq, Hash)]
struct DaysSinceAt {
    signature: Signature,
}

impl ScalarUDFImpl for DaysSinceAt {
    fn name(&self) -> &'static str {
        "days_since"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let [time, as_of] = take_function_args(self.name(), args.args)?;
        let (times, instants) = (times_of(self.name(), time, rows)?, times_of(self.name(), as_of, rows)?);
        let days = binary::<_, _, _, Int64Type>(&times, &instants, whole_days)?;
        Ok(ColumnarValue::Array(Arc::new(days)))
    }
}

/// `beijing_date(time)`: the calendar date in China (UTC+8); null if the time is.
#[derive(Debug, PartialEq, Eq, Hash)]
struct BeijingDate {
    zone: Zone,
    signature: Signature,
}

impl ScalarUDFImpl for BeijingDate {
    fn name(&self) -> &'static str {
        "beijing_date"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let [time] = take_function_args(self.name(), given)?;
        Ok(vec![time_argument(self.name(), time, &self.zone)?])
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let dates = times(self.name(), args)?.try_unary::<_, Date32Type, _>(|time| {
            let day = time.saturating_add(BEIJING_OFFSET_MICROS).div_euclid(MICROS_PER_DAY);
            i32::try_from(day).map_err(|_| exec_datafusion_err!("beijing_date: {time} µs is no calendar date"))
        })?;
        Ok(ColumnarValue::Array(Arc::new(dates)))
    }
}
