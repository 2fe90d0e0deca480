//! The window store with a million camera alerts of ten thousand operators: gathers of few and many operators, single
//! events on their way in, and (printed once) what a retained event costs in memory.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

mod common;

use std::hint::black_box;
use std::time::Instant;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use jiff::{SignedDuration, Timestamp};
use yujing_base::OperatorId;
use yujing_core::source::{Decoder, Event, SourceId, Sources};
use yujing_core::window::{Delta, WindowStore};

const OPERATORS: u32 = 10_000;
const EVENTS: u32 = 1_000_000;
const BATCH: u32 = 1_000;
/// Enough single events for a merge of the highest tier.
const LONE_EVENTS: u32 = 70_000;
/// The last event; the first is a hundred days before.
const AS_OF: &str = "2026-04-15T00:00:00Z";
const SPREAD: SignedDuration = SignedDuration::from_hours(100 * 24);

const SOURCE: &str = "camera-alerts";

/// Makes camera alerts as their publisher would send them.
struct Camera<'a> {
    sources: &'a Sources,
    source: SourceId,
    decoder: Decoder,
    as_of: Timestamp,
}

impl<'a> Camera<'a> {
    fn new(sources: &'a Sources) -> Self {
        let (source, schema) = sources.by_name(SOURCE).expect("the schema is in schemas/");
        let decoder = Decoder::new(source, schema.clone());
        Self { sources, source, decoder, as_of: AS_OF.parse().expect("a timestamp") }
    }

    /// The events of one number are the same event with each `revision`.
    fn event(&self, number: u32, revision: u32) -> Event {
        let age = SPREAD * i32::try_from(EVENTS.saturating_sub(number)).expect("a million") / 1_000_000;
        let occurred_at = self.as_of - age;
        let operator = scattered(number) % OPERATORS;
        let class = ["rodent", "no_mask", "no_hat", "floor_water", "camera_offline"][number as usize % 5];
        let value = format!(
            r#"{{"event_id":"CAM-{operator:04}-{number:014}","revision":{revision},"occurred_at":"{occurred_at}",
            "operator_id":"{}","publisher":"kitchen-camera-gateway","kind":"alert","camera_id":"HX-{operator:04}-2",
            "zone":"cooking","class":"{class}","vendor_code":"100500","confidence":0.9{},"review":"pending"}}"#,
            operator_id(operator),
            number % 10
        );
        let arrived_at = occurred_at + SignedDuration::from_secs(1);
        let record = common::record(self.sources, SOURCE, &operator_id(operator), value.into_bytes(), arrived_at);
        self.decoder.decode(&record).expect("a valid alert")
    }
}

fn operator_id(number: u32) -> String {
    format!("JY2120103{number:07}")
}

/// A fixed permutation, so that an operator's events do not lie side by side.
fn scattered(number: u32) -> u32 {
    number.wrapping_mul(2_654_435_761) >> 7
}

/// Resident memory of this process; `None` where there is no `/proc`.
fn resident_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<u64>().ok()? * 4_096)
}

fn filled(sources: &Sources, camera: &Camera<'_>) -> WindowStore {
    let before = resident_bytes();
    let mut store = WindowStore::new(sources);
    for first in (0..EVENTS).step_by(BATCH as usize) {
        let mut delta = Delta::default();
        for number in first..first + BATCH {
            store.admit(&mut delta, camera.event(number, 1));
        }
        store.install(delta);
    }
    let bytes = store.bytes(camera.source) / store.len(camera.source);
    println!("window: {EVENTS} alerts, {bytes} bytes an alert, all indexes counted with what they reserve");
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        println!("window: {} bytes of resident memory an event", (after - before) / u64::from(EVENTS));
    }
    store
}

/// Installs single events and says how long the longest took: the one that sealed a segment and merged chunks.
fn print_longest_install(store: &mut WindowStore, camera: &Camera<'_>) {
    let mut durations = Vec::new();
    for number in EVENTS..EVENTS + LONE_EVENTS {
        let event = camera.event(number, 1);
        let start = Instant::now();
        install(store, event);
        durations.push(start.elapsed());
    }
    durations.sort_unstable();
    let [median, high, longest] = [50, 99, 100].map(|percent| durations[(durations.len() - 1) * percent / 100]);
    println!("window: installing one event took {median:?} (median), {high:?} (p99), {longest:?} (longest)");
}

fn main() {
    let sources = common::schemas();
    let camera = Camera::new(&sources);
    let mut store = filled(&sources, &camera);
    print_longest_install(&mut store, &camera);
    let mut criterion = Criterion::default().configure_from_args();

    let mut gathers = criterion.benchmark_group("window/gather");
    for asked in [1, 64, 1_024] {
        let operators: Vec<OperatorId> = (0..asked).map(|number| operator_id(number * 7).into()).collect();
        let rows = store.view().gather(camera.source, &operators, camera.as_of).num_rows();
        gathers.throughput(Throughput::Elements(rows as u64));
        gathers.bench_with_input(BenchmarkId::new("operators", asked), &operators, |bencher, operators| {
            bencher.iter(|| black_box(store.view().gather(camera.source, operators, camera.as_of)));
        });
    }
    gathers.finish();

    let mut arrivals = criterion.benchmark_group("window/arrival");
    arrivals.throughput(Throughput::Elements(1));
    let mut number = EVENTS + LONE_EVENTS;
    arrivals.bench_function("one new event admitted", |bencher| {
        bencher.iter_batched(
            || camera.event(EVENTS + 1, 1),
            |event| {
                let mut delta = Delta::default();
                store.admit(&mut delta, event);
                delta
            },
            BatchSize::SmallInput,
        );
    });
    arrivals.bench_function("one new event admitted and installed", |bencher| {
        bencher.iter_batched(
            || {
                number += 1;
                camera.event(number, 1)
            },
            |event| install(&mut store, event),
            BatchSize::SmallInput,
        );
    });
    let mut corrected = 0;
    arrivals.bench_function("one correction admitted and installed", |bencher| {
        bencher.iter_batched(
            || {
                corrected += 1;
                camera.event(scattered(corrected) % EVENTS, 1 + corrected)
            },
            |event| install(&mut store, event),
            BatchSize::SmallInput,
        );
    });
    arrivals.bench_function("expire with nothing due", |bencher| {
        bencher.iter(|| store.expire(camera.as_of));
    });
    arrivals.finish();
    criterion.final_summary();
}

fn install(store: &mut WindowStore, event: Event) {
    let mut delta = Delta::default();
    store.admit(&mut delta, event);
    store.install(delta);
}
