//! What is wrong with a file that a person wrote: a stable code, the place, what to do, in both languages. One type for
//! schema files, SQL, rules, cases and configuration, so that every message looks the same.
//!
//! - here: a finding and its place, and several findings together
//! - [`code`]: every code, what it means and whether it refuses
//! - `excerpt`: the lines that are shown of a file
//! - `render`: findings as text with the source line and a caret, and as JSON
//! - `bounds`: how many findings are shown, and how long a message is
//! - [`text`]: reading a file that a person saved
//! - `authored`: reading its TOML
//! - `punctuation`: what a Chinese input method leaves behind
//! - `allow`: comments that allow a warning
//! - `suggest`: "did you mean"
//! - `unreadable`: files that cannot be read

pub mod allow;
pub mod authored;
mod bounds;
pub mod code;
mod excerpt;
pub mod punctuation;
mod render;
pub mod suggest;
pub mod text;
mod unreadable;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use self::bounds::cut;
use self::code::Code;
use self::excerpt::Excerpt;
use crate::language::Bilingual;

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file works, but probably not as meant.
    Warning,
    /// The file is refused.
    Error,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding about one place in one file.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Stable and enumerable, for example `rule/unknown-feature`; listed in [`code::CODES`].
    pub code: &'static str,
    /// What the list says of the code.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: Bilingual,
    pub file: PathBuf,
    /// Line from 1 and column (in characters) from 1; `None` when the whole file is meant.
    pub position: Option<(usize, usize)>,
    /// What to do about it.
    pub help: Option<Bilingual>,
    /// What a parser or the query engine said of it, in its own words.
    pub detail: Option<Box<str>>,
    /// Where the place ends: line and column from 1, the column behind the last character.
    end_position: Option<(usize, usize)>,
    excerpt: Option<Box<Excerpt>>,
}

impl Diagnostic {
    /// A finding about a whole file (it is missing, it is not UTF-8, ...).
    pub fn file(code: &'static str, file: &Path, message: impl Into<Bilingual>) -> Self {
        Self {
            code,
            severity: Code::named(code).map_or(Severity::Error, |listed| listed.severity),
            message: cut(message.into()),
            file: file.to_owned(),
            position: None,
            help: None,
            detail: None,
            end_position: None,
            excerpt: None,
        }
    }

    /// A finding at the bytes `span` of the file's `text`; a span beyond the text is cut to it.
    pub fn at(code: &'static str, file: &Path, text: &str, span: Range<usize>, message: impl Into<Bilingual>) -> Self {
        let start = floor_char_boundary(text, span.start);
        let end = floor_char_boundary(text, span.end).max(start);
        Self {
            position: Some(position_of(text, start)),
            end_position: Some(position_of(text, end)),
            excerpt: Some(Box::new(Excerpt::around(text, &(start..end)))),
            ..Self::file(code, file, message)
        }
    }

    /// A finding at a line and column, both from 1, columns in characters.
    pub fn at_position(
        code: &'static str,
        file: &Path,
        text: &str,
        line: usize,
        column: usize,
        message: impl Into<Bilingual>,
    ) -> Self {
        let offset = offset_of(text, line, column);
        let end = text[offset..].chars().next().map_or(offset, |next| offset + next.len_utf8());
        Self::at(code, file, text, offset..end, message)
    }

    #[must_use]
    pub fn with_help(mut self, help: impl Into<Bilingual>) -> Self {
        self.help = Some(cut(help.into()));
        self
    }

    /// With what a parser said.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Box<str>>) -> Self {
        self.detail = Some(bounds::cut_text(detail.into().into()).into());
        self
    }

    /// By file and place.
    fn order(&self) -> (&Path, Option<(usize, usize)>, &'static str) {
        (&self.file, self.position, self.code)
    }
}

/// The line and column, both from 1, of a byte on a character's boundary.
fn position_of(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The byte offset of a line and column counted from 1; places beyond the text give its end.
pub fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for (index, content) in text.split_inclusive('\n').enumerate() {
        if index + 1 == line {
            let within = content.char_indices().nth(column.saturating_sub(1)).map_or(content.len(), |(at, _)| at);
            return start + within;
        }
        start += content.len();
    }
    text.len()
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// `file:line:column: severity[code]: message`, one line in English, as compilers print it.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}[{}]: {}", self.severity.as_str(), self.code, self.message.en)
    }
}

impl std::error::Error for Diagnostic {}

/// Several diagnostics as one error: what a load returns when anything is refused.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    pub fn extend(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// How many there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// `value` unless anything was refused; what else was found is dropped.
    ///
    /// # Errors
    /// All diagnostics, if one of them is an error.
    pub fn into_result<T>(self, value: T) -> Result<T, Diagnostics> {
        if self.has_errors() { Err(self) } else { Ok(value) }
    }

    /// In the order of files and places.
    pub fn sort(&mut self) {
        self.0.sort_by(|a, b| a.order().cmp(&b.order()));
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.bounded().0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn a_place_after_chinese_text_is_counted_in_characters() {
        let text = "第一行\n近7日 oops\n";
        let at = text.find("oops").expect("the word is there");
        let diagnostic = Diagnostic::at("test/code", Path::new("a.sql"), text, at..at + 4, "unknown column `oops`");
        assert_eq!(diagnostic.position, Some((2, 5)));
        assert_eq!(diagnostic.end_position, Some((2, 9)));
        assert_eq!(diagnostic.to_string(), "a.sql:2:5: error[test/code]: unknown column `oops`");
        let report = Diagnostics::from(diagnostic.with_help("did you mean `loops`?")).render(false);
        assert!(report.contains("近7日 oops") && report.contains("did you mean"), "{report}");
    }

    #[test]
    fn places_beyond_the_text_do_not_panic() {
        let text = "短";
        assert_eq!(offset_of(text, 9, 9), text.len());
        let diagnostic = Diagnostic::at("test/code", Path::new("a"), text, 1..99, "beyond");
        assert_eq!(diagnostic.position, Some((1, 1)));
    }

    #[test]
    fn each_language_is_shown_alone_with_the_parsers_words_at_the_place() {
        let text = "SELEKT 1";
        let diagnostic =
            Diagnostic::at("feature/syntax", Path::new("a.sql"), text, 0..6, Bilingual::new("不是SQL", "no SQL"))
                .with_help(Bilingual::new("请改写", "write anew"))
                .with_detail("Expected: an SQL statement");
        let found = Diagnostics::from(diagnostic);
        let (zh, en) = (found.render_in(Language::Zh, false), found.render_in(Language::En, false));
        assert!(
            zh.contains("不是SQL") && zh.contains("提示：请改写") && !zh.contains("no SQL") && !zh.contains("help"),
            "{zh}"
        );
        assert!(en.contains("no SQL") && en.contains("help: write anew") && !en.contains('请'), "{en}");
        assert!([zh, en].iter().all(|text| text.contains("Expected: an SQL statement")));
    }

    #[test]
    fn as_json_a_finding_has_both_languages_and_its_place() {
        let mut found = Diagnostic::at("rule/syntax", Path::new("a.rhai"), "ab\ncd", 3..5, Bilingual::new("坏", "bad"));
        found.help = Some(Bilingual::new("改", "mend"));
        let json = serde_json::to_value(&found).expect("JSON");
        assert_eq!(
            json,
            serde_json::json!({
                "code": "rule/syntax", "severity": "error", "message": { "zh": "坏", "en": "bad" }, "file": "a.rhai",
                "line": 2, "column": 1, "end_line": 2, "end_column": 3,
                "help": { "zh": "改", "en": "mend" }, "detail": null,
            })
        );
    }
}
