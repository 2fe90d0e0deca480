//! Reading a TOML file that a person wrote: every mistake becomes a diagnostic with its place and, where a name is
//! misspelt, the name that was probably meant.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::diagnostic::{Diagnostic, Diagnostics};

/// The stable codes of one kind of file.
pub(super) struct Codes {
    pub(super) unreadable: &'static str,
    pub(super) syntax: &'static str,
    pub(super) unknown_key: &'static str,
}

/// A file under inspection: its text and what was found in it so far.
pub(super) struct Authored {
    file: PathBuf,
    text: String,
    pub(super) diagnostics: Diagnostics,
}

impl Authored {
    /// Reads a file and its TOML.
    ///
    /// # Errors
    /// If the file cannot be read, is not TOML or has another shape than `T`: the first such problem.
    pub(super) fn read<T: DeserializeOwned>(file: &Path, codes: &Codes) -> Result<(Self, T), Diagnostics> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Diagnostic::file(codes.unreadable, file, format!("cannot read the file: {error}")))?;
        let content = toml::from_str(&text).map_err(|error| shape_problem(file, &text, codes, &error))?;
        Ok((Self { file: file.to_owned(), text, diagnostics: Diagnostics::default() }, content))
    }

    /// Notes a problem at a place, with what to do about it.
    pub(super) fn refuse(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.diagnostics.push(Diagnostic::at(code, &self.file, &self.text, span, message).with_help(help));
    }
}

fn shape_problem(file: &Path, text: &str, codes: &Codes, error: &toml::de::Error) -> Diagnostic {
    let message = error.message().trim_end().replace('\n', "; ");
    let span = error.span().unwrap_or(0..0);
    let Some(unknown) = Unknown::of(&message) else {
        return Diagnostic::at(codes.syntax, file, text, span, message);
    };
    let help = match unknown.nearest() {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known here: {}", unknown.expected.join(", ")),
    };
    let (code, what) = if unknown.is_key { (codes.unknown_key, "key") } else { (codes.syntax, "value") };
    Diagnostic::at(code, file, text, span, format!("unknown {what} `{}`", unknown.given)).with_help(help)
}

/// What serde says of a name that it does not know: ``unknown field `a`, expected one of `b`, `c` ``.
struct Unknown<'a> {
    is_key: bool,
    given: &'a str,
    expected: Vec<&'a str>,
}

impl<'a> Unknown<'a> {
    fn of(message: &'a str) -> Option<Self> {
        let is_key = message.starts_with("unknown field ");
        if !is_key && !message.starts_with("unknown variant ") {
            return None;
        }
        let mut names = message.split('`').skip(1).step_by(2);
        let given = names.next()?;
        Some(Self { is_key, given, expected: names.collect() })
    }

    fn nearest(&self) -> Option<&'a str> {
        let likeness = |name: &&str| strsim::jaro_winkler(self.given, name);
        let best = self.expected.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(&best) >= 0.75).then_some(best)
    }
}
