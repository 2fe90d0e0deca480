//! Warnings of a replay that are answered as its plan supposes: drawn once for each warning, so the same history gives the
//! same again; each ruleset has answers to its own warnings.

use rstest::rstest;
use serde_json::{Value, json};

use super::command::{Place, complaints, stderr, stdout, without_cost};
use crate::support::folder::copy_folder;
use crate::support::handled_ruleset::handled_ruleset;

const PLAN: &str = r#"
rules = ["handled"]
events = "events"
to = 2026-05-01
"#;

/// Everybody in time, and every warning was true.
const IN_TIME: &str = r#"
[answers.red]
acknowledged = { share = 1.0, within = "10m" }
answered = { share = 1.0, within = "2h" }
reviewed = { share = 1.0, within = "1wd" }
verdicts = { confirmed = 1.0 }
"#;

const NOBODY: &str = r#"
[answers.red]
acknowledged = { share = 0.0, within = "10m" }
"#;

const UNFOUNDED: &str = r#"
[answers.red]
answered = { share = 1.0, within = "2h" }
reviewed = { share = 1.0, within = "2h" }
verdicts = { unfounded = 1.0 }
"#;

/// Some do, some do not.
const SOME: &str = r#"
[answers.red]
acknowledged = { share = 0.5, within = "1h" }
answered = { share = 0.8, within = "3wd" }
reviewed = { share = 0.5, within = "2wd" }
verdicts = { confirmed = 0.5, partly = 0.2, unfounded = 0.3 }
"#;

/// `A` and `B` have three complaints and more: red by the handled ruleset. Somebody answered in history.
fn place() -> Place {
    let place = Place::new();
    copy_folder(handled_ruleset().path(), &place.path("handled"));
    place.lines("events/complaints.jsonl", &complaints());
    let answer = json!({
        "event_id": "d1", "occurred_at": "2026-03-05T09:00:00+08:00", "operator_id": "A", "publisher": "officer-app",
        "warning_id": "3d813cbb-47fb-5ba9-9b2c-5d6b3c0a2a11", "action": "acknowledged",
    });
    place.lines("events/dispositions.jsonl", &[answer]);
    place
}

fn report(place: &Place, answers: &str) -> Value {
    place.write("replay.toml", &format!("{PLAN}{answers}"));
    place.report(&["--out", "report", "replay.toml"])
}

/// Operator, step and instant of everything that happened to warnings.
fn steps(place: &Place) -> Vec<String> {
    let rows = place.table("report/warnings.csv");
    rows.iter().map(|row| format!("{} {} {} {}", row["ruleset"], row["operator_id"], row["step"], row["at"])).collect()
}

#[test]
fn without_a_model_nobody_answers_and_no_clock_runs() {
    let place = place();
    let report = report(&place, "");
    assert_eq!(report["answers"], Value::Null);
    let steps = &report["rulesets"][0]["steps"];
    assert_eq!((&steps["opened"], &steps["handled"], &steps["overdue"]), (&json!(2), &json!(0), &json!(0)));
    let dispositions = &report["events"]["sources"][1];
    assert_eq!((&dispositions["source"], &dispositions["records"]), (&json!("dispositions"), &json!(1)));
}

#[rstest]
#[case::everybody_in_time(IN_TIME, json!([2, 2, { "confirmed": 2 }, 0]))]
#[case::nobody(NOBODY, json!([0, 0, {}, 4]))]
fn clocks_run_by_who_answers(#[case] model: &str, #[case] expected: Value) {
    let place = place();
    let report = report(&place, model);
    let answers = &report["answers"];
    let of = |name: &str| answers["rulesets"][0][name].clone();
    assert_eq!(json!([of("acknowledged"), of("reviewed"), of("verdicts"), of("overdue")]), expected);
    assert_eq!((&answers["replaced"], &of("passed_over")), (&json!(1), &json!(0)), "the answer of history is left out");
    let sources = report["events"]["sources"].as_array().expect("sources");
    assert_eq!(sources.len(), 1, "no answer counts as a record of history: {sources:?}");
    let steps = &report["rulesets"][0]["steps"];
    assert_eq!(steps["overdue"], of("overdue"));
}

#[test]
fn what_was_unfounded_is_withdrawn_and_each_ruleset_has_answers_of_its_own() {
    let place = place();
    copy_folder(&place.path("handled"), &place.path("sooner"));
    let rule = std::fs::read_to_string(place.path("sooner/complaints/pests.rhai")).expect("a rule");
    place.write("sooner/complaints/pests.rhai", &rule.replace("complaints_30d >= 3", "complaints_30d >= 2"));
    let alone = report(&place, UNFOUNDED);
    let plan = format!("{PLAN}{UNFOUNDED}").replace(r#"["handled"]"#, r#"["handled", "sooner"]"#);
    place.write("replay.toml", &plan);
    let both = place.report(&["--out", "report", "replay.toml"]);
    assert_eq!(both["answers"]["rulesets"][0], alone["answers"]["rulesets"][0], "the other ruleset changes nothing");
    assert_eq!(both["rulesets"][0], alone["rulesets"][0]);
    let counts = |place: usize| both["answers"]["rulesets"][place]["verdicts"]["unfounded"].as_u64();
    let withdrawn = |place: usize| both["rulesets"][place]["steps"]["withdrawn"].as_u64();
    assert_eq!((counts(0), counts(1)), (withdrawn(0), withdrawn(1)), "{:#?}", steps(&place));
    assert!(counts(1) > counts(0), "C is warned of sooner: {:#?}", steps(&place));
}

#[test]
fn the_same_in_gives_the_same_out_and_another_seed_something_else() {
    let place = place();
    let once = without_cost(report(&place, SOME));
    let first = steps(&place);
    assert_eq!(without_cost(report(&place, SOME)), once);
    assert_eq!(steps(&place), first);
    report(&place, &format!("[answers]\nseed = 2\n{SOME}"));
    assert_ne!(steps(&place), first);
}

#[test]
fn the_report_states_what_was_supposed_in_both_languages() {
    let place = place();
    let report = report(&place, SOME);
    insta::assert_json_snapshot!(report["answers"]["stated"]);
    let page = std::fs::read_to_string(place.path("report/report.html")).expect("a page");
    let text = stdout(&place.replay(&["replay.toml"]));
    for stated in report["answers"]["stated"].as_array().expect("sentences") {
        let sentence = |language: &str| stated[language].as_str().expect("a sentence").to_owned();
        assert!(page.contains(&sentence("zh")) && page.contains(&sentence("en")), "{stated}");
        assert!(text.contains(&sentence("en")), "{text}");
    }
}

#[rstest]
#[case::a_share_beyond_one("[answers.red]\nacknowledged = { share = 1.5, within = \"1h\" }", "from 0 to 1")]
#[case::verdicts_that_are_not_all(
    "[answers.red]\nanswered = { share = 1.0, within = \"1h\" }\nverdicts = { confirmed = 0.5 }",
    "1 in all"
)]
#[case::a_review_of_nothing("[answers.red]\nreviewed = { share = 1.0, within = \"1h\" }", "`answered` is missing")]
#[case::no_level("[answers]\nseed = 3", "no level is answered")]
#[case::no_time("[answers.red]\nacknowledged = { share = 1.0, within = \"0h\" }", "0h")]
#[case::a_level_that_is_none("[answers.none]\nacknowledged = { share = 1.0, within = \"1h\" }", "none")]
fn a_model_that_cannot_be_is_refused_at_its_place(#[case] model: &str, #[case] says: &str) {
    let place = place();
    place.write("replay.toml", &format!("{PLAN}{model}"));
    let output = place.replay(&["replay.toml"]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(78), "{text}");
    assert!(text.contains("replay.toml:") && text.contains(says), "{text}");
}

#[test]
fn a_ruleset_that_says_of_no_warning_who_answers_it_is_refused() {
    let place = place();
    place.write("replay.toml", &format!("{PLAN}{IN_TIME}").replace("handled", "rules"));
    let output = place.replay(&["replay.toml"]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("handling.toml"), "{}", stderr(&output));
}
