//! The evidence of one operator, feature after feature: rows are gathered once a source, and the conditions of all columns
//! of a file are asked in one run.

use std::collections::HashMap;

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use yujing_base::OperatorId;

use crate::feature::catalogue::FeatureError;
use crate::feature::evidence::{Evidence, FileEvidence};
use crate::feature::set::FeatureSet;
use crate::source::SourceId;
use crate::window::View;

/// What was gathered and asked about an operator so far.
#[derive(Debug)]
pub struct OperatorEvidence<'a> {
    features: &'a FeatureSet,
    view: View<'a>,
    operator: &'a OperatorId,
    as_of: Timestamp,
    rows: HashMap<SourceId, RecordBatch>,
    /// What the conditions of a file's columns keep, by the place of its first feature in the catalogue.
    files: HashMap<usize, FileEvidence>,
}

impl<'a> OperatorEvidence<'a> {
    /// The evidence of `operator` as of an instant is asked for.
    pub fn new(features: &'a FeatureSet, view: View<'a>, operator: &'a OperatorId, as_of: Timestamp) -> Self {
        Self { features, view, operator, as_of, rows: HashMap::new(), files: HashMap::new() }
    }

    /// The newest of the events that the WHERE and FILTER of a feature kept; nothing for a feature of a reference source.
    ///
    /// # Errors
    /// If the evidence plan fails.
    ///
    /// # Panics
    /// If there is no such place in the catalogue.
    pub fn newest(&mut self, feature: usize) -> Result<Evidence, FeatureError> {
        self.of(feature, Evidence::NEWEST)
    }

    /// The same with every event.
    ///
    /// # Errors
    /// As [`OperatorEvidence::newest`].
    ///
    /// # Panics
    /// If there is no such place in the catalogue.
    pub fn whole(&mut self, feature: usize) -> Result<Evidence, FeatureError> {
        self.of(feature, usize::MAX)
    }

    fn of(&mut self, feature: usize, most: usize) -> Result<Evidence, FeatureError> {
        let Self { features, view, operator, as_of, .. } = *self;
        if features.catalogue()[feature].reference {
            return Ok(Evidence::default());
        }
        let source = features.source(feature);
        let rows =
            self.rows.entry(source).or_insert_with(|| view.gather(source, std::slice::from_ref(operator), as_of));
        if rows.num_rows() == 0 {
            return Ok(Evidence::default());
        }
        let first = features.first_of_file(feature);
        let file = self.files.entry(first).or_insert_with(|| features.file_evidence(feature, rows, as_of));
        features.evidence_in(feature, rows, file, as_of, most)
    }
}
