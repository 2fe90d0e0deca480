//! Values of aggregates out of Arrow's columns, and back into them.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type, TimeUnit, TimestampMicrosecondType};

use crate::feature::aggregate::AggregateValue;

/// Whether values of a type can be kept and come back as they were. Floats cannot: what is made of them depends on the
/// order, and two zeros are equal and not the same.
pub fn is_kept(data_type: &DataType) -> bool {
    match data_type {
        DataType::Boolean
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Decimal128(..)
        | DataType::Timestamp(TimeUnit::Microsecond, _)
        | DataType::Date32 => true,
        other => other.is_integer(),
    }
}

/// One column of values to read from.
#[derive(Debug)]
pub enum ValueColumn {
    Bool(BooleanArray),
    Int(Int64Array),
    Decimal(Decimal128Array),
    Time(TimestampMicrosecondArray),
    Date(Date32Array),
    Text(StringArray),
}

/// Fails where a value does not fit instead of making it null.
const STRICT: CastOptions<'_> = CastOptions { safe: false, format_options: arrow::util::display::FormatOptions::new() };

impl ValueColumn {
    /// # Errors
    /// If the type is none that is kept, or a number does not fit 64 bits.
    pub fn of(column: &ArrayRef) -> Result<Self, String> {
        let cast = |to: &DataType| cast_with_options(column, to, &STRICT).map_err(|error| error.to_string());
        Ok(match column.data_type() {
            DataType::Boolean => Self::Bool(column.as_boolean().clone()),
            DataType::Int64 => Self::Int(column.as_primitive::<Int64Type>().clone()),
            DataType::Decimal128(..) => Self::Decimal(column.as_primitive::<Decimal128Type>().clone()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Self::Time(column.as_primitive::<TimestampMicrosecondType>().clone())
            }
            DataType::Date32 => Self::Date(column.as_primitive::<Date32Type>().clone()),
            DataType::Utf8 => Self::Text(column.as_string::<i32>().clone()),
            DataType::LargeUtf8 | DataType::Utf8View => Self::Text(cast(&DataType::Utf8)?.as_string::<i32>().clone()),
            integer if integer.is_integer() => Self::Int(cast(&DataType::Int64)?.as_primitive::<Int64Type>().clone()),
            other => return Err(format!("values of {other} are not kept")),
        })
    }

    pub fn value(&self, row: usize) -> AggregateValue {
        let valid = |column: &dyn Array| column.is_valid(row);
        match self {
            Self::Bool(column) if valid(column) => AggregateValue::Bool(column.value(row)),
            Self::Int(column) if valid(column) => AggregateValue::Int(column.value(row)),
            Self::Decimal(column) if valid(column) => AggregateValue::Decimal(column.value(row)),
            Self::Time(column) if valid(column) => AggregateValue::Time(column.value(row)),
            Self::Date(column) if valid(column) => AggregateValue::Date(column.value(row)),
            Self::Text(column) if valid(column) => AggregateValue::Text(Arc::from(column.value(row))),
            _ => AggregateValue::Null,
        }
    }
}

/// Values as a column of the type that the query engine gives such an aggregate.
///
/// # Errors
/// If one does not fit.
pub fn column<'a>(values: impl Iterator<Item = &'a AggregateValue>, data_type: &DataType) -> Result<ArrayRef, String> {
    use AggregateValue as V;
    let column: ArrayRef = match data_type {
        DataType::Boolean => Arc::new(
            values.map(|value| if let V::Bool(truth) = value { Some(*truth) } else { None }).collect::<BooleanArray>(),
        ),
        DataType::Decimal128(precision, scale) => {
            let decimals = values.map(|value| if let V::Decimal(number) = value { Some(*number) } else { None });
            let decimals = decimals.collect::<Decimal128Array>().with_precision_and_scale(*precision, *scale);
            let decimals = decimals.map_err(|error| error.to_string())?;
            decimals.validate_decimal_precision(*precision).map_err(|error| error.to_string())?;
            Arc::new(decimals)
        }
        DataType::Timestamp(_, zone) => {
            let times = values.map(|value| if let V::Time(time) = value { Some(*time) } else { None });
            Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone_opt(zone.clone()))
        }
        DataType::Date32 => Arc::new(
            values.map(|value| if let V::Date(date) = value { Some(*date) } else { None }).collect::<Date32Array>(),
        ),
        integer if integer.is_integer() => Arc::new(
            values.map(|value| if let V::Int(whole) = value { Some(*whole) } else { None }).collect::<Int64Array>(),
        ),
        _ => Arc::new(
            values.map(|value| if let V::Text(text) = value { Some(&**text) } else { None }).collect::<StringArray>(),
        ),
    };
    if column.data_type() == data_type {
        return Ok(column);
    }
    cast_with_options(&column, data_type, &STRICT).map_err(|error| error.to_string())
}
