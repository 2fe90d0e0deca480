//! What is kept of one file.

use std::sync::Arc;

use arrow::error::ArrowError;

use super::kept_operator::KeptOperator;
use super::visible_rows::Sight;
use super::{AskedFile, Hold};
use crate::feature::aggregate::AggregateKind;
use crate::feature::file_features::FileFeatures;
use crate::feature::file_result::FileResult;
use crate::feature::lowered::FallingCounts;
use crate::feature::planned_file::PlannedFile;

/// What makes two files one: they give the same features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileKey {
    /// The hash of text and zone.
    pub text: u128,
    /// No text of a feature has more characters.
    pub longest_text: usize,
}

/// What is kept of one file.
#[derive(Debug)]
pub struct KeptFile {
    pub key: FileKey,
    pub(super) planned: Arc<PlannedFile>,
    /// The aggregates of an operator, if any column is computed in stages.
    pub(super) kinds: Arc<[AggregateKind]>,
    /// Those of its columns that are counts of rows.
    pub(super) falling: Arc<FallingCounts>,
    /// Whether an operator is made anew of all its rows whenever a question sees others.
    pub(super) is_made_of_all_rows: bool,
    /// The columns of the source's rows that are read, by place.
    pub(super) columns_read: Vec<usize>,
    /// The file's columns that are computed in stages, and those that the plan gives.
    pub(super) staged: Vec<usize>,
    pub(super) residual: Vec<usize>,
    /// Whether it is known until when the columns hold that the plan gives.
    pub(super) is_residual_readable: bool,
    pub(super) sight: Sight,
    /// What an operator without rows has.
    pub(super) absent: Arc<FileFeatures>,
    /// By number.
    pub(super) operators: Vec<Option<KeptOperator>>,
}

impl KeptFile {
    pub fn new(asked: &AskedFile<'_>) -> Result<Self, ArrowError> {
        let AskedFile { key, planned, features } = *asked;
        let nobody = FileResult::default().columns(features, &["".into()], key.longest_text)?;
        let residual: Vec<usize> = planned.residual().iter().map(|residual| residual.column).collect();
        let is_residual_readable = planned.residual().iter().all(|residual| residual.is_readable);
        let mut kept = Self {
            key,
            planned: Arc::clone(planned),
            kinds: Arc::default(),
            falling: Arc::default(),
            is_made_of_all_rows: is_residual_readable,
            columns_read: Vec::new(),
            staged: (0..features.len()).filter(|place| !residual.contains(place)).collect(),
            residual,
            is_residual_readable,
            sight: Sight::of(planned.source()),
            absent: Arc::new(FileFeatures::of_row(&nobody, 0)),
            operators: Vec::new(),
        };
        if let Some(lowered) = planned.lowered() {
            kept.kinds = Arc::clone(lowered.kinds());
            kept.falling = Arc::clone(lowered.falling_counts());
            kept.is_made_of_all_rows = lowered.reads_whole_operator();
            kept.columns_read = lowered.columns_read().to_vec();
        }
        let envelope = ["operator_id", "occurred_at"].map(|name| planned.source().schema.index_of(name));
        kept.columns_read.extend(envelope.into_iter().flatten());
        kept.columns_read.sort_unstable();
        kept.columns_read.dedup();
        Ok(kept)
    }

    pub fn forget(&mut self, number: usize) {
        if let Some(kept) = self.operators.get_mut(number) {
            *kept = None;
        }
    }

    /// The features of an operator that was refreshed, and until when they hold.
    pub fn answer(&self, number: usize) -> (&Arc<FileFeatures>, Hold) {
        let kept = self.kept(number);
        let hold = if self.residual.is_empty() { kept.staged } else { kept.staged.and(kept.planned) };
        (kept.features.as_ref().unwrap_or(&self.absent), hold)
    }

    /// The instant at which a column that is a count of rows falls below a bound above zero that it is not below, or an
    /// earlier one, while its answer is the same but for counts.
    pub fn falls_below(&self, number: usize, column: usize, bound: usize) -> i64 {
        let counts = self.falling.columns.iter().find(|count| count.column == column);
        let counted = counts.zip(self.kept(number).aggregates.as_ref());
        counted.map_or(i64::MAX, |(count, aggregates)| aggregates.falls_below(count.aggregate, bound))
    }

    pub(super) fn is_kept(&self, number: usize) -> bool {
        self.operators.get(number).is_some_and(Option::is_some)
    }

    pub(super) fn kept(&self, number: usize) -> &KeptOperator {
        self.operators[number].as_ref().expect("invariant: whoever is asked for is kept first")
    }

    pub(super) fn kept_mut(&mut self, number: usize) -> &mut KeptOperator {
        self.operators[number].as_mut().expect("invariant: whoever is asked for is kept first")
    }
}
