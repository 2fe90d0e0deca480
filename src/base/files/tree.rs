//! A folder and what lies below it. Links within the folder are followed, because mounted volumes are made of them; each
//! folder is entered once, so that links in a circle end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{FileError, identity, read_canonical};

/// Most entries that are looked at: beyond it somebody has named the wrong folder.
const MOST_ENTRIES: usize = 100_000;

/// A file as it looks from outside: another file, or another content, looks otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    identity: (u64, u64),
    /// In bytes.
    pub size: u64,
    modified: Option<SystemTime>,
}

/// What was found below a folder.
#[derive(Debug)]
pub struct Tree {
    /// What the folder is called in messages.
    folder: PathBuf,
    /// Where it is, without links.
    root: PathBuf,
    /// The files that are wanted, by their path below the folder with `/` between the parts.
    pub files: BTreeMap<String, FileState>,
    /// What was wanted and is not read.
    pub refused: Vec<(PathBuf, FileError)>,
    /// Whether there is more than is looked at.
    pub is_truncated: bool,
}

impl Tree {
    /// Looks at every wanted file of a folder and of those below it that are entered, both by their path below it. What
    /// is hidden is left out: editors and mounted volumes keep their own things there.
    ///
    /// # Errors
    /// If the folder itself cannot be read.
    pub fn walk(
        folder: &Path,
        is_wanted: impl Fn(&str) -> bool,
        is_entered: impl Fn(&str) -> bool,
    ) -> io::Result<Self> {
        let root = fs::canonicalize(folder)?;
        let mut entered = BTreeSet::from([identity(&fs::symlink_metadata(&root)?)]);
        let (files, refused) = (BTreeMap::new(), Vec::new());
        let mut tree = Self { folder: folder.to_owned(), root, files, refused, is_truncated: false };
        // Folders themselves come before links to them, so that it is the link that is reported.
        let (mut waiting, mut links) = (vec![String::new()], VecDeque::new());
        let mut looked_at = 0;
        while let Some(below) = waiting.pop().or_else(|| tree.follow(&mut links, &mut entered)) {
            let names = match names(&tree.path(&below)) {
                Err(error) if below.is_empty() => return Err(error),
                Err(error) => {
                    tree.refuse(&below, error.into());
                    continue;
                }
                Ok(names) => names,
            };
            looked_at += names.len();
            if looked_at > MOST_ENTRIES {
                tree.is_truncated = true;
                return Ok(tree);
            }
            for name in names {
                let place = if below.is_empty() { name } else { format!("{below}/{name}") };
                if place.contains(char::REPLACEMENT_CHARACTER) {
                    if is_wanted(&place) || is_entered(&place) {
                        tree.refuse(&place, FileError::NameNotUtf8);
                    }
                    continue;
                }
                match tree.look(&place) {
                    Ok(found) if found.is_dir() && !is_entered(&place) => {}
                    Ok(found) if found.is_dir() && tree.path(&place).is_symlink() => {
                        links.push_back((place, identity(&found)));
                    }
                    Ok(found) if found.is_dir() => {
                        if entered.insert(identity(&found)) {
                            waiting.push(place);
                        }
                    }
                    Ok(_) if !is_wanted(&place) => {}
                    Ok(found) if found.is_file() => drop(tree.files.insert(place, FileState::of(&found))),
                    Ok(_) => tree.refuse(&place, FileError::NotAFile),
                    // It was there a moment ago: the folder is being changed, and a second look will show it.
                    Err(FileError::Unreadable(_)) if fs::symlink_metadata(tree.path(&place)).is_err() => {}
                    Err(refused) => {
                        let leads_to_a_folder = || fs::metadata(tree.path(&place)).is_ok_and(|found| found.is_dir());
                        if is_wanted(&place) || (is_entered(&place) && leads_to_a_folder()) {
                            tree.refuse(&place, refused);
                        }
                    }
                }
            }
        }
        Ok(tree)
    }

    /// The next folder behind a link that was not entered yet.
    fn follow(
        &mut self,
        links: &mut VecDeque<(String, (u64, u64))>,
        entered: &mut BTreeSet<(u64, u64)>,
    ) -> Option<String> {
        while let Some((place, identity)) = links.pop_front() {
            if entered.insert(identity) {
                return Some(place);
            }
            self.refuse(&place, FileError::Cycle);
        }
        None
    }

    /// The bytes of a file found, at most so many.
    ///
    /// # Errors
    /// Why it is not read, should it be another one by now.
    pub fn read(&self, place: &str, longest: usize) -> Result<Vec<u8>, FileError> {
        read_canonical(&self.within(&self.path(place))?, longest)
    }

    /// What a file or folder below is called in messages.
    pub fn path(&self, place: &str) -> PathBuf {
        if place.is_empty() { self.folder.clone() } else { self.folder.join(place) }
    }

    /// How long the files are together, in bytes.
    pub fn size(&self) -> u64 {
        self.files.values().map(|look| look.size).sum()
    }

    fn look(&self, place: &str) -> Result<Metadata, FileError> {
        Ok(fs::symlink_metadata(self.within(&self.path(place))?)?)
    }

    /// The path without links, if it lies within the folder.
    fn within(&self, path: &Path) -> Result<PathBuf, FileError> {
        let canonical = fs::canonicalize(path)?;
        if canonical.starts_with(&self.root) { Ok(canonical) } else { Err(FileError::Outside) }
    }

    fn refuse(&mut self, place: &str, why: FileError) {
        self.refused.push((self.path(place), why));
    }
}

impl FileState {
    fn of(found: &Metadata) -> Self {
        Self { identity: identity(found), size: found.len(), modified: found.modified().ok() }
    }
}

/// What is in a folder, sorted, hidden entries aside.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)?.take(MOST_ENTRIES + 1) {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
