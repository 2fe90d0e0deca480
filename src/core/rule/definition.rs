//! A loaded rule.

use std::path::PathBuf;

use super::metadata::Metadata;

/// The most points that a rule can give.
pub const MAX_POINTS: i64 = 100;

/// A loaded rule.
#[derive(Debug)]
pub struct Rule {
    pub metadata: Metadata,
    pub file: PathBuf,
    /// The features that the rule reads in `when`, `points` and `level`, by their place in the catalogue, sorted.
    pub reads: Vec<usize>,
    /// The body of its `points` as it is written, on one line: a number, or what decides it.
    pub points: String,
    /// Whether it sets a level directly.
    pub has_level: bool,
}

impl Rule {
    /// Whether a finding of the rule under an open warning is worth a step of its own although the level stays (追加): as
    /// its metadata says, else if it sets a level.
    pub fn adds(&self) -> bool {
        self.metadata.added.unwrap_or(self.has_level)
    }
}
