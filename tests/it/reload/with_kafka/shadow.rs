//! Candidates that are tried live beside the ruleset in force, by the whole program on a real Kafka.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::kafka::{eventually, read_committed, unique};
use crate::support::program::{EngineProcess, Program};
use crate::support::ruleset::small_ruleset;

/// The small ruleset's rule, stricter: two complaints are enough, and `points` for them.
fn stricter(points: &str) -> String {
    format!(
        r#"//! id       = "many_complaints"
//! title    = {{ zh = "投诉举报集中", en = "Many complaints" }}
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{{ law = "食品安全法", article = "第一百一十五条", confirmed = false }}]
//! action   = {{ zh = "现场核查", en = "Visit" }}
//! deadline = "24h"

fn when(op)    {{ op.complaints_30d >= 2 }}
fn points(op)  {{ {points} }}
fn because(op) {{ #{{ zh: `${{op.complaints_30d}}件。`, en: `${{op.complaints_30d}}.` }} }}
"#
    )
}

const RULE: &str = "complaints/many_complaints.rhai";

/// An program with candidates, each in a folder of its own.
struct Trial {
    program: Program,
    candidates: Vec<TempDir>,
    _rules: TempDir,
}

impl Trial {
    fn new(candidates: Vec<(&str, TempDir)>) -> Self {
        let (mut program, rules) = (Program::new(), small_ruleset(&[]));
        let mut set = |name: &str, value: &str| program.environment.push((format!("YUJING__{name}"), value.to_owned()));
        set("PATHS__RULES", rules.path().to_str().expect("UTF-8"));
        set("TOPICS__SHADOW_WARNINGS", &unique("shadow"));
        for (name, folder) in &candidates {
            set(&format!("ENGINE__SHADOW__{}", name.to_uppercase()), folder.path().to_str().expect("UTF-8"));
        }
        program.environment.push(("YUJING_LANG".to_owned(), "en".to_owned()));
        let (code, out, err) = program.run(&["topics", "--create"]);
        assert_eq!(code, Some(0), "{out}{err}");
        assert!(out.contains("warnings of candidates"), "{out}");
        Self { program, candidates: candidates.into_iter().map(|(_, folder)| folder).collect(), _rules: rules }
    }

    fn start(&self) -> EngineProcess {
        let engine =
            EngineProcess::of(self.program.command(&["run"]).stderr(Stdio::piped()).spawn().expect("it starts"));
        self.program.wait_until_ready();
        engine
    }

    fn candidate(&self, name: &str) -> Value {
        let (_, answer) = self.program.get("/api/v1/shadows").expect("an answer");
        answer["candidates"][name].clone()
    }

    fn await_condition(&self, name: &str, condition: &str) -> Value {
        eventually(condition, || Some(self.candidate(name)).filter(|candidate| candidate["condition"] == condition))
    }

    /// Steps on a topic of warnings: candidate, operator, step, level, sequence.
    fn steps(&self, topic: &str) -> Vec<(String, String, String, String, u64)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut steps: Vec<_> = read_committed(self.program.value(topic))
            .into_iter()
            .map(|record| {
                let event: Value = serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
                let sequence = event["sequence"].as_u64().expect("a sequence");
                let candidate = record.header("yujing.candidate");
                (candidate, text(&event["operator_id"]), text(&event["step"]), text(&event["level"]), sequence)
            })
            .collect();
        steps.sort();
        steps
    }

    fn await_shadows(&self, count: usize) -> Vec<(String, String, String, String, u64)> {
        eventually("steps of candidates", || {
            Some(self.steps("TOPICS__SHADOW_WARNINGS")).filter(|steps| steps.len() >= count)
        })
    }

    fn metric(&self, line: &str) -> Option<String> {
        let text = self.program.text("/metrics")?;
        text.lines().find_map(|found| Some(found.strip_prefix(line)?.trim().to_owned()))
    }
}

fn step(
    candidate: &str,
    operator: &str,
    step: &str,
    level: &str,
    sequence: u64,
) -> (String, String, String, String, u64) {
    let [candidate, operator, step, level] = [candidate, operator, step, level].map(str::to_owned);
    (candidate, operator, step, level, sequence)
}

#[test]
fn candidates_score_along_with_the_ruleset_in_force_survive_a_restart_and_are_compared_with_it() {
    let trial = Trial::new(vec![
        ("stricter", small_ruleset(&[(RULE, &stricter("25"))])),
        ("harsher", small_ruleset(&[(RULE, &stricter("85"))])),
        ("milder", small_ruleset(&[(RULE, &stricter("1"))])),
    ]);
    let engine = trial.start();
    trial.await_condition("stricter", "seated");
    trial.await_condition("harsher", "seated");
    trial.await_condition("milder", "seated");
    trial.program.complain("XC-A", 0, 3);
    trial.program.complain("XC-B", 0, 2);
    let expected = [
        step("harsher", "XC-A", "opened", "red", 1),
        step("harsher", "XC-B", "opened", "red", 1),
        step("stricter", "XC-A", "opened", "blue", 1),
        step("stricter", "XC-B", "opened", "blue", 1),
    ];
    assert_eq!(trial.await_shadows(4), expected);
    assert_eq!(trial.steps("TOPICS__WARNINGS"), [step("", "XC-A", "opened", "blue", 1)]);
    let schema = fs::read_to_string("schemas/warnings.schema.json").expect("a schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    for record in read_committed(trial.program.value("TOPICS__SHADOW_WARNINGS")) {
        let event: Value = serde_json::from_slice(&record.value.expect("a value")).expect("JSON");
        jsonschema::validate(&schema, &event).unwrap_or_else(|error| panic!("{error}: {event:#}"));
    }
    let opened = r#"yujing_shadow_warnings_total{candidate="harsher",level="red",step="opened"}"#;
    assert_eq!(trial.metric(opened).as_deref(), Some("2"));
    assert_eq!(trial.metric(r#"yujing_warnings_total{level="red",step="opened"}"#).as_deref(), Some("0"));

    let (code, out, err) = trial.program.run(&["shadow", "list"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("stricter") && out.contains("harsher") && out.matches("judging").count() == 3, "{out}");
    let (code, out, err) = trial.program.run(&["shadow", "diff", "stricter"]);
    assert_eq!(code, Some(0), "{err}");
    for words in ["candidate stricter", "opened · candidate only: 1", "XC-B", "many_complaints"] {
        assert!(out.contains(words), "no `{words}` in\n{out}");
    }
    assert!(!out.contains("harsher"), "{out}");
    let (_, out, _) = trial.program.run(&["shadow", "diff", "--json"]);
    let compared: Value = serde_json::from_str(&out).expect("JSON");
    let opened = &compared["candidates"][1]["steps"][0];
    let counts = json!({ "both": 1, "only_in_force": 0, "only_candidate": 1 });
    assert_eq!((&opened["step"], &opened["counts"]), (&json!("opened"), &counts), "{out}");
    let (_, out, _) = trial.program.run(&["shadow", "diff", "--to", "2020-01-01T00:00:00Z", "--json"]);
    let compared: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(compared["candidates"][0]["steps"][0]["counts"]["both"], 0, "{out}");

    // One that warned nobody is compared as soon as the span is given.
    let (_, out, _) = trial.program.run(&["shadow", "diff", "milder"]);
    assert!(out.contains("milder has told of no warning yet"), "{out}");
    let (_, out, _) = trial.program.run(&["shadow", "diff", "milder", "--from", "2020-01-01T00:00:00Z", "--json"]);
    let compared: Value = serde_json::from_str(&out).expect("JSON");
    let counts = json!({ "both": 0, "only_in_force": 1, "only_candidate": 0 });
    assert_eq!((&compared["candidates"][0]["steps"][0]["counts"], &compared["silent"]), (&counts, &json!([])), "{out}");

    // After a restart their warnings go on: nothing is opened twice.
    engine.signal("TERM");
    assert_eq!(engine.ended().0, Some(0));
    let engine = trial.start();
    trial.await_condition("stricter", "seated");
    trial.program.complain("XC-C", 0, 2);
    let shadows = trial.await_shadows(6);
    assert_eq!(shadows.iter().filter(|step| step.1 != "XC-C").count(), 4, "{shadows:?}");
    engine.signal("TERM");
    let (code, log) = engine.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("candidate_seated"), "{log}");
}

#[test]
fn a_candidate_that_is_not_in_order_hurts_nobody_and_is_tried_once_it_is_mended() {
    let trial = Trial::new(vec![("broken", small_ruleset(&[(RULE, "nonsense")]))]);
    let _engine = trial.start();
    let refused = trial.await_condition("broken", "refused");
    assert!(refused["refusal"]["report"]["en"].as_str().is_some_and(|report| report.contains(RULE)), "{refused}");
    trial.program.complain("XC-A", 0, 3);
    eventually("a warning", || Some(trial.steps("TOPICS__WARNINGS")).filter(|steps| !steps.is_empty()));
    assert_eq!(trial.steps("TOPICS__SHADOW_WARNINGS"), []);

    // Mended, it judges everyone at once.
    fs::write(trial.candidates[0].path().join(RULE), stricter("45")).expect("written");
    trial.await_condition("broken", "seated");
    assert_eq!(trial.await_shadows(1), [step("broken", "XC-A", "opened", "yellow", 1)]);

    // Changed, its warnings go on under what it says now.
    fs::write(trial.candidates[0].path().join(RULE), stricter("85")).expect("written");
    let shadows = trial.await_shadows(2);
    assert_eq!(shadows[0], step("broken", "XC-A", "escalated", "red", 2));
    // Broken again, the last ruleset that was in order goes on.
    fs::write(trial.candidates[0].path().join(RULE), "nonsense").expect("written");
    let refused = trial.await_condition("broken", "refused");
    assert_eq!(refused["is_seated"], true, "{refused}");
    trial.program.complain("XC-B", 0, 2);
    assert_eq!(trial.await_shadows(3).last(), Some(&step("broken", "XC-B", "opened", "red", 1)));
}
