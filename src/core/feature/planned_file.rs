//! One feature file with its kept plans.

use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use yujing_base::zone::Zone;

use crate::feature::file::FeatureFile;
use crate::feature::file_result::FileResult;
use crate::feature::lowered::LoweredFile;
use crate::feature::plan::file_plans::FilePlans;

/// One file with its kept plans. Plans hold state, so runs of one file are serialised by locks.
#[derive(Debug)]
pub struct PlannedFile {
    pub file: FeatureFile,
    /// The hash of its text and zone: files of the same text give the same result in one zone.
    pub text: u128,
    plans: Mutex<FilePlans>,
    /// The columns that are computed in stages, if any are.
    lowered: Option<Mutex<LoweredFile>>,
}

impl PlannedFile {
    pub fn new(file: FeatureFile, zone: &Zone, plans: FilePlans, lowered: Option<LoweredFile>) -> Self {
        let text = xxhash_rust::xxh3::xxh3_128(format!("{zone}\0{}", file.sql.text).as_bytes());
        Self { file, text, plans: Mutex::new(plans), lowered: lowered.map(Mutex::new) }
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
