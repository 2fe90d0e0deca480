//! The authoring guide keeps what it promises: every example in it is loaded or run, every code and rule is in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::folder::copy_folder;
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

/// The codes that a load ended with; empty if it went well.
fn codes<T>(outcome: Result<T, Diagnostics>) -> BTreeSet<&'static str> {
    outcome.err().map(|problems| problems.0.iter().map(|problem| problem.code).collect()).unwrap_or_default()
}

fn expected_codes(verdict: &str) -> BTreeSet<&str> {
    if verdict == "loads" { BTreeSet::new() } else { BTreeSet::from([verdict]) }
}

/// Both guides show the same; what the ten minutes print and the names in their cases are in the guide's language.
#[test]
fn both_guides_have_the_same_examples_and_each_has_a_mark() {
    let [english, chinese] = GUIDES.map(|name| examples(&guide(name)));
    let alike = |a: &Example, b: &Example| {
        let is_tutorial = a.mark.starts_with("tutorial: ");
        a.language == b.language && a.mark == b.mark && (is_tutorial || a.text == b.text)
    };
    assert_eq!(english.len(), chinese.len());
    for (english, chinese) in english.iter().zip(&chinese) {
        assert!(alike(english, chinese), "{english:?}\n{chinese:?}");
        let told = ["text", "sh"].contains(&english.language.as_str());
        assert!(told || english.mark.starts_with(|c: char| c.is_ascii_lowercase()), "{english:?}");
    }
}

/// The ten minutes of one guide, in an empty folder with the built program on the path.
struct Tutorial {
    folder: tempfile::TempDir,
    /// What the last commands printed, line by line, with single spaces.
    printed: Vec<String>,
}

impl Tutorial {
    fn file(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// Runs commands as they stand in the guide, in one shell after the other that keeps what was exported.
    fn run(&mut self, commands: &str, must_fail: bool) {
        let program = Path::new(env!("CARGO_BIN_EXE_yujing")).parent().expect("a folder");
        let path = format!("{}:/usr/bin:/bin", program.display());
        let kept = self.folder.path().join(".exports");
        let kept = kept.display();
        let script = format!("[ ! -f {kept} ] || . {kept}\n{commands}\nexport -p > {kept}\n");
        let output = Command::new("sh")
            .args(["-e", "-c", &script])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", path)
            .output()
            .expect("sh runs");
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8")).concat();
        assert_eq!(output.status.success(), !must_fail, "{commands}{printed}");
        self.printed = printed.lines().map(single_spaced).collect();
    }

    fn shows(&self, text: &str) {
        let mut printed = self.printed.iter();
        for line in text.lines().map(single_spaced) {
            assert!(printed.any(|printed| *printed == line), "not shown: {line}\n{}", self.printed.join("\n"));
        }
    }
}

fn single_spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_ten_minutes_go_as_written_from_an_empty_folder() {
    for name in GUIDES {
        let mut tutorial = Tutorial { folder: tempfile::tempdir().expect("a folder"), printed: Vec::new() };
        let examples = examples(&guide(name));
        let steps = marked(&examples, "tutorial:");
        for (step, text) in &steps {
            match (*step, step.strip_prefix("file ")) {
                (_, Some(path)) => tutorial.file(path, text),
                ("runs", _) => tutorial.run(text, false),
                ("fails", _) => tutorial.run(text, true),
                ("shows", _) => tutorial.shows(text),
                (other, _) => panic!("{name}: a step called {other}"),
            }
        }
        assert!(steps.len() >= 15, "{name}: {}", steps.len());
    }
}

#[test]
fn the_guides_files_load_beside_those_that_ship() {
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
        Ruleset::load(folder.path(), &sources()).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
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

#[test]
fn links_within_the_project_lead_somewhere() {
    for name in GUIDES {
        let guide = guide(name);
        for link in guide.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let inside = !link.is_empty() && !link.contains("://");
            assert!(!inside || Path::new("rules").join(link).exists(), "{name} links to {link}");
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
