//! What an analyst waits for, on the rules that ship: `yujing rules check` and `yujing rules test` from the command's
//! start to its end; loading these rules alone; the check as one types on the console's pages, each time with one rule
//! edited, in a process that is kept and in one that is started.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use tokio_util::sync::CancellationToken;
use yujing_core::ruleset::Files;
use yujing_live::reload::Sandbox;
use yujing_live::reload::sandbox::limits::TaskLimits;
use yujing_live::reload::sandbox::task::Question;
use yujing_live::reload::sandbox::warm::WarmSandbox;
use yujing_telemetry::Metrics;
use yujing_workbench::rules_folder;

/// A command that succeeds.
fn run(arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
    command.current_dir(common::checkout()).env_clear().args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().expect("it runs").success(), "{arguments:?}");
}

/// Somebody who types in a rule of the starter rules.
struct Typist {
    files: Files,
    cases: Files,
    text: String,
    keys: usize,
}

impl Typist {
    const FILE: &str = "pests/rodent_sighted.rhai";

    fn new() -> Self {
        let snapshot = rules_folder::read(Path::new("rules")).expect("the rules are read");
        let (files, cases) = (snapshot.ruleset_files().expect("UTF-8"), snapshot.case_files().expect("UTF-8"));
        let text = files[Self::FILE].clone();
        Self { files, cases, text, keys: 0 }
    }

    /// Another key, and the check of what stands there then.
    fn check(&mut self, sandbox: &WarmSandbox) {
        self.keys += 1;
        self.files.insert(Self::FILE.to_owned(), format!("{}// {}\n", self.text, self.keys));
        let texts = (&self.files, &self.cases);
        let said = sandbox.ask(Path::new(""), texts, Question::Check, TaskLimits::PROOF).expect("an answer");
        assert!(said["summary"].is_object(), "{said}");
    }
}

fn sandbox() -> WarmSandbox {
    WarmSandbox::new(Sandbox {
        program: env!("CARGO_BIN_EXE_yujing").into(),
        schemas: "schemas".into(),
        sources: common::schemas(),
        metrics: Arc::new(Metrics::new()),
        stop: CancellationToken::new(),
    })
}

fn typing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check as one types");
    group.sample_size(20);
    let (kept, mut typist) = (sandbox(), Typist::new());
    typist.check(&kept);
    group.bench_function("a process that is kept", |bencher| bencher.iter(|| typist.check(&kept)));
    group.bench_function("a process that is started", |bencher| bencher.iter(|| typist.check(&sandbox())));
    group.finish();
}

fn cases(criterion: &mut Criterion) {
    let sources = common::schemas();
    let files = yujing_workbench::case::load(Path::new("rules/cases")).expect("the cases load");
    let count: usize = files.iter().map(|file| file.cases.len()).sum();

    let mut group = criterion.benchmark_group("rules");
    group.sample_size(10);
    group.bench_function("load", |bencher| {
        bencher.iter(|| rules_folder::load(Path::new("rules"), &sources).expect("the rules load"));
    });
    group.bench_function("check, the command", |bencher| bencher.iter(|| run(&["rules", "check"])));
    group.bench_function(format!("test, the command, {count} cases in every way"), |bencher| {
        bencher.iter(|| run(&["rules", "test"]));
    });
    group.finish();
}

criterion_group!(benches, cases, typing);
criterion_main!(benches);
