//! One feature file with its kept plans.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use yujing_base::zone::Zone;

use crate::feature::file::FeatureFile;
use crate::feature::file_result::FileResult;
use crate::feature::lowered::{LoweredFile, Lowering, Residual, lower};
use crate::feature::plan::file_plans::FilePlans;
use crate::source::Source;

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
        let Lowering { stages, residual } = lower(&file, source, zone, &plans.schema());
        let (plans, source, lowered) = (Mutex::new(plans), Arc::clone(source), stages.map(Mutex::new));
        Self { file, text, plans, source, lowered, residual }
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
