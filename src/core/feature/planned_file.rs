//! One feature file with its kept plans.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use yujing_base::zone::Zone;

use crate::feature::file::FeatureFile;
use crate::feature::file_result::FileResult;
use crate::feature::lowered::LoweredFile;
use crate::feature::plan::file_plans::FilePlans;
use crate::source::Source;

/// A column that the file's plan gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Residual {
    /// Its place in the file.
    pub column: usize,
    /// Whether it is known when it changes.
    pub is_readable: bool,
}

/// One file with its kept plans. Plans hold state, so runs of one file are serialised by locks.
#[derive(Debug)]
pub struct PlannedFile {
    pub file: FeatureFile,
    /// The hash of its text and zone: files of the same text give the same result in one zone.
    pub text: u128,
    plans: Mutex<FilePlans>,
    source: Arc<Source>,
    /// The columns that are computed in stages, if any are.
    lowered: Option<Mutex<LoweredFile>>,
    /// The other columns, ascending.
    residual: Vec<Residual>,
}

impl PlannedFile {
    pub fn new(file: FeatureFile, source: &Arc<Source>, zone: &Zone, plans: FilePlans) -> Self {
        let text = xxhash_rust::xxh3::xxh3_128(format!("{zone}\0{}", file.sql.text).as_bytes());
        let residual = (0..file.columns.len()).map(|column| Residual { column, is_readable: false }).collect();
        Self { file, text, plans: Mutex::new(plans), source: Arc::clone(source), lowered: None, residual }
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The columns that its plan gives.
    pub fn residual(&self) -> &[Residual] {
        &self.residual
    }

    /// Its features over the rows of its source.
    pub fn run(&self, rows: &RecordBatch, as_of: Timestamp) -> FileResult {
        self.plans().run(&self.file, rows, as_of)
    }

    pub fn plans(&self) -> MutexGuard<'_, FilePlans> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn lowered(&self) -> Option<MutexGuard<'_, LoweredFile>> {
        self.lowered.as_ref().map(|lowered| lowered.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
