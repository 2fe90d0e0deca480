//! The files that make up a ruleset and its cases: which ones count, how long they may be, and their texts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use yujing_base::diagnostic::text::{self, MAX_RULE_BYTES, MAX_SQL_BYTES, MAX_TOML_BYTES};
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::files::FileError;

/// Text by path below the rules folder, with `/` between the parts.
pub type Files = BTreeMap<String, String>;

/// The settings beside features and rules.
pub const POLICY: &str = "ruleset.toml";
pub const CALENDAR: &str = "calendar.toml";
/// May be left out.
pub const LAWS: &str = "laws.toml";
/// May be left out.
pub const MODIFIERS: &str = "modifiers.toml";
/// May be left out, both or neither.
pub const HANDLING: &str = "handling.toml";
pub const ROUTING: &str = "routing.toml";
/// May be left out.
pub const VISITS: &str = "visits.toml";
/// All of them.
const SETTINGS: [&str; 7] = [POLICY, CALENDAR, LAWS, MODIFIERS, HANDLING, ROUTING, VISITS];
/// A folder of this name holds no part of a ruleset.
const CASES: &str = "cases";

/// Whether a path below the rules folder is a case's, or the folder of cases.
pub fn is_case(path: &str) -> bool {
    path.split('/').any(|part| part == CASES)
}

/// How many bytes a file of the rules folder may have; `None` for what analysts do not write.
pub fn longest(path: &str) -> Option<usize> {
    let name = path.rsplit('/').next()?;
    match (name.rsplit_once('.')?.1, is_case(path)) {
        ("rhai", false) => Some(MAX_RULE_BYTES),
        ("sql", false) => Some(MAX_SQL_BYTES),
        ("toml", false) => SETTINGS.contains(&path).then_some(MAX_TOML_BYTES),
        ("toml", true) => path.starts_with(CASES).then_some(MAX_TOML_BYTES),
        _ => None,
    }
}

/// The texts of files by their path below a folder, which is for messages.
///
/// # Errors
/// Every file that is not UTF-8.
pub fn decode<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = (&'a String, &'a Vec<u8>)>,
) -> Result<Files, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut texts = Files::new();
    for (path, bytes) in files {
        match text::decode(&folder.join(path), bytes.clone()) {
            Ok(text) => drop(texts.insert(path.clone(), text)),
            Err(problem) => problems.push(problem),
        }
    }
    problems.into_result(texts)
}

/// Whether texts that come from elsewhere are as long as files of the rules folder may be.
///
/// # Errors
/// Every text that is longer.
pub fn check_sizes(folder: &Path, files: &Files) -> Result<(), Diagnostics> {
    let mut problems = Diagnostics::default();
    for (path, text) in files {
        let longest = longest(path).unwrap_or(MAX_TOML_BYTES);
        if text.len() > longest {
            let error = FileError::TooLong { length: text.len() as u64, longest };
            problems.push(Diagnostic::unreadable(&folder.join(path), &error));
        }
    }
    problems.into_result(())
}

/// Files by their path below a folder, as they are called in messages.
pub fn named(folder: &Path, files: &Files) -> Vec<(PathBuf, String)> {
    files.iter().map(|(path, text)| (folder.join(path), text.clone())).collect()
}
