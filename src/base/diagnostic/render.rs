//! Findings as people see them, drawn by `miette`, and as JSON for editors.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use serde::{Serialize, Serializer};

use super::excerpt::Named;
use super::{Diagnostic, Diagnostics, Severity};
use crate::escape;
use crate::language::{Bilingual, Language};

/// What `miette` writes before a hint, and the same in Chinese, of the same width.
const HELP: (&str, &str) = ("  help: ", "  提示：");

impl Diagnostics {
    /// The same in English, as [`Diagnostics::render_in`] shows it.
    pub fn render(&self, color: bool) -> String {
        self.render_in(Language::En, color)
    }

    /// The first diagnostics with their source lines and carets, in the order of files and places, and how many more
    /// there are; `color` for a terminal.
    pub fn render_in(&self, language: Language, color: bool) -> String {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(120).with_links(false);
        let mut shown = self.bounded();
        shown.sort();
        let mut out = String::new();
        for diagnostic in &shown.0 {
            let source = diagnostic.excerpt.as_ref().map(|excerpt| Named { name: file(diagnostic), excerpt });
            let report = Report { diagnostic, source, language };
            let mut drawn = String::new();
            if handler.render_report(&mut drawn, &report).is_err() {
                drawn = diagnostic.to_string();
            }
            if let Some(at) = drawn.rfind(HELP.0).filter(|_| language == Language::Zh) {
                drawn.replace_range(at..at + HELP.0.len(), HELP.1);
            }
            out.push_str(&drawn);
            out.push('\n');
        }
        out
    }
}

/// The file's name, on one line.
fn file(diagnostic: &Diagnostic) -> String {
    escape::line(&diagnostic.file.display().to_string()).into_owned()
}

/// The bridge to `miette`, which draws the source line and the caret.
#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<Named<'a>>,
    language: Language,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape::lines(self.language.of(&self.diagnostic.message)))?;
        if self.source.is_some() {
            return Ok(());
        }
        let [open, close] = self.language.pick_all(["（", "）"], [" (", ")"]);
        write!(f, "{open}{}{close}", file(self.diagnostic))?;
        if let Some(detail) = &self.diagnostic.detail {
            write!(f, "{}{}", self.language.pick("：", ": "), escape::lines(detail))?;
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
        self.diagnostic.help.as_ref().map(|help| Box::new(escape::lines(self.language.of(help))) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.source.as_ref()?.excerpt.span.clone();
        let detail = self.diagnostic.detail.as_ref().map(|detail| escape::lines(detail).into_owned());
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(detail, span))))
    }
}

/// A finding in a JSON document: both languages, places from 1.
#[derive(Serialize)]
struct Listed<'a> {
    code: &'static str,
    severity: Severity,
    message: &'a Bilingual,
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    help: Option<&'a Bilingual>,
    detail: Option<&'a str>,
}

impl Serialize for Diagnostic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (line, column) = self.position.unzip();
        let (end_line, end_column) = self.end_position.unzip();
        Listed {
            code: self.code,
            severity: self.severity,
            message: &self.message,
            file: self.file.display().to_string(),
            line,
            column,
            end_line,
            end_column,
            help: self.help.as_ref(),
            detail: self.detail.as_deref(),
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn nothing_hidden_in_a_file_reaches_the_terminal_and_the_caret_stays_under_its_place() {
        let text = "-- \u{202e}\u{1b}[2J\nSELECT oo\u{200b}ps\u{1b}, 1\n";
        let at = text.find("oo").expect("it is there");
        let found = Diagnostic::at("test/code", Path::new("a\u{1b}\n.sql"), text, at..at + 7, "no `oo\u{200b}ps`")
            .with_help("did you mean `\u{1b}`?");
        let shown = Diagnostics::from(found).render(false);
        assert!(
            !shown.contains(|it: char| it != '\n' && it.is_control() || "\u{202e}\u{200b}".contains(it)),
            "{shown:?}"
        );
        for words in [r"-- \u{202e}\u{1b}[2J", r"SELECT oo\u{200b}ps\u{1b}, 1", r"no `oo\u{200b}ps`", r"a\u{1b}\n.sql"]
        {
            assert!(shown.contains(words), "no {words} in\n{shown}");
        }
        assert!(shown.contains(&format!("{}{}", " ".repeat(7), "─")), "{shown}");
    }
}
