use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::lookup::WordKind;
use super::*;
use crate::{rules_folder, schemas_folder};

struct Texts {
    files: Files,
    cases: Files,
    schemas: PathBuf,
    sources: Arc<Sources>,
    checked: CheckedDraft,
}

impl Texts {
    /// The starter rules.
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let schemas = root.join("schemas");
        let sources = Arc::new(schemas_folder::load(&schemas).expect("the schemas load"));
        let snapshot = rules_folder::read(&root.join("rules")).expect("the rules are read");
        let files = snapshot.ruleset_files().expect("UTF-8");
        let checked = CheckedDraft::default();
        Self { files, cases: snapshot.case_files().expect("UTF-8"), schemas, sources, checked }
    }

    fn draft(&self) -> Draft<'_> {
        Draft {
            folder: Path::new(""),
            files: &self.files,
            cases: &self.cases,
            schemas: &self.schemas,
            sources: &self.sources,
            checked: &self.checked,
        }
    }
}

fn now() -> Timestamp {
    "2026-03-02T08:00:00+08:00".parse().expect("a time")
}

#[test]
fn a_slip_is_found_in_its_file_and_at_its_place() {
    let mut texts = Texts::new();
    let sound = texts.draft().check(now());
    assert!(sound.ok && sound.summary.as_ref().is_some_and(|summary| summary.rules > 30), "{sound:?}");
    let rule = texts.files.get_mut("pests/rodent_sighted.rhai").expect("the rule is there");
    *rule = rule.replace("op.rodent", "op.rodnet");
    let found = texts.draft().check(now());
    let slip = found.diagnostics.iter().find(|found| found["code"] == "rule/unknown-feature").expect("it is found");
    assert!(!found.ok && slip["path"] == "pests/rodent_sighted.rhai" && slip["line"].as_u64() > Some(1), "{slip}");
}

/// What somebody does to a file, and takes back.
struct Edit {
    path: &'static str,
    /// None: the file is taken away.
    of: Option<(&'static str, &'static str)>,
}

const fn edit(path: &'static str, old: &'static str, new: &'static str) -> Edit {
    Edit { path, of: Some((old, new)) }
}

const RULE: &str = "pests/rodent_sighted.rhai";
const FEATURES: &str = "features/camera_alerts.sql";
const CASES: &str = "cases/pests/rodent_sighted.toml";

const EDITS: [Edit; 15] = [
    edit(RULE, "fn points", "// 注\nfn points"),
    edit(RULE, ">= 1 ||", ">= 0 ||"),
    edit(RULE, "fn level", "fn (level"),
    edit(RULE, "family   = \"pests\"", "family   = \"pets\""),
    edit(FEATURES, "SELECT", "SELEKT"),
    edit(FEATURES, "INTERVAL '7 days'", "INTERVAL '1 month'"),
    // The catalogue is another one.
    edit(FEATURES, "AS rodent_confirmed_24h", "AS rodent_sure_24h"),
    edit(FEATURES, "count(*) FILTER", "1.5 * count(*) FILTER"),
    edit("features/complaints.sql", "SELECT operator_id,", "SELECT operator_id,\n"),
    edit("ruleset.toml", "[families.pests]", "[families.vermin]"),
    // A misspelt feature may be a rule's name.
    Edit { path: "pests/rodent_with_complaint.rhai", of: None },
    edit(CASES, "rule = ", "rules = "),
    edit(CASES, "class = ", "clas = "),
    edit(CASES, "fired = true", "features = { rodent_sure_24h = 1 }"),
    Edit { path: CASES, of: None },
];

/// Each edit is made and taken back, in any order, so that sound and unsound texts meet.
#[test]
fn what_is_kept_of_the_draft_before_changes_no_answer() {
    let order: Vec<usize> = (0..EDITS.len()).chain(0..EDITS.len()).collect();
    let check = |order: Vec<usize>| {
        let mut texts = Texts::new();
        let whole = (texts.files.clone(), texts.cases.clone());
        let sound = texts.draft().check(now());
        let mut made = BTreeSet::new();
        for place in order {
            if !made.remove(&place) {
                made.insert(place);
            }
            (texts.files, texts.cases) = whole.clone();
            for Edit { path, of } in made.iter().map(|place| &EDITS[*place]) {
                let folder = if path.starts_with("cases") { &mut texts.cases } else { &mut texts.files };
                match (folder.get_mut(*path), of) {
                    (Some(text), Some((old, new))) => *text = text.replacen(old, new, 1),
                    _ => drop(folder.remove(*path)),
                }
            }
            let kept = texts.draft().check(now());
            let fresh = Draft { checked: &CheckedDraft::default(), ..texts.draft() }.check(now());
            prop_assert_eq!(kept, fresh, "with {:?}", made);
        }
        prop_assert!(sound.ok && made.is_empty());
        prop_assert_eq!(texts.draft().check(now()), sound);
        Ok(())
    };
    let config = Config { cases: 1, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&Just(order).prop_shuffle(), check).unwrap();
}

#[test]
fn every_edit_of_the_series_is_one() {
    for Edit { path, of } in EDITS {
        let mut texts = Texts::new();
        let folder = if path.starts_with("cases") { &mut texts.cases } else { &mut texts.files };
        let text = folder.get(path).unwrap_or_else(|| panic!("there is no {path}"));
        assert!(of.is_none_or(|(old, _)| text.contains(old)), "{path} has no {of:?}");
    }
}

#[test]
fn a_case_that_does_not_hold_shows_its_timeline() {
    let mut texts = Texts::new();
    let path = "cases/pests/rodent_sighted.toml";
    let cases = texts.cases.get_mut(path).expect("the cases are there");
    let whole = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules").join(path)).expect("read");
    *cases = whole.replacen("fired = true", "fired = false", 1);
    let report = texts.draft().run_cases("rodent_sighted");
    let failing: Vec<_> = report.cases.iter().filter(|case| !case.passed).collect();
    assert!(!report.ok && report.failed == 1 && failing.len() == 1 && report.cases.len() > 1, "{report:?}");
    let [case] = failing[..] else { return };
    assert_eq!(case.path, path);
    assert!(case.timeline.iter().any(|entry| entry.written.contains("expect") && entry.score.is_some()), "{case:?}");
    assert_eq!(case.failures[0]["differences"][0]["subject"], "fired");
}

#[test]
fn every_function_of_the_vocabulary_is_known_to_rules_or_features() {
    let texts = Texts::new();
    let words = texts.draft().catalogue(now()).vocabulary;
    let of = |kind: WordKind| words.iter().filter(move |word| word.kind == kind);
    let mut files = texts.files.clone();
    for function in of(WordKind::SqlFunction) {
        let sql = format!(
            "SELECT operator_id,\n  -- @zh 甲\n  -- @en a\n  -- @missing unknown\n  {}() AS it\nFROM complaints\nGROUP BY operator_id\n",
            function.name
        );
        files.insert("features/probe.sql".to_owned(), sql);
        let found = Draft { files: &files, ..texts.draft() }.check(now());
        let unknown = found.diagnostics.iter().find(|found| found["code"] == "feature/unknown-function");
        assert_eq!(unknown, None, "{}", function.name);
    }
    assert!(of(WordKind::Feature).count() > 50 && of(WordKind::Column).count() > 50);
}
