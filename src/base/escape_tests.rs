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
    for name in ["示例餐厅（南京路店）", "Café №7 – 50 %", "𠮷野家", "葛\u{e0100}城", "👩🏽\u{fe0f}", "O’Brien", " a "]
    {
        assert!(matches!(line(name), Cow::Borrowed(same) if same == name), "{name}");
        assert_eq!(cell(name), name);
    }
}
