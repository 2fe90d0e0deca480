//! What is wrong with a file that a person wrote: a stable code, the place, what to do. One type for schema files, SQL,
//! rules, cases and configuration, so that every message looks the same.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file works, but probably not as meant.
    Warning,
    /// The file is refused.
    Error,
}

/// One finding about one place in one file.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Stable and enumerable, for example `rule/unknown-feature`; documented in the folder's README.
    pub code: &'static str,
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    pub file: PathBuf,
    /// Line from 1 and column (in characters) from 1; `None` when the whole file is meant.
    pub position: Option<(usize, usize)>,
    /// What to do about it.
    pub help: Option<String>,
    text: Option<String>,
    span: Option<Range<usize>>,
}

impl Diagnostic {
    /// An error about a whole file (it is missing, it is not UTF-8, ...).
    pub fn file(code: &'static str, file: &Path, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            file: file.to_owned(),
            position: None,
            help: None,
            text: None,
            span: None,
        }
    }

    /// An error at the bytes `span` of the file's `text`; a span beyond the text is cut to it.
    pub fn at(code: &'static str, file: &Path, text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let start = floor_char_boundary(text, span.start);
        let end = floor_char_boundary(text, span.end).max(start);
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self {
            position: Some((line, column)),
            text: Some(text.to_owned()),
            span: Some(start..end),
            ..Self::file(code, file, message)
        }
    }

    /// An error at a line and column, both from 1, columns in characters.
    pub fn at_position(
        code: &'static str,
        file: &Path,
        text: &str,
        line: usize,
        column: usize,
        message: impl Into<String>,
    ) -> Self {
        let offset = offset_of(text, line, column);
        let end = text[offset..].chars().next().map_or(offset, |next| offset + next.len_utf8());
        Self::at(code, file, text, offset..end, message)
    }

    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn as_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
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

/// `file:line:column: severity[code]: message`, one line, as compilers print it.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, ": {severity}[{}]: {}", self.code, self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// The bridge to `miette`, which draws the source line and the caret.
#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<NamedSource<String>>,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)?;
        if self.source.is_none() {
            write!(f, " ({})", self.diagnostic.file.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.diagnostic.span.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, span))))
    }
}

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

    /// `value` unless anything was refused.
    ///
    /// # Errors
    /// All diagnostics, if one of them is an error.
    pub fn into_result<T>(self, value: T) -> Result<T, Diagnostics> {
        if self.has_errors() { Err(self) } else { Ok(value) }
    }

    /// Every diagnostic with its source line and a caret, in the order of files and places; `color` for a terminal.
    pub fn render(&self, color: bool) -> String {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(120).with_links(false);
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_by(|a, b| (&a.file, a.position, a.code).cmp(&(&b.file, b.position, b.code)));
        let mut out = String::new();
        for diagnostic in sorted {
            let source =
                diagnostic.text.clone().map(|text| NamedSource::new(diagnostic.file.display().to_string(), text));
            let report = Report { diagnostic, source };
            if handler.render_report(&mut out, &report).is_err() {
                out.push_str(&diagnostic.to_string());
            }
            out.push('\n');
        }
        out
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
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

    #[test]
    fn a_place_after_chinese_text_is_counted_in_characters() {
        let text = "第一行\n近7日 oops\n";
        let at = text.find("oops").expect("the word is there");
        let diagnostic = Diagnostic::at("test/code", Path::new("a.sql"), text, at..at + 4, "unknown column `oops`");
        assert_eq!(diagnostic.position, Some((2, 5)));
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
}
