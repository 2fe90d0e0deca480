use std::fs;
use std::path::PathBuf;

use super::lookup::WordKind;
use super::*;
use crate::rules_folder;

struct Texts {
    files: Files,
    cases: Files,
    schemas: PathBuf,
    sources: Arc<Sources>,
    checked: CheckedFiles,
}

impl Texts {
    /// The starter rules.
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let schemas = root.join("schemas");
        let sources = Arc::new(Sources::load(&schemas).expect("the schemas load"));
        let snapshot = rules_folder::read(&root.join("rules")).expect("the rules are read");
        let files = snapshot.ruleset_files().expect("UTF-8");
        let checked = CheckedFiles::default();
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

/// One after the other, as somebody types them.
#[test]
fn what_is_kept_of_the_draft_before_changes_no_answer() {
    let mut texts = Texts::new();
    let rule = "pests/rodent_sighted.rhai";
    let file = "features/camera_alerts.sql";
    let edits = [
        (rule, "op.rodent", "op.rodnet"),
        (rule, "op.rodnet", "op.rodent"),
        (file, "SELECT", "SELEKT"),
        (file, "SELEKT", "SELECT"),
        (file, "INTERVAL '7 days'", "INTERVAL '1 month'"),
        ("ruleset.toml", "", "# another text\n"),
        (file, "INTERVAL '1 month'", "INTERVAL '7 days'"),
    ];
    let mut seen = Vec::new();
    for (path, old, new) in edits {
        let text = texts.files.get_mut(path).expect("the file is there");
        assert!(text.contains(old), "{path} has no {old}");
        *text = text.replacen(old, new, 1);
        let kept = texts.draft().check(now());
        let fresh = Draft { checked: &CheckedFiles::default(), ..texts.draft() }.check(now());
        assert_eq!(kept, fresh, "{path}: {old} became {new}");
        seen.push(kept.ok);
    }
    assert_eq!(seen[..4], [false, true, false, true]);
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
