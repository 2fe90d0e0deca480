//! On how many threads a replay decides makes no difference to what it reports.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::super::command::{Place, repository, stderr, without_cost};

/// A district with planted incidents and records that are refused, and what inspections found.
fn district() -> Place {
    let place = Place::new();
    let arguments = ["generate", "--out", "events", "--operators", "120", "--days", "60", "--camera-alerts", "150"];
    let rest = ["--until", "2026-03-02T00:00:00Z", "--incidents", "12"];
    place.command().args(arguments).args(rest).assert().success();
    let complaints = std::fs::read_to_string(place.path("events/complaints.jsonl")).expect("complaints");
    let contradictions = complaints.lines().step_by(2).take(50).map(|line| {
        let mut document: Value = serde_json::from_str(line).expect("JSON");
        document["occurred_at"] = document["reported_at"].clone();
        document.to_string() + "\n"
    });
    let not_even_json = std::iter::once("no JSON\n".to_owned());
    place.write(
        "events/complaints.jsonl",
        &contradictions.chain(not_even_json).fold(complaints.clone(), |all, line| all + line.as_str()),
    );
    place.write(
        "outcome.sql",
        "SELECT operator_id, reported_at AS at, inspection_type <> 'routine' AS outcome FROM inspections\n",
    );
    place
}

/// The report without what it cost but how often rules were asked, and every table.
fn reported(place: &Place, threads: &str) -> (Value, Vec<u64>, BTreeMap<String, Vec<u8>>) {
    let rules = repository().join("rules");
    let mut command = place.command();
    command.env("YUJING__ENGINE__THREADS", threads).arg("replay").args(["--events", "events", "--from", "2026-01-20"]);
    command.arg("--rules").arg(&rules).args(["--rules", "rules", "--outcome", "outcome.sql", "--ablate"]);
    let output = command.args(["--out", threads, "--format", "json"]).output().expect("it runs");
    assert!(output.status.success(), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let scored = report["cost"]["operators_scored"].as_array().expect("a number a ruleset");
    let scored = scored.iter().filter_map(Value::as_u64).collect();
    let is_table = |path: &Path| path.extension().is_some_and(|extension| extension == "csv");
    let files = std::fs::read_dir(place.path(threads)).expect("a folder").map(|entry| entry.expect("an entry").path());
    let tables = files.filter(|path| is_table(path)).map(|path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read(path).expect("readable"))
    });
    (without_cost(report), scored, tables.collect())
}

#[test]
fn a_replay_on_two_and_on_five_threads_reports_what_it_does_on_one() {
    let place = district();
    let alone = reported(&place, "1");
    let (report, _, tables) = &alone;
    assert!(report["rulesets"][0]["warnings"].as_u64() > Some(20), "{}", report["rulesets"][0]["warnings"]);
    assert!(report["events"]["refused"].as_array().is_some_and(|refused| refused.len() == 20), "{}", report["events"]);
    assert!(report["outcome"]["judged"].as_u64() > Some(20) && tables.len() > 3, "{:?}", tables.keys());
    for threads in ["2", "5"] {
        assert_eq!(reported(&place, threads), alone, "{threads} threads");
    }
}
