//! The operations guide: its commands are run as they stand, and both languages say the same.

use std::collections::BTreeSet;

use regex::Regex;
use yujing_kafka::names;

use super::{folder, text};
use crate::support::guide::broken_links;

const GUIDES: [&str; 2] = ["README.md", "README.zh-CN.md"];

/// The fenced blocks of a guide in their order: language and commands.
fn blocks(guide: &str) -> Vec<(String, String)> {
    let fence = Regex::new(r"(?ms)^```(\w+)\n(.*?)^```$").expect("a pattern");
    fence.captures_iter(guide).map(|block| (block[1].to_owned(), block[2].to_owned())).collect()
}

#[test]
fn both_languages_show_the_same_commands() {
    let remark = Regex::new(r"(?m)\s+# .*$").expect("a pattern");
    let [english, chinese] = GUIDES.map(|file| {
        let bare = |(language, code): (String, String)| (language, remark.replace_all(&code, "").into_owned());
        blocks(&text(file)).into_iter().map(bare).collect::<Vec<_>>()
    });
    assert_eq!(english, chinese);
}

#[test]
fn both_languages_list_every_code_of_the_log() {
    let written = Regex::new(r#"\bcode = "(\w+)""#).expect("a pattern");
    let folder = folder().join("../src/telemetry");
    let mut codes = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let source = std::fs::read_to_string(entry.expect("an entry").path()).expect("readable");
        codes.extend(written.captures_iter(&source).map(|found| found[1].to_owned()));
    }
    assert!(codes.contains("records_refused"), "{codes:?}");
    let row = Regex::new(r"(?m)^\| (`\w+`(?:(?:, |、)`\w+`)*) \| (?:debug|info|warn|error)").expect("a pattern");
    let code = Regex::new(r"`(\w+)`").expect("a pattern");
    for file in GUIDES {
        let guide = text(file);
        let rows = row.captures_iter(&guide).map(|row| row[1].to_owned()).collect::<String>();
        let listed: BTreeSet<String> = code.captures_iter(&rows).map(|found| found[1].to_owned()).collect();
        assert_eq!(listed, codes, "{file}");
    }
}

#[test]
fn the_guide_names_the_transactional_id_of_every_process() {
    let group = "GROUP_ID";
    for group in [group.to_owned(), names::notify_group(group), names::console_group(group)] {
        let id = format!("`{}`", names::identity(&group));
        for file in GUIDES {
            assert!(text(file).contains(&id), "{file} does not name {id}");
        }
    }
}

#[test]
fn links_of_the_guide_lead_somewhere() {
    for name in GUIDES {
        assert_eq!(broken_links(&format!("deploy/{name}")), Vec::<String>::new(), "{name}");
    }
}

mod with_kafka {
    use std::path::Path;
    use std::process::Command;

    use serde_json::json;

    use super::super::text;
    use super::blocks;
    use crate::support::kafka::{TestRecord, eventually, produce};
    use crate::support::program::{Program, SCHOOL, rodent, school};

    #[test]
    fn the_commands_of_the_guide_work() {
        let program = Program::new();
        program.create_topics();
        program.publish("operators", &school());
        let _engine = program.start();
        program.wait_until_ready();
        let topic = program.value("TOPICS__INPUTS__CAMERA_ALERTS");
        let mut refused = rodent();
        refused["review"] = json!("unsure");
        produce(topic, &[TestRecord::new(SCHOOL, refused.to_string())]);
        let count = |line: &str| {
            let text = program.text("/metrics")?;
            text.lines().find_map(|found| found.strip_prefix(line)).and_then(|value| value.trim().parse::<u64>().ok())
        };
        let dead = r#"yujing_dead_letters_total{code="unknown_value",source="camera-alerts"}"#;
        eventually("a dead letter", || count(dead).filter(|&count| count == 1));

        let place = tempfile::tempdir().expect("a temporary folder");
        for name in ["deploy", "rules", "schemas"] {
            let original = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
            std::os::unix::fs::symlink(original, place.path().join(name)).expect("linked");
        }
        let binaries = Path::new(env!("CARGO_BIN_EXE_yujing")).parent().expect("a folder");
        let path = format!("{}:{}", binaries.display(), std::env::var("PATH").expect("a PATH"));
        let commands: Vec<String> =
            blocks(&text("README.md")).into_iter().filter(|block| block.0 == "sh").map(|block| block.1).collect();
        assert!(commands.len() >= 20, "{commands:?}");
        for shown in commands {
            let script = shown
                .replace("127.0.0.1:9464", program.value("SERVER__LISTEN"))
                .replace("127.0.0.1:9092", program.value("KAFKA__BOOTSTRAP_SERVERS"))
                .replace("foodsafety.camera.alert.v1", topic);
            // One that does not end would be a trap for who copies it.
            let output = Command::new("timeout")
                .args(["120", "sh", "-euc", &script])
                .current_dir(place.path())
                .env_clear()
                .env("PATH", &path)
                .envs(program.environment.iter().map(|(name, value)| (name, value)))
                .output()
                .expect("sh runs");
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &*String::from_utf8_lossy(&output.stderr);
            // No rule and no feature fails here, and nobody is warned of: these lists alone are empty.
            let may_be_empty = ["_errors_total", "overdue_warnings"].iter().any(|list| shown.contains(list));
            let reported = !said.is_empty() || may_be_empty;
            assert!(output.status.success() && reported, "{shown}\n{}\n{said}", output.status);
        }
        let applied = r#"yujing_events_total{outcome="applied",source="camera-alerts"}"#;
        eventually("the repaired record", || count(applied).filter(|&count| count == 1));
    }
}
