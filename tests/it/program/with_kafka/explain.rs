//! `yujing explain`: of the running engine, and of the past from what the topics hold, with the rules in force or
//! others.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::kafka::eventually;
use crate::support::program::{Program, SCHOOL, pest_complaint, rodent, school};
use crate::support::ruleset::small_ruleset;

/// An engine that warned of the school; also an instant between the rodent and the complaint that made it red.
fn warned() -> (Program, crate::support::program::EngineProcess, Timestamp) {
    let program = Program::new();
    let (code, out, err) = program.run(&["topics", "--create"]);
    assert_eq!(code, Some(0), "{out}{err}");
    program.publish("operators", &school());
    let engine = program.start();
    program.wait_until_ready();
    program.publish("camera-alerts", &rodent());
    std::thread::sleep(Duration::from_millis(20));
    let between = Timestamp::now();
    std::thread::sleep(Duration::from_millis(20));
    program.publish("complaints", &pest_complaint());
    eventually("an open warning", || {
        let (_, answer) = program.get("/api/v1/warnings?level=red")?;
        answer["warnings"].get(0).cloned()
    });
    (program, engine, between)
}

fn explained(program: &Program, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = ["explain", SCHOOL, "--json"].iter().chain(arguments).copied().collect();
    let (code, out, err) = program.run(&arguments);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    serde_json::from_str(&out).expect("JSON")
}

fn rule<'a>(explanation: &'a Value, id: &str) -> &'a Value {
    let rules = explanation["rules"].as_array().expect("rules");
    rules.iter().find(|rule| rule["rule"] == id).unwrap_or_else(|| panic!("no rule {id} in {explanation}"))
}

#[test]
fn the_past_is_explained_from_the_topics_as_the_engine_explains_the_present() {
    let (program, engine, between) = warned();
    let live = explained(&program, &[]);
    let mut past = explained(&program, &["--as-of", live["as_of"].as_str().expect("an instant")]);
    assert_eq!(past["level"], "red");
    // What it knows of the lifecycle comes from the warning, so all but the end of its patience is the same.
    past["standing"]["warning"]["below_since"] = live["standing"]["warning"]["below_since"].clone();
    assert_eq!(past, live);

    let form = format!(" {}\u{A0}", SCHOOL.to_lowercase());
    for as_of in [&[][..], &["--as-of", live["as_of"].as_str().expect("an instant")]] {
        let (code, out, err) = program.run(&[&["explain", &form, "--json"], as_of].concat());
        assert_eq!(code, Some(0), "{out}{err}");
        let written: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!((&written["operator_id"], &written["level"]), (&json!(SCHOOL), &json!("red")));
    }

    let before = explained(&program, &["--as-of", &between.to_string()]);
    let compound = rule(&before, "rodent_with_complaint");
    assert_eq!(compound["outcome"], "quiet", "{compound}");
    let decided = compound["decided_by"].as_array().expect("parts").last().expect("a part");
    assert_eq!((&decided["holds"], &decided["left"], &decided["distance"]), (&json!(false), &json!(0), &json!(1.0)));
    let raise = &before["smallest_changes"]["raise"];
    assert_eq!((&raise["from"], &raise["to"]), (&json!(0), &json!(1)), "{raise}");

    let (code, out, _) = program.run(&["explain", "JY21201030043213", "--as-of", &between.to_string()]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "nothing is known of it");
    drop(engine);
}

#[test]
fn other_rules_are_tried_on_the_past_and_the_text_says_what_decided() {
    let (program, engine, _) = warned();
    let folder = small_ruleset(&[]);
    let rules = folder.path().to_str().expect("UTF-8");
    let other = explained(&program, &["--rules", rules]);
    assert_eq!(other["rules"].as_array().map(Vec::len), Some(1));
    assert_eq!((&other["score"], &other["level_by_score"]), (&json!(0), &json!("none")));

    let (code, text, err) = program.run(&["explain", SCHOOL, "--rules", rules, "--lang", "en"]);
    assert_eq!(code, Some(0), "{err}");
    for words in [
        "smallest change that would raise the level: Complaints, 30 days 1 → 3, blue (25 points)",
        "✗ op.complaints_30d >= 3",
        "complaints_30d = 1",
    ] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    let (_, text, _) = program.run(&["explain", SCHOOL, "--lang", "zh"]);
    for words in ["等级 红色", "等级下降的最小变化", "判定依据"] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    drop(engine);
}
