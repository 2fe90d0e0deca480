//! A folder and what lies below it. Links within the folder are followed, because mounted volumes are made of them;
//! each folder is entered once, so that links in a circle end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{FileError, FileIdentity, identity, read_canonical};

/// Most entries that are looked at: beyond it somebody has named the wrong folder.
const MAX_ENTRIES: usize = 100_000;

/// A file as it looks from outside: another file, or another content, looks otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    identity: FileIdentity,
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
        let entered = BTreeSet::from([identity(&fs::symlink_metadata(&root)?)]);
        let (files, refused) = (BTreeMap::new(), Vec::new());
        let tree = Self { folder: folder.to_owned(), root, files, refused, is_truncated: false };
        let mut walk =
            Walk { tree, is_wanted, is_entered, entered, waiting: vec![String::new()], links: VecDeque::new() };
        let mut looked_at = 0;
        while let Some(below) = walk.next_folder() {
            let names = match names(&walk.tree.path(&below)) {
                Err(error) if below.is_empty() => return Err(error),
                Err(error) => {
                    walk.tree.refuse(&below, error.into());
                    continue;
                }
                Ok(names) => names,
            };
            looked_at += names.len();
            if looked_at > MAX_ENTRIES {
                walk.tree.is_truncated = true;
                break;
            }
            for name in names {
                walk.visit(if below.is_empty() { name } else { format!("{below}/{name}") });
            }
        }
        Ok(walk.tree)
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

/// A walk through a folder.
struct Walk<W, E> {
    tree: Tree,
    is_wanted: W,
    is_entered: E,
    /// The folders that were entered, or will be.
    entered: BTreeSet<FileIdentity>,
    waiting: Vec<String>,
    /// Folders themselves come before links to them, so that it is the link that is reported.
    links: VecDeque<(String, FileIdentity)>,
}

impl<W: Fn(&str) -> bool, E: Fn(&str) -> bool> Walk<W, E> {
    /// The next folder; behind a link, one that was not entered yet.
    fn next_folder(&mut self) -> Option<String> {
        if let Some(place) = self.waiting.pop() {
            return Some(place);
        }
        while let Some((place, identity)) = self.links.pop_front() {
            if self.entered.insert(identity) {
                return Some(place);
            }
            self.tree.refuse(&place, FileError::Cycle);
        }
        None
    }

    fn visit(&mut self, place: String) {
        if place.contains(char::REPLACEMENT_CHARACTER) {
            if (self.is_wanted)(&place) || (self.is_entered)(&place) {
                self.tree.refuse(&place, FileError::NameNotUtf8);
            }
            return;
        }
        match self.tree.look(&place) {
            Ok(found) if found.is_dir() => self.visit_folder(place, &found),
            Ok(_) if !(self.is_wanted)(&place) => {}
            Ok(found) if found.is_file() => drop(self.tree.files.insert(place, FileState::of(&found))),
            Ok(_) => self.tree.refuse(&place, FileError::NotAFile),
            // It was there a moment ago: the folder is being changed, and a second look will show it.
            Err(FileError::Unreadable(_)) if fs::symlink_metadata(self.tree.path(&place)).is_err() => {}
            Err(error) => {
                let leads_to_a_folder = || fs::metadata(self.tree.path(&place)).is_ok_and(|found| found.is_dir());
                if (self.is_wanted)(&place) || ((self.is_entered)(&place) && leads_to_a_folder()) {
                    self.tree.refuse(&place, error);
                }
            }
        }
    }

    fn visit_folder(&mut self, place: String, found: &Metadata) {
        if !(self.is_entered)(&place) {
            return;
        }
        if self.tree.path(&place).is_symlink() {
            self.links.push_back((place, identity(found)));
        } else if self.entered.insert(identity(found)) {
            self.waiting.push(place);
        }
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
    for entry in fs::read_dir(folder)?.take(MAX_ENTRIES + 1) {
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
