//! Features: 48 filtered aggregates in a kept plan over 64, 1,024 and 8,192 rows, and what planning them costs.

mod common;

use std::collections::HashMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use serde_json::json;
use yujing_base::OperatorId;
use yujing_core::feature::FeatureSet;
use yujing_core::source::Source;

const FEATURES: usize = 48;
const ROWS_AN_OPERATOR: usize = 8;

fn file() -> Vec<(PathBuf, String)> {
    let classes = ["rodent", "no_mask", "smoking", "bin_open"];
    let columns: Vec<_> = (0..FEATURES)
        .map(|place| {
            let (class, days) = (classes[place % classes.len()], 1 + place);
            format!(
                "-- @zh 指标\n-- @en Feature\n-- @missing 0\ncount(*) FILTER (WHERE class = '{class}' AND \
                 within(occurred_at, INTERVAL '{days} days')) AS alerts_{place}"
            )
        })
        .collect();
    let sql = format!("SELECT operator_id,\n{}\nFROM camera_alerts GROUP BY operator_id", columns.join(",\n"));
    vec![(PathBuf::from("bench.sql"), sql)]
}

fn rows(source: &Source, count: usize) -> RecordBatch {
    let classes = ["rodent", "no_mask", "smoking", "bin_open"];
    let objects: Vec<_> = (0..count)
        .map(|place| {
            let time = format!("2026-03-{:02}T{:02}:00:00Z", 1 + place % 28, place % 24);
            json!({
                "event_id": format!("e{place}"), "revision": 1, "occurred_at": time, "reported_at": time,
                "operator_id": format!("op{:05}", place / ROWS_AN_OPERATOR), "publisher": "bench", "quality": [],
                "kind": "alert", "camera_id": "c1", "class": classes[place % classes.len()], "confidence": 0.9,
            })
        })
        .collect();
    let mut decoder = arrow_json::ReaderBuilder::new(Arc::clone(&source.schema))
        .with_batch_size(count)
        .build_decoder()
        .expect("a decoder");
    decoder.serialize(&objects).expect("rows");
    decoder.flush().expect("rows").expect("one batch")
}

fn features(criterion: &mut Criterion) {
    let sources = common::schemas();
    let (id, source) = sources.by_name("camera-alerts").expect("the source");
    let set = FeatureSet::from_texts(&file(), &sources).expect("the features load");
    let as_of: Timestamp = "2026-03-29T00:00:00Z".parse().expect("a time");
    let mut group = criterion.benchmark_group("features");
    for count in [64, 1_024, 8_192] {
        let operators: Vec<OperatorId> =
            (0..count / ROWS_AN_OPERATOR).map(|place| OperatorId::from(format!("op{place:05}"))).collect();
        let gathered = HashMap::from([(id, rows(source, count))]);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("kept_plan_rows", count), |bencher| {
            bencher.iter(|| black_box(set.compute_over(&gathered, &operators, as_of).expect("a run")));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("features_load");
    group.sample_size(10);
    group.bench_function("plan_48_columns", |bencher| {
        bencher.iter(|| black_box(FeatureSet::from_texts(&file(), &sources).expect("the features load")));
    });
    group.finish();
}

criterion_group!(benches, features);
criterion_main!(benches);
