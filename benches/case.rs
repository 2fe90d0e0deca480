//! What an analyst waits for: loading the rules that ship, and running all their cases in every way.

mod common;

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use yujing::case::{Examples, Suite};
use yujing::engine::Ruleset;

fn cases(criterion: &mut Criterion) {
    let sources = common::schemas();
    let load = || Ruleset::load(Path::new("rules"), &sources);
    let examples = Examples::load(Path::new("schemas"), &sources).expect("examples");
    let files = yujing::case::load(Path::new("rules/cases")).expect("the cases load");
    let all: Vec<_> = files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case))).collect();

    let mut group = criterion.benchmark_group("rules");
    group.sample_size(10);
    group.bench_function("load", |bencher| bencher.iter(|| load().expect("the rules load")));
    group.bench_function(format!("test, {} cases in every way", all.len()), |bencher| {
        bencher.iter(|| {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            let suite = Suite { sources: &sources, examples: &examples, cases: all.clone(), seed: 1, threads };
            suite.run(load().expect("the rules load"), &load).expect("the rules load again")
        });
    });
    group.finish();
}

criterion_group!(benches, cases);
criterion_main!(benches);
