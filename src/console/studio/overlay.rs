//! Files as somebody wants them, laid over the folder: only what analysts write, only below the folder.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use yujing_base::escape::is_hidden;
use yujing_base::language::{Bilingual, say};
use yujing_core::ruleset::files::{is_case, longest};

use super::folder::Texts;
use crate::store::change::{Change, ChangeFile};

/// Most files of one draft.
pub const MOST_FILES: usize = 64;
/// The longest path, in characters.
const LONGEST_PATH: usize = 200;

/// A file as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileText {
    /// Below the folder, with `/` between the parts.
    pub path: String,
    /// None: the file is taken away. Who leaves it out has forgotten it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub text: Option<String>,
}

/// Whether all of them may be written.
///
/// # Errors
/// The first that may not, and why.
pub fn check(files: &[FileText]) -> Result<(), Bilingual> {
    if files.len() > MOST_FILES {
        return Err(say!("一次最多涉及{MOST_FILES}个文件", "at most {MOST_FILES} files at once"));
    }
    let mut seen = BTreeSet::new();
    for FileText { path, text } in files {
        let longest = longest_of(path)?;
        if !seen.insert(path) {
            return Err(say!("`{path}` 出现了两次", "`{path}` stands there twice"));
        }
        if let Some(text) = text.as_ref().filter(|text| text.len() > longest) {
            let length = text.len();
            return Err(say!(
                "`{path}` 有 {length} 字节，最多允许 {longest} 字节",
                "`{path}` has {length} bytes, {longest} are allowed"
            ));
        }
    }
    Ok(())
}

/// How long the file at a path may be.
fn longest_of(path: &str) -> Result<usize, Bilingual> {
    let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && part.trim() == part;
    let shown: String = path.chars().take(LONGEST_PATH).filter(|letter| !is_hidden(*letter)).collect();
    let is_sound = path.chars().count() <= LONGEST_PATH
        && !path.chars().any(|letter| is_hidden(letter) || letter == '\\')
        && path.split('/').all(is_plain)
        && (!is_case(path) || path.starts_with("cases/"));
    longest(path).filter(|_| is_sound).ok_or_else(|| {
        say!(
            "`{shown}` 不是规则文件夹内的文件：规则 .rhai、指标 features/*.sql、用例 cases/*.toml，或者设置文件",
            "`{shown}` is no file of a rules folder: a rule .rhai, a feature features/*.sql, a case cases/*.toml, or settings"
        )
    })
}

impl Texts {
    /// With the files of a change laid over them.
    #[must_use]
    pub fn with_change(self, change: &Change) -> Self {
        self.with_each(change, |file| file.text.clone())
    }

    /// With the files of a change as they were before it.
    #[must_use]
    pub fn without_change(self, change: &Change) -> Self {
        self.with_each(change, |file| file.base.clone())
    }

    fn with_each(self, change: &Change, text: impl Fn(&ChangeFile) -> Option<String>) -> Self {
        let file = |file: &ChangeFile| FileText { path: file.path.clone(), text: text(file) };
        self.with(&change.files.iter().map(file).collect::<Vec<_>>())
    }

    /// With files laid over them.
    #[must_use]
    pub fn with(mut self, files: &[FileText]) -> Self {
        for FileText { path, text } in files {
            let texts = if is_case(path) { &mut self.cases } else { &mut self.files };
            match text {
                Some(text) => drop(texts.insert(path.clone(), text.clone())),
                None => drop(texts.remove(path)),
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> FileText {
        FileText { path: path.to_owned(), text: Some("x".to_owned()) }
    }

    #[test]
    fn only_what_analysts_write_below_the_folder_is_taken() {
        for path in ["a.rhai", "pests/a.rhai", "features/中文.sql", "ruleset.toml", "cases/pests/a.toml"] {
            assert_eq!(check(&[file(path)]), Ok(()), "{path}");
        }
        let foreign = [
            "",
            "/",
            "/etc/a.rhai",
            "../a.rhai",
            "a/../b.rhai",
            "./a.rhai",
            "a//b.rhai",
            ".git/a.rhai",
            "a/.b.rhai",
            "a\\b.rhai",
            "a.rhai\0",
            "a.sh",
            "yujing.toml",
            "sub/ruleset.toml",
            "pests/cases/a.toml",
            "a.rhai ",
            "\u{202e}a.rhai",
            "cases/a.rhai",
            " a.rhai",
        ];
        for path in foreign {
            assert!(check(&[file(path)]).is_err(), "{path:?}");
        }
        assert!(check(&[file(&format!("{}.rhai", "长".repeat(200)))]).is_err());
        assert!(check(&[file("a.rhai"), file("a.rhai")]).is_err(), "twice");
        assert!(check(&vec![file("a.rhai"); MOST_FILES + 1]).is_err(), "too many");
        let long = FileText { text: Some("x".repeat(32 * 1024 + 1)), ..file("a.rhai") };
        assert!(check(&[long]).is_err(), "too long");
    }

    #[test]
    fn a_file_without_a_text_is_taken_away() {
        let texts = Texts {
            files: [("a.rhai".to_owned(), "1".to_owned())].into(),
            cases: std::collections::BTreeMap::default(),
        };
        let case = file("cases/a.toml");
        let laid = texts.with(&[FileText { path: "a.rhai".to_owned(), text: None }, case]);
        assert!(laid.files.is_empty() && laid.cases.len() == 1, "{laid:?}");
    }
}
