//! How the engine and the sources that it reads are, by its own metrics: asked for by pages, but not more often than every
//! few seconds, and kept while it is away.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use yujing_core::source::Sources;

use crate::engine::Engine;
use crate::metrics_text::{Sample, samples};

/// So long an answer serves everybody who asks.
const KEPT: Duration = Duration::from_secs(10);

/// Whether records of a source come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceState {
    Fresh,
    /// For longer than its schema allows there was nothing.
    Silent,
    /// There was nothing ever, as far as the engine knows.
    Never,
}

/// A source, or one of its publishers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublisherHealth {
    pub publisher: String,
    /// When Kafka received the newest accepted record.
    pub newest_at: Timestamp,
}

/// How a source is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceHealth {
    pub source: Arc<str>,
    pub state: SourceState,
    /// When Kafka received the newest accepted record.
    pub newest_at: Option<Timestamp>,
    /// How long it may be silent by its schema, in seconds.
    pub max_silence: Option<i64>,
    /// The most recent first.
    pub publishers: Vec<PublisherHealth>,
}

/// How the engine said it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EngineHealth {
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Records that wait to be decided.
    pub waiting_records: u64,
    /// How far it is behind, in seconds.
    pub behind_seconds: f64,
    /// How long ago everybody was last gone through, in seconds.
    pub sweep_age_seconds: f64,
    pub sources: Vec<SourceHealth>,
}

/// The newest answer.
#[derive(Debug)]
pub struct EngineWatch {
    engine: Engine,
    sources: Arc<Sources>,
    newest: Mutex<Newest>,
}

#[derive(Debug, Default)]
struct Newest {
    asked: Option<Instant>,
    health: Option<EngineHealth>,
}

impl EngineWatch {
    pub fn new(engine: Engine, sources: Arc<Sources>) -> Self {
        Self { engine, sources, newest: Mutex::default() }
    }

    /// How the engine said it is, when it last said anything. Blocks, and lets one ask for all who wait.
    pub fn health(&self, now: Timestamp) -> Option<EngineHealth> {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.asked.is_none_or(|asked| asked.elapsed() >= KEPT) {
            if let Ok(text) = self.engine.metrics() {
                newest.health = Some(EngineHealth::read(&text, &self.sources, now));
            }
            newest.asked = Some(Instant::now());
        }
        newest.health.clone()
    }
}

impl EngineHealth {
    /// What the engine's metrics say of it.
    pub fn read(text: &str, sources: &Sources, now: Timestamp) -> Self {
        let greatest = |metric: &str| samples(text, metric).iter().map(|sample| sample.value).fold(0.0, f64::max);
        let waiting: f64 = samples(text, "yujing_consumer_lag_records").iter().map(|sample| sample.value).sum();
        let mut received: BTreeMap<String, Vec<PublisherHealth>> = BTreeMap::new();
        for sample in samples(text, "yujing_newest_received_timestamp_seconds") {
            if let Some(newest_at) = instant(&sample) {
                let publisher = sample.label("publisher").to_owned();
                let of_source = received.entry(sample.label("source").to_owned()).or_default();
                of_source.push(PublisherHealth { publisher, newest_at });
            }
        }
        let sources = sources.iter().map(|(_, source)| {
            let publishers = received.remove(&*source.name).unwrap_or_default();
            SourceHealth::of(Arc::clone(&source.name), source.max_silence, publishers, now)
        });
        Self {
            asked_at: now,
            waiting_records: whole(waiting),
            behind_seconds: greatest("yujing_consumer_lag_seconds"),
            sweep_age_seconds: greatest("yujing_sweep_age_seconds"),
            sources: sources.collect(),
        }
    }
}

impl SourceHealth {
    fn of(
        source: Arc<str>,
        max_silence: Option<SignedDuration>,
        mut publishers: Vec<PublisherHealth>,
        now: Timestamp,
    ) -> Self {
        publishers.sort_by_key(|publisher| Reverse(publisher.newest_at));
        let newest_at = publishers.first().map(|publisher| publisher.newest_at);
        let is_silent = |newest_at: Timestamp| max_silence.is_some_and(|most| newest_at.duration_until(now) > most);
        let state = match newest_at {
            None => SourceState::Never,
            Some(newest_at) if is_silent(newest_at) => SourceState::Silent,
            Some(_) => SourceState::Fresh,
        };
        Self { source, state, newest_at, max_silence: max_silence.map(|most| most.as_secs()), publishers }
    }
}

/// The instant that a sample in seconds gives.
fn instant(sample: &Sample) -> Option<Timestamp> {
    let since = SignedDuration::try_from_secs_f64(sample.value).ok().filter(SignedDuration::is_positive)?;
    Timestamp::from_duration(since).ok()
}

/// A count, which metrics write as a number with a fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of records are whole and positive")]
fn whole(value: f64) -> u64 {
    value.max(0.0) as u64
}

#[cfg(test)]
#[path = "engine_health_tests.rs"]
mod tests;
