//! The operations guide: its commands are run as they stand, and both languages say the same.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use regex::Regex;
use serde_json::json;

use super::{folder, text};
use crate::support::kafka::{TestRecord, eventually, produce};
use crate::support::office::{Office, SCHOOL, rodent, school};

const GUIDES: [&str; 2] = ["README.md", "README.zh-CN.md"];

/// The fenced blocks of a guide in their order: language and commands.
fn blocks(guide: &str) -> Vec<(String, String)> {
    let fence = Regex::new(r"(?ms)^```(\w+)\n(.*?)^```$").expect("a pattern");
    fence.captures_iter(guide).map(|block| (block[1].to_owned(), block[2].to_owned())).collect()
}

#[test]
fn the_commands_of_the_guide_work() {
    let office = Office::new();
    office.create_topics();
    office.publish("operators", &school());
    let _engine = office.start();
    office.wait_until_ready();
    let topic = office.value("TOPICS__INPUTS__CAMERA_ALERTS");
    let mut refused = rodent();
    refused["review"] = json!("unsure");
    produce(topic, &[TestRecord::new(SCHOOL, refused.to_string())]);
    let count = |line: &str| {
        let text = office.text("/metrics")?;
        text.lines().find_map(|found| found.strip_prefix(line)).and_then(|value| value.trim().parse::<u64>().ok())
    };
    let dead = r#"yujing_dead_letters_total{code="unknown_value",source="camera-alerts"}"#;
    eventually("a dead letter", || count(dead).filter(|&count| count == 1));

    let place = tempfile::tempdir().expect("a temporary folder");
    for name in ["deploy", "rules", "schemas"] {
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        std::os::unix::fs::symlink(original, place.path().join(name)).expect("linked");
    }
    let program = Path::new(env!("CARGO_BIN_EXE_yujing")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("a PATH"));
    let commands: Vec<String> =
        blocks(&text("README.md")).into_iter().filter(|block| block.0 == "sh").map(|block| block.1).collect();
    assert!(commands.len() >= 20, "{commands:?}");
    for shown in commands {
        let script = shown
            .replace("127.0.0.1:9464", office.value("SERVER__LISTEN"))
            .replace("127.0.0.1:9092", office.value("KAFKA__BOOTSTRAP_SERVERS"))
            .replace("foodsafety.camera.alert.v1", topic);
        let output = Command::new("sh")
            .args(["-euc", &script])
            .current_dir(place.path())
            .env_clear()
            .env("PATH", &path)
            .envs(office.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("sh runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &*String::from_utf8_lossy(&output.stderr);
        // No rule and no feature fails here: that list alone is empty.
        let told = !said.is_empty() || shown.contains("_errors_total");
        assert!(output.status.success() && told, "{shown}\n{}\n{said}", output.status);
    }
    let applied = r#"yujing_events_total{outcome="applied",source="camera-alerts"}"#;
    eventually("the repaired record", || count(applied).filter(|&count| count == 1));
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

/// The anchor of a heading as code hosts make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || "-_ ".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn links_of_the_guide_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)").expect("a pattern");
    let heading = Regex::new(r"(?m)^#+ (.+)$").expect("a pattern");
    for file in GUIDES {
        for found in link.captures_iter(&text(file)) {
            let target = if found[1].is_empty() { file } else { &found[1] };
            let path = folder().join(target);
            assert!(path.exists(), "{file}: {target} is not there");
            let Some(wanted) = found.get(2) else { continue };
            let page = std::fs::read_to_string(&path).expect("readable");
            let there = heading.captures_iter(&page).any(|heading| anchor(&heading[1]) == wanted.as_str());
            assert!(there, "{file}: {target} has no heading for #{}", wanted.as_str());
        }
    }
}
