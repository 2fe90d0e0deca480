//! One column of features, made of what SQL gave: cast, without what is no number, with what stands for missing, texts cut.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringArray, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use arrow::error::ArrowError;

use crate::feature::catalogue::{Feature, FeatureValue, Missing};

/// Said of NaN and the infinities.
pub const NO_NUMBER: &str = "the value is no number that a rule can use";

/// The values of one feature, one row an operator.
#[derive(Debug)]
pub struct FeatureColumn {
    /// Boolean, Int64, Float64 or Utf8; null is unknown.
    pub values: ArrayRef,
    /// Rows whose value could not be computed, and why.
    pub failed: Vec<(usize, Arc<str>)>,
    /// Rows whose text was longer than it may be and was cut.
    pub cut: Vec<usize>,
}

impl FeatureColumn {
    /// Of what SQL computed: `rows` names the row of `computed` for each operator, null for one without any; `failure`
    /// says why an operator's value could not be computed, if it could not. No text has more than `longest_text`
    /// characters.
    pub fn new(
        feature: &Feature,
        computed: &ArrayRef,
        rows: &UInt32Array,
        failure: impl Fn(usize) -> Option<Arc<str>>,
        longest_text: usize,
    ) -> Result<Self, ArrowError> {
        let finite = without_infinities(&cast(computed, &feature.data_type.arrow())?);
        let (given, values) = (take(computed, rows, None)?, take(&finite, rows, None)?);
        Ok(Self::finished(feature, &given, values, failure, longest_text))
    }

    /// The same where each row of `computed` is an operator's, and none failed.
    pub fn of_each_row(feature: &Feature, computed: &ArrayRef, longest_text: usize) -> Result<Self, ArrowError> {
        let finite = without_infinities(&cast(computed, &feature.data_type.arrow())?);
        Ok(Self::finished(feature, computed, finite, |_| None, longest_text))
    }

    /// Of what SQL gave each operator, and the same as values of the feature's type that are numbers.
    fn finished(
        feature: &Feature,
        given: &ArrayRef,
        values: ArrayRef,
        failure: impl Fn(usize) -> Option<Arc<str>>,
        longest_text: usize,
    ) -> Self {
        let mut failed = Vec::new();
        let mut broken = vec![false; given.len()];
        for (row, is_broken) in broken.iter_mut().enumerate() {
            let message = match failure(row) {
                Some(message) => message,
                None if given.is_valid(row) && values.is_null(row) => Arc::from(NO_NUMBER),
                None => continue,
            };
            *is_broken = true;
            failed.push((row, message));
        }
        let values = match feature.missing {
            Missing::Unknown => values,
            Missing::Zero => with_zeros(&values, &broken),
        };
        let (values, cut) = within(values, longest_text);
        Self { values, failed, cut }
    }
}

/// One value of a column of features; null is unknown.
pub fn value_at(column: &ArrayRef, row: usize) -> FeatureValue {
    if column.is_null(row) {
        return FeatureValue::Unknown;
    }
    match column.data_type() {
        DataType::Boolean => FeatureValue::Bool(column.as_boolean().value(row)),
        DataType::Int64 => FeatureValue::Int(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => FeatureValue::Float(column.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => FeatureValue::Text(column.as_string::<i32>().value(row).into()),
        _ => FeatureValue::Unknown,
    }
}

/// Whether a row of a column of features has a value.
pub fn is_value_at(column: &ArrayRef, row: usize, value: &FeatureValue) -> bool {
    match (value, column.as_string_opt::<i32>()) {
        (FeatureValue::Text(text), Some(texts)) => texts.is_valid(row) && texts.value(row) == &**text,
        _ => value_at(column, row) == *value,
    }
}

/// A text of at most so many characters, if it is longer: `…` says that it was.
pub fn shortened(text: &str, longest: usize) -> Option<String> {
    text.char_indices().nth(longest)?;
    let kept = text.chars().take(longest.saturating_sub(1));
    Some(kept.chain(['…']).collect())
}

/// The values with texts of at most so many characters, and the rows of those that were longer.
fn within(values: ArrayRef, longest: usize) -> (ArrayRef, Vec<usize>) {
    let Some(texts) = values.as_string_opt::<i32>() else { return (values, Vec::new()) };
    let short: Vec<Option<String>> = texts.iter().map(|text| text.and_then(|text| shortened(text, longest))).collect();
    let long: Vec<usize> = (0..short.len()).filter(|row| short[*row].is_some()).collect();
    if long.is_empty() {
        return (values, long);
    }
    let all = texts.iter().zip(&short).map(|(text, short)| short.as_deref().or(text));
    (Arc::new(all.collect::<StringArray>()), long)
}

/// Null for NaN and the infinities: a rule's comparison with them would be false in silence.
fn without_infinities(values: &ArrayRef) -> ArrayRef {
    match values.as_primitive_opt::<Float64Type>() {
        Some(floats) if floats.iter().flatten().any(|value| !value.is_finite()) => {
            Arc::new(floats.iter().map(|value| value.filter(|value| value.is_finite())).collect::<Float64Array>())
        }
        _ => Arc::clone(values),
    }
}

/// Zero for null, but where the value is broken.
fn with_zeros(values: &ArrayRef, broken: &[bool]) -> ArrayRef {
    if values.null_count() == 0 {
        return Arc::clone(values);
    }
    let filled = |row: usize| if broken[row] { None } else { Some(row) };
    let rows = 0..values.len();
    if let Some(ints) = values.as_primitive_opt::<Int64Type>() {
        let or_zero = |row| if ints.is_valid(row) { Some(ints.value(row)) } else { filled(row).map(|_| 0) };
        Arc::new(rows.map(or_zero).collect::<Int64Array>())
    } else if let Some(floats) = values.as_primitive_opt::<Float64Type>() {
        let or_zero = |row| if floats.is_valid(row) { Some(floats.value(row)) } else { filled(row).map(|_| 0.0) };
        Arc::new(rows.map(or_zero).collect::<Float64Array>())
    } else if let Some(bools) = values.as_boolean_opt() {
        let or_zero = |row| if bools.is_valid(row) { Some(bools.value(row)) } else { filled(row).map(|_| false) };
        Arc::new(rows.map(or_zero).collect::<BooleanArray>())
    } else {
        Arc::clone(values)
    }
}
