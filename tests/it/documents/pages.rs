//! The developers' pages name files and tests: all of them are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;
use rstest::rstest;

use crate::support::guide::broken_links;

/// Files below a folder whose names end so.
pub fn files_below(folder: &Path, end: &str) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let found = paths.flat_map(|path| if path.is_dir() { files_below(&path, end) } else { vec![path] });
    found.filter(|path| path.to_str().is_some_and(|path| path.ends_with(end))).collect()
}

/// Names of all functions of the program and its tests.
fn functions() -> BTreeSet<String> {
    let function = Regex::new(r"\bfn (\w+)").expect("a pattern");
    let sources = ["src", "tests"].into_iter().flat_map(|folder| files_below(Path::new(folder), ".rs"));
    let texts = sources.map(|path| fs::read_to_string(path).expect("UTF-8"));
    texts.flat_map(|text| function.captures_iter(&text).map(|found| found[1].to_owned()).collect::<Vec<_>>()).collect()
}

#[rstest]
#[case("ARCHITECTURE.md")]
#[case("CONTRIBUTING.md")]
#[case("tests/README.md")]
fn files_folders_tests_and_headings_that_are_named_are_there(#[case] page: &str) {
    let text = fs::read_to_string(page).expect("the page");
    let path =
        Regex::new(r"\b(?:src|tests|rules|schemas|deploy|benches|examples|it)/[\w./*-]*[\w*]").expect("a pattern");
    for found in path.find_iter(&text).map(|found| found.as_str()) {
        let place = if found.starts_with("it/") { format!("tests/{found}") } else { found.to_owned() };
        assert!(Path::new(&place).exists(), "{page}: {found} is not there");
    }
    let functions = functions();
    let test = Regex::new(r"\b[a-z0-9]+(?:_[a-z0-9]+){3,}\b").expect("a pattern");
    for found in test.find_iter(&text).map(|found| found.as_str()) {
        assert!(functions.iter().any(|function| function.contains(found)), "{page}: there is no test {found}");
    }
    assert_eq!(broken_links(page), Vec::<String>::new(), "{page}");
}

#[test]
fn every_invariant_has_tests_that_bear_its_id() {
    let functions = functions();
    for number in 1..=7 {
        let id = format!("i{number}_");
        let tests = functions.iter().filter(|name| name.starts_with(&id) || name.contains(&format!("_{id}")));
        assert!(tests.count() > 0, "no test of I{number}");
    }
}

#[test]
fn decisions_and_invariants_that_the_code_cites_are_explained() {
    let text = fs::read_to_string("ARCHITECTURE.md").expect("the page");
    let citation = Regex::new(r"\bdecision (\d+)\b|\(I(\d)\)").expect("a pattern");
    for path in files_below(Path::new("src"), ".rs") {
        for found in citation.captures_iter(&fs::read_to_string(&path).expect("UTF-8")) {
            let explained = match (found.get(1), found.get(2)) {
                (Some(decision), _) => format!("\n{}. **", decision.as_str()),
                (None, invariant) => format!("\n| I{} |", invariant.map_or("", |number| number.as_str())),
            };
            assert!(text.contains(&explained), "{}: {}", path.display(), &found[0]);
        }
    }
}
