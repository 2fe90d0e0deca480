//! The example over Chicago's open data: its rules hold their cases, and with the data at hand its script does on a
//! real Kafka what its README says, to the letter.
//!
//! `YUJING_CHICAGO_DATA` names the folder with the data. `UPDATE_CHICAGO_README=1` writes what was printed into the
//! guides.

mod with_kafka {
    mod judged;
    mod listed;
}

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::support::kafka::{bootstrap, unique};
use crate::support::port::free_port;

const SOURCES: [&str; 4] = ["operators", "inspections", "visits", "sanitation"];

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/chicago")
}

#[test]
fn the_rules_of_the_example_hold_their_cases_of_every_kind() {
    let output = Command::new(env!("CARGO_BIN_EXE_yujing"))
        .current_dir(example())
        .args(["rules", "test", "--coverage", "--format", "json"])
        .output()
        .expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(0), "{report}");
    for rule in report["coverage"].as_array().expect("coverage").iter().filter(|rule| rule["status"] == "active") {
        assert_eq!(
            (&rule["lacks"], &rule["only_claimed"]),
            (&Value::Array(Vec::new()), &Value::Array(Vec::new())),
            "{rule}"
        );
    }
}

#[test]
fn without_the_data_the_script_says_what_is_missing() {
    let nowhere = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new("sh")
        .arg(example().join("run.sh"))
        .env("YUJING_CHICAGO_DATA", nowhere.path())
        .output()
        .expect("sh runs");
    let problem = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{problem}");
    assert!(problem.contains("operators.csv is missing") && problem.contains("YUJING_CHICAGO_DATA"), "{problem}");
}

/// The folder with the data; says so if this machine has none.
fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/chicago");
    let folder = std::env::var_os("YUJING_CHICAGO_DATA").map_or(beside, PathBuf::from);
    if !folder.join("inspections.csv").exists() {
        eprintln!("skipped: Chicago's data are not on this machine; YUJING_CHICAGO_DATA names their folder");
        return None;
    }
    Some(folder)
}

/// A copy of the example, so that nothing is written to the repository, with topics that no other run has.
struct ExampleCopy {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
    /// A topic's name here, and its usual name.
    topics: Vec<(String, String)>,
}

impl ExampleCopy {
    fn new(data: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let copied = Command::new("cp").arg("-r").arg(example()).arg(folder.path()).status().expect("cp runs");
        assert!(copied.success());
        let _ = std::fs::remove_file(folder.path().join("chicago/data"));
        let listen = format!("127.0.0.1:{}", free_port());
        let mut environment = vec![
            ("YUJING".to_owned(), env!("CARGO_BIN_EXE_yujing").to_owned()),
            ("YUJING_CHICAGO_DATA".to_owned(), data.canonicalize().expect("it is there").display().to_string()),
            ("YUJING__KAFKA__BOOTSTRAP_SERVERS".to_owned(), bootstrap().to_owned()),
            ("YUJING__KAFKA__GROUP_ID".to_owned(), unique("chicago")),
            ("YUJING__SERVER__LISTEN".to_owned(), listen),
        ];
        let mut topics = Vec::new();
        for source in SOURCES {
            let topic = unique(source);
            environment.push((format!("YUJING__TOPICS__INPUTS__{}", source.to_uppercase()), topic.clone()));
            topics.push((topic, format!("chicago.{source}.v1")));
        }
        for output in ["scores", "warnings", "areas", "rulesets"] {
            environment.push((format!("YUJING__TOPICS__{}", output.to_uppercase()), unique(output)));
        }
        Self { folder, environment, topics }
    }

    fn example(&self) -> PathBuf {
        self.folder.path().join("chicago")
    }

    fn topic(&self, usual: &str) -> &str {
        &self.topics.iter().find(|(_, name)| name == usual).expect("a topic of the example").0
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .current_dir(self.example())
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("it runs");
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        self.topics.iter().fold(said, |said, (here, usual)| said.replace(here, usual))
    }
}

fn rows_of(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("the data are readable");
    text.lines().skip(1).map(str::to_owned).collect()
}

/// What was printed, but for the last line of a replay: how long it took.
fn fenced(printed: &str) -> String {
    let printed = printed.find("\n\ntook ").map_or(printed, |end| &printed[..=end]);
    format!("```text\n{printed}```\n")
}

/// The guide shows this between its marks of that name; `UPDATE_CHICAGO_README=1` makes it so.
fn compare(guide: &str, name: &str, shown: &str) {
    // Two tests may renew the same guide.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let path = example().join(guide);
    let text = std::fs::read_to_string(&path).expect("the guide is there");
    let mark = format!("<!-- printed: {name} -->\n");
    let begin = text.find(&mark).unwrap_or_else(|| panic!("{guide} has no {mark}")) + mark.len();
    let end = begin + text[begin..].find("<!-- /printed -->").unwrap_or_else(|| panic!("{guide} does not end {name}"));
    if std::env::var_os("UPDATE_CHICAGO_README").is_some() {
        std::fs::write(&path, format!("{}{shown}{}", &text[..begin], &text[end..])).expect("the guide is writable");
        return;
    }
    assert_eq!(&text[begin..end], shown, "{guide} is stale; UPDATE_CHICAGO_README=1 renews it");
}
