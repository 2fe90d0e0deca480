//! The rules folder as analysts keep it: which files are theirs, and the texts that make up a ruleset and its cases.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::ruleset::SETTINGS;
use crate::diagnostic::text::{self, LONGEST_RULE, LONGEST_SQL, LONGEST_TOML};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::{FileError, Tree};
use crate::language::{Bilingual, say};

/// Text by path below the rules folder.
pub type Files = BTreeMap<String, String>;

/// Beyond this the folder is not one of rules: somebody has set the path wrongly.
const MOST_FILES: usize = 10_000;
/// The same for all files together.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Holds no part of a ruleset.
const CASES: &str = "cases";

/// Which files of a rules folder are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Those under the content hash.
    Ruleset,
    /// These and the cases.
    All,
}

/// Looks at what analysts write below a folder: neither at what is of another kind nor at what is hidden.
///
/// # Errors
/// If the folder cannot be read.
pub(crate) fn look(folder: &Path, part: Part) -> io::Result<Tree> {
    let is_wanted = |place: &str| longest(place).is_some() && (part == Part::All || !is_case(place));
    let is_entered = |place: &str| part == Part::All || !is_case(place);
    Tree::walk(folder, is_wanted, is_entered)
}

/// The bytes of what analysts write below a folder, by the path below it with `/` between the parts.
///
/// # Errors
/// Every file that cannot be read; or there is far too much for a folder of rules.
pub(crate) fn read(folder: &Path, part: Part) -> Result<BTreeMap<String, Vec<u8>>, Diagnostics> {
    let help = || {
        Bilingual::new(
            "请用 --rules 或者配置 `paths.rules` 指明 ruleset.toml 所在的文件夹",
            "name the folder that holds ruleset.toml with --rules, or set `paths.rules`",
        )
    };
    let tree = look(folder, part).map_err(|error| Diagnostic::unreadable(folder, &error.into()).with_help(help()))?;
    read_bounded(folder, &tree, |place| longest(place).unwrap_or_default())
}

/// The bytes of every file of a tree, each of at most so many bytes.
///
/// # Errors
/// Everything that is refused; or there is far too much for a folder that analysts keep.
pub(crate) fn read_bounded(
    folder: &Path,
    tree: &Tree,
    longest: impl Fn(&str) -> usize,
) -> Result<BTreeMap<String, Vec<u8>>, Diagnostics> {
    if tree.is_truncated || tree.files.len() > MOST_FILES || tree.size() > MOST_BYTES {
        return Err(no_rules(folder).into());
    }
    let mut problems =
        Diagnostics(tree.refused.iter().map(|(path, refused)| Diagnostic::unreadable(path, refused)).collect());
    let mut files = BTreeMap::new();
    for place in tree.files.keys() {
        match tree.read(place, longest(place)) {
            Ok(bytes) => drop(files.insert(place.clone(), bytes)),
            // It was there a moment ago: the folder is being changed, and a second look will tell.
            Err(FileError::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(refused) => problems.push(Diagnostic::unreadable(&tree.path(place), &refused)),
        }
    }
    problems.into_result(files)
}

/// The texts of files by their path below a folder.
///
/// # Errors
/// Every file that is not UTF-8.
pub(crate) fn decode<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = (&'a String, &'a Vec<u8>)>,
) -> Result<Files, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut texts = Files::new();
    for (place, bytes) in files {
        match text::decode(&folder.join(place), bytes.clone()) {
            Ok(text) => drop(texts.insert(place.clone(), text)),
            Err(problem) => problems.push(problem),
        }
    }
    problems.into_result(texts)
}

/// The text of every file of the ruleset, by its path below the folder.
///
/// # Errors
/// Every file that cannot be read.
pub(crate) fn read_files(folder: &Path) -> Result<Files, Diagnostics> {
    decode(folder, &read(folder, Part::Ruleset)?)
}

/// Whether texts that come from elsewhere are as long as files of the folder may be.
///
/// # Errors
/// Every text that is longer.
pub(crate) fn check_sizes(folder: &Path, files: &Files) -> Result<(), Diagnostics> {
    let mut problems = Diagnostics::default();
    for (place, text) in files {
        let longest = longest(place).unwrap_or(LONGEST_TOML);
        if text.len() > longest {
            let error = FileError::TooLong { length: text.len() as u64, longest };
            problems.push(Diagnostic::unreadable(&folder.join(place), &error));
        }
    }
    problems.into_result(())
}

/// Whether a path below the folder is a case's, or the folder of cases.
pub(crate) fn is_case(place: &str) -> bool {
    place.split('/').any(|part| part == CASES)
}

/// How long a file of the folder may be; `None` for what analysts do not write.
fn longest(place: &str) -> Option<usize> {
    let name = place.rsplit('/').next()?;
    match (name.rsplit_once('.')?.1, is_case(place)) {
        ("rhai", false) => Some(LONGEST_RULE),
        ("sql", false) => Some(LONGEST_SQL),
        ("toml", false) => SETTINGS.contains(&place).then_some(LONGEST_TOML),
        ("toml", true) => place.starts_with(CASES).then_some(LONGEST_TOML),
        _ => None,
    }
}

/// Files by their path below a folder, as they are called in messages.
pub(crate) fn named(folder: &Path, files: &Files) -> Vec<(PathBuf, String)> {
    files.iter().map(|(place, text)| (folder.join(place), text.clone())).collect()
}

/// What is told of a folder that is far too large to be one of rules.
fn no_rules(folder: &Path) -> Diagnostic {
    let message = say!(
        "文件超过{MOST_FILES}个或者过大，不像是规则文件夹",
        "more than {MOST_FILES} files, or far too many bytes: this is no folder of rules"
    );
    let help = Bilingual::new(
        "请用配置 `paths.rules` 指明 ruleset.toml 所在的文件夹",
        "set `paths.rules` to the folder that holds ruleset.toml",
    );
    Diagnostic::file("file/unreadable", folder, message).with_help(help)
}
