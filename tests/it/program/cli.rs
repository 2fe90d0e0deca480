//! The program as people run it: exit codes, standard output for results, standard error for everything else.

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use serde_json::Value;

/// The program in a folder of its own, with no configuration of the surroundings.
fn yujing(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
    command.current_dir(folder).env_clear();
    command
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn check_finds_the_shipped_files_in_order() {
    yujing(repository())
        .args(["check", "--lang", "en"])
        .assert()
        .success()
        .stderr(contains("calendar/unconfirmed"))
        .stdout(
            contains("configuration  deploy/yujing.toml")
                .and(contains("camera-alerts, complaints, dispositions, events, inspections, lab-samples, operators"))
                .and(contains("in order, with ").and(contains(" above"))),
        );
    yujing(repository()).arg("check").assert().success().stdout(contains("另有提示"));
    yujing(repository()).args(["check", "--deny-warnings"]).assert().code(78);
}

#[test]
fn check_as_json_lists_what_is_in_order() {
    let output = yujing(repository()).args(["check", "--format", "json"]).output().expect("it runs");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(output.status.success() && document["ok"] == true, "{document}");
    assert_eq!(document["summary"]["sources"].as_array().map(Vec::len), Some(7));
    assert!(document["summary"]["rules"]["active"].as_u64() >= Some(20), "{document}");
    assert_eq!(document["summary"]["ruleset"].as_str().map(str::len), Some(64));
}

#[test]
fn a_wrong_configuration_exits_78_and_shows_the_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("yujing.toml"), "[engine]\nbatch_lingr = \"5ms\"\n").expect("written");
    yujing(folder.path())
        .arg("check")
        .assert()
        .code(78)
        .stdout("")
        .stderr(contains("config/unknown-key").and(contains("yujing.toml:2:1")).and(contains("engine.batch_linger")));
}

#[test]
fn a_wrong_configuration_as_json_is_one_document_on_standard_output() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = yujing(folder.path())
        .args(["check", "--format", "json"])
        .env("YUJING__ENGINE__MAX_BATCH_RECORDS", "0")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(78));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["ok"], false);
    assert_eq!(document["problems"][0]["code"], "config/out-of-range");
    assert_eq!(document["problems"][0]["file"], "YUJING__ENGINE__MAX_BATCH_RECORDS");
}

#[test]
fn wrong_schemas_and_rules_exit_78() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    yujing(folder.path()).arg("check").assert().code(78).stdout("").stderr(contains("schemas"));
    yujing(repository())
        .arg("check")
        .env("YUJING__PATHS__RULES", folder.path())
        .assert()
        .code(78)
        .stdout("")
        .stderr(contains("ruleset.toml"));
}

#[test]
fn the_configuration_file_is_the_named_one_else_the_usual_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bad = |name: &str| std::fs::write(folder.path().join(name), format!("[{name}]\n")).expect("written");
    bad("a");
    bad("b");
    let says = |name: &str| contains(format!("没有配置项 `{name}`"));
    yujing(folder.path()).args(["check", "--config", "a"]).assert().code(78).stderr(says("a"));
    yujing(folder.path()).arg("check").env("YUJING_CONFIG", "b").assert().code(78).stderr(says("b"));
    yujing(folder.path())
        .args(["--config", "a", "check"])
        .env("YUJING_CONFIG", "b")
        .assert()
        .code(78)
        .stderr(says("a"));
    yujing(folder.path()).args(["check", "--config", "none"]).assert().code(78).stderr(contains("--config FILE"));
}

#[test]
fn wrong_usage_exits_2_and_help_names_the_exit_codes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    yujing(folder.path()).arg("chekc").assert().code(2).stderr(contains("check"));
    yujing(folder.path()).arg("--help").assert().success().stdout(contains("78 wrong configuration"));
    yujing(folder.path()).arg("--version").assert().success().stdout(contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn explain_without_an_engine_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    yujing(folder.path())
        .args(["explain", "JY21201030043213", "--server", "http://127.0.0.1:9"])
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains("http://127.0.0.1:9 does not answer").and(contains("yujing run")));
}
