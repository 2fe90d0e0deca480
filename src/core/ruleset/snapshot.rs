//! The rules folder at one moment. What is tried, built and published is the same text, whatever editors do meanwhile.

use std::collections::BTreeMap;
use std::path::PathBuf;

use xxhash_rust::xxh3::Xxh3;
use yujing_base::diagnostic::Diagnostics;

use super::files::{decode, is_case};
use super::{Files, Ruleset};
use crate::source::Sources;

/// The files of a rules folder, cases included, by their path below it with `/` between the parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What the folder is called in messages.
    folder: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

impl Snapshot {
    /// Of the bytes of files by their path below a folder, which is for messages.
    pub fn new(folder: PathBuf, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self { folder, files }
    }

    /// The bytes of every file, by its path below the folder.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// Tells snapshots apart.
    pub fn fingerprint(&self) -> u128 {
        let mut hash = Xxh3::new();
        for (path, content) in &self.files {
            for part in [path.as_bytes(), content] {
                hash.update(&(part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
        hash.digest128()
    }

    /// The texts under the content hash.
    ///
    /// # Errors
    /// Every file that is not UTF-8.
    pub fn ruleset_files(&self) -> Result<Files, Diagnostics> {
        decode(&self.folder, self.files.iter().filter(|(path, _)| !is_case(path)))
    }

    /// The texts of the cases.
    ///
    /// # Errors
    /// Every file that is not UTF-8.
    pub fn case_files(&self) -> Result<Files, Diagnostics> {
        decode(&self.folder, self.files.iter().filter(|(path, _)| is_case(path)))
    }

    /// Builds and checks the ruleset.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn build(&self, sources: &Sources) -> Result<Ruleset, Diagnostics> {
        Ruleset::from_files(&self.folder, self.ruleset_files()?, sources)
    }
}
