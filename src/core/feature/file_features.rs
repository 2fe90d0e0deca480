//! The features of one file for one operator.

use std::sync::Arc;

use crate::feature::catalogue::FeatureValue;
use crate::feature::feature_column::{FeatureColumn, is_value_at, value_at};

/// The features of one file for one operator, by their places in the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileFeatures {
    values: Box<[FeatureValue]>,
    /// Few have any.
    flaws: Option<Box<Flaws>>,
}

/// What is wrong with some of the values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flaws {
    /// Values that could not be computed, and why; sorted by place.
    pub failed: Vec<(usize, Arc<str>)>,
    /// Texts that were cut; sorted.
    pub cut: Vec<usize>,
}

impl FileFeatures {
    pub fn new(values: Vec<FeatureValue>, flaws: Flaws) -> Self {
        let flaws = (!flaws.is_empty()).then(|| Box::new(flaws));
        Self { values: values.into(), flaws }
    }

    /// One row of all columns of a file.
    pub fn of_row(columns: &[FeatureColumn], row: usize) -> Self {
        let unknown = columns.iter().map(|_| FeatureValue::Unknown).collect();
        let mut features = Self { values: unknown, flaws: None };
        columns.iter().enumerate().for_each(|(place, column)| features.set(place, column, row));
        features
    }

    pub fn values(&self) -> &[FeatureValue] {
        &self.values
    }

    /// What is wrong with some of them, if anything is.
    pub fn flaws(&self) -> Option<&Flaws> {
        self.flaws.as_deref()
    }

    /// Whether a place has already what a row of a column says; it may be said of one that has it that it has not.
    pub fn has(&self, place: usize, column: &FeatureColumn, row: usize) -> bool {
        let is_flawless = self.flaws.is_none() && column.failed.is_empty() && column.cut.is_empty();
        is_flawless && is_value_at(&column.values, row, &self.values[place])
    }

    /// Puts a row of a column in the place of what was there.
    pub fn set(&mut self, place: usize, column: &FeatureColumn, row: usize) {
        let failure = column.failed.binary_search_by_key(&row, |(failed, _)| *failed).ok();
        let failure = failure.map(|found| Arc::clone(&column.failed[found].1));
        let is_cut = column.cut.binary_search(&row).is_ok();
        self.put(place, value_at(&column.values, row), failure, is_cut);
    }

    /// Puts what other features have in a place in the place of what was there.
    pub fn set_from(&mut self, place: usize, other: &Self) {
        let flaws = other.flaws.as_deref();
        let failure = flaws.and_then(|flaws| flaws.failed.iter().find(|(failed, _)| *failed == place));
        let failure = failure.map(|(_, message)| Arc::clone(message));
        let is_cut = flaws.is_some_and(|flaws| flaws.cut.contains(&place));
        self.put(place, other.values[place].clone(), failure, is_cut);
    }

    /// Puts a value in the place of what was there, and forgets what was wrong with it.
    pub fn replace(&mut self, place: usize, value: FeatureValue) {
        self.put(place, value, None, false);
    }

    /// The same values, as if nothing were wrong with them.
    pub fn forget_flaws(&mut self) {
        self.flaws = None;
    }

    fn put(&mut self, place: usize, value: FeatureValue, failure: Option<Arc<str>>, is_cut: bool) {
        self.values[place] = value;
        if self.flaws.is_none() && failure.is_none() && !is_cut {
            return;
        }
        let flaws = self.flaws.get_or_insert_default();
        flaws.put(place, failure, is_cut);
        if flaws.is_empty() {
            self.flaws = None;
        }
    }
}

impl Flaws {
    fn is_empty(&self) -> bool {
        self.failed.is_empty() && self.cut.is_empty()
    }

    fn put(&mut self, place: usize, failure: Option<Arc<str>>, is_cut: bool) {
        match (self.failed.binary_search_by_key(&place, |(failed, _)| *failed), failure) {
            (Ok(at), Some(message)) => self.failed[at].1 = message,
            (Ok(at), None) => drop(self.failed.remove(at)),
            (Err(at), Some(message)) => self.failed.insert(at, (place, message)),
            (Err(_), None) => {}
        }
        match (self.cut.binary_search(&place), is_cut) {
            (Ok(at), false) => drop(self.cut.remove(at)),
            (Err(at), true) => self.cut.insert(at, place),
            (Ok(_), true) | (Err(_), false) => {}
        }
    }
}
