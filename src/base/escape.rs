//! Text of others at the edges: names, identifiers, publishers and reasons come from outside, and what shows them may take
//! part of them for its own. One function for each kind of edge:
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

/// As a cell of a CSV file: one line, and no spreadsheet takes it for a formula. An apostrophe before it says that it is a
/// text; a number stays one.
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
mod tests {
    use minijinja::{AutoEscape, Environment, context};
    use proptest::prelude::*;

    use super::*;

    /// What others were caught with, and pieces of it.
    const HOSTILE: [&str; 16] = [
        "\u{1b}[2J",
        "\u{1b}]0;title\u{7}",
        "\u{1b}[31m",
        "\u{1b}",
        "\u{9b}31m",
        "\n2026-03-02T02:00:00Z ERROR forged",
        "\r",
        "\t",
        "\u{202e}",
        "\u{200b}",
        "\u{e0041}",
        "=HYPERLINK(\"http://x\")",
        "\t=1+1",
        "\u{feff}@SUM(A1)",
        "<script>",
        "\"&'",
    ];

    /// Any text, with hostile pieces much more often than chance would have it.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            proptest::collection::vec(any::<char>(), 0..4).prop_map(String::from_iter),
            proptest::sample::select(&HOSTILE[..]).prop_map(str::to_owned),
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    fn hidden(text: &str) -> Vec<char> {
        text.chars().filter(|character| is_hidden(*character)).collect()
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_in_which_nothing_is_hidden(text in text()) {
            let shown = line(&text);
            prop_assert!(hidden(&shown).is_empty(), "{:?}", shown);
            prop_assert_eq!(shown.lines().count().max(1), 1);
            prop_assert_eq!(hidden(&text).is_empty(), shown == text, "what is plain stays as it is");
        }

        #[test]
        fn a_files_text_keeps_its_lines_and_tabs(text in text()) {
            let kept = |text: &str| text.replace(|it| is_hidden(it) && !"\n\r\t".contains(it), "");
            let shown = source(&text);
            prop_assert_eq!(kept(&shown), shown.clone().into_owned());
            prop_assert_eq!(shown.lines().count(), text.lines().count());
        }

        #[test]
        fn lines_have_the_line_ends_that_they_had_and_nothing_else_hidden(text in text()) {
            let shown = lines(&text);
            prop_assert_eq!(hidden(&shown).len(), text.matches('\n').count());
            prop_assert_eq!(shown.matches('\n').count(), text.matches('\n').count());
        }

        #[test]
        fn colours_are_all_that_styled_lines_may_have_more(text in text()) {
            let shown = styled(&text);
            let without: String = shown.split(ESCAPE).enumerate().map(|(index, part)| {
                if index == 0 { part } else { &part[colour(part).expect("a colour follows").len()..] }
            }).collect();
            prop_assert!(hidden(&without).iter().all(|character| *character == '\n'), "{:?}", shown);
        }

        #[test]
        fn no_text_of_a_document_hides_anything(text in text(), key in text()) {
            let shown = document(serde_json::json!({ key: [{ "name": text }], "score": 1 }));
            let written = shown.to_string();
            prop_assert!(hidden(&written).is_empty(), "{:?}", written);
            prop_assert_eq!(&shown["score"], 1);
        }

        #[test]
        fn json_keeps_its_meaning_and_hides_nothing(text in text(), key in text()) {
            let value = serde_json::json!({ key: [text, 1, null] });
            for written in [value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
                let shown = json(&written);
                prop_assert_eq!(hidden(&shown).len(), written.matches('\n').count());
                prop_assert_eq!(serde_json::from_str::<Value>(&shown).expect("still JSON"), value.clone());
            }
        }

        #[test]
        fn a_cell_is_no_formula_and_hides_nothing(text in text()) {
            let shown = cell(&text);
            prop_assert!(hidden(&shown).is_empty(), "{:?}", shown);
            let is_number = !shown.is_empty() && shown.chars().all(|it| it.is_ascii_digit() || "+-.eE".contains(it));
            prop_assert!(is_number || !shown.trim_start().starts_with(FORMULA), "{:?}", shown);
        }

        #[test]
        fn a_page_holds_the_text_as_text(text in text()) {
            let mut environment = Environment::new();
            environment.set_auto_escape_callback(|_| AutoEscape::Html);
            environment.set_formatter(html);
            environment.add_template("page", "{{ text }}").expect("a template");
            let page = environment.get_template("page").and_then(|page| page.render(context! { text })).expect("filled");
            prop_assert!(!page.contains(['<', '>', '"', '\'']), "{:?}", page);
            prop_assert!(hidden(&page).iter().all(|character| *character == '\n'), "{:?}", page);
        }
    }

    #[test]
    fn what_is_escaped_can_be_recognised() {
        assert_eq!(line("a\u{1b}[31m\nb\u{202e}c\t\u{9b}"), "a\\u{1b}[31m\\nb\\u{202e}c\\t\\u{9b}");
        assert_eq!(styled("\u{1b}[1;31mred\u{1b}[0m\u{1b}]0;x\u{7}"), "\u{1b}[1;31mred\u{1b}[0m\\u{1b}]0;x\\u{7}");
        assert_eq!(json("{\"a\":\"\u{e0041}\u{202e}\"}"), r#"{"a":"\udb40\udc41\u202e"}"#);
        assert_eq!(["=1+1", "-1.5", "-1+1", " @a"].map(cell), ["'=1+1", "-1.5", "'-1+1", "' @a"]);
    }

    #[test]
    fn names_as_they_are_written_stay_as_they_are() {
        for name in
            ["示例餐厅（南京路店）", "Café №7 – 50 %", "𠮷野家", "葛\u{e0100}城", "👩🏽\u{fe0f}", "O’Brien", " a "]
        {
            assert!(matches!(line(name), Cow::Borrowed(same) if same == name), "{name}");
            assert_eq!(cell(name), name);
        }
    }
}
