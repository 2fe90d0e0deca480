//! The features of some operators, one row an operator, put together from the results of every file.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use yujing_base::OperatorId;

use crate::feature::catalogue::{Feature, FeatureValue};
use crate::feature::feature_column::value_at;
use crate::feature::file_result::FileResult;
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
        value_at(self.values.column(feature), row)
    }

    /// The features of which any value failed, each once.
    pub fn failed_features(&self) -> BTreeSet<usize> {
        self.failed.iter().map(|failed| failed.feature).collect()
    }

    /// One operator's row.
    pub fn row(&self, row: usize) -> FeatureRow {
        let values = (0..self.values.num_columns()).map(|feature| self.value(row, feature)).collect();
        let failed = self.failures(row).map(|(feature, message)| (feature, Arc::from(message))).collect();
        FeatureRow::with_flaws(values, failed, self.cut_of(row).collect())
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
        for (feature, column) in features.iter().zip(result.columns(features, self.operators, self.longest_text)?) {
            let place = self.columns.len();
            let failed = column.failed.into_iter();
            self.failed.extend(failed.map(|(row, message)| FailedValue { row, feature: place, message }));
            self.cut.extend(column.cut.into_iter().map(|row| (row, place)));
            self.fields.push(Field::new(&feature.name, feature.data_type.arrow(), true));
            self.columns.push(column.values);
        }
        Ok(())
    }

    pub fn finish(self) -> Result<FeatureTable, ArrowError> {
        let options = RecordBatchOptions::new().with_row_count(Some(self.operators.len()));
        let schema = Arc::new(Schema::new(self.fields));
        let values = RecordBatch::try_new_with_options(schema, self.columns, &options)?;
        Ok(FeatureTable { operators: self.operators.to_vec(), values, failed: self.failed, cut: self.cut })
    }
}
