//! A ruleset (规则集): everything analysts write, under one content hash.

use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostics;
use crate::feature::FeatureSet;
use crate::rule::Rules;
use crate::source::Sources;
use crate::warning::{Calendar, Policy};

/// Features, rules, policy and calendar, checked against each other.
#[derive(Debug)]
pub struct Ruleset {
    /// SHA-256 over the paths and bytes of every file of the ruleset, in hex.
    pub hash: String,
    pub features: FeatureSet,
    pub rules: Rules,
    pub policy: Policy,
    pub calendar: Calendar,
    /// The files by their path below the folder, as published on the `rulesets` topic under the hash.
    pub files: std::collections::BTreeMap<PathBuf, String>,
}

impl Ruleset {
    /// Reads a rules folder: `ruleset.toml`, `calendar.toml`, `features/**/*.sql` and `**/*.rhai`.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn load(_folder: &Path, _sources: &Sources) -> Result<Self, Diagnostics> {
        todo!()
    }
}
