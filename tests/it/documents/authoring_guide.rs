//! The analysts' guides keep what they promise: every example of the authoring guide is loaded or run here, those of
//! "Into service" by `with_kafka::into_service`; both languages say the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rstest::rstest;
use yujing_base::diagnostic::Diagnostics;
use yujing_core::feature::FeatureSet;
use yujing_core::rule::Rules;
use yujing_core::source::Sources;
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::folder::copy_folder;
use crate::support::guide::{Example, Walk, broken_links, examples, marked};
use crate::support::ruleset::allow_end_of_calendar;

const GUIDES: [&str; 2] = ["README.md", "README.zh-CN.md"];
const SERVICE: [&str; 2] = ["service.md", "service.zh-CN.md"];

fn guide(name: &str) -> String {
    fs::read_to_string(Path::new("rules").join(name)).expect("the guide")
}

fn sources() -> Sources {
    schemas_folder::load(Path::new("schemas")).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

/// A copy of the rules folder in a folder of its own.
fn copy_of_rules() -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    copy_folder(Path::new("rules"), copy.path());
    copy
}

/// The codes that a load ended with; empty if it went well.
fn codes<T>(outcome: Result<T, Diagnostics>) -> BTreeSet<&'static str> {
    outcome.err().map(|problems| problems.0.iter().map(|problem| problem.code).collect()).unwrap_or_default()
}

fn expected_codes(verdict: &str) -> BTreeSet<&str> {
    if verdict == "loads" { BTreeSet::new() } else { BTreeSet::from([verdict]) }
}

/// Both languages show the same; what is printed, and the names in the ten minutes' cases, are in the guide's language.
#[rstest]
#[case(GUIDES)]
#[case(SERVICE)]
fn both_languages_have_the_same_examples_and_each_has_a_mark(#[case] pages: [&str; 2]) {
    let [english, chinese] = pages.map(|name| examples(&guide(name)));
    let alike = |a: &Example, b: &Example| {
        let is_printed = a.mark.starts_with("tutorial: ") || a.mark == "service: shows";
        a.language == b.language && a.mark == b.mark && (is_printed || a.text == b.text)
    };
    assert_eq!(english.len(), chinese.len());
    for (english, chinese) in english.iter().zip(&chinese) {
        assert!(alike(english, chinese), "{english:?}\n{chinese:?}");
        let is_shown = ["text", "sh"].contains(&english.language.as_str());
        assert!(is_shown || english.mark.starts_with(|c: char| c.is_ascii_lowercase()), "{english:?}");
    }
}

#[test]
fn the_ten_minutes_go_as_written_from_an_empty_folder() {
    for name in GUIDES {
        let mut walk = Walk::new(Vec::new());
        let examples = examples(&guide(name));
        let steps = marked(&examples, "tutorial:");
        for (place, (step, text)) in steps.iter().enumerate() {
            walk.take(step, text);
            if place == 0 {
                allow_end_of_calendar(&walk.path().join("rules"));
            }
        }
        assert!(steps.len() >= 15, "{name}: {}", steps.len());
    }
}

#[test]
fn the_guides_files_load_along_with_those_that_ship() {
    let all = examples(&guide(GUIDES[0]));
    let folder = copy_of_rules();
    for (path, text) in marked(&all, "file:") {
        let path = folder.path().join(path);
        assert!(!path.exists(), "{} ships already", path.display());
        fs::write(&path, text).expect("written");
    }
    for (path, text) in marked(&all, "added to:") {
        let path = folder.path().join(path);
        let shipped = fs::read_to_string(&path).expect("the shipped file");
        fs::write(&path, format!("{shipped}\n{text}")).expect("written");
    }
    let ruleset =
        rules_folder::load(folder.path(), &sources()).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    assert!(ruleset.calendar.years.contains_key(&2027) && ruleset.policy.families.contains_key("allergens"));
    assert!(ruleset.features.index_of("failed_after_retest_180d").is_some());
}

#[test]
fn the_guides_columns_load_or_are_refused_as_it_says() {
    let sources = sources();
    for (mark, text) in marked(&examples(&guide(GUIDES[0])), "column of") {
        let (table, verdict) = mark.split_once(": ").expect("a table and a verdict");
        let sql = format!(
            "SELECT operator_id,\n-- @zh 指标\n-- @en Feature\n-- @missing unknown\n{text} AS example\nFROM {table} GROUP BY operator_id"
        );
        let outcome = FeatureSet::from_texts(&[(PathBuf::from("example.sql"), sql)], &sources);
        assert_eq!(codes(outcome), expected_codes(verdict), "{text}");
    }
}

#[test]
fn the_guides_functions_load_or_are_refused_as_it_says() {
    let sources = sources();
    let ruleset = rules_folder::load(Path::new("rules"), &sources).expect("the rules load");
    for (verdict, text) in marked(&examples(&guide(GUIDES[0])), "rule:") {
        let mut rule = "//! id = \"example\"\n//! title = { zh = \"例\", en = \"Example\" }\n//! family = \"pests\"\n\
             //! status = \"active\"\n//! owner = \"科\"\n//! effective_from = 2026-01-01\n\
             //! basis = [{ law = \"法\", article = \"条\", confirmed = false }]\n\
             //! action = { zh = \"查\", en = \"Look\" }\n//! deadline = \"24h\"\n\n"
            .to_owned()
            + text;
        for (function, body) in [("when", "true"), ("points", "1"), ("because", "#{ zh: \"因\", en: \"why\" }")] {
            if !text.contains(&format!("fn {function}(")) {
                rule.extend(["fn ", function, "(op) { ", body, " }\n"]);
            }
        }
        let texts = [(PathBuf::from("example.rhai"), rule)];
        let outcome = Rules::from_texts(&texts, ruleset.features.catalogue(), &ruleset.policy.families);
        assert_eq!(codes(outcome), expected_codes(verdict), "{text}");
    }
}

#[test]
fn links_lead_somewhere() {
    for name in GUIDES.into_iter().chain(SERVICE) {
        assert_eq!(broken_links(&format!("rules/{name}")), Vec::<String>::new(), "{name}");
    }
}

#[rstest]
#[case(GUIDES)]
#[case(SERVICE)]
fn both_languages_have_the_same_parts(#[case] pages: [&str; 2]) {
    let parts = |guide: &str| -> Vec<usize> {
        let headings = guide.lines().filter(|line| line.starts_with('#'));
        headings.map(|line| line.bytes().take_while(|byte| *byte == b'#').count()).collect()
    };
    let [english, chinese] = pages.map(|name| parts(&guide(name)));
    assert_eq!(english, chinese);
}
