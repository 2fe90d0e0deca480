//! What somebody writes of a change, brought together with the folder that it is written against.

use super::folder::{FolderState, hash};
use super::overlay::FileText;
use crate::store::change::{Change, ChangeBase, ChangeContent, ChangeFile};

/// What somebody writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentRequest {
    pub title: String,
    pub reason: String,
    pub files: Vec<FileText>,
}

/// Files that were edited since the change was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub paths: Vec<String>,
}

impl ContentRequest {
    /// What is written of a change so far.
    pub fn of(change: &Change) -> Self {
        let file = |file: &ChangeFile| FileText { path: file.path.clone(), text: file.text.clone() };
        Self {
            title: change.title.clone(),
            reason: change.reason.clone(),
            files: change.files.iter().map(file).collect(),
        }
    }

    /// Against the folder as it is. Files that are as the folder has them drop out.
    pub fn on(self, folder: &FolderState) -> ChangeContent {
        let base = ChangeBase { version: folder.version.clone(), hashes: folder.hashes() };
        let file =
            |FileText { path, text }: FileText| ChangeFile { base: folder.text(&path).map(str::to_owned), path, text };
        let files = self.files.into_iter().map(file).filter(|file| file.base != file.text).collect();
        ChangeContent { title: self.title, reason: self.reason, base, files }
    }

    /// Against the folder that a change was begun on.
    ///
    /// # Errors
    /// Files that it did not touch so far and that were edited since.
    pub fn over(self, change: &Change, folder: &FolderState) -> Result<ChangeContent, Conflict> {
        let (mut files, mut paths) = (Vec::new(), Vec::new());
        for FileText { path, text } in self.files {
            let known = change.files.iter().find(|file| file.path == path);
            let base = match known {
                Some(known) => known.base.clone(),
                None => folder.text(&path).map(str::to_owned),
            };
            if base.as_ref().map(|text| hash(text.as_bytes())).as_ref() != change.base.hashes.get(&path) {
                paths.push(path);
            } else if base != text {
                files.push(ChangeFile { path, base, text });
            }
        }
        if !paths.is_empty() {
            return Err(Conflict { paths });
        }
        Ok(ChangeContent { title: self.title, reason: self.reason, base: change.base.clone(), files })
    }
}
