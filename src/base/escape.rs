//! Text of others at the edges: names, identifiers, publishers and reasons come from outside, and what shows them may
//! take part of them for its own. One function for each kind of edge:
//!
//! | edge | function |
//! |---|---|
//! | one line: a log line, a label, a value within a sentence or a table | [`line`] |
//! | several lines on a terminal | [`lines`], [`source`] of a file, and [`styled`] where the program has coloured them |
//! | a record or an answer, before its parts are shown | [`document`] |
//! | JSON on a terminal | [`json`] |
//! | a cell of a CSV file | [`cell`] |
//! | an HTML page | [`html`] |
//!
//! What is escaped acts without being seen: control characters (the escape sequences of terminals begin with one),
//! characters that turn the direction of text, and characters of no width. They are shown as `\n` or `\u{202e}`.

use std::borrow::Cow;
use std::fmt::Write as _;

use minijinja::{Output, State, escape_formatter};
use serde_json::Value;

/// Whether a character acts on what shows it, or is not seen. Variation selectors choose between forms of the character
/// before them, also of Chinese ones, and stay.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
            && !matches!(character, '\u{e0100}'..='\u{e01ef}')
}

/// As one line: nothing hidden is left, line ends included.
pub fn line(text: &str) -> Cow<'_, str> {
    replaced(text, is_hidden, show)
}

/// As lines of a terminal: line ends stay, nothing else that is hidden.
pub fn lines(text: &str) -> Cow<'_, str> {
    replaced(text, |character| character != '\n' && is_hidden(character), show)
}

/// As a file's text within a finding: tabs and line ends stay, also those of Windows, for they are drawn as blanks.
pub fn source(text: &str) -> Cow<'_, str> {
    replaced(text, |character| !matches!(character, '\n' | '\r' | '\t') && is_hidden(character), show)
}

/// As [`lines`], but colours stay, because the program gave them. Everything of others in it was escaped before.
pub fn styled(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) {
        return lines(text);
    }
    let mut shown = String::with_capacity(text.len());
    for (index, part) in text.split(ESCAPE).enumerate() {
        // The first part has no escape before it.
        let colour = if index == 0 { Some("") } else { colour(part) };
        match colour {
            Some("") => {}
            Some(colour) => shown.extend(["\u{1b}", colour]),
            None => show('\u{1b}', &mut shown),
        }
        shown.push_str(&lines(&part[colour.map_or(0, str::len)..]));
    }
    shown.into()
}

/// Begins a sequence that a terminal obeys.
const ESCAPE: char = '\u{1b}';

/// What follows the escape in a sequence that sets colours, if it is one: `[1;31m`.
fn colour(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('[')?;
    let end = rest.find(|character: char| !character.is_ascii_digit() && character != ';')?;
    rest[end..].starts_with('m').then(|| &text[..end + 2])
}

/// Every text of a document as one line, keys too: its parts can then be shown anywhere.
#[must_use]
pub fn document(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(line(&text).into_owned()),
        Value::Array(items) => items.into_iter().map(document).collect(),
        Value::Object(fields) => {
            let shown = |(name, value): (String, Value)| (line(&name).into_owned(), document(value));
            Value::Object(fields.into_iter().map(shown).collect())
        }
        plain => plain,
    }
}

/// A JSON text of the same meaning in which nothing is hidden: what is stands as `\u202e`. Between texts, where nothing
/// but blanks may stand, tabs and carriage returns become blanks; line ends stay.
pub fn json(text: &str) -> Cow<'_, str> {
    let escaped = |character: char, shown: &mut String| match character {
        '\t' | '\r' => shown.push(' '),
        _ => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        }
    };
    replaced(text, |character| character != '\n' && is_hidden(character), escaped)
}

/// As a cell of a CSV file: one line, and no spreadsheet takes it for a formula. An apostrophe before it says that it
/// is a text; a number stays one.
pub fn cell(text: &str) -> Cow<'_, str> {
    let shown = line(text);
    let is_number = || shown.parse().is_ok_and(f64::is_finite);
    if shown.trim_start().starts_with(FORMULA) && !is_number() { format!("'{shown}").into() } else { shown }
}

/// What formulas begin with; spreadsheets take the full-width forms too.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// What a template writes to an HTML page: as [`lines`], then as HTML. To be set as the formatter of an environment.
///
/// # Errors
/// If the page cannot be written.
pub fn html(out: &mut Output, state: &mut State, value: &minijinja::Value) -> Result<(), minijinja::Error> {
    match value.as_str().filter(|_| !value.is_safe()).map(lines) {
        Some(Cow::Owned(shown)) => escape_formatter(out, state, &minijinja::Value::from(shown)),
        Some(Cow::Borrowed(_)) | None => escape_formatter(out, state, value),
    }
}

fn show(character: char, shown: &mut String) {
    let _ = match character {
        '\n' | '\r' | '\t' => write!(shown, "{}", character.escape_default()),
        _ => write!(shown, "{}", character.escape_unicode()),
    };
}

/// Borrowed where there is nothing to replace, which is nearly always.
fn replaced(text: &str, meant: impl Fn(char) -> bool, with: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(&meant) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if meant(character) {
            with(character, &mut shown);
        } else {
            shown.push(character);
        }
    }
    shown.into()
}

#[cfg(test)]
#[path = "escape_tests.rs"]
mod tests;
