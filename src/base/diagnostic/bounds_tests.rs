use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::language::Language;

/// Everything that has led printers astray: wide, combining, invisible, turning, controls, and every end of a line.
const CHARACTERS: [&str; 18] = [
    "a",
    " ",
    "文",
    "，",
    "e\u{301}",
    "\u{301}",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "👩\u{200d}🍳",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "\u{1b}[31m",
    "\u{2028}",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(CHARACTERS.as_slice()), 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn a_finding_at_any_place_of_any_text_is_shown_in_bounds(text in text(), start in 0..400_usize, length in 0..400_usize, detail in text()) {
        let found = Diagnostic::at("rule/syntax", Path::new("a.rhai"), &text, start..start + length, "wrong");
        let found = Diagnostics::from(found.with_detail(detail));
        for language in [Language::Zh, Language::En] {
            let rendered = found.render_in(language, false);
            prop_assert!(rendered.contains("wrong") && rendered.len() < 40_000, "{}", rendered);
            let hidden = rendered.chars().find(|it| *it != '\n' && crate::escape::is_hidden(*it));
            prop_assert!(hidden.is_none(), "{:?} in {}", hidden, rendered);
        }
        prop_assert!(serde_json::to_string(&found.0[0]).is_ok());
    }
}

#[test]
fn thousands_of_findings_in_one_line_are_shown_by_the_first_twenty_and_how_many_more() {
    let text = format!("fn when(op) {{ op.kind in [{}] }}", "\"nothing\", ".repeat(10_000));
    let began = Instant::now();
    let mut found = Diagnostics::default();
    for number in 0..10_000 {
        let at = text.len() - 11 * (number + 1);
        found.push(Diagnostic::at("rule/no-such-value", Path::new("a.rhai"), &text, at..at + 9, "never"));
    }
    let rendered = [Language::En, Language::Zh].map(|language| found.render_in(language, false));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(rendered[0].matches("never").count(), MAX_OF_A_KIND);
    assert!(rendered[0].contains("9980 more of this kind") && rendered[1].contains("另有9980处"), "{}", rendered[0]);
    assert!(rendered.iter().all(|rendered| rendered.len() < 100_000));
    assert_eq!(found.bounded().0.len(), MAX_OF_A_KIND + 1);
}

#[test]
fn findings_of_many_kinds_are_bounded_too() {
    let of = |file: usize| Diagnostic::file("rule/syntax", Path::new(&format!("{file:04}.rhai")), "wrong");
    let found = Diagnostics((0..1_000).map(of).collect());
    let rendered = found.bounded();
    assert_eq!(rendered.0.len(), MAX_SHOWN + 1);
    assert!(
        rendered.0[MAX_SHOWN]
            .to_string()
            .ends_with("0200.rhai: error[rule/syntax]: 800 more of several kinds are not listed"),
        "{rendered}"
    );
}

#[test]
fn a_message_that_quotes_a_long_text_is_cut_in_its_middle() {
    let message = format!("there is no feature `{}`; look", "长".repeat(100_000));
    let found =
        Diagnostic::file("rule/unknown-feature", Path::new("a.rhai"), message.as_str()).with_help(message.as_str());
    for rendered in [&found.message.zh, &found.help.expect("a hint").en] {
        assert!(
            rendered.chars().count() < 1_100 && rendered.starts_with("there is no") && rendered.ends_with("; look"),
            "{rendered}"
        );
    }
    assert_eq!(cut_text("短".repeat(MAX_MESSAGE_CHARS)), "短".repeat(MAX_MESSAGE_CHARS));
}
