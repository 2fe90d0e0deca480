//! The rules folder at one moment. What is tried, built and published is the same text, whatever editors do meanwhile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;

use crate::diagnostic::Diagnostics;
use crate::engine::folder::{self, Part, is_case};
use crate::engine::{Files, Ruleset};
use crate::source::Sources;

/// The files of a rules folder, cases included, by their path below it with `/` between the parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What the folder is called in messages.
    folder: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

impl Snapshot {
    /// Reads a folder. Hidden files and folders are left out: editors and mounted volumes keep their own things there.
    ///
    /// # Errors
    /// What cannot be read, or is refused; or the folder is far too large to be one of rules.
    pub fn take(folder: &Path) -> Result<Self, Diagnostics> {
        Ok(Self { folder: folder.to_owned(), files: folder::read(folder, Part::All)? })
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
    pub fn ruleset(&self) -> Result<Files, Diagnostics> {
        folder::decode(&self.folder, self.files.iter().filter(|(place, _)| !is_case(place)))
    }

    /// The texts of the cases.
    ///
    /// # Errors
    /// Every file that is not UTF-8.
    pub fn cases(&self) -> Result<Files, Diagnostics> {
        folder::decode(&self.folder, self.files.iter().filter(|(place, _)| is_case(place)))
    }

    /// Builds and checks the ruleset.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn build(&self, sources: &Sources) -> Result<Ruleset, Diagnostics> {
        Ruleset::from_files(&self.folder, self.ruleset()?, sources)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn put(folder: &Path, path: &str, text: &str) {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        fs::write(file, text).expect("written");
    }

    #[test]
    fn only_what_analysts_write_counts() {
        let folder = TempDir::new().expect("a folder");
        put(folder.path(), "ruleset.toml", "x");
        put(folder.path(), "pests/a.rhai", "x");
        let before = Snapshot::take(folder.path()).expect("it reads");
        for left_behind in [".git/config.toml", "pests/.a.rhai.swp", "pests/.#a.rhai", "pests/a.rhai~", "pests/4913"] {
            put(folder.path(), left_behind, "y");
        }
        assert_eq!(Snapshot::take(folder.path()).expect("it reads"), before);
        put(folder.path(), "pests/a.rhai", "y");
        let after = Snapshot::take(folder.path()).expect("it reads");
        assert_ne!(after.fingerprint(), before.fingerprint());
    }

    #[cfg(unix)]
    #[test]
    fn a_mounted_volume_that_swaps_a_link_is_read_once() {
        let folder = TempDir::new().expect("a folder");
        put(folder.path(), "..2026_03_02/pests/a.rhai", "x");
        std::os::unix::fs::symlink("..2026_03_02", folder.path().join("..data")).expect("linked");
        std::os::unix::fs::symlink("..data/pests", folder.path().join("pests")).expect("linked");
        let snapshot = Snapshot::take(folder.path()).expect("it reads");
        assert_eq!(snapshot.files.keys().collect::<Vec<_>>(), ["pests/a.rhai"]);
    }

    #[test]
    fn a_folder_that_is_gone_is_told() {
        let problems = Snapshot::take(Path::new("no/such/folder")).expect_err("it is gone");
        assert!(problems.to_string().contains("no/such/folder"), "{problems}");
    }
}
