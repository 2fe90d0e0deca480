//! The whole program on a real Kafka, by its commands alone: topics, run, publish, explain, warnings, and a stop.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::kafka::{bootstrap, eventually, unique};

const SOURCES: [&str; 6] = ["inspections", "lab-samples", "complaints", "camera-alerts", "dispositions", "operators"];
const SCHOOL: &str = "JY31201030001472";

/// A configuration of its own in the environment: group, topics and address that no other test has.
struct Office {
    environment: Vec<(String, String)>,
    server: String,
}

impl Office {
    fn new() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let listen = format!("127.0.0.1:{port}");
        let mut environment: Vec<(String, String)> = [
            ("KAFKA__BOOTSTRAP_SERVERS", bootstrap().to_owned()),
            ("KAFKA__GROUP_ID", unique("office")),
            ("TOPICS__SCORES", unique("scores")),
            ("TOPICS__WARNINGS", unique("warnings")),
            ("TOPICS__RULESETS", unique("rulesets")),
            ("TOPICS__PARTITIONS", "2".to_owned()),
            ("SERVER__LISTEN", listen.clone()),
            ("LOG__FORMAT", "json".to_owned()),
        ]
        .map(|(name, value)| (format!("YUJING__{name}"), value))
        .into();
        for source in SOURCES {
            let name = format!("YUJING__TOPICS__INPUTS__{}", source.replace('-', "_").to_uppercase());
            environment.push((name, unique(source)));
        }
        Self { environment, server: format!("http://{listen}") }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Exit code, standard output and standard error of a command that ends by itself.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command(arguments).output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn publish(&self, source: &str, event: &Value) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("events.jsonl");
        std::fs::write(&file, format!("{event}\n")).expect("written");
        let (code, out, err) = self.run(&["publish", source, file.to_str().expect("UTF-8")]);
        assert_eq!(code, Some(0), "{source}: {out}{err}");
    }

    fn start(&self) -> Engine {
        let child = self.command(&["run"]).stderr(Stdio::piped()).spawn().expect("it starts");
        Engine(child)
    }

    fn get(&self, path: &str) -> Option<(u16, Value)> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.get(format!("{}{path}", self.server)).call().ok()?;
        Some((response.status().as_u16(), response.body_mut().read_json().ok()?))
    }

    fn wait_until_ready(&self) {
        eventually("ready", || self.get("/readyz").filter(|(status, _)| *status == 200));
    }
}

/// `yujing run`; killed if the test ends before it.
struct Engine(Child);

impl Engine {
    fn signal(&self, name: &str) {
        let done =
            Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status().expect("kill runs");
        assert!(done.success());
    }

    /// Its exit code and log lines, once it has ended by itself.
    fn ended(mut self) -> (Option<i32>, String) {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.0.try_wait().expect("it is ours") {
                break status;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "it did not stop");
            std::thread::sleep(Duration::from_millis(50));
        };
        let mut log = String::new();
        self.0.stderr.take().expect("piped").read_to_string(&mut log).expect("UTF-8");
        (status.code(), log)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ago(minutes: i64) -> String {
    (Timestamp::now() - SignedDuration::from_mins(minutes)).to_string()
}

fn school() -> Value {
    json!({
        "event_id": SCHOOL, "occurred_at": ago(60), "operator_id": SCHOOL, "publisher": "operator-register",
        "entity_id": "91120103MA05TE5T7E", "name": "示例小学食堂", "business_form": "canteen",
        "sub_district": "示例街道", "static_risk": 4, "risk_grade": "C", "protected_group": "school",
    })
}

fn rodent() -> Value {
    json!({
        "event_id": "cam-1", "occurred_at": ago(30), "operator_id": SCHOOL, "publisher": "kitchen-camera-gateway",
        "kind": "alert", "camera_id": "HX-0417-2", "zone": "cooking", "class": "rodent", "confidence": 0.9,
        "review": "pending",
    })
}

fn pest_complaint() -> Value {
    json!({
        "event_id": "12345-1", "occurred_at": ago(20), "operator_id": SCHOOL, "publisher": "hotline-12345",
        "case_no": "1", "kind": "report", "channel": "hotline_12345", "category": "pests", "persons_ill": 0,
        "status": "accepted",
    })
}

#[test]
fn from_an_empty_kafka_to_a_warning_that_explains_itself_and_a_clean_stop() {
    let office = Office::new();

    let (code, out, err) = office.run(&["topics"]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("missing") && err.contains("--create"), "{out}{err}");
    let (code, out, err) = office.run(&["topics", "--create"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("created 15") && out.contains("the engine can run with these topics"), "{out}");
    let (code, out, _) = office.run(&["topics"]);
    assert_eq!((code, out.contains("created")), (Some(0), false), "a second time there is nothing to create: {out}");

    office.publish("operators", &school());
    let engine = office.start();
    office.wait_until_ready();
    assert_eq!(office.get(&format!("/api/v1/operators/{SCHOOL}")).expect("answers").1["level"], "none");
    office.publish("camera-alerts", &rodent());
    office.publish("complaints", &pest_complaint());
    let warning = eventually("an open warning", || {
        let (_, answer) = office.get("/api/v1/warnings?level=red")?;
        answer["warnings"].get(0).cloned()
    });
    assert_eq!((&warning["operator_id"], &warning["name"]), (&json!(SCHOOL), &json!("示例小学食堂")));

    let (code, text, err) = office.run(&["explain", SCHOOL]);
    assert_eq!(code, Some(0), "{err}");
    for words in ["示例小学食堂", "等级 红色", "疑似鼠类活动且有虫鼠投诉举报", "pest_complaints_7d = 1"]
    {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    let (code, text, err) = office.run(&["warnings", "--from-beginning", "--no-follow"]);
    assert_eq!(code, Some(0), "{err}");
    for words in ["发布", "红色", SCHOOL, "示例小学食堂"] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    let (_, lines, _) = office.run(&["warnings", "--from-beginning", "--no-follow", "--json"]);
    let last: Value = serde_json::from_str(lines.lines().last().expect("a warning")).expect("JSON");
    assert_eq!((&last["operator_id"], &last["level"]), (&json!(SCHOOL), &json!("red")));

    engine.signal("TERM");
    let (code, log) = engine.ended();
    assert_eq!(code, Some(0), "{log}");
    let codes: Vec<String> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .filter_map(|line| line["code"].as_str().map(str::to_owned))
        .collect();
    for code in ["started", "listening", "state", "warning_moved", "stop_requested"] {
        assert!(codes.iter().any(|found| found == code), "no line with code {code} in\n{log}");
    }
}

#[test]
fn without_topics_the_engine_says_which_are_missing_and_exits_1() {
    let office = Office::new();
    let (code, log) = office.start().ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("is missing") && log.contains("yujing topics --create"), "{log}");
}

#[test]
fn an_address_that_is_taken_is_told_and_exits_1() {
    let office = Office::new();
    let _taken = TcpListener::bind(office.server.trim_start_matches("http://")).expect("the port is free");
    let (code, log) = office.start().ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("server.listen"), "{log}");
}

#[test]
fn without_kafka_the_engine_waits_and_a_signal_still_stops_it() {
    let mut office = Office::new();
    let nowhere = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    for (name, value) in &mut office.environment {
        if name == "YUJING__KAFKA__BOOTSTRAP_SERVERS" {
            *value = nowhere.to_string();
        }
    }
    let engine = office.start();
    let answer = eventually("an answer", || office.get("/readyz"));
    assert_eq!(answer, (503, json!({ "state": "starting" })));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(office.get("/healthz").map(|(status, _)| status), Some(200), "it gave up");
    engine.signal("INT");
    let (code, log) = engine.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("kafka_unreachable") && log.contains(&nowhere.to_string()), "{log}");
}
