//! The load bench: the real program on a real Apache Kafka, both on this machine, with synthetic data.
//!
//! Two engines run, one with ten times the history of the other. In every round each of them, in turn, works off a
//! backlog that came while it was stopped by a signal (so it is live, and nothing else takes processor time); then the
//! *ceiling* does the same work without the engine: a bare consumer that decodes the same records and commits the very
//! records that the engine wrote, in transactions as large, but scores nothing. Then events come on schedule at a
//! quarter of the engine's own rate, with planted incidents among them: what is measured is the time from the scheduled
//! instant to the moment a read-committed consumer has the warning in its hands. At last the console runs beside an
//! engine of a large district, and 200 people use it.
//!
//! `cargo bench --bench load`; `-- --quick` for a look in some minutes, `-- --engines` or `-- --console` for one part alone,
//! `-- --micro` to list the micro-benches' last results too.

#![expect(clippy::cast_precision_loss, reason = "counts, sizes and times are far below 2^52")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints what it measured")]

mod beside;
mod ceiling;
#[path = "../common/mod.rs"]
mod common;
mod console;
mod crowd;
#[allow(dead_code, unused_imports, reason = "the tests' broker; the bench needs a part of it")]
#[path = "../../tests/it/support/kafka/mod.rs"]
mod kafka;
mod machine;
#[allow(dead_code, reason = "what the tests' broker is checked by")]
#[path = "../../tests/it/support/mark.rs"]
mod mark;
mod person;
#[path = "../../tests/it/support/port.rs"]
mod port;
mod probe;
mod results;
mod screens;
mod site;
mod table;
mod traffic;

use clap::Parser;
use jiff::{SignedDuration, Timestamp};
use yujing_workbench::synthetic::District;

use results::{Results, percentile};
use site::{Paced, Site};
use table::Row;

/// The load bench
#[derive(Debug, Parser)]
struct Arguments {
    /// A tenth of the history, one short round: for a look, not for numbers
    #[arg(long)]
    quick: bool,
    /// Only the engines
    #[arg(long, conflicts_with = "console")]
    engines: bool,
    /// Only the console beside an engine
    #[arg(long)]
    console: bool,
    /// List the micro-benches' last results in the table too
    #[arg(long)]
    micro: bool,
    /// `cargo bench` says so
    #[arg(long, hide = true)]
    bench: bool,
}

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Events a day in the whole district, the same for both histories.
    pub events_a_day: u32,
    /// Rounds that are not counted, of a backlog each, for the broker to become warm.
    pub warm_ups: usize,
    pub rounds: usize,
    /// Events that wait for the engine in each round.
    pub backlog: usize,
    /// Planted incidents among them.
    pub backlog_incidents: usize,
    /// How long events come on schedule in each round.
    pub paced: SignedDuration,
    /// Planted incidents among those, each a single event that a warning must answer.
    pub paced_incidents: usize,
    /// Operators of the district whose console many people use.
    pub crowded_operators: usize,
    /// Answers that they give in each round.
    pub answers: usize,
}

/// Days of the two histories: one is ten times longer.
pub const DAYS: [i64; 2] = [9, 90];

impl Plan {
    const FULL: Self = Self {
        events_a_day: 11_200,
        warm_ups: 5,
        rounds: 3,
        backlog: 20_000,
        backlog_incidents: 20,
        paced: SignedDuration::from_secs(15),
        paced_incidents: 170,
        crowded_operators: 100_000,
        answers: 50,
    };
    const QUICK: Self = Self {
        events_a_day: 1_120,
        rounds: 1,
        backlog: 4_000,
        paced: SignedDuration::from_secs(5),
        crowded_operators: District::DEFAULT_OPERATORS,
        answers: 20,
        ..Self::FULL
    };
}

fn main() {
    let arguments = Arguments::parse();
    let plan = if arguments.quick { Plan::QUICK } else { Plan::FULL };
    let before = machine::describe();
    let now = Timestamp::now();
    let mut rows = if arguments.console { Vec::new() } else { engines(plan, now) };
    if !arguments.engines {
        rows.extend(beside::measure(plan, now));
    }
    println!("\n{before}\nNow: {}", machine::load());
    println!("All data are synthetic. {}", machine::broker());
    let micro = arguments.micro.then(|| table::criterion_rows().into_iter().chain(table::figure_rows()));
    println!("{}", table::render(micro.into_iter().flatten().chain(rows)));
}

/// Measures the two engines.
fn engines(plan: Plan, now: Timestamp) -> Vec<Row> {
    let district = District::generate(common::SEED, District::DEFAULT_OPERATORS);
    let mut sites: Vec<Site<'_>> = DAYS.iter().map(|days| Site::open(plan, *days, &district, now)).collect();
    let mut results: Vec<Results> = sites.iter().map(|site| Results::of(site.retained)).collect();
    // A broker that was just started compiles itself for its first minute, on the cores that are measured.
    for _ in 0..plan.warm_ups {
        for site in &mut sites {
            let drain = site.drain();
            ceiling::measure(site, &drain);
        }
    }
    for round in 1..=plan.rounds {
        for (site, results) in sites.iter_mut().zip(&mut results) {
            let drain = site.drain();
            let ceiling = ceiling::measure(site, &drain);
            tell(&format!(
                "round {round}, {} days: {:.0} events/s, {:.0} µs of the processors for an event; the ceiling {:.0} events/s",
                site.days,
                drain.rate(),
                drain.processor_an_event().unwrap_or(f64::NAN),
                ceiling.rate()
            ));
            results.drains.push(drain);
            results.ceilings.push(ceiling);
        }
        for (site, results) in sites.iter_mut().zip(&mut results) {
            let paced: Vec<_> = site.pace(results.sustained() / 4.0).iter().map(Paced::latency).collect();
            let wait = |percent| percentile(paced.iter().flatten().map(|answer| answer.read), percent);
            tell(&format!(
                "round {round}, {} days: {} warnings, p50 {:.0} ms, p99 {:.0} ms",
                site.days,
                paced.iter().flatten().count(),
                wait(50),
                wait(99)
            ));
            results.latencies.extend(paced);
        }
    }
    for (site, results) in sites.iter_mut().zip(&mut results) {
        results.peak_memory = site.peak_memory();
        for _ in 0..plan.rounds {
            let start = site.restart();
            tell(&format!(
                "{} days: live again after {:.1?}, {:.0} records read back",
                site.days, start.took, start.records
            ));
            results.starts.push(start);
        }
    }
    results::rows(&results)
}

/// Progress for people, on standard error.
pub fn tell(line: &str) {
    eprintln!("load: {line}");
}
