//! `yujing rules init` and `yujing rules new`: what they write loads, and guides.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

fn rules(folder: &Path, lang: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
    command.current_dir(folder).env_clear().env("YUJING_LANG", lang).arg("rules").args(arguments);
    command
}

#[test]
fn what_init_writes_passes_its_own_cases_in_both_languages() {
    for (lang, said) in [("zh", "1条规则的3个用例全部成立"), ("en", "All 3 cases of 1 rule hold")] {
        let folder = tempfile::tempdir().expect("a folder");
        rules(folder.path(), lang, &["init"]).assert().success().stdout(contains("yujing rules test"));
        rules(folder.path(), lang, &["test"]).assert().success().stdout(contains(said));
        let mut check = Command::new(env!("CARGO_BIN_EXE_yujing"));
        check.current_dir(folder.path()).env_clear().arg("check").assert().success();
    }
}

#[test]
fn init_overwrites_nothing_and_leaves_schemas_that_are_there_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join("rules/pests")).expect("made");
    fs::create_dir(folder.path().join("schemas")).expect("made");
    fs::write(folder.path().join("rules/pests/pest_complaint.rhai"), "mine").expect("written");
    let refused = rules(folder.path(), "en", &["init"]).assert().code(1);
    refused.stderr(contains("nothing was written").and(contains("rules/pests/pest_complaint.rhai")));
    assert!(!folder.path().join("rules/ruleset.toml").exists());
    fs::remove_file(folder.path().join("rules/pests/pest_complaint.rhai")).expect("removed");
    rules(folder.path(), "en", &["init"]).assert().success();
    assert_eq!(fs::read_dir(folder.path().join("schemas")).expect("readable").count(), 0);
}

#[test]
fn a_new_rule_loads_is_a_draft_and_its_open_case_says_what_it_reads() {
    for (lang, read) in
        [("zh", "规则读取的指标：pest_complaints_7d = 0"), ("en", "the rule read pest_complaints_7d = 0")]
    {
        let folder = tempfile::tempdir().expect("a folder");
        rules(folder.path(), lang, &["init"]).assert().success();
        let new = ["new", "my_rule", "--family", "combined", "--reads", "pest_complaints_7d,static_risk"];
        let made = rules(folder.path(), lang, &new).assert().success();
        made.stdout(contains("rules/combined/my_rule.rhai").and(contains("yujing rules test my_rule")));
        let rule = fs::read_to_string(folder.path().join("rules/combined/my_rule.rhai")).expect("the rule");
        assert!(rule.contains("status   = \"draft\"") && rule.contains("known(op.static_risk)"), "{rule}");
        rules(folder.path(), lang, &["test", "my_rule"]).assert().code(1).stdout(contains(read));
        // The other rules are tested as before.
        rules(folder.path(), lang, &["test", "pest_complaint"]).assert().success();
    }
}

#[test]
fn a_new_rule_is_written_to_the_folder_of_its_family() {
    let folder = tempfile::tempdir().expect("a folder");
    rules(folder.path(), "en", &["init"]).assert().success();
    fs::rename(folder.path().join("rules/pests"), folder.path().join("rules/rats")).expect("renamed");
    rules(folder.path(), "en", &["new", "my_rule", "--family", "pests"]).assert().success();
    assert!(folder.path().join("rules/rats/my_rule.rhai").exists());
    assert!(folder.path().join("rules/cases/rats/my_rule.toml").exists());
}

#[test]
fn what_cannot_be_made_is_refused_with_what_is_near() {
    let folder = tempfile::tempdir().expect("a folder");
    rules(folder.path(), "en", &["init"]).assert().success();
    let refused = [
        (["My-Rule", "--family", "pests", "--reads", "pest_complaints_7d"], "`My-Rule` is no id"),
        (["pest_complaint", "--family", "pests", "--reads", "pest_complaints_7d"], "a rule `pest_complaint` already"),
        (["r", "--family", "pest", "--reads", "pest_complaints_7d"], "did you mean `pests`"),
        (["r", "--family", "pests", "--reads", "pest_complaint_7d"], "did you mean `pest_complaints_7d`"),
    ];
    for (arguments, message) in refused {
        rules(folder.path(), "en", &["new"]).args(arguments).assert().code(1).stderr(contains(message));
    }
    let empty = tempfile::tempdir().expect("a folder");
    rules(empty.path(), "en", &["new", "r", "--family", "pests"]).assert().code(78).stderr(contains("schemas"));
}
