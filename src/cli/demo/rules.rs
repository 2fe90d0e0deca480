//! The rules of a demo: a copy, so that whoever changes them on the pages changes nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use yujing_workbench::rules_folder;

use crate::Failure;

/// Copies what analysts wrote in a folder to another one. Where that is.
///
/// # Errors
/// If a file cannot be read or written.
pub(super) fn copy(from: &Path, to: &Path) -> Result<PathBuf, Failure> {
    let rules = to.join("rules");
    for (path, content) in rules_folder::read(from)?.files() {
        let file = rules.join(path);
        let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, content));
        written.map_err(|error| Failure::external(format!("{} cannot be written: {error}", file.display())))?;
    }
    Ok(rules)
}
