//! Declaring metrics: name, labels and help stand once, and the reference is written from the same declaration.

use std::fmt::Write as _;

use prometheus::core::Collector;
use prometheus::{
    CounterVec, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry,
};

/// What every name begins with.
const NAMESPACE: &str = "yujing";

/// One metric as the reference shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    pub labels: Vec<String>,
    pub zh: &'static str,
    pub en: &'static str,
}

/// A name without its prefix, and the help: English goes to scrapers, both go to the reference.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub name: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
}

/// Registers metrics and remembers what they are.
#[derive(Debug)]
pub struct Declarations {
    pub registry: Registry,
    pub declared: Vec<Declared>,
}

impl Declarations {
    /// A registry with nothing but the metrics of the process (memory, processor time, open files).
    pub fn new() -> Self {
        let registry = Registry::new();
        #[cfg(target_os = "linux")]
        registry
            .register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))
            .expect("invariant: the registry is empty");
        Self { registry, declared: Vec::new() }
    }

    pub fn counter(&mut self, text: Text) -> IntCounter {
        let metric = IntCounter::with_opts(options(text)).expect(NAMES);
        self.add("counter", text, &[], metric)
    }

    pub fn counters(&mut self, text: Text, labels: &[&str]) -> IntCounterVec {
        let metric = IntCounterVec::new(options(text), labels).expect(NAMES);
        self.add("counter", text, labels, metric)
    }

    /// Seconds that add up, by labels.
    pub fn durations(&mut self, text: Text, labels: &[&str]) -> CounterVec {
        let metric = CounterVec::new(options(text), labels).expect(NAMES);
        self.add("counter", text, labels, metric)
    }

    pub fn count_gauge(&mut self, text: Text) -> IntGauge {
        let metric = IntGauge::with_opts(options(text)).expect(NAMES);
        self.add("gauge", text, &[], metric)
    }

    pub fn count_gauges(&mut self, text: Text, labels: &[&str]) -> IntGaugeVec {
        let metric = IntGaugeVec::new(options(text), labels).expect(NAMES);
        self.add("gauge", text, labels, metric)
    }

    pub fn gauge(&mut self, text: Text) -> Gauge {
        let metric = Gauge::with_opts(options(text)).expect(NAMES);
        self.add("gauge", text, &[], metric)
    }

    pub fn gauges(&mut self, text: Text, labels: &[&str]) -> GaugeVec {
        let metric = GaugeVec::new(options(text), labels).expect(NAMES);
        self.add("gauge", text, labels, metric)
    }

    pub fn histogram(&mut self, text: Text, buckets: &[f64]) -> Histogram {
        let options = HistogramOpts::from(options(text)).buckets(buckets.to_vec());
        let metric = Histogram::with_opts(options).expect(NAMES);
        self.add("histogram", text, &[], metric)
    }

    pub fn histograms(&mut self, text: Text, labels: &[&str], buckets: &[f64]) -> HistogramVec {
        let options = HistogramOpts::from(options(text)).buckets(buckets.to_vec());
        let metric = HistogramVec::new(options, labels).expect(NAMES);
        self.add("histogram", text, labels, metric)
    }

    fn add<M: Collector + Clone + 'static>(&mut self, kind: &'static str, text: Text, labels: &[&str], metric: M) -> M {
        self.registry.register(Box::new(metric.clone())).expect(NAMES);
        self.declared.push(Declared {
            name: format!("{NAMESPACE}_{}", text.name),
            kind,
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            zh: text.zh,
            en: text.en,
        });
        metric
    }
}

impl Default for Declarations {
    fn default() -> Self {
        Self::new()
    }
}

const NAMES: &str = "invariant: metric names are constants, valid and different (every test that makes `Metrics`)";

fn options(text: Text) -> Opts {
    Opts::new(text.name, text.en).namespace(NAMESPACE)
}

/// The reference of all metrics as a Markdown table, in the order of their declaration.
pub fn reference(declared: &[Declared]) -> String {
    let mut out = String::from(
        "# Metrics (指标参考)\n\n\
         Written from the program's own declarations: after a change, run `UPDATE_METRICS_REFERENCE=1 cargo test --release metrics_reference`.\n\
         No metric is labelled by operator. The usual `process_*` metrics (memory, processor time, open files) stand beside these.\n\n\
         | name | type | labels | meaning | 含义 |\n|---|---|---|---|---|\n",
    );
    for metric in declared {
        let labels = metric.labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        let Declared { name, kind, en, zh, .. } = metric;
        writeln!(out, "| `{name}` | {kind} | {labels} | {en} | {zh} |").expect("invariant: a String takes all writes");
    }
    out
}
