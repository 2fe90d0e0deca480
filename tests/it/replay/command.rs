//! `yujing replay` as analysts run it: files in, figures out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use assert_cmd::Command;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;
use yujing_config::Config;
use yujing_core::ruleset::Ruleset;
use yujing_replay::plan::Plan;
use yujing_replay::{ReplayOutput, run};
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::engine::complaint;
use crate::support::ruleset::write_small_ruleset;

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with a ruleset of one rule (three complaints in 30 days are blue, six are orange) and events.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        write_small_ruleset(&folder.path().join("rules"), &[]);
        std::fs::create_dir(folder.path().join("events")).expect("created");
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, text).expect("written");
    }

    pub fn lines(&self, name: &str, documents: &[Value]) {
        let lines: Vec<String> = documents.iter().map(ToString::to_string).collect();
        self.write(name, &(lines.join("\n") + "\n"));
    }

    pub fn replay(&self, arguments: &[&str]) -> Output {
        self.command().args(["replay", "--lang", "en"]).args(arguments).output().expect("it runs")
    }

    /// The program in this folder.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
        command.current_dir(self.folder.path()).env_clear();
        command.env("YUJING__PATHS__SCHEMAS", repository().join("schemas"));
        command
    }

    /// The report of a replay that succeeds.
    pub fn report(&self, arguments: &[&str]) -> Value {
        let output = self.replay(&[arguments, &["--format", "json"]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// A table of a report's folder: header and rows.
    pub fn table(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let text = std::fs::read_to_string(self.path(name)).expect("the table is there");
        let text = text.strip_prefix('\u{feff}').expect("a mark that tells spreadsheets of UTF-8");
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let header = lines.next().expect("a header");
        lines.map(|line| header.iter().cloned().zip(line).collect()).collect()
    }
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A day of March 2026 at noon in Beijing, in seconds.
fn noon(day: i64) -> i64 {
    let first: jiff::Timestamp = "2026-03-01T12:00:00+08:00".parse().expect("a time");
    first.as_second() + (day - 1) * 86_400
}

/// A complaint a day about one operator.
fn daily(operator: &str, days: impl IntoIterator<Item = i64>) -> Vec<Value> {
    days.into_iter().map(|day| complaint(operator, &format!("{operator}-{day}"), noon(day))).collect()
}

/// `A` has six complaints, `B` three, `C` two.
pub fn complaints() -> Vec<Value> {
    [daily("A", 1..=6), daily("B", 4..=6), daily("C", 5..=6)].concat()
}

pub fn without_cost(mut report: Value) -> Value {
    report["cost"].take();
    report
}

#[test]
fn it_reports_what_would_have_been_warned_of() {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    let report = place.report(&["--events", "events", "--to", "2026-05-01", "--out", "report"]);
    let ruleset = &report["rulesets"][0];
    assert_eq!(ruleset["levels"], json!({ "blue": 1, "yellow": 0, "orange": 1, "red": 0 }));
    let steps = json!({
        "opened": 2, "escalated": 1, "added": 0, "amended": 0, "eased": 1, "resolved": 2, "withdrawn": 0,
        "handled": 0, "overdue": 0,
    });
    assert_eq!(ruleset["steps"], steps, "both fall in April, when the complaints are thirty days old, A step by step");
    assert_eq!((&ruleset["warnings"], &ruleset["open_at_the_end"]), (&json!(2), &json!(0)));
    let rule = &ruleset["rules"][0];
    assert_eq!(
        (&rule["rule"], &rule["warnings"], &rule["decisive"]),
        (&json!("many_complaints"), &json!(2), &json!(2))
    );
    let opened = place.table("report/warnings.csv");
    let at: Vec<_> = opened.iter().map(|row| (&*row["operator_id"], &*row["step"], &row["at"][..10])).collect();
    assert_eq!(
        at[..3],
        [("A", "opened", "2026-03-03"), ("A", "escalated", "2026-03-06"), ("B", "opened", "2026-03-06")]
    );
}

#[test]
fn the_order_of_lines_is_nothing_and_the_order_of_arrival_everything() {
    let place = Place::new();
    let mut documents = complaints();
    place.lines("events/complaints.jsonl", &documents);
    let arguments = ["--events", "events", "--out", "report"];
    let expected = without_cost(place.report(&arguments));
    documents.reverse();
    documents.swap(2, 7);
    place.lines("events/complaints.jsonl", &documents);
    assert_eq!(without_cost(place.report(&arguments)), expected);

    // The third complaint about A happened on the 3rd, but was reported on the 5th only.
    for document in &mut documents {
        if document["event_id"] == "A-3" {
            document["reported_at"] = "2026-03-05T08:00:00+08:00".into();
        }
    }
    place.lines("events/complaints.jsonl", &documents);
    place.report(&arguments);
    let warnings = place.table("report/warnings.csv");
    let opened = warnings.iter().find(|row| row["operator_id"] == "A" && row["step"] == "opened").expect("it opens");
    // With the one of the 4th it is the third that was known.
    assert_eq!(opened["at"], "2026-03-04T04:00:00Z");
}

#[test]
fn events_before_the_start_fill_the_windows_and_warn_of_nothing_by_themselves() {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    place.report(&["--events", "events", "--from", "2026-03-05", "--out", "report"]);
    let warnings = place.table("report/warnings.csv");
    let opened: Vec<_> = warnings.iter().filter(|row| row["step"] == "opened").collect();
    let at = |operator: &str| &opened.iter().find(|row| row["operator_id"] == operator).expect("it is warned of")["at"];
    assert_eq!(at("A"), "2026-03-04T16:00:00Z", "at the start, for what was known then");
    assert_eq!(at("B"), "2026-03-06T04:00:00Z");
}

#[test]
fn before_the_start_nobody_is_scored_though_events_become_visible_a_fraction_of_a_millisecond_after_their_records() {
    let place = Place::new();
    let mut events = complaints();
    for event in &mut events {
        let whole = event["occurred_at"].as_str().expect("a time").trim_end_matches('Z');
        event["occurred_at"] = json!(format!("{whole}.000386Z"));
    }
    place.lines("events/complaints.jsonl", &events);
    place.report(&["--events", "events", "--from", "2026-03-05", "--out", "report"]);
    let warnings = place.table("report/warnings.csv");
    let opened: Vec<_> = warnings.iter().filter(|row| row["step"] == "opened").map(|row| row["at"].as_str()).collect();
    // A had its third complaint on the 3rd.
    assert_eq!(opened.iter().min(), Some(&"2026-03-04T16:00:00Z"), "the start: {opened:?}");
}

#[test]
fn what_was_open_when_warnings_began_to_count_is_kept_apart_from_what_opened_within() {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    with_findings(&place);
    let arguments = ["replay.toml", "--from", "2026-03-05", "--budget", "0", "--budget-level", "blue"];
    let report = place.report(&[&arguments[..], &["--out", "report"]].concat());
    let ruleset = &report["rulesets"][0];
    // A had four complaints by then; B opens on the 6th.
    assert_eq!((&ruleset["warnings"], &ruleset["standing_at_the_start"]), (&json!(2), &json!(1)));
    let opened: u64 =
        ruleset["weeks"].as_array().expect("weeks").iter().filter_map(|week| week["levels"]["blue"].as_u64()).sum();
    assert_eq!((opened, ruleset["weeks"][0]["levels"]["orange"].as_u64()), (1, Some(0)));
    let cells = report["budget"]["rulesets"][0]["cells"].as_array().expect("cells");
    assert_eq!(cells.iter().filter_map(|cell| cell["warnings"].as_u64()).sum::<u64>(), 1, "{cells:?}");

    // On the 7th something was found at A and nothing at B.
    let of = |level: usize| &report["outcome"]["rulesets"][0]["precision"][level];
    let counts = |followed: &Value| {
        ["warnings", "confirmed", "refuted", "warned_before"].map(|name| followed[name].as_u64().expect("a count"))
    };
    let blue = of(0);
    assert_eq!(counts(blue), [1, 0, 1, 0]);
    assert_eq!(counts(&blue["standing_at_the_start"]), [1, 1, 0, 1]);
    assert_eq!((&blue["precision"], &blue["standing_at_the_start"]["precision"]), (&json!(0.0), &json!(1.0)));
    assert_eq!(blue["lead_days"], Value::Null, "since when A's warning had stood is not known");
    // Orange is what A became within the span.
    let orange = of(2);
    assert_eq!((counts(orange), counts(&orange["standing_at_the_start"])), ([1, 1, 0, 1], [0, 0, 0, 0]));
    assert!(orange["lead_days"][1].as_f64().is_some_and(|days| (days - 0.5).abs() < 1e-9), "{orange}");

    let text = stdout(&place.replay(&arguments));
    assert!(text.contains("blue, standing at the start"), "{text}");
    assert!(!text.contains("orange, standing at the start"), "{text}");
    let page = std::fs::read_to_string(place.path("report/report.html")).expect("a page");
    assert!(page.contains("期初已有") && page.contains("standing at the start"), "it is told in the page");
}

#[test]
fn a_rule_outside_its_days_in_force_is_not_called_silent() {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    let rule = std::fs::read_to_string(place.path("rules/complaints/many_complaints.rhai")).expect("a rule");
    let later = rule.replace("many_complaints", "later").replace("2020-01-01", "2027-01-01");
    place.write("rules/complaints/later.rhai", &later);
    let earlier =
        rule.replace("many_complaints", "earlier").replace("2020-01-01", "2020-01-01\n//! effective_to = 2026-02-28");
    place.write("rules/complaints/earlier.rhai", &earlier);
    let arguments = ["--events", "events", "--to", "2026-03-31"];
    let report = place.report(&[&arguments[..], &["--out", "report"]].concat());
    let rows = report["rulesets"][0]["rules"].as_array().expect("rules");
    let in_force: BTreeMap<&str, bool> =
        rows.iter().map(|row| (row["rule"].as_str().expect("an id"), row["in_force"] == true)).collect();
    assert_eq!(in_force, [("earlier", false), ("later", false), ("many_complaints", true)].into());
    let text = stdout(&place.replay(&arguments));
    assert!(
        text.contains("0 never did") && text.contains("not in force on any day of the span: earlier, later"),
        "{text}"
    );
    let page = std::fs::read_to_string(place.path("report/report.html")).expect("a page");
    assert!(page.contains("期间未施行"), "it is told in the page");
    let table = place.table("report/rules.csv");
    assert!(table.iter().any(|row| row["rule"] == "later" && row["in_force"] == "false"), "{table:?}");
}

#[test]
fn a_feature_that_a_rule_divides_by_is_not_compared_with_its_absence() {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    with_findings(&place);
    candidate(&place);
    let rule = std::fs::read_to_string(place.path("candidate/complaints/two_at_once.rhai")).expect("a rule");
    let divides = "op.complaints_3d >= 2 && 10.0 * op.complaints_30d / op.complaints_3d > 9.0";
    let rule = rule.replace("op.complaints_3d >= 2", divides);
    place.write("candidate/complaints/two_at_once.rhai", &rule);
    let arguments = ["replay.toml", "--rules", "candidate"];
    let report = place.report(&[&arguments[..], &["--out", "report"]].concat());
    let parts = report["outcome"]["rulesets"][0]["parts"].as_array().expect("parts");
    let of = |name: &str| parts.iter().find(|part| part["name"] == name).expect("a part");
    assert_eq!((&of("complaints_3d")["divides"], &of("complaints_3d")["roc_area"]), (&json!(true), &Value::Null));
    assert!(of("complaints_30d")["divides"] == false && of("complaints_30d")["roc_area"].is_object());
    let reported = "not comparable, because a rule divides by it: complaints_3d";
    let text = stdout(&place.replay(&arguments));
    assert!(text.contains(reported), "{text}");
    let page = std::fs::read_to_string(place.path("report/report.html")).expect("a page");
    assert!(page.contains("Not comparable, because a rule divides by it: "), "it is told in the page");
}

#[test]
fn baselines_say_how_much_of_the_past_they_know() {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    with_findings(&place);
    let outcome = &place.report(&["replay.toml"])["outcome"];
    assert_eq!((&outcome["past_rows"], &outcome["past_from"]), (&json!(1), &json!("2026-03-03")));
    let reported = stdout(&place.replay(&["replay.toml"]));
    assert!(reported.contains("smoothed history and last result know: 1, since 2026-03-03"), "{reported}");
    let reported = stdout(&place.replay(&["replay.toml", "--judge-from", "2026-03-01"]));
    assert!(reported.contains("no results from before the first judged day"), "{reported}");
}

#[test]
fn what_arrives_after_the_end_is_counted_and_not_looked_at() {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    let report = place.report(&["--events", "events", "--to", "2026-03-05"]);
    assert_eq!((&report["events"]["records"], &report["events"]["beyond"]), (&json!(8), &json!(3)));
    assert_eq!(report["rulesets"][0]["levels"]["orange"], 0);
}

#[test]
fn refused_records_are_counted_by_code_and_reported_with_their_place() {
    let place = Place::new();
    let mut documents = complaints();
    documents[1]["persons_ill"] = "many".into();
    documents[4].as_object_mut().expect("an object").remove("occurred_at");
    place.lines("events/complaints.jsonl", &documents);
    let report = place.report(&["--events", "events"]);
    let source = &report["events"]["sources"][0];
    assert_eq!(source["refused"], json!({ "missing_field": 1, "wrong_type": 1 }));
    assert_eq!(source["records"], 11);
    let places: Vec<&str> = report["events"]["refused"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["place"].as_str())
        .collect();
    assert_eq!(places, ["events/complaints.jsonl:2", "events/complaints.jsonl:5"]);
}

/// The third document contradicts the second, which shows only once that is known; the fourth is nobody's.
#[test]
fn refused_records_are_reported_in_the_order_of_the_log() {
    let place = Place::new();
    let mut documents = daily("A", 1..=2);
    documents.push(complaint("A", "A-2", noon(3)));
    documents.extend(daily("B", 4..=4));
    documents[3]["persons_ill"] = "many".into();
    place.lines("events/complaints.jsonl", &documents);
    let report = place.report(&["--events", "events"]);
    assert_eq!(report["events"]["sources"][0]["refused"], json!({ "conflict": 1, "wrong_type": 1 }));
    let refused = report["events"]["refused"].as_array().expect("a list");
    let places: Vec<&str> = refused.iter().filter_map(|row| row["place"].as_str()).collect();
    assert_eq!(places, ["events/complaints.jsonl:3", "events/complaints.jsonl:4"]);
}

/// The small ruleset with a lower threshold, a feature of its own and a rule more.
pub fn candidate(place: &Place) {
    write_small_ruleset(&place.path("candidate"), &[]);
    let policy = std::fs::read_to_string(place.path("candidate/ruleset.toml")).expect("a policy");
    place.write("candidate/ruleset.toml", &policy.replace("enter = 20, leave = 15", "enter = 10, leave = 5"));
    place.write(
        "candidate/features/recent.sql",
        "SELECT operator_id,\n  -- @zh 近3日投诉举报件数\n  -- @en Complaints, 3 days\n  -- @missing 0\n  count(*) FILTER (WHERE \
         within(occurred_at, INTERVAL '3 days')) AS complaints_3d\nFROM complaints GROUP BY operator_id\n",
    );
    let rule = std::fs::read_to_string(place.path("candidate/complaints/many_complaints.rhai")).expect("a rule");
    let rule = rule.replace("many_complaints", "two_at_once").replace("complaints_30d >= 3", "complaints_3d >= 2");
    let rule =
        rule.replace("if op.complaints_30d >= 6 { 65 } else { 25 }", "12").replace("complaints_30d", "complaints_3d");
    place.write("candidate/complaints/two_at_once.rhai", &rule);
}

fn replay_of(place: &Place, folders: &[&str]) -> ReplayOutput {
    let sources = Arc::new(schemas_folder::load(&repository().join("schemas")).expect("valid schemas"));
    let rulesets: Vec<(String, Arc<Ruleset>)> = folders
        .iter()
        .map(|folder| {
            let ruleset = rules_folder::load(&place.path(folder), &sources);
            ((*folder).to_owned(), Arc::new(ruleset.unwrap_or_else(|problems| panic!("{}", problems.render(false)))))
        })
        .collect();
    let to = "2026-06-01T00:00:00+08:00".parse().expect("a time");
    let plan = Plan { events: Some(place.path("events")), to: Some(to), ..Plan::default() };
    run::run(&plan, &Config::default(), &sources, &rulesets, |_| ()).expect("it ends")
}

#[test]
fn two_rulesets_in_one_pass_do_what_each_does_in_a_pass_of_its_own() {
    let place = Place::new();
    candidate(&place);
    // Corrections and retractions too: what a ruleset withdraws is its own.
    let mut documents = complaints();
    let mut correction = documents[5].clone();
    correction["revision"] = 2.into();
    correction["reported_at"] = "2026-03-08T12:00:00+08:00".into();
    documents.push(correction);
    documents.push(json!({
        "event_id": "B-6", "op": "retract", "operator_id": "B", "publisher": "hotline-12345", "revision": 2,
        "occurred_at": "2026-03-06T12:00:00+08:00", "reported_at": "2026-03-09T12:00:00+08:00",
    }));
    place.lines("events/complaints.jsonl", &documents);
    let together = replay_of(&place, &["rules", "candidate"]);
    let apart = [replay_of(&place, &["rules"]), replay_of(&place, &["candidate"])];
    for (lane, alone) in together.results.rulesets.iter().zip(&apart) {
        let alone = &alone.results.rulesets[0];
        assert_eq!(lane.steps, alone.steps);
        assert_eq!(lane.rule_fires, alone.rule_fires);
        // It is asked whenever the other one is, too.
        assert!(lane.operators_scored >= alone.operators_scored);
    }
    assert_ne!(together.results.rulesets[0].steps, together.results.rulesets[1].steps);
    assert_eq!(together.report.rulesets[0].steps.withdrawn, 1, "{:?}", together.report.rulesets[0].steps);
}

#[test]
fn the_difference_names_whom_only_one_ruleset_warned() {
    let place = Place::new();
    candidate(&place);
    place.lines("events/complaints.jsonl", &complaints());
    let report = place.report(&["--events", "events", "--rules", "rules", "--rules", "candidate", "--out", "report"]);
    let difference = &report["differences"][0];
    let opened = json!({ "step": "opened", "both": 2, "only_baseline": [], "only_candidate": ["C"] });
    assert_eq!(difference["steps"][0], opened);
    assert_eq!(difference["files"]["added"], json!(["complaints/two_at_once.rhai", "features/recent.sql"]));
    assert_eq!(difference["files"]["changed"], json!(["ruleset.toml"]));
    let rows = place.table("report/differences.csv");
    assert!(rows.iter().any(|row| row["operator_id"] == "C" && row["only"] == "candidate"), "{rows:?}");
    let same = place.replay(&["--events", "events", "--rules", "rules", "--rules", "rules"]);
    assert!(stdout(&same).contains("warns of the same as the baseline"), "{}", stdout(&same));
}

#[test]
fn a_broken_budget_fails_the_run_only_if_that_was_asked_for() {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    // Two operators of no known sub-district are warned of in the week of 2 March.
    let arguments = ["--events", "events", "--budget", "1", "--budget-level", "blue", "--out", "report"];
    let told = place.replay(&arguments);
    assert!(told.status.success(), "{}", stderr(&told));
    assert!(stdout(&told).contains("broken once"), "{}", stdout(&told));

    std::fs::remove_dir_all(place.path("report")).expect("removed");
    let failed = place.replay(&[&arguments[..], &["--fail-if", "budget"]].concat());
    assert_eq!(failed.status.code(), Some(1));
    assert!(stderr(&failed).contains("the work budget is broken"), "{}", stderr(&failed));
    assert!(place.path("report/report.html").exists(), "the report is written all the same");
    let cells = place.table("report/budget.csv");
    assert_eq!((&*cells[0]["from"], &*cells[0]["warnings"], &*cells[0]["over"]), ("2026-03-02", "2", "true"));

    let kept = ["--events", "events", "--budget", "2", "--budget-level", "blue", "--fail-if", "budget"];
    assert!(place.replay(&kept).status.success());
    let by_day =
        ["--events", "events", "--budget", "1", "--budget-level", "blue", "--budget-per", "day", "--fail-if", "budget"];
    assert!(place.replay(&by_day).status.success(), "they opened on different days");
}

#[test]
fn an_operator_is_explained_as_of_an_instant_of_the_replay_or_its_end() {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    place.write("replay.toml", "events = \"events\"\nrules = [\"rules\"]\nto = 2026-03-06\n");
    let explain = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
        command.current_dir(place.folder.path()).env_clear();
        command.env("YUJING__PATHS__SCHEMAS", repository().join("schemas"));
        let arguments = [&["explain", "--replay", "replay.toml", "--lang", "en"], arguments].concat();
        command.args(arguments).output().expect("it runs")
    };
    let reported = |arguments: &[&str]| -> Value {
        let output = explain(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let score = |reported: &Value| reported["score"].as_i64();
    assert_eq!((score(&reported(&["A"])), score(&reported(&["B"]))), (Some(65), Some(25)));
    assert_eq!(score(&reported(&["A", "--as-of", "2026-03-02T23:00:00+08:00"])), Some(0));
    // A day is its end where the replay is at home.
    let third = reported(&["A", "--as-of", "2026-03-03"]);
    assert_eq!((score(&third), &third["as_of"]), (Some(25), &json!("2026-03-03T15:59:59.999Z")));
    let wrong = explain(&["A", "--as-of", "yesterday"]);
    assert!(stderr(&wrong).contains("`yesterday` is neither a day like 2026-03-01"), "{}", stderr(&wrong));
    let fired =
        reported(&["A"])["rules"].as_array().expect("rules").iter().find(|rule| rule["outcome"] == "fired").cloned();
    let fired = fired.expect("a rule fired").to_string();
    assert!(fired.contains("A-1") && fired.contains("A-6"), "the events behind it: {fired}");

    let nobody = explain(&["nobody"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(stderr(&nobody).contains("nothing was known of the operator `nobody`"), "{}", stderr(&nobody));
}

/// What an inspector found of each operator on some days.
const FINDINGS: &str = "operator,day,failed\nA,2026-03-07,true\nB,2026-03-07,false\nC,2026-03-07,false\nA,2026-03-03,true\n\
                        D,2026-03-05,false\nA,2026-03-20,\n";

const OUTCOME: &str = "SELECT operator AS operator_id, day AS at, failed AS outcome FROM findings";

fn with_findings(place: &Place) {
    place.write("findings.csv", FINDINGS);
    place.write("outcome.sql", OUTCOME);
    place.write(
        "replay.toml",
        "events = \"events\"\nrules = [\"rules\"]\nto = 2026-05-31\n[outcome]\nsql = \"outcome.sql\"\ntables = { findings = \
         \"findings.csv\" }\njudge_from = 2026-03-04\njudge_to = 2026-03-31\nresamples = 50\nablate = true\n",
    );
}

#[test]
fn each_outcome_is_scored_by_what_was_known_the_evening_before() {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    with_findings(&place);
    let report = place.report(&["replay.toml", "--out", "report"]);
    let rows = place.table("report/outcomes.csv");
    let scores: Vec<_> = rows.iter().map(|row| (&*row["operator_id"], &*row["day"], &*row["score rules"])).collect();
    // D was inspected on the 5th and nothing is known of it; on the evening of the 6th all complaints were in.
    let expected =
        [("D", "2026-03-05", "0"), ("A", "2026-03-07", "65"), ("B", "2026-03-07", "25"), ("C", "2026-03-07", "0")];
    assert_eq!(scores, expected);
    assert!(rows.iter().all(|row| row["scored_as_of"].ends_with("T15:59:59.999Z")), "{rows:?}");

    let outcome = &report["outcome"];
    assert_eq!((&outcome["judged"], &outcome["positives"], &outcome["unknown"]), (&json!(4), &json!(1), &json!(1)));
    let ruleset = &outcome["rankers"][0];
    assert_eq!(ruleset["quality"]["roc_area"]["value"], 1.0);
    let history = &outcome["rankers"][1];
    // Before the 5th one of one had failed, so D, of which nothing was known, has 1.0. Before the 7th it was one of
    // two: A has (1 + 2 * 0.5) / 3, which is less than D and more than B and C.
    assert_eq!(history["ranker"], "smoothed_history");
    let area = history["quality"]["roc_area"]["value"].as_f64().expect("an area");
    assert!((area - 2.0 / 3.0).abs() < 1e-9, "{area}");
    assert_eq!(outcome["rankers"][3]["quality"]["roc_area"]["value"], 0.5);

    // A's warning of 3 March was confirmed on the 7th, four days later; B was looked at, and nothing was found.
    let blue = &outcome["rulesets"][0]["precision"][0];
    let counts = ["warnings", "confirmed", "refuted", "unchecked", "too_early"].map(|count| blue[count].as_u64());
    assert_eq!(counts, [Some(2), Some(1), Some(1), Some(0), Some(0)]);
    assert_eq!((&blue["positives"], &blue["warned_before"]), (&json!(1), &json!(1)));
    let lead = blue["lead_days"][1].as_f64().expect("a lead");
    assert!((lead - 3.5).abs() < 1e-9, "from noon of the 3rd to the day of the 7th: {lead}");

    let parts = outcome["rulesets"][0]["parts"].as_array().expect("parts");
    let of = |name: &str| parts.iter().find(|part| part["name"] == name).expect("a part")["roc_area"]["value"].as_f64();
    assert_eq!(of("many_complaints"), Some(0.5), "without its only rule the ruleset tells nothing");
    assert_eq!(of("complaints_30d"), Some(0.5));
    assert_eq!(of("static_risk"), Some(0.0));
}

#[test]
fn days_ahead_move_the_evening_back() {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    with_findings(&place);
    let plan = std::fs::read_to_string(place.path("replay.toml")).expect("a plan");
    place.write("replay.toml", &(plan + "days_ahead = 2\n"));
    place.report(&["replay.toml", "--out", "report"]);
    let rows = place.table("report/outcomes.csv");
    let of = |operator: &str| rows.iter().find(|row| row["operator_id"] == operator).expect("a row");
    // Of the 7th, as of the evening of the 4th: four complaints about A, one about B.
    assert_eq!((&*of("A")["score rules"], &*of("B")["score rules"]), ("25", "0"));
    assert!(of("A")["scored_as_of"].starts_with("2026-03-04T15:59:59"), "{:?}", of("A"));
}

#[test]
fn the_outcome_reads_the_sources_without_what_was_retracted_or_replaced() {
    let place = Place::new();
    let mut documents = complaints();
    // Corrected: somebody fell ill after the complaint A-2. Retracted: B-4.
    let mut correction = documents[1].clone();
    correction["revision"] = 2.into();
    correction["persons_ill"] = 3.into();
    documents.push(correction);
    documents.push(json!({
        "event_id": "B-4", "op": "retract", "operator_id": "B", "publisher": "hotline-12345", "revision": 2,
        "occurred_at": "2026-03-04T12:00:00+08:00",
    }));
    place.lines("events/complaints.jsonl", &documents);
    place.write("ill.sql", "SELECT operator_id, occurred_at AS at, persons_ill > 0 AS outcome FROM complaints");
    let report = place.report(&["--events", "events", "--outcome", "ill.sql", "--out", "report"]);
    assert_eq!((&report["outcome"]["rows"], &report["outcome"]["positives"]), (&json!(10), &json!(1)));
    let rows = place.table("report/outcomes.csv");
    let positive: Vec<_> = rows.iter().filter(|row| row["outcome"] == "true").map(|row| &*row["day"]).collect();
    assert_eq!(positive, ["2026-03-02"]);
}

#[test]
fn an_interval_is_the_same_for_the_same_seed() {
    let place = Place::new();
    let documents: Vec<Value> =
        (0..40).flat_map(|operator| daily(&format!("X{operator}"), 1..=1 + operator % 7)).collect();
    place.lines("events/complaints.jsonl", &documents);
    let findings: Vec<String> =
        (0..40).map(|operator| format!("X{operator},2026-03-{:02},{}", 10 + operator % 9, operator % 3 == 0)).collect();
    place.write("findings.csv", &format!("operator,day,failed\n{}\n", findings.join("\n")));
    place.write("outcome.sql", OUTCOME);
    place.write(
        "replay.toml",
        "events = \"events\"\nrules = [\"rules\"]\n[outcome]\nsql = \"outcome.sql\"\ntables = { findings = \"findings.csv\" }\n",
    );
    let area = |seed: &str| {
        place.report(&["replay.toml", "--seed", seed])["outcome"]["rankers"][0]["quality"]["roc_area"].clone()
    };
    let first = area("1");
    assert_eq!(first, area("1"));
    let other = area("2");
    assert_eq!(first["value"], other["value"]);
    assert_ne!(first, other);
    assert!(first["low"].as_f64() < first["value"].as_f64() && first["value"].as_f64() < first["high"].as_f64());
}

#[rstest]
#[case::the_plan_says(Some("+08:00"), Some("America/Chicago"), "+08:00")]
#[case::the_rules_say(None, Some("America/Chicago"), "America/Chicago")]
#[case::nobody_says(None, None, "Asia/Shanghai")]
fn days_are_those_of_the_plan_else_of_the_first_ruleset(
    #[case] plan: Option<&str>,
    #[case] rules: Option<&str>,
    #[case] zone: &str,
) {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    let policy = std::fs::read_to_string(place.path("rules/ruleset.toml")).expect("a policy");
    let named = rules.map(|zone| format!("zone = \"{zone}\"\n")).unwrap_or_default();
    place.write("rules/ruleset.toml", &format!("{named}{policy}"));
    let named = plan.map(|zone| format!("time_zone = \"{zone}\"\n")).unwrap_or_default();
    place.write("replay.toml", &format!("{named}rules = [\"rules\"]\nevents = \"events\"\nto = 2026-05-31\n"));
    let end = if zone == "America/Chicago" { "2026-05-31T23:59:59.999-05:00" } else { "2026-05-31T23:59:59.999+08:00" };
    let span = place.report(&["replay.toml"])["span"].clone();
    assert_eq!((&span["time_zone"], &span["to"]), (&json!(zone), &json!(end)));
    let by_options = place.report(&["--events", "events", "--rules", "rules", "--to", "2026-05-31"])["span"].clone();
    if plan.is_none() {
        assert_eq!(by_options, span, "without a file the rules are asked as well");
    }
}

#[rstest]
#[case::sweeps_are_no_more("sweep = \"7d\"\n", "replay/unknown-key", "exactly when something about them changes")]
#[case::unknown_key("rule = [\"rules\"]\n", "replay/unknown-key", "did you mean `rules`?")]
#[case::no_length("step = \"a while\"\n", "replay/length", "`a while` is not a length of time")]
#[case::no_zone("time_zone = \"Mars/Olympus\"\n", "replay/zone", "`Mars/Olympus` is not a time zone")]
#[case::no_folder("events = \"nowhere\"\n", "replay/events", "there is no folder")]
#[case::half_an_input("[[input]]\nsource = \"complaints\"\nsql = \"map.sql\"\n", "replay/input", "is not complete")]
#[case::no_level(
    "[budget]\nmost = 3\nlevel = \"none\"\nevery = \"week\"\n",
    "replay/budget",
    "`none` is not a warning"
)]
#[case::no_such_part_of_a_table(
    "[[input]]\nsource = \"complaints\"\nsql = \"o.sql\"\ntables = { a = { path = \"a.xlsx\", shet = \"1\" } }\n",
    "replay/",
    "a table is a path, or { path ="
)]
#[case::a_time_for_a_day(
    "[outcome]\nsql = \"o.sql\"\njudge_from = 2026-03-01T00:00:00Z\n",
    "replay/time",
    "is not a day"
)]
fn a_wrong_replay_toml_is_shown_at_its_place(#[case] text: &str, #[case] code: &str, #[case] message: &str) {
    let place = Place::new();
    place.write("replay.toml", text);
    let output = place.replay(&["replay.toml"]);
    assert_eq!(output.status.code(), Some(78), "{}", stderr(&output));
    let reported = stderr(&output);
    assert!(reported.contains(code) && reported.contains(message) && reported.contains("replay.toml:"), "{reported}");
}

#[rstest]
#[case::nothing(&[], "there is nothing to replay")]
#[case::no_folder(&["--events", "nowhere"], "nowhere has no file called like a source; expected some of camera-alerts.jsonl")]
#[case::no_source(&["strange.toml"], "there is no source `visits`; there are camera-alerts")]
#[case::no_rules(&["--events", "events", "--rules", "nowhere"], "nowhere")]
#[case::no_budget(&["--events", "events", "--fail-if", "budget"], "needs a budget")]
#[case::no_outcome(&["--events", "events", "--ablate"], "judging needs an outcome")]
#[case::no_sql(&["--events", "events", "--outcome", "no.sql"], "no.sql cannot be read")]
#[case::wrong_sql(&["--events", "events", "--outcome", "wrong.sql"], "wrong.sql: ")]
#[case::no_query(&["--events", "events", "--outcome", "drop.sql"], "one SELECT is expected")]
#[case::no_column(&["--events", "events", "--outcome", "column.sql"], "there is no column `outcome`")]
#[case::no_rows(&["--events", "events", "--outcome", "nobody.sql"], "no row has a known outcome")]
#[case::too_late(&["--events", "events", "--to", "2020-01-01"], "no event arrives in the span")]
fn what_cannot_be_replayed_is_reported(#[case] arguments: &[&str], #[case] message: &str) {
    let place = Place::new();
    place.lines("events/complaints.jsonl", &complaints());
    place.write("strange.toml", "[[input]]\nsource = \"visits\"\nfiles = [\"visits.jsonl\"]\n");
    place.write("wrong.sql", "SELECT operator_id, occured_at AS at, true AS outcome FROM complaints");
    place.write("drop.sql", "DROP TABLE complaints");
    place.write("column.sql", "SELECT operator_id, occurred_at AS at FROM complaints");
    place.write("nobody.sql", "SELECT operator_id, occurred_at AS at, true AS outcome FROM complaints WHERE false");
    let output = place.replay(arguments);
    assert!(!output.status.success());
    assert!(stderr(&output).contains(message), "{}", stderr(&output));
}

#[test]
fn csv_mapped_by_sql_replays_as_publish_would_send_it() {
    let place = Place::new();
    place.write("calls.csv", "who,day\nA,1\nA,2\nA,3\nB,3\n");
    place.write(
        "calls.sql",
        "SELECT concat(who, '-', day) AS event_id, concat('2026-03-0', day, 'T12:00:00+08:00') AS occurred_at, who AS \
         operator_id, 'hotline-12345' AS publisher, concat(who, day) AS case_no, 'report' AS kind, '12315' AS channel, \
         'hygiene' AS category, 0 AS persons_ill, 'accepted' AS status FROM calls",
    );
    place.write("titled.csv", "Complaints, by month\n\nwho,day\nA,1\nA,2\nA,3\nB,3\n");
    for table in ["\"calls.csv\"", "{ path = \"titled.csv\", header_row = 3 }"] {
        let plan = "rules = [\"rules\"]\n[[input]]\nsource = \"complaints\"\nsql = \"calls.sql\"\ntables = { calls = TABLE }\n";
        place.write("replay.toml", &plan.replace("TABLE", table));
        let report = place.report(&["replay.toml"]);
        assert_eq!(
            (&report["events"]["records"], &report["rulesets"][0]["warnings"]),
            (&json!(4), &json!(1)),
            "{table}"
        );
    }
}

const GUIDES: [&str; 2] = ["rules/replay.md", "rules/replay.zh-CN.md"];

#[test]
fn the_guides_name_every_key_of_replay_toml_and_every_option() {
    let plan_keys = [
        "title",
        "schemas",
        "rules",
        "events",
        "from",
        "to",
        "time_zone",
        "step",
        "wake_interval",
        "input",
        "kafka",
        "outcome",
        "budget",
        "source",
        "files",
        "sql",
        "tables",
        "sources",
        "offsets",
        "judge_from",
        "judge_to",
        "within",
        "days_ahead",
        "window",
        "prior_weight",
        "resamples",
        "seed",
        "ablate",
        "most",
        "level",
        "per",
        "every",
    ];
    for guide in GUIDES {
        let text = std::fs::read_to_string(repository().join(guide)).expect("the guide");
        for key in plan_keys {
            let named = [format!("`{key}"), format!("\n{key} "), format!("[{key}]")];
            assert!(named.iter().any(|name| text.contains(name)), "{guide} does not name {key}");
        }
    }
}

mod with_browser {
    use super::{Place, candidate, complaints, with_findings};
    use crate::support::browser::dom;

    #[test]
    fn the_page_stands_alone_and_shows_its_figures_in_a_browser() {
        let place = Place::new();
        candidate(&place);
        place.lines("events/complaints.jsonl", &complaints());
        with_findings(&place);
        let arguments = ["replay.toml", "--rules", "rules", "--rules", "candidate", "--budget", "1", "--out", "report"];
        place.report(&arguments);
        let page = std::fs::read_to_string(place.path("report/report.html")).expect("the page is there");
        for outside in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "the page needs {outside}");
        }
        let seen = dom(&place.path("report/report.html"), "");
        for shown in ["Replay report", "历史回放报告", "candidate", "many_complaints", "1.000 [", "<svg", "</svg>"]
        {
            assert!(seen.contains(shown), "the page does not show {shown}");
        }
        assert_eq!(seen.matches("<section").count(), 7, "span, totals, difference, outcome, budget, two rulesets");
    }
}

mod slow {
    use serde_json::Value;

    use super::{GUIDES, repository};
    use crate::support::guide::{Example, Walk, examples, marked};

    /// What stands in a guide, without what is said in its language: comments, and the option that asks for English.
    fn without_words(example: &Example) -> String {
        let comment = if example.language == "sql" { "--" } else { " #" };
        let lines = example.text.lines().map(|line| line.split(comment).next().unwrap_or_default().trim_end());
        lines.map(|line| line.replace(" --lang en", "") + "\n").collect()
    }

    /// The guide's examples, in the folder of the authoring guide's ten minutes.
    #[test]
    fn the_guides_examples_run_and_are_the_same_in_both_languages() {
        let read = |path: &str| examples(&std::fs::read_to_string(repository().join(path)).expect("the guide"));
        let [english, chinese] = GUIDES.map(read);
        assert_eq!(english.len(), chinese.len());
        for (english, chinese) in english.iter().zip(&chinese) {
            assert!(english.mark.starts_with("replay: ") && english.mark == chinese.mark, "{english:?}\n{chinese:?}");
            let is_same = english.mark == "replay: shows" || without_words(english) == without_words(chinese);
            assert!(is_same, "{english:?}\n{chinese:?}");
        }
        let mut walk = Walk::new(Vec::new());
        for (step, text) in marked(&read("rules/README.md"), "tutorial:") {
            if step.starts_with("file ") || text.contains("rules init") || text.contains("sed ") {
                walk.take(step, text);
            }
        }
        for (step, text) in marked(&english, "replay:") {
            walk.take(step, text);
        }
        let report = std::fs::read_to_string(walk.path().join("report/report.json")).expect("the report");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        assert!(report["rulesets"][0]["warnings"].as_u64() > Some(0), "nobody was warned of: {report}");
    }
}
