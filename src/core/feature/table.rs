//! The features of some operators, one row an operator, put together from the results of every file.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringArray, UInt32Array, new_null_array,
};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use yujing_base::OperatorId;

use crate::feature::catalogue::{Feature, FeatureValue, Missing};
use crate::feature::row::FeatureRow;

/// Features of some operators as of an instant.
#[derive(Debug, Clone)]
pub struct FeatureTable {
    /// One row an operator, in the order asked for.
    pub operators: Vec<OperatorId>,
    /// One column a feature, in the catalogue's order: Boolean, Int64, Float64 or Utf8; null is unknown.
    pub values: RecordBatch,
    /// Values that could not be computed: they are unknown, and the operator's score says degraded.
    pub failed: Vec<FailedValue>,
    /// Texts that were longer than the ruleset allows and were cut, by row and feature.
    pub cut: BTreeSet<(usize, usize)>,
}

/// A value that could not be computed, because its SQL failed on this operator's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedValue {
    /// The operator's row.
    pub row: usize,
    /// The feature's place in the catalogue.
    pub feature: usize,
    pub message: Arc<str>,
}

impl FeatureTable {
    /// One value; what lies outside the table is unknown.
    pub fn value(&self, row: usize, feature: usize) -> FeatureValue {
        if feature >= self.values.num_columns() || row >= self.values.num_rows() {
            return FeatureValue::Unknown;
        }
        let column = self.values.column(feature);
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

    /// The features of which any value failed, each once.
    pub fn failed_features(&self) -> BTreeSet<usize> {
        self.failed.iter().map(|failed| failed.feature).collect()
    }

    /// One operator's row.
    pub fn row(&self, row: usize) -> FeatureRow {
        FeatureRow {
            values: (0..self.values.num_columns()).map(|feature| self.value(row, feature)).collect(),
            failed: self.failures(row).map(|(feature, message)| (feature, Arc::from(message))).collect(),
            cut: self.cut_of(row).collect(),
        }
    }

    /// The features of one operator whose texts were cut.
    pub fn cut_of(&self, row: usize) -> impl Iterator<Item = usize> {
        self.cut.range((row, 0)..=(row, usize::MAX)).map(|(_, feature)| *feature)
    }

    /// The failed values of one operator: feature and message.
    pub fn failures(&self, row: usize) -> impl Iterator<Item = (usize, &str)> {
        self.failed.iter().filter(move |failed| failed.row == row).map(|failed| (failed.feature, &*failed.message))
    }
}

/// What the runs of one file gave.
#[derive(Debug, Default)]
pub struct FileResult {
    /// `operator_id`, then the file's columns; each operator in at most one row of one batch.
    pub batches: Vec<RecordBatch>,
    /// Operators on whose events the SQL of some columns failed, and why.
    pub failures: HashMap<String, HashMap<usize, Arc<str>>>,
}

/// Said of NaN and the infinities.
pub const NO_NUMBER: &str = "the value is no number that a rule can use";

/// Collects the columns of the table, file by file.
pub struct TableBuilder<'a> {
    operators: &'a [OperatorId],
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
    failed: Vec<FailedValue>,
    cut: BTreeSet<(usize, usize)>,
    longest_text: usize,
}

impl<'a> TableBuilder<'a> {
    /// No text of the table has more than `longest_text` characters.
    pub fn new(operators: &'a [OperatorId], longest_text: usize) -> Self {
        let (fields, columns, failed) = (Vec::new(), Vec::new(), Vec::new());
        Self { operators, fields, columns, failed, cut: BTreeSet::new(), longest_text }
    }

    /// Adds the columns of one file, which are the next `features` of the catalogue.
    pub fn add(&mut self, features: &[Feature], result: &FileResult) -> Result<(), ArrowError> {
        let merged = match result.batches.split_first() {
            Some((first, _)) => {
                // An operator for whom a column failed has null there, also in a column that else never is.
                let fields = first.schema_ref().fields().iter().map(|field| Field::clone(field).with_nullable(true));
                let nullable = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
                Some(arrow::compute::concat_batches(&nullable, &result.batches)?)
            }
            None => None,
        };
        let rows = self.rows_of(merged.as_ref());
        for (place, feature) in features.iter().enumerate() {
            let computed = match &merged {
                Some(merged) => merged.column(place + 1).clone(),
                None => new_null_array(&feature.data_type.arrow(), 0),
            };
            let failures = |operator: &str| result.failures.get(operator)?.get(&place).cloned();
            self.add_column(feature, &computed, &rows, failures)?;
        }
        Ok(())
    }

    /// For each operator asked for, its row in the file's result.
    fn rows_of(&self, merged: Option<&RecordBatch>) -> UInt32Array {
        let mut row_of = HashMap::new();
        if let Some(ids) = merged.and_then(|merged| merged.column(0).as_string_opt::<i32>()) {
            row_of.extend(ids.iter().zip(0_u32..).filter_map(|(id, row)| Some((id?, row))));
        }
        self.operators.iter().map(|operator| row_of.get(&**operator).copied()).collect()
    }

    fn add_column(
        &mut self,
        feature: &Feature,
        computed: &ArrayRef,
        rows: &UInt32Array,
        failure: impl Fn(&str) -> Option<Arc<str>>,
    ) -> Result<(), ArrowError> {
        let finite = without_infinities(&cast(computed, &feature.data_type.arrow())?);
        let given = take(computed, rows, None)?;
        let values = take(&finite, rows, None)?;
        let place = self.columns.len();
        let mut broken = vec![false; self.operators.len()];
        for (row, operator) in self.operators.iter().enumerate() {
            let message = match failure(operator) {
                Some(message) => message,
                None if given.is_valid(row) && values.is_null(row) => Arc::from(NO_NUMBER),
                None => continue,
            };
            broken[row] = true;
            self.failed.push(FailedValue { row, feature: place, message });
        }
        let values = match feature.missing {
            Missing::Unknown => values,
            Missing::Zero => with_zeros(&values, &broken),
        };
        let (values, long) = within(values, self.longest_text);
        self.cut.extend(long.into_iter().map(|row| (row, place)));
        self.fields.push(Field::new(&feature.name, feature.data_type.arrow(), true));
        self.columns.push(values);
        Ok(())
    }

    pub fn finish(self) -> Result<FeatureTable, ArrowError> {
        let options = RecordBatchOptions::new().with_row_count(Some(self.operators.len()));
        let schema = Arc::new(Schema::new(self.fields));
        let values = RecordBatch::try_new_with_options(schema, self.columns, &options)?;
        Ok(FeatureTable { operators: self.operators.to_vec(), values, failed: self.failed, cut: self.cut })
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
