//! People at the real console, beside an engine on a real Kafka: `console/end-to-end`.

use std::path::Path;

use serde_json::json;

use super::frontend::click_through;
use crate::support::console::Console;
use crate::support::folder::copy_folder;
use crate::support::kafka::eventually;
use crate::support::program::{Program, SCHOOL, pest_complaint, rodent, school};

#[test]
fn officials_take_a_warning_from_its_alert_to_its_closure() {
    let program = Program::new();
    program.create_topics();
    let _engine = program.start();
    program.wait_until_ready();
    program.publish("operators", &school());
    program.publish("camera-alerts", &rodent());
    program.publish("complaints", &pest_complaint());
    let console = Console::beside(&program);
    let _process = console.start();
    // Whoever may both answer and review by the account still may only what the duty at the post permits.
    let access = ["--role", "officer", "--role", "reviewer", "--area", "示例街道", "--duty"];
    let station = |role: &str| console.invite(&[access.as_slice(), &[&format!("station/示例街道={role}")]].concat());
    let people = json!({ "officer": station("officer"), "head": station("station_head") });
    click_through("closure", &console, &people);

    let viewer = console.account("viewer", &["--role", "viewer", "--area", "/"]);
    let closed = viewer.get("/warnings?state=closed");
    assert_eq!((&closed["total"], &closed["warnings"][0]["operator"]["operator_id"]), (&json!(1), &json!(SCHOOL)));
}

#[test]
fn an_analyst_writes_a_rule_a_second_person_approves_it_and_it_is_in_force() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rules = folder.path().join("rules");
    copy_folder(Path::new("rules"), &rules);
    let mut program = Program::new();
    for name in ["PATHS__RULES", "CONSOLE__RULES"] {
        program.environment.push((format!("YUJING__{name}"), rules.to_str().expect("UTF-8").to_owned()));
    }
    program.create_topics();
    let _engine = program.start();
    program.wait_until_ready();
    program.publish("operators", &school());
    for number in 1..=9 {
        let mut complaint = pest_complaint();
        complaint["event_id"] = json!(format!("12345-{number}"));
        complaint["case_no"] = json!(number.to_string());
        program.publish("complaints", &complaint);
    }
    let console = Console::beside(&program);
    let _process = console.start();
    let invite = |role: &str| console.invite(&["--role", role, "--area", "/"]);
    let people = json!({ "analyst": invite("analyst"), "approver": invite("approver") });
    click_through("studio", &console, &people);

    assert!(rules.join("pests/pest_complaints_many.rhai").exists(), "the folder is the truth");
    let viewer = console.account("viewer", &["--role", "viewer", "--area", "/"]);
    eventually("the school's score has the finding", || {
        let operator = viewer.get(&format!("/operators/{SCHOOL}"));
        let findings = operator["score"]["findings"].as_array()?;
        findings.iter().any(|finding| finding["rule"] == "pest_complaints_many").then_some(())
    });
}
