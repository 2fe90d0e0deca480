//! The rules folder as analysts keep it on disk, read into a [`Snapshot`].

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::files::{FileError, Tree};
use yujing_base::language::{Bilingual, say};
use yujing_core::ruleset::files::{decode, is_case, longest};
use yujing_core::ruleset::{Ruleset, Snapshot};
use yujing_core::source::Sources;

/// Beyond this the folder is not one of rules: somebody has set the path wrongly.
const MOST_FILES: usize = 10_000;
/// The same for all files together.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Reads a rules folder, cases included. Hidden files and folders are left out: editors and mounted volumes keep their
/// own things there.
///
/// # Errors
/// What cannot be read, or is refused; or the folder is far too large to be one of rules.
pub fn read(folder: &Path) -> Result<Snapshot, Diagnostics> {
    Ok(Snapshot::new(folder.to_owned(), read_part(folder, Part::All)?))
}

/// Reads a rules folder and builds its ruleset. `cases/` is no part of it and is not looked at.
///
/// # Errors
/// Every problem of every file.
pub fn load(folder: &Path, sources: &Sources) -> Result<Ruleset, Diagnostics> {
    let files = decode(folder, &read_part(folder, Part::Ruleset)?)?;
    Ruleset::from_files(folder, files, sources)
}

/// Looks at what analysts write below a folder, cases included: neither at what is of another kind nor at what is
/// hidden.
///
/// # Errors
/// If the folder cannot be read.
pub fn walk(folder: &Path) -> io::Result<Tree> {
    walk_part(folder, Part::All)
}

/// The bytes of every file of a tree, each of at most so many bytes.
///
/// # Errors
/// Everything that is refused; or there is far too much for a folder that analysts keep.
pub fn read_bounded(
    folder: &Path,
    tree: &Tree,
    longest: impl Fn(&str) -> usize,
) -> Result<BTreeMap<String, Vec<u8>>, Diagnostics> {
    if tree.is_truncated || tree.files.len() > MOST_FILES || tree.size() > MOST_BYTES {
        return Err(no_rules(folder).into());
    }
    let mut problems =
        Diagnostics(tree.refused.iter().map(|(path, error)| Diagnostic::unreadable(path, error)).collect());
    let mut files = BTreeMap::new();
    for place in tree.files.keys() {
        match tree.read(place, longest(place)) {
            Ok(bytes) => drop(files.insert(place.clone(), bytes)),
            // It was there a moment ago: the folder is being changed, and a second look will show it.
            Err(FileError::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => problems.push(Diagnostic::unreadable(&tree.path(place), &error)),
        }
    }
    problems.into_result(files)
}

/// Which files of a rules folder are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Those under the content hash.
    Ruleset,
    /// These and the cases.
    All,
}

fn walk_part(folder: &Path, part: Part) -> io::Result<Tree> {
    let is_wanted = |path: &str| longest(path).is_some() && (part == Part::All || !is_case(path));
    let is_entered = |path: &str| part == Part::All || !is_case(path);
    Tree::walk(folder, is_wanted, is_entered)
}

fn read_part(folder: &Path, part: Part) -> Result<BTreeMap<String, Vec<u8>>, Diagnostics> {
    let help = || {
        Bilingual::new(
            "请用 --rules 或者配置 `paths.rules` 指明 ruleset.toml 所在的文件夹",
            "name the folder that holds ruleset.toml with --rules, or set `paths.rules`",
        )
    };
    let tree =
        walk_part(folder, part).map_err(|error| Diagnostic::unreadable(folder, &error.into()).with_help(help()))?;
    read_bounded(folder, &tree, |path| longest(path).unwrap_or_default())
}

/// What is said of a folder that is far too large to be one of rules.
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

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;
    use yujing_base::language::Language;
    use yujing_core::ruleset::Files;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> TempDir {
        let folder = TempDir::new().expect("a folder");
        for (path, text) in files {
            put(folder.path(), path, text);
        }
        folder
    }

    fn put(folder: &Path, path: &str, text: &str) {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        fs::write(file, text).expect("written");
    }

    fn ruleset_files(folder: &Path) -> Files {
        read(folder).and_then(|snapshot| snapshot.ruleset_files()).expect("it reads")
    }

    #[test]
    fn cases_hidden_files_and_other_files_are_no_part_of_a_ruleset() {
        let folder = folder(&[
            ("deep/er/a_rule.rhai", "a rule"),
            ("cases/broken.rhai", "no rule"),
            (".hidden/broken.rhai", "no rule"),
            ("features/x.sql", "SELECT 1"),
            ("README.md", "guide"),
        ]);
        let files = ruleset_files(folder.path());
        assert_eq!(files.keys().collect::<Vec<_>>(), ["deep/er/a_rule.rhai", "features/x.sql"]);
    }

    #[test]
    fn a_file_that_is_too_long_is_refused() {
        let folder = folder(&[("test_rule.rhai", &"// x\n".repeat(10_091))]);
        let problems = read(folder.path()).expect_err("it is too long");
        let shown = [Language::En, Language::Zh].map(|language| problems.render_in(language, false)).concat();
        let path = folder.path().to_str().expect("UTF-8");
        insta::assert_snapshot!("too_long", shown.replace(path, "rules"));
    }

    #[test]
    fn a_missing_folder_is_refused_with_what_to_do() {
        let problems = read(Path::new("no/such/folder")).expect_err("there is no such folder");
        assert!(problems.render(false).contains("paths.rules"), "{problems}");
    }

    #[test]
    fn only_what_analysts_write_counts() {
        let folder = TempDir::new().expect("a folder");
        put(folder.path(), "ruleset.toml", "x");
        put(folder.path(), "pests/a.rhai", "x");
        let before = read(folder.path()).expect("it reads");
        for left_behind in [".git/config.toml", "pests/.a.rhai.swp", "pests/.#a.rhai", "pests/a.rhai~", "pests/4913"] {
            put(folder.path(), left_behind, "y");
        }
        assert_eq!(read(folder.path()).expect("it reads"), before);
        put(folder.path(), "pests/a.rhai", "y");
        let after = read(folder.path()).expect("it reads");
        assert_ne!(after.fingerprint(), before.fingerprint());
    }

    #[cfg(unix)]
    #[test]
    fn a_mounted_volume_that_swaps_a_link_is_read_once() {
        let folder = TempDir::new().expect("a folder");
        put(folder.path(), "..2026_03_02/pests/a.rhai", "x");
        std::os::unix::fs::symlink("..2026_03_02", folder.path().join("..data")).expect("linked");
        std::os::unix::fs::symlink("..data/pests", folder.path().join("pests")).expect("linked");
        let files = ruleset_files(folder.path());
        assert_eq!(files.keys().collect::<Vec<_>>(), ["pests/a.rhai"]);
    }

    #[test]
    fn a_folder_that_is_gone_is_named() {
        let problems = read(Path::new("no/such/folder")).expect_err("it is gone");
        assert!(problems.to_string().contains("no/such/folder"), "{problems}");
    }
}
