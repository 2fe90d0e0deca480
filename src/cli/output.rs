//! The only place that writes to the terminal: results to standard output, problems to standard error.

use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::{Cell, ContentArrangement, Table, presets};
use jiff::Timestamp;
use serde::Serialize;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::escape;
use yujing_base::zone::Zone;

use super::{Failure, Language};

/// Writes a part of the result, usually a line; control characters in it are escaped.
///
/// # Errors
/// [`Failure::OutputClosed`] if nobody reads any more, else what the system says.
pub fn line(text: &str) -> Result<(), Failure> {
    write(&escape::lines(text))
}

/// As [`line`], for a text that the program has coloured: what of it comes from others is escaped already.
///
/// # Errors
/// As [`line`].
pub fn styled(text: &str) -> Result<(), Failure> {
    write(&escape::styled(text))
}

/// Writes a JSON document as it came, on one line.
///
/// # Errors
/// As [`line`].
pub fn json_line(document: &[u8]) -> Result<(), Failure> {
    write(&escape::json(&String::from_utf8_lossy(document)).replace('\n', " "))
}

fn write(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::OutputClosed),
        Err(error) => Err(Failure::external(format!("standard output cannot be written: {error}"))),
    }
}

/// Writes a result as one indented JSON document.
///
/// # Errors
/// As [`line`].
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::internal(format!("the result cannot be written as JSON: {error}")))?;
    write(&escape::json(&text))
}

/// An instant in Beijing time, to the second.
pub fn time(at: Timestamp) -> String {
    clock(at, &Zone::default())
}

/// An instant where the office is, for a reader who may be elsewhere.
pub fn time_in(at: Timestamp, zone: &Zone, lang: Language) -> String {
    let clock = clock(at, zone);
    match lang {
        Language::Zh if zone.is_beijing() => clock,
        _ => format!("{clock} {}", lang.of(&zone.words())),
    }
}

fn clock(at: Timestamp, zone: &Zone) -> String {
    zone.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// What is said of a finding that counts for nothing since a verdict.
pub fn disputed(lang: Language) -> &'static str {
    lang.pick("经核查不属实（已审核），不计分", "found unfounded and reviewed, so it does not count")
}

/// Writes what went wrong; a closed standard error leaves nobody to read it.
pub fn problem(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", escape::lines(text));
}

/// Writes what is wrong with files, coloured on a terminal.
pub fn findings(found: &Diagnostics, language: Language) {
    let text = found.render_in(language, color_on_stderr());
    let _ = writeln!(io::stderr().lock(), "{}", escape::styled(text.trim_end()));
}

/// Whether colours help: standard error is a terminal, and the user has not asked for none (`NO_COLOR`).
fn color_on_stderr() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A cell of a table with text of others, on one line.
pub fn cell(text: &str) -> Cell {
    Cell::new(escape::line(text))
}

/// An empty table that fits the terminal.
pub fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    if !io::stdout().is_terminal() {
        table.set_width(120);
    }
    table.set_header(header);
    table
}
