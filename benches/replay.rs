//! A replay of synthetic history with the starter ruleset, in events a second, and what a second ruleset in the same
//! pass adds: one with the same features and one rule less, and one that has its features to itself.

mod common;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::{SignedDuration, Timestamp};
use yujing_core::source::{Record, Sources};
use yujing_replay::driver::{Driver, Schedule};
use yujing_replay::plan::Intervals;
use yujing_replay::results::Results;
use yujing_replay::run::engine_of;
use yujing_workbench::synthetic::{Background, District};

const OPERATORS: usize = 1_000;
const DAYS: i64 = 30;
/// Two events an operator and month, and a camera alert a week: about what a district has.
const CAMERA_ALERTS: u32 = 150;

fn history(sources: &Sources) -> Vec<Record> {
    let until: Timestamp = "2026-03-02T00:00:00Z".parse().expect("a time");
    let from = until - SignedDuration::from_hours(24 * DAYS);
    let district = District::generate(common::SEED, OPERATORS);
    let events = Background::new(&district, common::SEED, CAMERA_ALERTS, from, until);
    let all = common::operators(&district, from).chain(events);
    all.map(|planned| common::arrived(sources, &planned, planned.at)).collect()
}

fn without_a_rule(folder: &Path) {
    std::fs::remove_file(folder.join("pests/rodent_with_complaint.rhai")).expect("a starter rule");
}

fn with_features_of_its_own(folder: &Path) {
    for entry in std::fs::read_dir(folder.join("features")).expect("features") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a feature file");
        std::fs::write(&path, format!("{text}\n")).expect("written");
    }
}

fn replay(criterion: &mut Criterion) {
    let sources = common::schemas();
    let records = history(&sources);
    let starter = ("rules".to_owned(), common::variant(&sources, |_| ()));
    let lesser = ("lesser".to_owned(), common::variant(&sources, without_a_rule));
    let apart = ("apart".to_owned(), common::variant(&sources, with_features_of_its_own));
    let mut group = criterion.benchmark_group("replay");
    group.sample_size(10).throughput(Throughput::Elements(records.len() as u64));
    let cases = [
        ("one_ruleset", vec![starter.clone()]),
        ("two_rulesets_same_features", vec![starter.clone(), lesser]),
        ("two_rulesets_own_features", vec![starter, apart]),
    ];
    for (name, rulesets) in cases {
        group.bench_function(BenchmarkId::new(name, records.len()), |bencher| {
            bencher.iter(|| {
                let mut engine = engine_of(&sources, &rulesets);
                let mut results = Results::new(rulesets.iter().map(|(_, ruleset)| Arc::clone(ruleset)));
                let schedule = Schedule { intervals: Intervals::default(), from: None, to: None };
                let driver = Driver::new(&mut engine, schedule, &mut results);
                let answers = driver.run(records.iter().cloned().map(Ok), |_| ()).expect("it ends");
                black_box((answers, results))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, replay);
criterion_main!(benches);
