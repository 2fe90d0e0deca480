//! The process that tries a ruleset before the engine builds it: its limits, its answers, and what is reported of its
//! end.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use yujing_core::ruleset::{Ruleset, RulesetRefusal};
use yujing_live::reload::{ReloadStage, Sandbox};
use yujing_telemetry::Metrics;
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::kafka::eventually;
use crate::support::ruleset::small_ruleset;

fn sandbox(program: &Path) -> Sandbox {
    Sandbox {
        program: program.to_owned(),
        schemas: "schemas".into(),
        sources: Arc::new(schemas_folder::load(Path::new("schemas")).expect("the schemas are in order")),
        metrics: Arc::new(Metrics::new()),
        stop: CancellationToken::new(),
    }
}

fn tried(folder: &TempDir, program: &Path) -> (Result<Arc<Ruleset>, RulesetRefusal>, Vec<ReloadStage>) {
    let snapshot = rules_folder::read(folder.path()).expect("it reads");
    let (files, cases) = (snapshot.ruleset_files().expect("texts"), snapshot.case_files().expect("texts"));
    let mut stages = Vec::new();
    let built = sandbox(program).build(folder.path(), &files, Some(&cases), &mut |stage| stages.push(stage));
    (built, stages)
}

fn yujing() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_yujing"))
}

const CASE: &str = r#"rule = "many_complaints"
[[case]]
name = "one is not many"
kind = ["negative"]
operator = { operator_id = "JY21201030043213" }
timeline = [
  { at = 2026-03-02T02:10:00+08:00, complaints = { event_id = "c1" } },
  { at = 2026-03-02T02:10:01+08:00, expect = { fired = false } },
]
"#;

#[test]
fn a_ruleset_in_order_is_proved_there_and_built_here() {
    let folder = small_ruleset(&[("cases/many_complaints.toml", CASE)]);
    let (built, stages) = tried(&folder, yujing());
    let loaded = rules_folder::load(folder.path(), &sandbox(yujing()).sources).expect("it loads");
    assert_eq!(built.map(|ruleset| ruleset.hash.clone()), Ok(loaded.hash));
    assert_eq!(stages, [ReloadStage::Testing]);
}

#[test]
fn what_is_wrong_with_files_and_cases_comes_back_with_its_place() {
    let broken = small_ruleset(&[("complaints/many_complaints.rhai", "nonsense")]);
    let refusal = tried(&broken, yujing()).0.expect_err("it is broken");
    let file = broken.path().join("complaints/many_complaints.rhai");
    assert_eq!(refusal.problems[0]["file"].as_str(), file.to_str(), "{refusal:#?}");
    let failing = small_ruleset(&[("cases/many_complaints.toml", &CASE.replace("false }", "true }"))]);
    let refusal = tried(&failing, yujing()).0.expect_err("its case does not hold");
    assert!(
        refusal.reason.en == "1 cases do not hold" && refusal.report.en.contains("one is not many"),
        "{refusal:#?}"
    );
}

/// What a text of 8,000 terms, a list of lists or a loop does to a process is nothing to the one that started it.
#[test]
fn a_process_that_dies_is_a_refusal_that_says_of_what() {
    let cases = [
        ("echo 'memory allocation of 5 bytes failed' >&2; kill -ABRT $$", "1024 MiB", "1024 MiB"),
        ("kill -KILL $$", "内存", "memory"),
        ("echo \"thread '<unnamed>' has overflowed its stack\" >&2; kill -ABRT $$", "嵌套过深", "nests too deeply"),
        ("kill -XCPU $$", "占用处理器的时间超过", "seconds of a processor"),
        ("exit 3", "意外结束", "ended unexpectedly (exit status: 3)"),
        ("kill -SEGV $$", "意外结束", "ended unexpectedly (signal: 11"),
        ("echo nonsense; cat", "意外结束", "ended unexpectedly"),
        ("yes", "意外结束", "ended unexpectedly"),
        ("yes >&2 & sleep 0.2; kill $!; exit 4", "意外结束", "exit status: 4"),
    ];
    let (folder, place) = (small_ruleset(&[]), tempfile::tempdir().expect("a folder"));
    for (number, (script, zh, en)) in cases.into_iter().enumerate() {
        let program = place.path().join(number.to_string());
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it may run");
        let reason = tried(&folder, &program).0.expect_err("no answer").reason;
        assert!(reason.zh.contains(zh) && reason.en.contains(en), "{script}: {reason:?}");
    }
    let reason = tried(&folder, Path::new("no/such/program")).0.expect_err("it is not there").reason;
    assert!(reason.zh.contains("无法启动") && reason.en.contains("cannot be started"), "{reason:?}");
}

#[test]
fn a_request_to_stop_does_not_wait_for_the_process() {
    let (folder, place) = (small_ruleset(&[]), tempfile::tempdir().expect("a folder"));
    let program = place.path().join("sleeper");
    fs::write(&program, "#!/bin/sh\nexec sleep 600\n").expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it may run");
    let sandbox = sandbox(&program);
    sandbox.stop.cancel();
    let refusal = sandbox.build_folder(folder.path()).expect_err("it stops");
    assert_eq!(refusal.reason.en, "the program is stopping");
}

/// A text that is longer than a file may be is refused before anything reads it, wherever it comes from.
#[test]
fn texts_from_elsewhere_are_as_long_as_files_may_be() {
    let folder = small_ruleset(&[]);
    let mut files = rules_folder::read(folder.path()).and_then(|snapshot| snapshot.ruleset_files()).expect("texts");
    files.insert("long.rhai".to_owned(), "//".repeat(20_000));
    let refusal = sandbox(Path::new("no/such/program")).build(folder.path(), &files, None, &mut |_| {});
    assert_eq!(refusal.expect_err("it is too long").problems[0]["code"], "file/too-long");
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_limits_itself_before_it_reads_anything() {
    let mut child = Command::new(yujing())
        .arg("try-rules")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let process = Path::new("/proc").join(child.id().to_string());
    let read = |name: &str| fs::read_to_string(process.join(name)).expect("it is there");
    eventually("the limits", || (read("oom_score_adj").trim() == "1000").then_some(()));
    let limits = read("limits");
    // At the lower limit of time the system says what it ends a process for, at the upper one it kills it without a word.
    for (name, lower, upper) in [
        ("data size", "1073741824", "1073741824"),
        ("cpu time", "360", "365"),
        ("core file size", "0", "0"),
        ("file size", "0", "0"),
    ] {
        let line = limits.lines().find(|line| line.to_lowercase().contains(&format!("max {name}"))).expect("a limit");
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(words.windows(2).any(|pair| pair == [lower, upper]), "{line}");
    }
    child.stdin.take().expect("piped").write_all(b"nonsense").expect("written");
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}
