//! The rules folder as analysts keep it: which files are theirs, and the texts that make up a ruleset.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::ruleset::SETTINGS;
use crate::diagnostic::text::{self, LONGEST_RULE, LONGEST_SQL, LONGEST_TOML};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::{Bilingual, say};

/// Beyond this the folder is not one of rules: somebody has set the path wrongly.
pub(crate) const MOST_FILES: usize = 10_000;
/// Folders within folders, so that a link to itself ends.
const DEEPEST_FOLDER: usize = 16;
/// What analysts write; other files are left out.
const KINDS: [&str; 3] = ["toml", "sql", "rhai"];
/// Holds no part of a ruleset.
const CASES: &str = "cases";

/// What analysts write below a folder, cases included, by the path below it with `/` between the parts: neither what is of
/// another kind nor what is hidden, because editors and mounted volumes keep their own things there. Not more than one file
/// beyond [`MOST_FILES`].
///
/// # Errors
/// The folder that cannot be read, and why.
pub(crate) fn authored(folder: &Path) -> Result<BTreeMap<String, PathBuf>, (PathBuf, io::Error)> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![(String::new(), folder.to_owned(), 0)];
    while let Some((below, folder, depth)) = waiting.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(|error| (folder.clone(), error))? {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if name.starts_with('.') {
                continue;
            }
            let place = if below.is_empty() { name } else { format!("{below}/{name}") };
            if path.is_dir() {
                if depth < DEEPEST_FOLDER {
                    waiting.push((place, path, depth + 1));
                }
            } else if path.extension().and_then(|kind| kind.to_str()).is_some_and(|kind| KINDS.contains(&kind)) {
                found.insert(place, path);
                if found.len() > MOST_FILES {
                    return Ok(found);
                }
            }
        }
    }
    Ok(found)
}

/// The text of every file of the ruleset, by its path below the folder.
///
/// # Errors
/// Every file that cannot be read.
pub(crate) fn read_files(folder: &Path) -> Result<BTreeMap<String, String>, Diagnostics> {
    let authored = authored(folder).map_err(|(place, error)| {
        let help = Bilingual::new(
            "请用 --rules 或者配置 `paths.rules` 指明 ruleset.toml 所在的文件夹",
            "name the folder that holds ruleset.toml with --rules, or set `paths.rules`",
        );
        text::unreadable(&place, &error).with_help(help)
    })?;
    if authored.len() > MOST_FILES {
        return Err(no_rules(folder).into());
    }
    let mut problems = Diagnostics::default();
    let mut files = BTreeMap::new();
    for (place, path) in authored {
        let Some(longest) = longest(&place) else { continue };
        match text::read(&path, longest) {
            Ok(text) => drop(files.insert(place, text)),
            Err(problem) => problems.push(problem),
        }
    }
    problems.into_result(files)
}

/// How long a file of the ruleset may be; `None` for what is no part of it.
fn longest(place: &str) -> Option<usize> {
    let mut folders = place.split('/');
    let name = folders.next_back()?;
    if folders.any(|folder| folder == CASES) {
        return None;
    }
    match name.rsplit_once('.')?.1 {
        "rhai" => Some(LONGEST_RULE),
        "sql" => Some(LONGEST_SQL),
        _ => SETTINGS.contains(&place).then_some(LONGEST_TOML),
    }
}

/// What is told of a folder that is far too large to be one of rules.
pub(crate) fn no_rules(folder: &Path) -> Diagnostic {
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
