//! What of the folder is not as a change's base had it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::folder::{FolderState, hash};
use crate::store::change::{Change, ChangeFile};

/// A file that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedFile {
    pub path: String,
    pub how: HowMoved,
    /// Whether the change touches it too.
    pub touched: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HowMoved {
    Added,
    Changed,
    Removed,
}

impl HowMoved {
    /// From what stood there before to what stands there now; none where both are the same.
    pub fn between<T: PartialEq>(before: Option<&T>, now: Option<&T>) -> Option<Self> {
        match (before, now) {
            (before, now) if before == now => None,
            (None, _) => Some(Self::Added),
            (_, None) => Some(Self::Removed),
            _ => Some(Self::Changed),
        }
    }
}

/// Every file that is not as it was when the change was written.
pub fn moved(change: &Change, folder: &FolderState) -> Vec<MovedFile> {
    differing(change, &folder.hashes(), |_, _| false)
}

/// The same, but for files that stand as the change wants them: it may have been written in part.
pub fn moved_by_others(change: &Change, folder: &FolderState) -> Vec<MovedFile> {
    let is_as_wanted = |file: Option<&ChangeFile>, now: Option<&String>| {
        file.is_some_and(|file| file.text.as_ref().map(|text| hash(text.as_bytes())).as_ref() == now)
    };
    differing(change, &folder.hashes(), is_as_wanted)
}

fn differing(
    change: &Change,
    now: &BTreeMap<String, String>,
    is_explained: impl Fn(Option<&ChangeFile>, Option<&String>) -> bool,
) -> Vec<MovedFile> {
    let before = &change.base.hashes;
    let mut paths: Vec<&String> = before.keys().chain(now.keys()).collect();
    paths.sort();
    paths.dedup();
    let moved = |path: &String| {
        let file = change.files.iter().find(|file| file.path == *path);
        let how = HowMoved::between(before.get(path), now.get(path)).filter(|_| !is_explained(file, now.get(path)))?;
        Some(MovedFile { path: path.clone(), how, touched: file.is_some() })
    };
    paths.into_iter().filter_map(moved).collect()
}
