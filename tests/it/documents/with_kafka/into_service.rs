//! The page "Into service", as written, with a real engine on a real Kafka over the folder of the authoring guide's ten
//! minutes: it takes their rule without a restart, keeps its open warnings, refuses a broken edit and says why.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};
use yujing_kafka::partitioner;
use yujing_workbench::schemas_folder;

use crate::support::guide::{Walk, examples, marked};
use crate::support::kafka::{TestRecord, eventually, produce, read_committed, unique};
use crate::support::program::{EngineProcess, Program};
use crate::support::ruleset::allow_end_of_calendar;

/// Has an alert of rodents and two complaints, as in the ten minutes.
const RODENTS: &str = "JY21201030043213";
/// Has two complaints, and a third when the guide's candidate is tried.
const COMPLAINTS: &str = "JY21201030043221";

/// Somebody who follows the guide, and the engine over the folder.
struct Service {
    program: Program,
    walk: Walk,
}

impl Service {
    fn new() -> Self {
        let mut program = Program::new();
        program.environment.push(("YUJING__TOPICS__SHADOW_WARNINGS".to_owned(), unique("shadow")));
        let walk = Walk::new(program.environment.clone());
        Self { program, walk }
    }

    /// The program in the guide's folder, with what is configured there.
    fn start(&self) -> EngineProcess {
        let here = |arguments: &[&str]| {
            let mut command = self.program.command(arguments);
            command.current_dir(self.walk.path());
            command
        };
        assert!(here(&["topics", "--create"]).stdout(Stdio::null()).status().expect("it runs").success());
        let engine = EngineProcess::of(here(&["run"]).stderr(Stdio::piped()).spawn().expect("it starts"));
        self.program.wait_until_ready();
        engine
    }

    fn complain(&self, operator: &str, people: std::ops::Range<usize>) {
        let complaint = |number: usize| {
            json!({
                "event_id": format!("c{number}"), "publisher": "hotline-12345", "case_no": number.to_string(),
                "kind": "report", "channel": "12315", "category": "pests", "persons_ill": 0, "status": "accepted",
            })
        };
        self.send("COMPLAINTS", operator, people.map(complaint).collect());
    }

    fn see_rodents(&self, operator: &str) {
        let alert = json!({
            "event_id": "a1", "publisher": "kitchen-camera-gateway", "kind": "alert", "camera_id": "HX-0417-2",
            "zone": "cooking", "class": "rodent", "confidence": 0.9, "review": "pending",
        });
        self.send("CAMERA_ALERTS", operator, vec![alert]);
    }

    fn send(&self, source: &str, operator: &str, events: Vec<Value>) {
        let now = Timestamp::now();
        let record = |mut event: Value| {
            event["operator_id"] = operator.into();
            event["occurred_at"] = (now - SignedDuration::from_mins(30)).to_string().into();
            let partition = partitioner::partition(operator.as_bytes(), 2);
            TestRecord::new(operator, event.to_string()).at(partition, now.as_millisecond())
        };
        let records: Vec<TestRecord> = events.into_iter().map(record).collect();
        produce(self.program.value(&format!("TOPICS__INPUTS__{source}")), &records);
    }

    /// Waits until what the folder holds is in force and everyone is judged by it.
    fn await_folder(&self) {
        let sources = Arc::new(schemas_folder::load(&self.walk.path().join("schemas")).expect("the schemas load"));
        let held = yujing_workbench::rules_folder::load(&self.walk.path().join("rules"), &sources);
        let held = held.unwrap_or_else(|problems| panic!("{}", problems.render(false))).hash;
        eventually("the folder in force", || {
            let ruleset = self.ruleset()?;
            (ruleset["hash"] == *held && ruleset["operators_not_judged_yet"] == 0).then_some(())
        });
    }

    fn ruleset(&self) -> Option<Value> {
        self.program.get("/api/v1/ruleset").filter(|(status, _)| *status == 200).map(|(_, ruleset)| ruleset)
    }

    /// Every step of an operator's warning: step, level, cause, sequence, id.
    fn steps(&self, operator: &str) -> Vec<Value> {
        let records = read_committed(self.program.value("TOPICS__WARNINGS")).into_iter();
        let events =
            records.map(|record| serde_json::from_slice::<Value>(&record.value.expect("a value")).expect("JSON"));
        events.filter(|event| event["operator_id"] == operator).collect()
    }

    fn await_step(&self, operator: &str, sequence: usize, step: &str, level: &str, cause: &str) {
        let steps = eventually("a step", || Some(self.steps(operator)).filter(|steps| steps.len() >= sequence));
        let newest = &steps[sequence - 1];
        assert_eq!(steps.len(), sequence, "{newest:#}");
        let reported =
            [&newest["step"], &newest["level"], &newest["cause"], &newest["sequence"], &newest["warning_id"]];
        let warning = &steps[0]["warning_id"];
        assert_eq!(reported, [&json!(step), &json!(level), &json!(cause), &json!(sequence), warning]);
    }

    /// The ruleset that was in force before the present one.
    fn hash_before(&self) -> String {
        let ruleset = self.ruleset().expect("an answer");
        ruleset["publication"]["previous"].as_str().expect("a hash").to_owned()
    }
}

#[rstest]
#[case::english("README.md", "service.md")]
#[case::chinese("README.zh-CN.md", "service.zh-CN.md")]
fn the_ten_minutes_rule_goes_into_service_as_written(#[case] guide: &str, #[case] page: &str) {
    let [guide, page] = [guide, page].map(|name| {
        let text = std::fs::read_to_string(Path::new("rules").join(name)).expect("the page");
        examples(&text)
    });
    let (tutorial, service) = (marked(&guide, "tutorial:"), marked(&page, "service:"));
    let mut here = Service::new();

    // The engine runs from the first step of the ten minutes on, and follows every other.
    here.walk.take(tutorial[0].0, tutorial[0].1);
    allow_end_of_calendar(&here.walk.path().join("rules"));
    let mut engine = here.start();
    here.complain(RODENTS, 0..2);
    here.complain(COMPLAINTS, 0..2);
    here.see_rodents(RODENTS);
    here.await_step(RODENTS, 1, "opened", "blue", "events");
    here.await_step(COMPLAINTS, 1, "opened", "blue", "events");
    for (step, text) in &tutorial[1..] {
        if text.contains("\"draft\"/\"active\"") {
            here.await_folder();
            assert_eq!(here.steps(RODENTS).len(), 1, "a draft scores nobody");
        }
        here.walk.take(step, text);
    }
    here.await_folder();
    here.await_step(RODENTS, 2, "escalated", "orange", "ruleset");
    assert_eq!(here.steps(COMPLAINTS).len(), 1);
    assert!(engine.is_running(), "it runs without a restart");

    let mut before = None;
    for (step, text) in &service {
        let text = before.as_deref().map_or_else(|| (*text).to_owned(), |hash| text.replace("HASH", hash));
        here.walk.take(step, &text);
        match *step {
            "fails" => {
                let ruleset = here.ruleset().expect("an answer");
                assert_eq!(ruleset["last_attempt"]["refusal"]["problems"][0]["code"], "rule/unknown-feature");
                let metrics = here.program.text("/metrics").expect("metrics");
                assert!(metrics.contains("\nyujing_ruleset_last_reload_successful 0\n"), "{metrics}");
                assert_eq!(here.steps(RODENTS).len(), 2, "the ruleset in force stays");
            }
            "file yujing.toml" => {
                engine.signal("TERM");
                let (code, log) = engine.ended();
                assert_eq!(code, Some(0), "{log}");
                let refused =
                    log.lines().find(|line| line.contains("ruleset_refused") && line.contains("pest_complaint_7d"));
                assert!(refused.is_some_and(|line| line.contains("rodents_and_complaint.rhai:")), "{log}");
                assert!(log.contains("ruleset_applied"), "{log}");
                engine = here.start();
            }
            "runs" if text.contains("rollback") => here.await_step(RODENTS, 4, "escalated", "orange", "ruleset"),
            "runs" if text.trim() == "yujing rules reload" => {
                here.await_step(RODENTS, 3, "eased", "yellow", "ruleset");
                before = Some(here.hash_before()[..10].to_owned());
            }
            "shows" if text.contains("candidate") && !text.contains(':') => {
                here.complain(COMPLAINTS, 2..3);
                eventually("the third complaint", || {
                    here.program.get(&format!("/api/v1/operators/{COMPLAINTS}/score"))
                });
            }
            _ => {}
        }
    }
    here.await_step(COMPLAINTS, 2, "escalated", "yellow", "ruleset");
    assert_eq!(here.steps(RODENTS).len(), 4);
}
