//! What was measured, and what the table says of it.

use std::collections::BTreeMap;
use std::time::Duration;

use yujing_kafka::producer_record::ProducerRecord;

use crate::site::Span;
use crate::table::Row;

const MEBIBYTE: f64 = 1_048_576.0;
/// The stages of the engine's thread as its metrics name them, and in words.
const STAGES: [(&str, &str); 5] = [
    ("decode", "decoding"),
    ("intake", "admitting"),
    ("features", "gathering and features"),
    ("judge", "rules, scores and the records that leave"),
    ("encode", "encoding"),
];

/// What an event had to wait for, from its scheduled instant on.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Until its warning was on its way.
    pub sent: Duration,
    /// Until a consumer had it in its hands.
    pub read: Duration,
}

impl Answer {
    /// From the one to the other.
    fn under_way(self) -> Duration {
        self.read.saturating_sub(self.sent)
    }
}

/// The answer to an event; `None` if none came.
pub type Latency = Option<Answer>;

/// A backlog worked off by the engine.
pub struct Drain {
    pub events: usize,
    pub took: Duration,
    /// What the engine's process used of the processors meanwhile; `None` where the kernel does not tell.
    pub processor: Option<Duration>,
    /// The engine's metrics before and after.
    pub before: BTreeMap<String, f64>,
    pub after: BTreeMap<String, f64>,
    pub span: Span,
    /// What the engine wrote.
    pub outputs: Vec<ProducerRecord>,
}

/// An engine that was stopped and started again.
pub struct Start {
    /// What it read back.
    pub records: f64,
    /// From the start of its process until its scores were live.
    pub took: Duration,
}

/// The same without the engine.
pub struct Ceiling {
    pub events: usize,
    pub took: Duration,
}

impl Drain {
    pub fn rate(&self) -> f64 {
        rate(self.events, self.took)
    }

    fn grown(&self, series: &str) -> f64 {
        let value = |metrics: &BTreeMap<String, f64>| metrics.get(series).copied().unwrap_or_default();
        value(&self.after) - value(&self.before)
    }

    /// Seconds spent in a stage.
    fn stage(&self, stage: &str) -> f64 {
        self.grown(&format!("yujing_stage_duration_seconds_sum{{stage=\"{stage}\"}}"))
    }

    /// Seconds in which a transaction was under way, beside the engine's thread.
    fn transactions(&self) -> f64 {
        self.grown("yujing_transaction_duration_seconds_sum")
    }

    /// Microseconds of processor time for an event.
    pub fn processor_an_event(&self) -> Option<f64> {
        Some(self.processor?.as_secs_f64() * 1e6 / self.events as f64)
    }

    /// Seconds of the engine's thread in no stage.
    fn rest(&self) -> f64 {
        let known: f64 = STAGES.iter().map(|(stage, _)| self.stage(stage)).sum();
        self.took.as_secs_f64() - known
    }
}

impl Ceiling {
    pub fn rate(&self) -> f64 {
        rate(self.events, self.took)
    }
}

fn rate(events: usize, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64()
}

/// Everything measured with one history.
pub struct Results {
    retained: u64,
    pub drains: Vec<Drain>,
    pub ceilings: Vec<Ceiling>,
    pub latencies: Vec<Latency>,
    pub peak_memory: Option<u64>,
    pub starts: Vec<Start>,
}

impl Results {
    pub fn of(retained: u64) -> Self {
        let (drains, ceilings, latencies, starts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { retained, drains, ceilings, latencies, peak_memory: None, starts }
    }

    /// Events a second from inputs to committed outputs: the median of the rounds.
    pub fn sustained(&self) -> f64 {
        median(self.drains.iter().map(Drain::rate))
    }

    fn ceiling(&self) -> f64 {
        median(self.ceilings.iter().map(Ceiling::rate))
    }

    /// Engine to ceiling, round by round.
    fn ratio(&self) -> f64 {
        median(self.drains.iter().zip(&self.ceilings).map(|(drain, ceiling)| drain.rate() / ceiling.rate()))
    }

    /// The latency that so many percent of the warnings had at most, in milliseconds.
    fn latency(&self, percent: usize) -> f64 {
        self.wait(percent, |answer| answer.read)
    }

    /// The same of a part of it.
    fn wait(&self, percent: usize, part: impl Fn(Answer) -> Duration) -> f64 {
        percentile(self.latencies.iter().copied().flatten().map(part), percent)
    }

    fn share(&self, seconds: impl Fn(&Drain) -> f64) -> f64 {
        100.0 * median(self.drains.iter().map(|drain| seconds(drain) / drain.took.as_secs_f64()))
    }
}

pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
    }
}

/// The time that so many percent took at most, in milliseconds.
pub fn percentile(times: impl Iterator<Item = Duration>, percent: usize) -> f64 {
    let mut sorted: Vec<Duration> = times.collect();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

fn least(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NAN, f64::min)
}

/// The rows of both histories, then what ten times the history changes.
pub fn rows(results: &[Results]) -> Vec<Row> {
    let mut rows: Vec<Row> = results.iter().flat_map(of_history).collect();
    if let [short, long] = results {
        let change = |what: &str, of: fn(&Results) -> f64| {
            Row::new(format!("load, ten times the history: {what}"), format!("× {:.2}", of(long) / of(short)), "")
        };
        rows.push(change("sustained", Results::sustained));
        rows.push(change("produce to readable warning, p50", |results| results.latency(50)));
        rows.push(change("produce to readable warning, p99", |results| results.latency(99)));
    }
    rows
}

fn of_history(results: &Results) -> Vec<Row> {
    let history = thousands(results.retained);
    let row = |what: &str, value: f64, decimals: usize, unit: &'static str| {
        Row::new(format!("load, {history} events retained: {what}"), format!("{value:.decimals$}"), unit)
    };
    let answered = results.latencies.iter().flatten().count();
    let mut rows = vec![
        row("sustained, inputs to committed outputs", results.sustained(), 0, "events/s"),
        row("sustained, slowest round", least(results.drains.iter().map(Drain::rate)), 0, "events/s"),
        row("ceiling, the same without scoring", results.ceiling(), 0, "events/s"),
        row("engine : ceiling", results.ratio(), 3, ""),
        row("at a quarter of the sustained rate, produce to readable warning: p50", results.latency(50), 0, "ms"),
        row("at a quarter of the sustained rate, produce to readable warning: p99", results.latency(99), 0, "ms"),
        row("at a quarter of the sustained rate, produce to readable warning: max", results.latency(100), 0, "ms"),
        row("of which until the warning is sent: p50", results.wait(50, |answer| answer.sent), 0, "ms"),
        row("of which until the warning is sent: p99", results.wait(99, |answer| answer.sent), 0, "ms"),
        row("of which its transaction and reading: p50", results.wait(50, Answer::under_way), 0, "ms"),
        row("of which its transaction and reading: p99", results.wait(99, Answer::under_way), 0, "ms"),
        row("warnings so measured", answered as f64, 0, "warnings"),
        row("planted incidents without a warning", (results.latencies.len() - answered) as f64, 0, "incidents"),
    ];
    if let Some(peak) = results.peak_memory {
        rows.push(row("peak memory of the engine", peak as f64 / MEBIBYTE, 0, "MiB"));
    }
    for (stage, what) in STAGES {
        rows.push(row(&format!("time goes to {what}"), results.share(|drain| drain.stage(stage)), 0, "%"));
    }
    rows.push(row("time goes to fetching, waiting and installing", results.share(Drain::rest), 0, "%"));
    let under_way = results.share(Drain::transactions);
    rows.push(row("beside all that, a transaction is under way", under_way, 0, "% of the time"));
    if results.drains.iter().all(|drain| drain.processor.is_some()) {
        let each = results.drains.iter().filter_map(Drain::processor_an_event);
        rows.push(row("processor time of the engine for an event", median(each), 1, "µs"));
    }
    let took = results.starts.iter().map(|start| start.took.as_secs_f64());
    rows.push(row("started again until live", median(took), 1, "s"));
    let records = results.starts.iter().map(|start| start.records);
    rows.push(row("started again, records read back", median(records), 0, "records"));
    rows.push(row("records written for an event", results.written(), 2, "records"));
    rows.push(row("events in a transaction", results.batch(), 0, "events"));
    rows
}

impl Results {
    fn written(&self) -> f64 {
        median(self.drains.iter().map(|drain| drain.outputs.len() as f64 / drain.events as f64))
    }

    fn batch(&self) -> f64 {
        let committed = "yujing_transactions_total{outcome=\"committed\"}";
        median(self.drains.iter().map(|drain| drain.events as f64 / drain.grown(committed)))
    }
}

/// A count as people read it.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let head = digits.len() % 3;
    let (first, rest) = digits.split_at(head);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let groups: Vec<String> =
        std::iter::once(first.to_owned()).filter(|first| !first.is_empty()).chain(groups).collect();
    groups.join(",")
}
