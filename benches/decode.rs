//! Decoding one record of each source: its first example, and one as large as its schema lets it be.

mod common;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use serde_json::{Map, Value};
use yujing_core::source::Decoder;

/// The text that a schema lets be longest, with the length it lets it have.
const TEXTS: [(&str, &str, usize); 3] =
    [("camera-alerts", "snapshot_uri", 2_048), ("complaints", "text", 4_000), ("dispositions", "note", 2_000)];
/// The list that a schema lets be longest, with the length it lets it have.
const LISTS: [(&str, &str, usize); 3] =
    [("inspections", "items", 200), ("lab-samples", "results", 100), ("operators", "cameras", 200)];

fn first_example(source: &str) -> Map<String, Value> {
    let folder = common::valid_examples(source).read_dir().expect("the examples are there");
    let first = folder.map(|entry| entry.expect("an entry").path()).min().expect("every source has an example");
    serde_json::from_slice(&std::fs::read(first).expect("the example can be read")).expect("an object")
}

fn large(source: &str, mut document: Map<String, Value>) -> Map<String, Value> {
    for (_, field, length) in TEXTS.iter().filter(|(of, ..)| *of == source) {
        document.insert((*field).to_owned(), "食".repeat(*length).into());
    }
    for (_, field, length) in LISTS.iter().filter(|(of, ..)| *of == source) {
        let known = document[*field].as_array().expect("the example has the list").clone();
        document.insert((*field).to_owned(), known.into_iter().cycle().take(*length).collect());
    }
    document
}

fn decode(criterion: &mut Criterion) {
    let sources = common::schemas();
    let now: Timestamp = "2026-03-04T00:00:00Z".parse().expect("an instant");
    for (size, enlarge) in [("typical", false), ("large", true)] {
        let mut group = criterion.benchmark_group(format!("decode/{size}"));
        for (id, source) in sources.iter() {
            let example = first_example(&source.name);
            let document = common::json(&if enlarge { large(&source.name, example) } else { example });
            group.throughput(Throughput::Bytes(document.len() as u64));
            let record = common::record(&sources, &source.name, "JY21201030043213", document, now);
            let decoder = Decoder::new(id, source.clone());
            group.bench_function(BenchmarkId::from_parameter(&source.name), |bencher| {
                bencher.iter(|| black_box(decoder.decode(black_box(&record)).expect("a valid record")));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
