//! What an event costs as things grow: the events of one operator (a flood on one kitchen), the rules, and the threads
//! that decide. And what an hour costs in which nothing comes.

mod common;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use yujing_core::engine::{Engine, Mode, Positions};
use yujing_core::source::{Record, Sources};
use yujing_workbench::synthetic::{District, PlannedEvent};

use common::Arrivals;
use common::figures::Figures;

/// The events of one operator.
const RETAINED: [usize; 3] = [100, 1_000, 10_000];
/// Single events that are timed; few beside those that are retained.
const TIMED: usize = 40;
const RULES: [usize; 3] = [10, 40, 200];
/// Events in a batch where rules are counted.
const BATCH: usize = 64;
const BATCHES: usize = 20;
/// Threads that decide, and whole batches that each number of them decides, in turn.
const THREADS: [usize; 3] = [1, 2, 4];
const WHOLE_BATCHES: usize = 15;
/// Days of the district's history below the rules.
const DAYS: i64 = 9;
/// Hours without events, of which the middle one counts, and operators that are woken in one transaction.
const HOURS: usize = 23;
const WOKEN: usize = 1_024;

/// One engine, and the time of its records.
struct Pipeline {
    engine: Engine,
    now: Timestamp,
}

impl Pipeline {
    /// Events that arrive one millisecond after another.
    fn records(&mut self, sources: &Sources, events: impl Iterator<Item = PlannedEvent>) -> Vec<Record> {
        let arrived = events.map(|planned| {
            self.now += SignedDuration::from_millis(1);
            common::arrived(sources, &planned, self.now)
        });
        arrived.collect()
    }

    fn take(&mut self, records: &[Record], mode: Mode) -> Duration {
        let began = Instant::now();
        let pending = self.engine.apply(records, &Positions::new(), mode).expect("features can be computed");
        self.engine.commit(pending);
        began.elapsed()
    }
}

/// The middle one of some times, in microseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

/// Camera alerts of one kitchen without end, one every five minutes up to an instant.
fn flood(district: &District, count: usize, until: Timestamp) -> impl Iterator<Item = PlannedEvent> {
    let alerts = Arrivals::new(district, 300, common::CAMERA_ALERTS_A_DAY, until);
    let alerts = alerts.filter(|planned| planned.source == "camera-alerts").take(count);
    let operator = district.operators[0].operator_id.clone();
    alerts.enumerate().map(move |(place, mut planned)| {
        let age = SignedDuration::from_mins(5) * i32::try_from(count - place).expect("few");
        let at = (until - age).to_string();
        planned.operator_id.clone_from(&operator);
        planned.document.insert("operator_id".to_owned(), operator.clone().into());
        planned.document.insert("event_id".to_owned(), format!("flood-{count}-{place}").into());
        for field in ["occurred_at", "reported_at"] {
            planned.document.insert(field.to_owned(), at.clone().into());
        }
        planned
    })
}

fn measure_flood(district: &District, now: Timestamp, figures: &mut Figures) {
    let sources = common::schemas();
    for retained in RETAINED {
        let engine = Engine::new(sources.clone(), common::starter_ruleset(&sources));
        let mut pipeline = Pipeline { engine, now };
        let mut records = pipeline.records(&sources, flood(district, retained + TIMED + 1, now));
        let timed = records.split_off(retained);
        pipeline.take(&records, Mode::Restore);
        // The first one looks at everything once.
        pipeline.take(&timed[..1], Mode::Live);
        let spent = timed[1..].iter().map(|record| pipeline.take(std::slice::from_ref(record), Mode::Live)).collect();
        figures.add(&format!("an event of an operator with {retained} events retained"), median(spent), 0, "µs");
    }
}

/// Makes it so many rules: starter rules, again and again under other ids where there are not enough. Modifiers and
/// routes name rules, so there are none, and nobody handles warnings.
fn with_rules(folder: &Path, count: usize) {
    for file in ["modifiers.toml", "routing.toml", "handling.toml"] {
        std::fs::remove_file(folder.join(file)).expect("removed");
    }
    let is_rule = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rhai");
    let mut rules: Vec<PathBuf> = entries(folder).iter().flat_map(|path| entries(path)).filter(is_rule).collect();
    rules.sort();
    let texts: Vec<String> = rules.iter().map(|path| std::fs::read_to_string(path).expect("a rule")).collect();
    for path in &rules[count.min(rules.len())..] {
        std::fs::remove_file(path).expect("removed");
    }
    for place in rules.len()..count {
        let (path, text) = (&rules[place % rules.len()], &texts[place % rules.len()]);
        let id = path.file_stem().and_then(|stem| stem.to_str()).expect("a rule has a name");
        let copy = format!("{id}_{place}");
        let renamed = text.replacen(&format!("\"{id}\""), &format!("\"{copy}\""), 1);
        std::fs::write(path.with_file_name(format!("{copy}.rhai")), renamed).expect("written");
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn measure_rules(district: &District, now: Timestamp, figures: &mut Figures) {
    for count in RULES {
        let mut engine = common::engine_with_history(district, common::CAMERA_ALERTS_A_DAY, DAYS, now);
        let sources = engine.sources().clone();
        engine.put_in_force(common::variant(&sources, |folder| with_rules(folder, count)));
        let mut pipeline = Pipeline { engine, now };
        let mut arrivals = Arrivals::new(district, 100, common::CAMERA_ALERTS_A_DAY, now);
        let times = (0..BATCHES).map(|_| {
            let records = pipeline.records(&sources, arrivals.by_ref().take(BATCH));
            pipeline.take(&records, Mode::Live) / u32::try_from(BATCH).expect("few")
        });
        figures.add(&format!("an event of a batch of {BATCH} with {count} rules"), median(times.collect()), 0, "µs");
    }
}

/// Whole batches, decoded before, decided on some threads and taken in.
fn measure_threads(district: &District, now: Timestamp, figures: &mut Figures) {
    let mut lanes = THREADS.map(|threads| {
        let engine = common::engine_with_history(district, common::CAMERA_ALERTS_A_DAY, DAYS, now);
        let engine = engine.on_threads(NonZeroUsize::new(threads).expect("not zero"));
        let arrivals = Arrivals::new(district, 100, common::CAMERA_ALERTS_A_DAY, now);
        (Pipeline { engine, now }, arrivals, Vec::with_capacity(WHOLE_BATCHES))
    });
    for _ in 0..WHOLE_BATCHES {
        for (pipeline, arrivals, times) in &mut lanes {
            let sources = pipeline.engine.sources().clone();
            let records = pipeline.records(&sources, arrivals.by_ref().take(common::BATCH));
            let read = pipeline.engine.decoders().decode_all(&records);
            let (began, positions) = (Instant::now(), Positions::new());
            let decided = pipeline.engine.apply_decoded(&records, read, &positions, Mode::Live, Timestamp::MAX);
            pipeline.engine.commit(decided.expect("features can be computed"));
            times.push(began.elapsed() / u32::try_from(common::BATCH).expect("few"));
        }
    }
    for (threads, (_, _, times)) in THREADS.into_iter().zip(lanes) {
        let what = format!("deciding an event of a batch of {} on {threads} threads", common::BATCH);
        figures.add(&what, median(times), 1, "µs");
    }
}

/// Hours in which nothing comes: whoever changes with time alone is woken, and nobody else is looked at.
fn measure_quiet_hours(district: &District, now: Timestamp, figures: &mut Figures) {
    let mut engine = common::engine_with_history(district, common::CAMERA_ALERTS_A_DAY, DAYS, now);
    engine.schedule_all();
    let mut until = now;
    wake(&mut engine, until);
    let mut woken = Vec::with_capacity(HOURS);
    let mut times = Vec::with_capacity(HOURS);
    for _ in 0..HOURS {
        until += SignedDuration::from_hours(1);
        let began = Instant::now();
        woken.push(wake(&mut engine, until));
        times.push(began.elapsed());
    }
    woken.sort_unstable_by(f64::total_cmp);
    let operators = engine.operators().len();
    figures.add(&format!("an hour without events, {operators} operators"), median(times) / 1e3, 2, "ms");
    figures.add("operators who change in such an hour", woken[HOURS / 2], 0, "operators");
}

/// Wakes whoever is due by an instant; gives how many that were.
fn wake(engine: &mut Engine, until: Timestamp) -> f64 {
    let mut woken = 0;
    while engine.next_instant().is_some_and(|at| at <= until) {
        let pending = engine.wake(until, WOKEN, &Positions::new()).expect("features can be computed");
        woken += pending.output.tally.operators_scored;
        engine.commit(pending);
    }
    f64::from(u32::try_from(woken).expect("fewer than 2^32"))
}

fn main() {
    let now: Timestamp = "2026-03-29T00:00:00Z".parse().expect("an instant");
    let district = District::generate(common::SEED, District::DEFAULT_OPERATORS);
    let mut figures = Figures::of("scale");
    measure_flood(&district, now, &mut figures);
    measure_rules(&district, now, &mut figures);
    measure_threads(&district, now, &mut figures);
    measure_quiet_hours(&district, now, &mut figures);
}
