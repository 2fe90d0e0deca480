//! What an analyst waits for: `yujing rules check` and `yujing rules test` on the rules that ship, from the command's
//! start to its end; and loading these rules alone.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};
use yujing_workbench::rules_folder;

/// A command that succeeds.
fn run(arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
    command.current_dir(common::checkout()).env_clear().args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().expect("it runs").success(), "{arguments:?}");
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

criterion_group!(benches, cases);
criterion_main!(benches);
