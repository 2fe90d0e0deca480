//! The arguments of a call row by row: what a cost model looks at.

use std::cell::OnceCell;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, TimeUnit};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

use crate::feature::budget::row_size::{bytes_of_rows, lengths_of_lists};

/// The arguments of a call, from which its cost is computed.
#[derive(Debug)]
pub struct Arguments {
    values: Vec<Argument>,
    rows: usize,
}

#[derive(Debug)]
struct Argument {
    array: ArrayRef,
    /// Whether the same value stands in all rows.
    is_constant: bool,
    /// Computed when a cost model first asks for it.
    bytes: OnceCell<Vec<u64>>,
    elements: OnceCell<Vec<u64>>,
    numbers: Option<Int64Array>,
}

impl Argument {
    fn bytes(&self) -> &[u64] {
        self.bytes.get_or_init(|| bytes_of_rows(&self.array))
    }

    fn elements(&self) -> &[u64] {
        self.elements.get_or_init(|| lengths_of_lists(&self.array))
    }
}

impl Arguments {
    /// Of one call over so many rows.
    ///
    /// # Errors
    /// If a constant cannot be laid out.
    pub fn of(values: &[ColumnarValue], rows: usize) -> Result<Self> {
        let argument = |value: &ColumnarValue| {
            let (array, is_constant) = match value {
                ColumnarValue::Array(array) => (array.clone(), false),
                ColumnarValue::Scalar(scalar) => (scalar.to_array_of_size(1)?, true),
            };
            let is_number = array.data_type().is_integer();
            let numbers = if is_number { Some(cast(&array, &DataType::Int64)?) } else { None };
            let numbers = numbers.map(|numbers| numbers.as_primitive::<Int64Type>().clone());
            Ok(Argument { array, is_constant, bytes: OnceCell::new(), elements: OnceCell::new(), numbers })
        };
        Ok(Self { values: values.iter().map(argument).collect::<Result<_>>()?, rows })
    }

    /// Whether every row is the same.
    pub fn are_constant(&self) -> bool {
        self.values.iter().all(|value| value.is_constant)
    }

    /// The rows that differ: one where all are constant.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let rows = if self.are_constant() { self.rows.min(1) } else { self.rows };
        (0..rows).map(|row| Row { arguments: &self.values, row })
    }
}

/// One row of a call's arguments. What is null or not given counts as nothing.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    arguments: &'a [Argument],
    row: usize,
}

impl<'a> Row<'a> {
    pub fn count(&self) -> u64 {
        u64::try_from(self.arguments.len()).unwrap_or(u64::MAX)
    }

    fn given(&self, place: usize) -> Option<(&'a Argument, usize)> {
        let argument = self.arguments.get(place)?;
        let row = if argument.is_constant { 0 } else { self.row };
        argument.array.is_valid(row).then_some((argument, row))
    }

    /// The bytes of one argument.
    pub fn bytes(&self, place: usize) -> u64 {
        self.given(place).map_or(0, |(argument, row)| argument.bytes()[row])
    }

    /// All arguments from a place on.
    pub fn bytes_behind(&self, place: usize) -> u64 {
        (place..self.arguments.len()).map(|place| self.bytes(place)).fold(0, u64::saturating_add)
    }

    /// The elements of one argument that is a list.
    pub fn elements(&self, place: usize) -> u64 {
        self.given(place).map_or(0, |(argument, row)| argument.elements()[row])
    }

    /// Whether one argument is a whole number.
    pub fn is_number(&self, place: usize) -> bool {
        self.arguments.get(place).is_some_and(|argument| argument.numbers.is_some())
    }

    pub fn number(&self, place: usize) -> Option<i64> {
        let (argument, row) = self.given(place)?;
        argument.numbers.as_ref().map(|numbers| numbers.value(row))
    }

    /// A number of times: none if it is negative.
    pub fn times(&self, place: usize) -> u64 {
        u64::try_from(self.number(place).unwrap_or_default()).unwrap_or_default()
    }

    /// A date or time in microseconds.
    pub fn instant(&self, place: usize) -> Option<i64> {
        let (argument, row) = self.given(place)?;
        let micros = cast(&argument.array.slice(row, 1), &DataType::Timestamp(TimeUnit::Microsecond, None)).ok()?;
        let micros = cast(&micros, &DataType::Int64).ok()?;
        let micros = micros.as_primitive::<Int64Type>();
        micros.is_valid(0).then(|| micros.value(0))
    }

    pub fn interval(&self, place: usize) -> Option<IntervalMonthDayNano> {
        let (argument, row) = self.given(place)?;
        let interval = cast(&argument.array.slice(row, 1), &DataType::Interval(IntervalUnit::MonthDayNano)).ok()?;
        Some(interval.as_primitive::<IntervalMonthDayNanoType>().value(0))
    }
}
