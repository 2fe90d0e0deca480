//! Whole batches in an engine with the starter ruleset and a synthetic district's last 90 days: records in, the records
//! that leave encoded, the delta installed. Then a trickle: single events, each a batch of its own, by their source.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput};
use jiff::{SignedDuration, Timestamp};
use yujing_config::Topics;
use yujing_core::engine::{Engine, Mode, Positions};
use yujing_core::source::{Record, Sources};
use yujing_kafka::producer_record::ProducerRecord;
use yujing_live::encoder::Encoder;
use yujing_workbench::synthetic::{District, PlannedEvent};

use common::Arrivals;

const DAYS: i64 = 90;
const TRICKLE: [&str; 4] = ["inspections", "lab-samples", "complaints", "camera-alerts"];

/// One engine at work, and where its time went.
struct Pipeline {
    engine: Engine,
    encoder: Encoder,
    spent: BTreeMap<&'static str, Duration>,
}

impl Pipeline {
    fn work(&mut self, records: &[Record]) -> Vec<ProducerRecord> {
        let pending = self.engine.apply(records, &Positions::new(), Mode::Live).expect("features can be computed");
        for (stage, duration) in &pending.output.tally.stages {
            *self.spent.entry(*stage).or_default() += *duration;
        }
        let outgoing = self.timed("encode", |pipeline| pipeline.encoder.output(&pending.output));
        self.timed("commit", |pipeline| pipeline.engine.commit(pending));
        outgoing
    }

    fn timed<T>(&mut self, stage: &'static str, work: impl FnOnce(&mut Self) -> T) -> T {
        let began = Instant::now();
        let done = work(self);
        *self.spent.entry(stage).or_default() += began.elapsed();
        done
    }

    /// Says how the time since the last call was shared out.
    fn print_shares(&mut self, what: &str) {
        let spent = std::mem::take(&mut self.spent);
        let all: Duration = spent.values().sum();
        if all.is_zero() {
            return;
        }
        let share = |(stage, took): (&&str, &Duration)| {
            format!("{stage} {:.0} %", 100.0 * took.as_secs_f64() / all.as_secs_f64())
        };
        println!("{what}: of which {}", spent.iter().map(share).collect::<Vec<_>>().join(", "));
    }
}

/// Gives records that arrive one millisecond after another.
struct Clock<'a> {
    sources: &'a Sources,
    now: Timestamp,
}

impl Clock<'_> {
    fn record(&mut self, planned: &PlannedEvent) -> Record {
        self.now += SignedDuration::from_millis(1);
        common::arrived(self.sources, planned, self.now)
    }
}

fn main() {
    let now: Timestamp = "2026-03-29T00:00:00Z".parse().expect("an instant");
    let district = District::generate(common::SEED, District::DEFAULT_OPERATORS);
    let engine = common::engine_with_history(&district, common::CAMERA_ALERTS_A_DAY, DAYS, now);
    let sources = engine.sources().clone();
    let encoder = Encoder::new(Topics::default(), "bench", 1_000_000);
    let mut pipeline = Pipeline { engine, encoder, spent: BTreeMap::new() };
    let mut clock = Clock { sources: &sources, now };
    let mut criterion = Criterion::default().configure_from_args();

    let mut arrivals = Arrivals::new(&district, 100, common::CAMERA_ALERTS_A_DAY, now);
    let mut batches = criterion.benchmark_group("batch");
    for size in [1, 64, common::BATCH] {
        batches.throughput(Throughput::Elements(size as u64));
        if size == common::BATCH {
            batches.sample_size(10).sampling_mode(SamplingMode::Flat).measurement_time(Duration::from_secs(10));
        }
        batches.bench_function(BenchmarkId::new("events", size), |bencher| {
            bencher.iter_batched(
                || arrivals.by_ref().take(size).map(|planned| clock.record(&planned)).collect(),
                |records: Vec<Record>| pipeline.work(&records),
                BatchSize::LargeInput,
            );
        });
        pipeline.print_shares(&format!("batch/events/{size}"));
    }
    batches.finish();

    let mut trickle = criterion.benchmark_group("trickle");
    for source in TRICKLE {
        let arrivals = Arrivals::new(&district, 200, common::CAMERA_ALERTS_A_DAY, now);
        let mut of_source = arrivals.filter(|planned| planned.source == source);
        trickle.bench_function(BenchmarkId::from_parameter(source), |bencher| {
            bencher.iter_batched(
                || of_source.by_ref().take(1).map(|planned| clock.record(&planned)).collect(),
                |records: Vec<Record>| pipeline.work(&records),
                BatchSize::LargeInput,
            );
        });
        pipeline.print_shares(&format!("trickle/{source}"));
    }
    trickle.finish();
    criterion.final_summary();
}
