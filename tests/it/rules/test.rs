//! `yujing rules test` as analysts run it: what it says of cases that hold, of cases that do not, and of wrong files.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use rstest::rstest;
use serde_json::Value;

use crate::support::folder::copy_folder;

/// The program with the shipped schemas and a folder of rules of its own, begun by `rules init`.
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a folder") };
        project.yujing(&["init"]).assert().success();
        project
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn yujing(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
        command.current_dir(self.path()).env_clear().env("YUJING_LANG", "en").arg("rules").args(arguments);
        command
    }

    /// One case of `pest_complaint`, with a timeline.
    fn case(&self, timeline: &str) {
        let text = format!(
            "rule = \"pest_complaint\"\n[[case]]\nname = \"the case\"\nkind = [\"positive\"]\n\
             operator = {{ operator_id = \"JY21201030043213\" }}\ntimeline = [\n{timeline}\n]\n"
        );
        fs::write(self.path().join("rules/cases/pests/pest_complaint.toml"), text).expect("written");
    }

    fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.path().join("rules").join(file);
        let text = fs::read_to_string(&path).expect("the file");
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replace(from, to)).expect("written");
    }

    fn document(&self, arguments: &[&str]) -> Value {
        let output = self.yujing(arguments).args(["--format", "json"]).output().expect("it runs");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

const COMPLAINT: &str =
    "{ at = 2026-03-02T09:00:00+08:00, complaints = { event_id = \"c1\", case_no = \"C1\", category = \"pests\" } },";

#[test]
fn cases_that_hold_end_in_success_and_say_how_they_were_run() {
    let project = Project::new();
    project.yujing(&["test"]).assert().success().stdout(
        contains("All 3 cases of 1 rule hold.").and(contains("duplicated 3, restarted 3")).and(contains("seed 1")),
    );
    project.yujing(&["test", "-v"]).assert().success().stdout(contains("✓ pest_complaint: two people: blue"));
    let zh = project.yujing(&["test"]).env("YUJING_LANG", "zh").assert().success();
    zh.stdout(contains("1条规则的3个用例全部成立").and(contains("逐步重启 3")));
}

#[test]
fn a_failure_is_shown_on_the_timeline_with_what_the_rule_read() {
    let project = Project::new();
    project.case(&format!(
        "{COMPLAINT}\n{{ at = 2026-03-02T09:00:01+08:00, expect = {{ points = 9, score = 13, level = \"blue\", \
         lifecycle = \"opened\", evidence = [\"c2\"], features = {{ pest_complaints_7d = 2 }} }} }},"
    ));
    let failed = project.yujing(&["test"]).assert().code(1);
    failed.stdout(
        contains("✗ pest_complaint: the case")
            .and(contains("rules/cases/pests/pest_complaint.toml:3"))
            .and(contains("2026-03-02 09:00:00"))
            .and(contains("score 12 none"))
            .and(contains("points: expected 9, got 8"))
            .and(contains("score: expected 13, got 12"))
            .and(contains("level: expected blue, got none"))
            .and(contains("lifecycle: expected opened, got none"))
            .and(contains("evidence: expected c2, got c1"))
            .and(contains("pest_complaints_7d: expected 2, got 1"))
            .and(contains("the rule read pest_complaints_7d = 1"))
            .and(contains("1 of 1 case failed.")),
    );
    let zh = project.yujing(&["test", "--lang", "zh"]).assert().code(1);
    zh.stdout(
        contains("分值 points：预期 9，实际 8")
            .and(contains("规则读取的指标：pest_complaints_7d = 1"))
            .and(contains("1个用例中有1个不成立")),
    );
}

/// Each expectation by itself, on an operator with one pest complaint: what holds, and what does not.
#[test]
fn every_key_of_an_expectation_is_checked() {
    let holds = [
        "fired = true",
        "points = 8",
        "floor = \"none\"",
        "because = \"people complaining of pests 1\"",
        "because = \"1人投诉举报\"",
        "evidence = [\"c1\"]",
        "evidence = [\"...\"]",
        "findings = [\"pest_complaint\"]",
        "findings = [\"...\"]",
        "rules = { pest_complaint = { fired = true, points = 8, evidence = [\"c1\"] } }",
        "score = 12",
        "level = \"none\"",
        "lifecycle = \"none\"",
        "lifecycle = []",
        "features = { pest_complaints_7d = 1, static_risk = \"2\" }",
        "degraded = false",
    ];
    let fails = [
        ("fired = false", "fired"),
        ("floor = \"blue\"", "floor"),
        ("because = \"rats\"", "because"),
        ("evidence = [\"c1\", \"c2\", \"...\"]", "evidence"),
        ("findings = []", "findings"),
        ("rules = { pest_complaint = { points = 9 } }", "points"),
        ("lifecycle = [\"opened\"]", "lifecycle"),
        ("due_at = 2026-03-02T09:00:00+08:00", "due_at"),
        ("features = { static_risk = \"unknown\" }", "features"),
        ("degraded = true", "degraded"),
        ("nothing = true", "findings"),
    ];
    let project = Project::new();
    let reported =
        |expected: &str| format!("{COMPLAINT}\n{{ at = 2026-03-02T09:00:01+08:00, expect = {{ {expected} }} }},");
    let all: Vec<String> = holds.iter().map(|expected| reported(expected)).collect();
    let cases = |timelines: &[String]| -> String {
        let one = |(number, timeline): (usize, &String)| {
            format!(
                "[[case]]\nname = \"case {number}\"\nkind = [\"positive\"]\n\
                 operator = {{ operator_id = \"JY21201030043213\" }}\ntimeline = [\n{timeline}\n]\n"
            )
        };
        let cases: Vec<String> = timelines.iter().enumerate().map(one).collect();
        format!("rule = \"pest_complaint\"\n{}", cases.join("\n"))
    };
    let file = project.path().join("rules/cases/pests/pest_complaint.toml");
    fs::write(&file, cases(&all)).expect("written");
    let document = project.document(&["test"]);
    assert_eq!(document["failed"], 0, "{document}");

    let all: Vec<String> = fails.iter().map(|(expected, _)| reported(expected)).collect();
    fs::write(&file, cases(&all)).expect("written");
    let document = project.document(&["test"]);
    for (result, (expected, subject)) in document["results"].as_array().expect("results").iter().zip(fails) {
        assert_eq!(result["failures"][0]["differences"][0]["subject"], subject, "{expected}: {result}");
    }
}

#[test]
fn nothing_happens_when_nothing_is_reported() {
    let project = Project::new();
    project.case("{ at = 2026-03-02T09:00:00+08:00, expect = { nothing = true, score = 4 } },");
    project.yujing(&["test"]).assert().success();
}

/// A warning that is about to end after the dwell, and in one second another failed inspection and its passed
/// follow-up: one after the other, the failure holds the warning once more and the patience begins anew; together, it
/// never did.
const BOTH_AT_ONCE: [&str; 2] = [
    r#"{ at = 2026-03-04T05:00:00+08:00, inspections = { event_id = "i3", occurred_at = 2026-03-03T21:00:00+08:00, verdict = "fail", items = [{ code = "5.2", key = true, result = "no" }] } },"#,
    r#"{ at = 2026-03-04T05:00:00+08:00, inspections = { event_id = "i4", inspection_type = "follow_up", verdict = "pass" } },"#,
];

#[rstest]
#[case::in_one_batch([0, 1], "yellow", "with the records of one instant in one batch", "as written yellow, this time none")]
#[case::shuffled([1, 0], "none", "with the records of one instant in another order", "as written none, this time yellow")]
fn a_case_that_hangs_on_the_order_of_one_instant_is_found(
    #[case] order: [usize; 2],
    #[case] level: &str,
    #[case] way: &str,
    #[case] difference: &str,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy_folder(&repository.join("rules"), folder.path());
    let [first, second] = order.map(|place| BOTH_AT_ONCE[place]);
    let case = format!(
        r#"rule = "key_item_failed"
[[case]]
name = "both at once"
kind = ["positive"]
operator = {{ operator_id = "JY21201030043213" }}
timeline = [
  {{ at = 2026-03-01T09:00:00+08:00, inspections = {{ event_id = "i1", verdict = "fail", items = [{{ code = "3.1", key = true, result = "no" }}] }} }},
  {{ at = 2026-03-01T09:00:01+08:00, expect = {{ fired = true, level = "yellow" }} }},
  {{ at = 2026-03-03T09:00:00+08:00, inspections = {{ event_id = "i2", inspection_type = "follow_up", verdict = "pass" }} }},
  {first}
  {second}
  {{ at = 2026-03-04T10:00:00+08:00, expect = {{ fired = false, level = "{level}" }} }},
]
"#
    );
    fs::write(folder.path().join("cases/inspections/key_item_failed.toml"), case).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
    command.current_dir(repository).env_clear().args(["rules", "test", "both at once", "--lang", "en", "--rules"]);
    let found = contains(format!("It holds as written, but ends differently {way}.")).and(contains(difference));
    command.arg(folder.path()).assert().code(1).stdout(found);
}

/// The second complaint tells of a time two minutes after its record: no batch and no look of a sweep is needed for it
/// to count from then on, so the deadline runs from then, in every way.
#[test]
fn an_event_dated_after_its_record_counts_from_its_own_instant() {
    let project = Project::new();
    project.change("pests/pest_complaint.rhai", "\"3wd\"", "\"24h\"");
    project.case(
        r#"{ at = 2026-03-02T09:00:00+08:00, complaints = { event_id = "c1", complainant_hash = "h1", category = "pests" } },
           { at = 2026-03-02T09:10:00+08:00, complaints = { event_id = "c2", complainant_hash = "h2", category = "pests", occurred_at = 2026-03-02T09:12:00+08:00 } },
           { at = 2026-03-02T09:11:59+08:00, expect = { points = 8, level = "none" } },
           { at = 2026-03-02T18:00:00+08:00, expect = { points = 16, level = "blue", lifecycle = ["opened"], due_at = 2026-03-03T09:12:00+08:00 } },"#,
    );
    project.yujing(&["test"]).assert().success();
}

#[test]
fn a_draft_is_tested_as_if_it_were_active_and_a_rule_not_in_force_says_so() {
    let project = Project::new();
    let rule = "pests/pest_complaint.rhai";
    project.change(rule, "\"active\"", "\"draft\"");
    project.yujing(&["test"]).assert().success();
    project.change(rule, "\"draft\"", "\"retired\"");
    project.yujing(&["test"]).assert().code(1).stdout(contains("the rule is retired"));
    project.change(rule, "\"retired\"", "\"active\"");
    project.change(rule, "2026-01-01", "2026-03-03");
    let late = contains("the rule is not in force on 2026-03-02: see effective_from");
    project.yujing(&["test"]).assert().code(1).stdout(late);
}

#[test]
fn a_rule_that_fails_holds_no_case_not_even_that_it_stays_quiet() {
    let project = Project::new();
    project.change("pests/pest_complaint.rhai", "op.pest_complaints_7d >= 1 }", "1 / op.pest_complaints_7d >= 1 }");
    project.case("{ at = 2026-03-02T09:00:00+08:00, expect = { fired = false } },");
    let failed = project.yujing(&["test"]).assert().code(1);
    failed.stdout(contains("fired: expected false, got false").and(contains("it failed: arithmetic")));
}

/// What the check cannot find, because a value taken out of an array or a loop can be anything, is reported when a case
/// runs.
#[test]
fn a_rule_that_throws_loops_allocates_or_returns_no_points_is_reported_in_both_languages() {
    let (when, points) = ("{ op.pest_complaints_7d >= 1 }", "{ min(8 * op.pest_complaints_7d, 24) }");
    let failing = [
        ("throws", when, "{ if op.pest_complaints_7d < 5 { throw \"五人以下不作判断\" } true }"),
        ("loops", when, "{ let n = op.pest_complaints_7d; while n > 0 { n += 1; n -= 1; } true }"),
        ("allocates without end", when, "{ let s = \"鼠患\"; while s != \"\" { s += s; } true }"),
        ("calls itself without end", when, "{ deep(op.pest_complaints_7d) } fn deep(n) { deep(n + 1) }"),
        ("returns text as points", points, "{ [to_string(op.pest_complaints_7d)][0] }"),
        ("returns NaN as points", points, "{ [0.0][0] / to_float(op.pest_complaints_7d - 1) }"),
        ("returns points below zero", points, "{ op.pest_complaints_7d - 9 }"),
    ];
    let mut reported = String::new();
    for (name, from, to) in failing {
        let project = Project::new();
        project.change("pests/pest_complaint.rhai", from, to);
        project.case(&format!("{COMPLAINT}\n{{ at = 2026-03-02T09:00:01+08:00, expect = {{ fired = true }} }},"));
        for language in ["en", "zh"] {
            let output = project.yujing(&["test", "--lang", language]).output().expect("it runs");
            let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8")).concat();
            assert_eq!(output.status.code(), Some(1), "{name}: {text}");
            let shown = text.lines().take_while(|line| !line.starts_with('1'));
            reported
                .extend([format!("{name}\n")].into_iter().chain(shown.map(|line| format!("{}\n", line.trim_end()))));
        }
    }
    insta::assert_snapshot!(reported);
}

#[test]
fn the_filter_takes_rule_name_or_file_and_says_what_is_near() {
    let project = Project::new();
    project.yujing(&["test", "two people"]).assert().success().stdout(contains("All 1 case of 1 rule hold."));
    project.yujing(&["test", "cases/pests"]).assert().success().stdout(contains("All 3 cases"));
    let missed = project.yujing(&["test", "pest_complain_"]).assert().code(1);
    missed.stderr(contains("no case fits `pest_complain_`").and(contains("did you mean `pest_complaint`")));
}

#[test]
fn coverage_names_the_kinds_that_are_lacking_and_those_only_claimed() {
    let project = Project::new();
    project
        .yujing(&["test", "--coverage"])
        .assert()
        .success()
        .stdout(contains("1 of 1 rule has all four kinds of cases"));
    project.case(&format!("{COMPLAINT}\n{{ at = 2026-03-02T09:00:01+08:00, expect = {{ fired = true }} }},"));
    project.change("cases/pests/pest_complaint.toml", "[\"positive\"]", "[\"positive\", \"retraction\"]");
    let document = project.document(&["test", "--coverage"]);
    let rule = &document["coverage"][0];
    assert_eq!(rule["shown"], serde_json::json!({ "positive": 1 }), "{rule}");
    assert_eq!(rule["lacks"], serde_json::json!(["negative", "boundary", "retraction"]));
    assert_eq!(rule["only_claimed"], serde_json::json!([{ "case": "the case", "kind": "retraction" }]));
    let text = project.yujing(&["test", "--coverage"]).assert().success();
    text.stdout(contains("says it is retraction, but its story shows none"));
}

#[test]
fn a_graded_rule_shows_a_retraction_by_fewer_points() {
    let project = Project::new();
    let at = |minute: u32, what: &str| format!("{{ at = 2026-03-02T09:{minute:02}:00+08:00, {what} }},\n");
    let complaint = |id: &str, more: &str| {
        format!(
            "complaints = {{ event_id = \"{id}\", case_no = \"{id}\", complainant_hash = \"{id}\", category = \"pests\"{more} }}"
        )
    };
    let points = |points: u32| format!("expect = {{ points = {points} }}");
    let shown = |last: u32| {
        let timeline = [
            at(0, &complaint("c1", "")),
            at(1, &complaint("c2", "")),
            at(2, &points(16)),
            at(3, &complaint("c2", ", revision = 2, op = \"retract\"")),
            at(4, &points(last)),
        ];
        project.case(&timeline.concat());
        project.change("cases/pests/pest_complaint.toml", "[\"positive\"]", "[\"positive\", \"retraction\"]");
        project.document(&["test", "--coverage"])["coverage"][0]["shown"].clone()
    };
    assert_eq!(shown(8), serde_json::json!({ "positive": 1, "retraction": 1 }));
    assert_eq!(shown(16), serde_json::json!({ "positive": 1 }));
}

#[test]
fn an_unknown_feature_says_why_it_is() {
    let project = Project::new();
    project.change("features/complaints.sql", "@missing 0", "@missing unknown");
    let counts = "count(DISTINCT coalesce(complainant_hash, parent_case, case_no))";
    project.change("features/complaints.sql", counts, "max(persons_ill)");
    project.change("pests/pest_complaint.rhai", "op.pest_complaints_7d", "(op.pest_complaints_7d ?? 0)");
    let expect = "{ at = 2026-03-20T09:00:00+08:00, expect = { features = { pest_complaints_7d = 1 } } },";
    let why = |timeline: &str| {
        project.case(timeline);
        let document = project.document(&["test"]);
        document["results"][0]["failures"][0]["differences"][0]["why"].clone()
    };
    assert_eq!(why(expect), serde_json::json!({ "no-record": "complaints" }));
    // Of 2 March, and outside of the seven days.
    assert_eq!(why(&format!("{COMPLAINT}\n{expect}")), serde_json::json!({ "none-counts": ["complaints", 1] }));
    let text = project.yujing(&["test"]).assert().code(1);
    text.stdout(contains("complaints has 1 records by then, and the feature makes nothing of them"));

    project.case("{ at = 2026-03-20T09:00:00+08:00, expect = { features = { static_risk = \"2\" } } },");
    project.change("cases/pests/pest_complaint.toml", "operator = {", "registered = false\noperator = {");
    project.yujing(&["test"]).assert().code(1).stdout(contains("the register has no row of the operator"));
}

#[test]
fn junit_has_a_suite_a_file_and_a_case_a_case() {
    let project = Project::new();
    project.change("cases/pests/pest_complaint.toml", "level = \"blue\"", "level = \"red\"");
    project.yujing(&["test", "--junit", "report.xml"]).assert().code(1);
    let report = fs::read_to_string(project.path().join("report.xml")).expect("the report");
    assert!(report.contains("<testsuites name=\"yujing rules test\" tests=\"3\""), "{report}");
    assert!(report.contains("failures=\"1\"") && report.contains("<failure message=\"level: expected red, got blue\""));
    assert!(report.contains("<testsuite name=\"rules/cases/pests/pest_complaint.toml\" tests=\"3\""), "{report}");
    assert!(report.contains("<testcase name=\"two people: blue\" classname=\"pest_complaint\""), "{report}");
    assert!(report.contains("level: expected red, got blue"), "{report}");
}

#[test]
fn wrong_files_exit_78_with_their_place_in_text_and_json() {
    let project = Project::new();
    project.change("cases/pests/pest_complaint.toml", "category = \"pests\"", "categry = \"pests\"");
    let wrong = project.yujing(&["test"]).assert().code(78).stdout("");
    wrong.stderr(contains("case/event").and(contains("did you mean `category`")).and(contains("pest_complaint.toml:")));
    let document = project.document(&["test"]);
    assert_eq!((&document["ok"], &document["problems"][0]["code"]), (&Value::Bool(false), &"case/event".into()));

    project.change("pests/pest_complaint.rhai", "op.pest_complaints_7d >= 1", "op.pest_complaint_7d >= 1");
    project.yujing(&["test"]).assert().code(78).stderr(contains("rule/unknown-feature"));
    project.yujing(&["test", "--rules", "nowhere"]).assert().code(78).stderr(contains("ruleset.toml"));
}

#[test]
fn a_field_can_be_absent() {
    let project = Project::new();
    project.case(
        "{ at = 2026-03-02T09:00:00+08:00, complaints = { absent = [\"persons_ill\"], category = \"pests\" } },\n\
         { at = 2026-03-02T09:00:01+08:00, expect = { fired = true } },",
    );
    project.yujing(&["test"]).assert().success();
    project.change("cases/pests/pest_complaint.toml", "\"persons_ill\"", "\"case_no\"");
    project.yujing(&["test"]).assert().code(78).stderr(contains("missing_field").and(contains("/case_no")));
}

mod slow {
    use std::path::Path;

    use assert_cmd::Command;
    use serde_json::Value;

    #[test]
    fn the_shipped_cases_hold_in_every_way() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
        let output = command.current_dir(repository).env_clear().args(["rules", "test", "--format", "json"]).output();
        let output = output.expect("it runs");
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(output.status.success() && document["ok"] == true, "{document}");
        for way in ["as-written", "duplicated", "one-batch", "shuffled", "restarted"] {
            assert!(document["runs"][way].as_u64() >= Some(3), "{way}: {}", document["runs"]);
        }
        assert!(document["cases"].as_u64() >= Some(100), "{}", document["cases"]);
    }
}
