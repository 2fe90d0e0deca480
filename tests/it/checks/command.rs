//! The command as analysts and their continuous integration run it.

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, is_empty};
use serde_json::Value;
use yujing_base::diagnostic::code::CODES;

use super::slips::{SOUND, slips};
use crate::support::folder::copy_folder;
use crate::support::ruleset::allow_end_of_calendar;

/// The command in the repository, where the schemas are, with no configuration of the surroundings.
fn check(rules: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear();
    command.args(["rules", "check", "--rules"]).arg(rules).args(more);
    command
}

/// The sound ruleset, on any day.
fn sound() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy_folder(Path::new(SOUND), folder.path());
    allow_end_of_calendar(folder.path());
    folder
}

/// The same with a slip of this code.
fn with_slip(code: &str) -> tempfile::TempDir {
    let slip = slips().into_iter().find(|slip| slip.code == code && slip.also.is_empty()).expect("there is one");
    let folder = slip.folder();
    allow_end_of_calendar(folder.path());
    folder
}

#[test]
fn a_sound_folder_is_counted_and_passes() {
    let folder = sound();
    check(folder.path(), &["--deny-warnings"])
        .assert()
        .success()
        .stderr("")
        .stdout(contains("错误 0 处，警告 0 处").and(contains("用例 ")));
    check(folder.path(), &["--lang", "en"]).assert().success().stdout(contains("0 errors, 0 warnings"));
}

#[test]
fn an_error_refuses_and_is_reported_in_the_language_asked_for() {
    let folder = with_slip("rule/unknown-feature");
    let english = "there is no feature";
    check(folder.path(), &[])
        .assert()
        .code(78)
        .stderr(contains("rule/unknown-feature").and(contains(".rhai:")).and(contains(english).not()))
        .stdout(contains("错误 1 处"));
    check(folder.path(), &["--lang", "en"]).assert().code(78).stderr(contains(english));
    check(folder.path(), &[]).env("YUJING_LANG", "en").assert().code(78).stderr(contains(english));
}

#[test]
fn a_warning_refuses_only_where_warnings_are_denied() {
    let folder = with_slip("feature/unread");
    check(folder.path(), &["--lang", "en"])
        .assert()
        .success()
        .stderr(contains("feature/unread"))
        .stdout(contains("0 errors, 1 warnings"));
    check(folder.path(), &["--deny-warnings"]).assert().code(78).stderr(contains("feature/unread"));
}

/// Everything that the text shows, in both languages, for an editor or a review to show in its own way.
#[test]
fn as_json_every_finding_has_its_place_and_both_languages() {
    let folder = with_slip("rule/unknown-feature");
    let output = check(folder.path(), &["--format", "json"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(78));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&document["ok"], &document["summary"]), (&Value::Bool(false), &Value::Null));
    let found = &document["problems"][0];
    assert_eq!((&found["code"], &found["severity"]), (&"rule/unknown-feature".into(), &"error".into()));
    let file = Path::new(found["file"].as_str().expect("a file"));
    let text = std::fs::read_to_string(file).expect("the file");
    let number = |name: &str| usize::try_from(found[name].as_u64().expect("a number")).expect("a small one");
    let line = text.lines().nth(number("line") - 1).expect("the line is in the file");
    assert!(line.chars().count() >= number("column"), "{found}");
    for part in ["message", "help"] {
        let (zh, en) = (found[part]["zh"].as_str(), found[part]["en"].as_str());
        assert!(zh.is_some_and(|zh| !zh.is_ascii()) && en.is_some_and(str::is_ascii), "{found}");
    }
    let sound = check(sound().path(), &["--format", "json"]).output().expect("it runs");
    let document: Value = serde_json::from_slice(&sound.stdout).expect("JSON");
    assert_eq!((document["ok"].as_bool(), document["problems"].as_array().map(Vec::len)), (Some(true), Some(0)));
    assert_eq!(document["summary"]["ruleset"].as_str().map(str::len), Some(64), "{document}");
}

#[test]
fn a_folder_that_is_not_there_is_reported() {
    check(Path::new("nowhere"), &["--lang", "en"]).assert().code(78).stderr(contains("nowhere"));
}

#[test]
fn every_code_can_be_explained_with_what_is_meant_and_an_example() {
    for code in CODES.iter().filter(|code| code.name.starts_with("rule/")) {
        let explain = |language: &str| {
            check(Path::new("nowhere"), &["--explain", code.name, "--lang", language])
                .assert()
                .success()
                .stdout(contains(code.name).and(contains(if language == "zh" { code.zh } else { code.en })))
                .stderr(is_empty());
        };
        explain("zh");
        explain("en");
    }
    check(Path::new("nowhere"), &["--explain", "rule/unknown-featur", "--lang", "en"])
        .assert()
        .code(1)
        .stderr(contains("did you mean `rule/unknown-feature`?"));
}

/// A register of two operators, one of them where no post is.
fn register(folder: &Path) -> std::path::PathBuf {
    let row = |operator: &str, sub_district: &str| {
        format!(
            r#"{{"occurred_at":"2026-01-05T00:00:00+08:00","operator_id":"{operator}","publisher":"register","name":"示例","business_form":"restaurant","sub_district":"{sub_district}","static_risk":2,"protected_group":"none"}}"#
        )
    };
    let file = folder.join("operators.jsonl");
    let rows = [row("JY21201030043213", "友谊路街道"), row("JY11201030000014", "别处街道")];
    std::fs::write(&file, rows.join("\n")).expect("written");
    file
}

#[test]
fn by_a_register_the_check_lists_who_belongs_to_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = register(folder.path());
    let rules = sound();
    let with = |more: &[&str]| {
        let mut command = check(rules.path(), more);
        command.arg("--register").arg(&file);
        command
    };
    with(&["--lang", "en"])
        .assert()
        .success()
        .stderr(contains("routing/unrouted").and(contains("1 of 2 operators")).and(contains("JY11201030000014")))
        .stderr(contains("JY21201030043213").not())
        .stdout(contains("2 operators are open, 1 belong to nobody").and(contains("0 errors, 1 warnings")));
    with(&[])
        .assert()
        .success()
        .stderr(contains("未包保：2 户中有 1 户"))
        .stdout(contains("登记在营 2 户，未包保 1 户"));
    with(&["--deny-warnings"]).assert().code(78);
    let output = with(&["--format", "json"]).output().expect("it runs");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let expected = serde_json::json!({ "operators": 2, "unrouted": ["JY11201030000014"] });
    assert_eq!(document["summary"]["register"], expected, "{document}");
}

#[test]
fn a_register_that_cannot_be_asked_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("operators.jsonl");
    check(Path::new(SOUND), &["--register"]).arg(&file).assert().code(1).stderr(contains("operators.jsonl"));
    std::fs::write(&file, "{}").expect("written");
    check(Path::new(SOUND), &["--register"]).arg(&file).assert().code(1).stderr(contains("operators.jsonl:1"));
    let without_posts = tempfile::tempdir().expect("a folder");
    copy_folder(Path::new(SOUND), without_posts.path());
    for name in ["routing.toml", "handling.toml"] {
        std::fs::remove_file(without_posts.path().join(name)).expect("it goes");
    }
    check(without_posts.path(), &[]).assert().success();
    let file = register(folder.path());
    check(without_posts.path(), &["--register"]).arg(&file).assert().code(1).stderr(contains("routing.toml"));
}

/// The one thing left to say of what is shipped: nobody has compared this year's calendar with the official notice.
/// (And that it ends, on days from which it does.)
#[test]
fn the_shipped_rules_pass_and_the_only_warning_is_the_unconfirmed_calendar() {
    let output = check(Path::new("rules"), &["--format", "json"]).output().expect("it runs");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(output.status.success(), "{document}");
    let codes: Vec<_> = document["problems"].as_array().expect("a list").iter().map(|one| &one["code"]).collect();
    let codes: Vec<_> = codes.into_iter().filter(|code| *code != "calendar/ends").collect();
    assert_eq!(codes, ["calendar/unconfirmed"], "{document}");
}
