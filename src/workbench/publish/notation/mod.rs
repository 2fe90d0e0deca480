//! What people write for a number, a day, a time or a yes, read as what it is. Nothing is guessed: what has two
//! readings, or a part that would be lost, is no value here and is refused by the decoder as it stands.
//!
//! - [`number`]: numbers and results of measurements
//! - [`date`]: days and times
//! - [`literal`]: the JSON that a text is where a field asks for another type

pub(super) mod date;
pub(super) mod number;

use std::borrow::Cow;

use yujing_core::source::shape::ValueRule;

/// The JSON of a text where a field asks for something else than a text; `None` if it is not one of those.
pub(super) fn literal(text: &str, rule: &ValueRule) -> Option<String> {
    match rule {
        ValueRule::Int { .. } | ValueRule::Float { .. } | ValueRule::Decimal { .. } => number::plain(text),
        ValueRule::Bool { .. } => truth(text).map(|truth| truth.to_string()),
        ValueRule::Date => date::day(text).map(|day| format!("\"{day}\"")),
        ValueRule::Time => date::time(text).map(|time| format!("\"{time}\"")),
        ValueRule::Text(_) | ValueRule::List { .. } | ValueRule::Object(_) => None,
    }
}

fn truth(text: &str) -> Option<bool> {
    match &*half_width(text).trim().to_ascii_lowercase() {
        "true" | "是" => Some(true),
        "false" | "否" => Some(false),
        _ => None,
    }
}

/// Full-width letters, digits and signs as the others are; blanks of every kind as a space.
fn half_width(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let half = |character: char| match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        other if other.is_whitespace() => ' ',
        other => other,
    };
    Cow::Owned(text.chars().map(half).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_is_one_only_if_it_says_so() {
        let cases = [
            ("true", Some(true)),
            (" FALSE ", Some(false)),
            ("ｔｒｕｅ", Some(true)),
            ("是", Some(true)),
            ("否", Some(false)),
            ("1", None),
            ("√", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(truth(text), expected, "{text}");
        }
    }
}
