//! `yujing publish` on a real Kafka: what is sent, what is not, and what it says.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::engine;
use crate::support::kafka::{bootstrap, create_topic, read_committed, unique};
use crate::support::murmur2::vectors;

/// A topic of complaints, and a folder for files.
struct Project {
    topic: String,
    folder: tempfile::TempDir,
}

impl Project {
    fn new(partitions: i32) -> Self {
        let topic = unique("complaints");
        create_topic(&topic, partitions, &[]);
        Self { topic, folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn environment(&self) -> [(&str, &str); 2] {
        [("YUJING__KAFKA__BOOTSTRAP_SERVERS", bootstrap()), ("YUJING__TOPICS__INPUTS__COMPLAINTS", &self.topic)]
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear().envs(self.environment());
        command
    }

    fn publish(&self, arguments: &[&str]) -> (Output, String, String) {
        let output = self
            .command(env!("CARGO_BIN_EXE_yujing"))
            .args(["publish", "complaints"])
            .args(arguments)
            .output()
            .expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        (output, out, err)
    }
}

fn complaint(operator: &str, event: &str) -> Value {
    engine::complaint(operator, event, Timestamp::now().as_second())
}

fn lines(events: impl IntoIterator<Item = Value>) -> String {
    events.into_iter().map(|event| format!("{event}\n")).collect()
}

fn many(count: usize) -> String {
    lines((0..count).map(|index| complaint("XC-0001", &format!("c-{index}"))))
}

#[test]
fn a_dry_run_checks_everything_and_sends_nothing() {
    let project = Project::new(1);
    let good = project.file("good.jsonl", &many(3));
    let (output, out, err) = project.publish(&[&good, "--dry-run"]);
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert_eq!(out, format!("3 events would be published to {}\n", project.topic));

    let mut wrong = complaint("XC-0001", "c-9");
    wrong["persons_ill"] = json!("1");
    let mixed = project.file("mixed.jsonl", &lines([complaint("XC-0001", "c-8"), wrong]));
    let (output, out, err) = project.publish(&[&mixed, "--dry-run"]);
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert!(err.contains(&format!("{mixed}:2: wrong_type at `/persons_ill`")), "{err}");
    assert!(out.contains("1 events would be published"), "{out}");
    assert!(read_committed(&project.topic).is_empty());
}

#[test]
fn a_dry_run_needs_no_kafka() {
    let project = Project::new(1);
    let good = project.file("good.jsonl", &many(3));
    let output = project
        .command(env!("CARGO_BIN_EXE_yujing"))
        .env("YUJING__KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:9")
        .args(["publish", "complaints", &good, "--dry-run"])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn what_is_refused_is_reported_and_the_rest_is_sent_keyed_and_partitioned_by_operator() {
    let vectors = vectors();
    let project = Project::new(4);
    let good = lines(vectors.iter().map(|vector| complaint(&vector.key, &vector.key)));
    let file = project.file("events.jsonl", &format!("{good}{{\"event_id\":\n"));
    let (output, out, err) = project.publish(&[&file]);
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert!(err.contains(&format!("{file}:{}: not_json", vectors.len() + 1)), "{err}");
    assert!(err.contains("1 documents were refused and not sent"), "{err}");
    assert_eq!(out, format!("{} events published to {}\n", vectors.len(), project.topic));

    let sent = read_committed(&project.topic);
    assert_eq!(sent.len(), vectors.len());
    for vector in vectors {
        let record = sent.iter().find(|record| record.key.as_deref() == Some(vector.key.as_bytes()));
        assert_eq!(record.map(|record| record.partition), Some(vector.partition_of(4)), "{}", vector.key);
    }
}

#[test]
fn tables_are_mapped_by_sql() {
    let project = Project::new(1);
    let calls = project
        .file("calls.csv", "no,shop,at\n1,XC-0001,2026-03-02T10:15:00+08:00\n2,XC-0002,2026-03-02T11:15:00+08:00\n");
    let sql = project.file(
        "map.sql",
        "SELECT 'c-' || CAST(no AS VARCHAR) AS event_id, shop AS operator_id, 'hotline-12345' AS publisher,
           CAST(at AS VARCHAR) || CASE WHEN CAST(at AS VARCHAR) LIKE '%+%' THEN '' ELSE 'Z' END AS occurred_at,
           CAST(no AS VARCHAR) AS case_no, 'report' AS kind, '12315' AS channel, 'hygiene' AS category,
           0 AS persons_ill, 'accepted' AS status
         FROM calls",
    );
    let (output, out, err) = project.publish(&["--sql", &sql, "--table", &format!("calls={calls}")]);
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    let keys: BTreeSet<_> = read_committed(&project.topic).into_iter().filter_map(|record| record.key).collect();
    assert_eq!(keys, [b"XC-0001".to_vec(), b"XC-0002".to_vec()].into());
}

#[test]
fn a_rate_is_kept() {
    let project = Project::new(1);
    let file = project.file("events.jsonl", &many(13));
    let began = Instant::now();
    let (output, out, err) = project.publish(&[&file, "--rate", "5"]);
    assert!(output.status.success(), "{out}{err}");
    // Five at once, then one every fifth of a second: it cannot be faster, however fast the machine.
    assert!(began.elapsed() >= Duration::from_millis(1_600), "{:?}", began.elapsed());
    assert_eq!(read_committed(&project.topic).len(), 13);
}

#[test]
fn progress_is_drawn_on_a_terminal_only() {
    let project = Project::new(1);
    let file = project.file("events.jsonl", &many(13));
    let (output, out, err) = project.publish(&[&file, "--rate", "10"]);
    assert!(output.status.success(), "{out}{err}");
    assert_eq!(err, "");

    // `script` gives it a terminal.
    let line = format!("{} publish complaints {file} --rate 10", Path::new(env!("CARGO_BIN_EXE_yujing")).display());
    let output = project
        .command("script")
        .env("PATH", "/usr/bin:/bin")
        .env("TERM", "xterm")
        .args(["-qec", &line, "/dev/null"])
        .output()
        .expect("script runs");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains(" events  ") && shown.contains("/s"), "{shown}");
    assert!(shown.contains("13 events published to"), "{shown}");
}
