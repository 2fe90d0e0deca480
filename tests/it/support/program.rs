//! The whole program as people run it, with a configuration that no other test has: topics, publish, run, and a stop.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use yujing_kafka::partitioner;

use super::kafka::{Kafka, TestRecord, bootstrap, eventually, unique};
use super::port::free_port;

const SOURCES: [&str; 7] =
    ["inspections", "lab-samples", "complaints", "camera-alerts", "dispositions", "events", "operators"];
/// Of every topic of events.
pub const PARTITIONS: i32 = 2;
/// An operator that [`school`] registers.
pub const SCHOOL: &str = "JY31201030001472";

/// A configuration of its own in the environment: group, topics and address that no other test has.
#[derive(Clone)]
pub struct Program {
    pub environment: Vec<(String, String)>,
    /// Where the engine's endpoints are, once it runs.
    pub server: String,
}

impl Program {
    /// On the tests' Kafka.
    pub fn new() -> Self {
        Self::on(bootstrap())
    }

    /// On the Kafka at `servers`.
    pub fn on(servers: &str) -> Self {
        let listen = nowhere();
        let mut environment: Vec<(String, String)> = [
            ("KAFKA__BOOTSTRAP_SERVERS", servers.to_owned()),
            ("KAFKA__GROUP_ID", unique("program")),
            ("TOPICS__SCORES", unique("scores")),
            ("TOPICS__WARNINGS", unique("warnings")),
            ("TOPICS__AREAS", unique("areas")),
            ("TOPICS__RULESETS", unique("rulesets")),
            ("TOPICS__PARTITIONS", PARTITIONS.to_string()),
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

    /// The value of a variable, named without its prefix.
    pub fn value(&self, name: &str) -> &str {
        self.variable(&format!("YUJING__{name}"))
    }

    /// The value of any variable.
    pub fn variable(&self, name: &str) -> &str {
        self.environment.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Exit code, standard output and standard error of a command that ends by itself.
    pub fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command(arguments).output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// The same of a command as a guide shows it.
    pub fn run_shown(&self, command: &str) -> (Option<i32>, String, String) {
        let mut words = command.split_whitespace();
        assert_eq!(words.next(), Some("yujing"), "{command}");
        self.run(&words.collect::<Vec<_>>())
    }

    pub fn create_topics(&self) {
        let (code, out, err) = self.run(&["topics", "--create"]);
        assert_eq!(code, Some(0), "{out}{err}");
    }

    pub fn publish(&self, source: &str, event: &Value) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("events.jsonl");
        std::fs::write(&file, format!("{event}\n")).expect("written");
        let (code, out, err) = self.run(&["publish", source, file.to_str().expect("UTF-8")]);
        assert_eq!(code, Some(0), "{source}: {out}{err}");
    }

    /// Publishes so many complaints about an operator at once, numbered from `first`.
    pub fn complain(&self, operator: &str, first: usize, count: usize) {
        let records: Vec<TestRecord> = (first..first + count)
            .map(|number| {
                let event = json!({
                    "event_id": format!("{operator}-{number}"), "occurred_at": ago(30), "operator_id": operator,
                    "publisher": "hotline-12345", "case_no": number.to_string(), "kind": "report", "channel": "12315",
                    "category": "hygiene", "persons_ill": 0, "status": "accepted",
                });
                let partition = partitioner::partition(operator.as_bytes(), PARTITIONS);
                TestRecord::new(operator, event.to_string()).at(partition, Timestamp::now().as_millisecond())
            })
            .collect();
        let servers = self.value("KAFKA__BOOTSTRAP_SERVERS");
        Kafka(servers).produce(self.value("TOPICS__INPUTS__COMPLAINTS"), &records);
    }

    pub fn start(&self) -> EngineProcess {
        let child = self.command(&["run"]).stderr(Stdio::piped()).spawn().expect("it starts");
        EngineProcess::of(child)
    }

    pub fn get(&self, path: &str) -> Option<(u16, Value)> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.get(format!("{}{path}", self.server)).call().ok()?;
        Some((response.status().as_u16(), response.body_mut().read_json().ok()?))
    }

    pub fn text(&self, path: &str) -> Option<String> {
        ureq::get(format!("{}{path}", self.server)).call().ok()?.body_mut().read_to_string().ok()
    }

    /// Waits until it says that it waits for Kafka, and returns why.
    pub fn wait_until_waiting(&self) -> String {
        eventually("waiting", || {
            let (status, body) = self.get("/readyz")?;
            (status == 503 && body["state"] == "waiting").then(|| body["reason"].as_str().expect("a reason").to_owned())
        })
    }

    pub fn wait_until_ready(&self) {
        eventually("ready", || self.get("/readyz").filter(|(status, _)| *status == 200));
    }
}

/// An address of this machine where nothing listens.
pub fn nowhere() -> String {
    format!("127.0.0.1:{}", free_port())
}

/// `yujing run`; killed if the test ends before it.
pub struct EngineProcess {
    child: Child,
    /// Reads its log lines until it ends: an output that nobody reads stops who writes to it.
    log: Option<JoinHandle<String>>,
}

impl EngineProcess {
    /// A process that has been started; its log lines are kept if they come through a pipe.
    pub fn of(mut child: Child) -> Self {
        let log = child.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let mut log = String::new();
                stderr.read_to_string(&mut log).expect("UTF-8");
                log
            })
        });
        Self { child, log }
    }

    /// Of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is ours").is_none()
    }

    pub fn signal(&self, name: &str) {
        let done = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(done.expect("kill runs").success());
    }

    /// Its exit code and log lines, once it has ended by itself.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let began = Instant::now();
        while self.is_running() {
            assert!(began.elapsed() < Duration::from_mins(1), "it did not stop");
            std::thread::sleep(Duration::from_millis(50));
        }
        let status = self.child.wait().expect("it has ended");
        let log = self.log.take().expect("piped").join().expect("its log was read");
        (status.code(), log)
    }
}

impl Drop for EngineProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ago(minutes: i64) -> String {
    (Timestamp::now() - SignedDuration::from_mins(minutes)).to_string()
}

pub fn school() -> Value {
    json!({
        "event_id": SCHOOL, "occurred_at": ago(60), "operator_id": SCHOOL, "publisher": "operator-register",
        "entity_id": "91120103MA05TE5T7E", "name": "示例小学食堂", "business_form": "canteen",
        "sub_district": "示例街道", "static_risk": 4, "risk_grade": "C", "protected_group": "school",
    })
}

pub fn rodent() -> Value {
    json!({
        "event_id": "cam-1", "occurred_at": ago(30), "operator_id": SCHOOL, "publisher": "kitchen-camera-gateway",
        "kind": "alert", "camera_id": "HX-0417-2", "zone": "cooking", "class": "rodent", "confidence": 0.9,
        "review": "pending",
    })
}

pub fn pest_complaint() -> Value {
    json!({
        "event_id": "12345-1", "occurred_at": ago(20), "operator_id": SCHOOL, "publisher": "hotline-12345",
        "case_no": "1", "kind": "report", "channel": "hotline_12345", "category": "pests", "persons_ill": 0,
        "status": "accepted",
    })
}
