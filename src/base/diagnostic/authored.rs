//! Reading TOML that a person wrote: every mistake becomes a diagnostic with its place and, where a name is misspelt,
//! the name that was probably meant.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::suggest::{did_you_mean, listed};
use super::{Diagnostic, Diagnostics, punctuation, text};
use crate::language::{Bilingual, say};

/// The stable codes of one kind of file.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    pub syntax: &'static str,
    pub unknown_key: &'static str,
}

/// A file under inspection: its text and what was found in it so far.
#[derive(Debug)]
pub struct Authored<'t> {
    file: PathBuf,
    text: &'t str,
    pub diagnostics: Diagnostics,
}

impl<'t> Authored<'t> {
    /// Reads a file's TOML.
    ///
    /// # Errors
    /// If the text is not TOML or has another shape than `T`: the first such problem.
    pub fn read<T: DeserializeOwned>(file: &Path, text: &'t str, codes: Codes) -> Result<(Self, T), Diagnostics> {
        let content = toml::from_str(text).map_err(|error| problem(file, text, text, codes, &error))?;
        Ok((Self { file: file.to_owned(), text, diagnostics: Diagnostics::default() }, content))
    }

    /// Reports a finding at a place, with what to do about it.
    pub fn report(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<Bilingual>,
        help: impl Into<Bilingual>,
    ) {
        self.diagnostics.push(Diagnostic::at(code, &self.file, self.text, span, message).with_help(help));
    }
}

/// What is wrong with TOML that does not parse or has another shape. `toml_text` is what was parsed: the file's text,
/// or as many bytes of it with everything else blanked.
pub fn problem(file: &Path, text: &str, toml_text: &str, codes: Codes, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().unwrap_or(0..0);
    match Shape::of(error.message()) {
        Some(Shape { is_key, message, help }) => {
            let code = if is_key { codes.unknown_key } else { codes.syntax };
            let span = if error.message().starts_with("unknown ") {
                word_within(text, span, error.message().split('`').nth(1).unwrap_or_default())
            } else {
                span
            };
            let found = Diagnostic::at(code, file, text, span, message);
            Diagnostic { help, ..found }
        }
        None => not_toml(file, text, toml_text, codes.syntax, span, error.message()),
    }
}

/// The place of a word in a longer passage: an unknown key is reported with the whole table that it stands in.
fn word_within(text: &str, passage: Range<usize>, word: &str) -> Range<usize> {
    let is_longer = passage.len() > word.len() + "\"\"".len();
    find_word(text, &passage, word).filter(|_| is_longer).unwrap_or(passage)
}

/// Where a word stands within a passage of a text, not as a part of a longer word.
pub fn find_word(text: &str, passage: &Range<usize>, word: &str) -> Option<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let within = text.get(passage.clone()).filter(|_| !word.is_empty())?;
    let (at, _) = within.match_indices(word).find(|(at, _)| {
        let (before, after) = (&within[..*at], &within[at + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })?;
    Some(passage.start + at..passage.start + at + word.len())
}

fn not_toml(
    file: &Path,
    text: &str,
    toml_text: &str,
    code: &'static str,
    span: Range<usize>,
    words: &str,
) -> Diagnostic {
    let line = text.get(..span.start).unwrap_or(text).matches('\n').count() + 1;
    let full_width = punctuation::full_width(file, text, punctuation::toml_code(toml_text), "\"");
    if let Some(found) = full_width.0.into_iter().find(|found| found.position.is_some_and(|at| at.0 == line)) {
        return found;
    }
    if words.starts_with("invalid date") {
        let message = Bilingual::new("历书上没有这个日期，或者写法不对", "this is no date of the calendar");
        let help = Bilingual::new("写法如 2026-01-01", "write it like 2026-01-01");
        return Diagnostic::at(code, file, text, span, message).with_help(help).with_detail(words);
    }
    let help = if text::is_at_the_end(text, span.start) {
        text::cut_off_help()
    } else {
        Bilingual::new(
            "写法为：名称 = 值；文本写在英文引号之内；日期不加引号，如 2026-01-01",
            "write name = value, texts between straight quotation marks, dates without: 2026-01-01",
        )
    };
    let message = Bilingual::new("此处不是合法的 TOML", "this is not TOML");
    Diagnostic::at(code, file, text, span, message).with_help(help).with_detail(words.trim_end().replace('\n', "; "))
}

/// A mistake of shape, read from the words in which serde reports it.
struct Shape {
    /// Whether it is a key that does not exist.
    is_key: bool,
    message: Bilingual,
    help: Option<Bilingual>,
}

impl Shape {
    fn of(words: &str) -> Option<Self> {
        let shape = |message, help| Some(Self { is_key: false, message, help });
        let mut names = words.split('`').skip(1).step_by(2);
        if words.starts_with("missing field ") {
            let name = names.next()?;
            return shape(say!("缺少 `{name}`", "missing field `{name}`"), None);
        }
        if words.starts_with("duplicate field ") || words.starts_with("duplicate key") {
            let message = Bilingual::new("同一项写了两次", "a key stands here twice");
            return shape(message, Some(Bilingual::new("请保留一处", "keep one")));
        }
        let is_key = words.starts_with("unknown field ");
        if is_key || words.starts_with("unknown variant ") {
            let given = names.next()?;
            let expected: Vec<_> = names.collect();
            let message = if is_key {
                say!("没有名为 `{given}` 的项", "unknown key `{given}`")
            } else {
                say!("没有 `{given}` 这个值", "unknown value `{given}`")
            };
            let help = did_you_mean(given, expected.iter().copied()).unwrap_or_else(|| {
                let known = listed(expected);
                Bilingual::new(format!("此处可用：{}", known.zh), format!("known here: {}", known.en))
            });
            return Some(Self { is_key, message, help: Some(help) });
        }
        if let Some(rest) = words.strip_prefix("invalid type: ") {
            let (given, expected) = rest.split_once(", expected ")?;
            let (given, expected) = (type_given(given), type_wanted(expected.trim_end()));
            let message = Bilingual::new(
                format!("类型不对：应为{}，这里是{}", expected.zh, given.zh),
                format!("wrong type: {} is wanted, this is {}", expected.en, given.en),
            );
            return shape(message, None);
        }
        let given = names.next()?;
        if words.contains("is not a date") {
            let help = Bilingual::new(
                "写历书上存在的日期，不加引号，如 2026-01-01",
                "a date of the calendar, without quotation marks: 2026-01-01",
            );
            return shape(say!("`{given}` 不是日期", "`{given}` is not a date"), Some(help));
        }
        None
    }
}

/// ``integer `3` ``, ``string "24"`` and the like.
fn type_given(words: &str) -> Bilingual {
    let kinds = [
        ("integer ", "整数"),
        ("string ", "文本"),
        ("boolean ", "真假值"),
        ("floating point ", "小数"),
        ("map", "表"),
        ("sequence", "数组"),
    ];
    for (word, zh) in kinds {
        if let Some(value) = words.strip_prefix(word) {
            return Bilingual::new(format!("{zh} {value}"), words);
        }
    }
    Bilingual::from(words)
}

/// The Rust type, or serde's description, that was wanted.
fn type_wanted(words: &str) -> Bilingual {
    match words {
        "i64" | "i32" | "i16" | "u64" | "u32" | "usize" => Bilingual::new("整数", "a whole number"),
        "a string" | "string" | "str" => Bilingual::new("加引号的文本", "a text between quotation marks"),
        "a boolean" | "bool" => Bilingual::new(" true 或者 false", "true or false"),
        "a sequence" => Bilingual::new("数组 […]", "an array […]"),
        _ if words.starts_with("struct") || words == "a map" => Bilingual::new("表 {…}", "a table {…}"),
        _ => Bilingual::from(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_serde_are_shown_in_both_languages() {
        let cases = [
            ("missing field `cap`", "缺少 `cap`", "missing field `cap`"),
            ("unknown field `capp`, expected `title` or `cap`", "没有名为 `capp` 的项", "unknown key `capp`"),
            ("unknown variant `on`, expected one of `draft`, `active`", "没有 `on` 这个值", "unknown value `on`"),
            (
                "invalid type: string \"24\", expected i64",
                "类型不对：应为整数，这里是文本 \"24\"",
                "wrong type: a whole number is wanted, this is string \"24\"",
            ),
            ("`2026-02-30` is not a date like 2026-01-01", "`2026-02-30` 不是日期", "`2026-02-30` is not a date"),
        ];
        for (words, zh, en) in cases {
            let shape = Shape::of(words).unwrap_or_else(|| panic!("{words}"));
            assert_eq!((shape.message.zh.as_str(), shape.message.en.as_str()), (zh, en));
        }
        assert!(Shape::of("invalid key, expected `=`").is_none());
    }
}
