//! The authoring guide keeps what it promises: every example in it is loaded or run, every code and rule is in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use yujing::case::{Examples, Suite};
use yujing::diagnostic::Diagnostics;
use yujing::engine::Ruleset;
use yujing::feature::FeatureSet;
use yujing::rule::Rules;
use yujing::source::Sources;

const GUIDES: [&str; 2] = ["README.md", "README.zh-CN.md"];

/// One fenced block and the comment before it, which says what a test does with it.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    language: String,
    mark: String,
    text: String,
}

fn guide(name: &str) -> String {
    fs::read_to_string(Path::new("rules").join(name)).expect("the guide")
}

fn sources() -> Sources {
    Sources::load(Path::new("schemas")).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

fn examples(guide: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut before = "";
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let mark = before.trim_start_matches("<!--").trim_end_matches("-->").trim();
            let mark = if before.starts_with("<!--") { mark } else { "" };
            let text: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push(Example { language: language.to_owned(), mark: mark.to_owned(), text: text.join("\n") + "\n" });
        }
        before = line;
    }
    found
}

/// Examples whose mark begins with `prefix`, with the rest of the mark.
fn marked<'a>(all: &'a [Example], prefix: &str) -> Vec<(&'a str, &'a str)> {
    let rest = |example: &'a Example| Some((example.mark.strip_prefix(prefix)?.trim(), example.text.as_str()));
    let found: Vec<_> = all.iter().filter_map(rest).collect();
    assert!(!found.is_empty(), "no example is marked `{prefix}`");
    found
}

/// A copy of the rules folder in a folder of its own.
fn copy_of_rules() -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    copy_folder(Path::new("rules"), copy.path());
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder is made");
    for entry in fs::read_dir(from).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).expect("the file is copied");
        }
    }
}

/// The codes that a load ended with; empty if it went well.
fn codes<T>(outcome: Result<T, Diagnostics>) -> BTreeSet<&'static str> {
    outcome.err().map(|problems| problems.0.iter().map(|problem| problem.code).collect()).unwrap_or_default()
}

fn expected_codes(verdict: &str) -> BTreeSet<&str> {
    if verdict == "loads" { BTreeSet::new() } else { BTreeSet::from([verdict]) }
}

#[test]
fn both_guides_have_the_same_examples_and_each_has_a_mark() {
    let [english, chinese] = GUIDES.map(|name| examples(&guide(name)));
    assert_eq!(english, chinese);
    for example in &english {
        let told = ["text", "sh"].contains(&example.language.as_str());
        assert!(told != example.mark.starts_with(|c: char| c.is_ascii_lowercase()), "{example:?}");
    }
}

#[test]
fn the_guides_files_load_beside_those_that_ship_and_their_cases_hold() {
    let all = examples(&guide(GUIDES[0]));
    let folder = copy_of_rules();
    let mut case_files = BTreeSet::new();
    for (path, text) in marked(&all, "file:") {
        let path = folder.path().join(path);
        assert!(!path.exists(), "{} ships already", path.display());
        fs::write(&path, text).expect("written");
        if path.extension().is_some_and(|extension| extension == "toml") {
            case_files.insert(path);
        }
    }
    for (path, text) in marked(&all, "added to:") {
        let path = folder.path().join(path);
        let shipped = fs::read_to_string(&path).expect("the shipped file");
        fs::write(&path, format!("{shipped}\n{text}")).expect("written");
    }
    let sources = Arc::new(sources());
    let ruleset =
        Ruleset::load(folder.path(), &sources).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    assert!(ruleset.calendar.years.contains_key(&2027) && ruleset.policy.families.contains_key("allergens"));
    let examples = Examples::load(Path::new("schemas"), &sources).expect("valid examples");
    let files = yujing::case::load(&folder.path().join("cases")).expect("the cases load");
    let files: Vec<_> = files.into_iter().filter(|file| case_files.contains(&file.path)).collect();
    assert_eq!(files.len(), 1);
    let cases = files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case))).collect();
    let suite = Suite { sources: &sources, examples: &examples, cases, seed: 1 };
    let results = suite.run(ruleset, &|| Ruleset::load(folder.path(), &sources)).expect("the ruleset loads again");
    for result in results {
        assert!(result.failures.is_empty(), "{result:?}");
    }
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
    let ruleset = Ruleset::load(Path::new("rules"), &sources).expect("the rules load");
    for (verdict, text) in marked(&examples(&guide(GUIDES[0])), "rule:") {
        let folder = tempfile::tempdir().expect("a folder");
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
        fs::write(folder.path().join("example.rhai"), rule).expect("written");
        let outcome = Rules::load(folder.path(), ruleset.features.catalogue(), &ruleset.policy.families);
        assert_eq!(codes(outcome), expected_codes(verdict), "{text}");
    }
}

/// Codes as they stand in the source: `"rule/coalesce"` and the like.
fn codes_of_the_source() -> BTreeSet<String> {
    let mut texts = String::new();
    for part in ["case", "engine", "feature", "rule", "warning"] {
        read_all(&Path::new("src").join(part), &mut texts);
    }
    let kinds = ["policy", "calendar", "feature", "rule", "case", "ruleset"];
    let is_code = |text: &str| {
        text.split_once('/').is_some_and(|(kind, name)| {
            kinds.contains(&kind) && !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        })
    };
    texts.split('"').filter(|text| is_code(text)).map(str::to_owned).collect()
}

fn read_all(folder: &Path, texts: &mut String) {
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        if path.is_dir() {
            read_all(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push_str(&fs::read_to_string(&path).expect("the file is readable"));
        }
    }
}

/// The first cells, between backticks, of a guide's table rows.
fn first_cells(guide: &str) -> BTreeSet<&str> {
    guide.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(cell, _)| cell).collect()
}

#[test]
fn every_check_code_is_in_the_guides_and_no_other() {
    let expected = codes_of_the_source();
    assert!(expected.len() > 60, "{expected:?}");
    for name in GUIDES {
        let guide = guide(name);
        let listed: BTreeSet<_> =
            first_cells(&guide).into_iter().filter(|cell| cell.contains('/')).map(str::to_owned).collect();
        assert_eq!(listed, expected, "{name}");
    }
}

#[test]
fn every_rule_is_in_the_guides_with_its_title() {
    let sources = sources();
    let ruleset = Ruleset::load(Path::new("rules"), &sources).expect("the rules load");
    for name in GUIDES {
        let guide = guide(name);
        let rows = guide.lines().filter(|line| line.starts_with("| [`")).count();
        assert_eq!(rows, ruleset.rules.list().len(), "{name}");
        for rule in ruleset.rules.list() {
            let metadata = &rule.metadata;
            let title = if name == GUIDES[0] { &metadata.title.en } else { &metadata.title.zh };
            let path = rule.file.strip_prefix("rules").expect("below rules/").display();
            let row = format!("| [`{}`]({path}) | {title} | `{}` |", metadata.id, metadata.family);
            let row =
                guide.lines().find(|line| line.starts_with(&row)).unwrap_or_else(|| panic!("{name}: no row {row}"));
            assert!(row.ends_with(&format!("| `{}` |", metadata.deadline)), "{row}");
        }
    }
}

#[test]
fn both_guides_have_the_same_parts() {
    let parts = |guide: &str| -> Vec<usize> {
        let headings = guide.lines().filter(|line| line.starts_with('#'));
        headings.map(|line| line.bytes().take_while(|byte| *byte == b'#').count()).collect()
    };
    assert_eq!(parts(&guide(GUIDES[0])), parts(&guide(GUIDES[1])));
}
