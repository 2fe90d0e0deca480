//! The rules folder at one moment. What is built, tested and published is the same bytes, whatever editors do meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use xxhash_rust::xxh3::Xxh3;

use crate::diagnostic::{Diagnostics, text};
use crate::engine::Ruleset;
use crate::engine::folder::{MOST_FILES, authored, no_rules, read_files};
use crate::source::Sources;

/// Beyond this the folder is not one of rules: somebody has set the path wrongly.
const MOST_BYTES: usize = 64 * 1024 * 1024;

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
    /// If it cannot be read, or is far too large to be a folder of rules.
    pub fn take(folder: &Path) -> Result<Self, Diagnostics> {
        let mut files = BTreeMap::new();
        let mut bytes = 0;
        for (place, path) in authored(folder).map_err(|(path, error)| text::unreadable(&path, &error))? {
            match fs::read(&path) {
                Ok(content) => {
                    bytes += content.len();
                    files.insert(place, content);
                }
                // It was there a moment ago: the folder is being changed, and a second look will tell.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(text::unreadable(&path, &error).into()),
            }
            if files.len() > MOST_FILES || bytes > MOST_BYTES {
                return Err(no_rules(folder).into());
            }
        }
        Ok(Self { folder: folder.to_owned(), files })
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

    /// Writes the files into a temporary folder, because rules are loaded from folders.
    ///
    /// # Errors
    /// If the temporary folder cannot be written.
    pub fn unpack(&self) -> Result<Unpacked<'_>, Diagnostics> {
        let failed = |error: io::Error| text::unreadable(&std::env::temp_dir(), &error);
        let copy = TempDir::with_prefix("yujing-rules-").map_err(failed)?;
        for (path, content) in &self.files {
            let place = copy.path().join(path);
            let parent = place.parent().unwrap_or(copy.path());
            fs::create_dir_all(parent).and_then(|()| fs::write(&place, content)).map_err(failed)?;
        }
        Ok(Unpacked { snapshot: self, copy })
    }

    /// Builds and checks the ruleset.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn build(&self, sources: &Sources) -> Result<Ruleset, Diagnostics> {
        self.unpack()?.build(sources)
    }
}

/// A snapshot in a temporary folder, which goes when this is dropped.
#[derive(Debug)]
pub struct Unpacked<'a> {
    snapshot: &'a Snapshot,
    copy: TempDir,
}

impl Unpacked<'_> {
    /// Where the copy is.
    pub fn path(&self) -> &Path {
        self.copy.path()
    }

    /// Builds and checks the ruleset; its places and messages name the original folder.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn build(&self, sources: &Sources) -> Result<Ruleset, Diagnostics> {
        let files = read_files(self.copy.path()).map_err(|problems| self.told(problems))?;
        Ruleset::from_files(&self.snapshot.folder, files, sources)
    }

    /// The path in the original folder of one in the copy.
    pub fn original(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.copy.path()).map_or_else(|_| path.to_owned(), |below| self.snapshot.folder.join(below))
    }

    /// The same problems with the names of the original files.
    pub fn told(&self, mut problems: Diagnostics) -> Diagnostics {
        for problem in &mut problems.0 {
            problem.file = self.original(&problem.file);
        }
        problems
    }
}

#[cfg(test)]
mod tests {
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
