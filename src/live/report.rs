//! How the engine and its inputs are, as it says itself: `GET /api/v1/status`, described by `deploy/status.schema.json`.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use yujing_config::Topics;
use yujing_core::source::{Source, Sources};
use yujing_kafka::names;
use yujing_telemetry::Metrics;
use yujing_telemetry::traffic::Recent;

use crate::State;

/// A source, and the topic that it is read from.
#[derive(Debug, Clone)]
pub struct InputTopic {
    pub source: Arc<Source>,
    pub topic: String,
}

impl InputTopic {
    /// Every source that publishers fill.
    pub fn all(sources: &Sources, topics: &Topics) -> Arc<[Self]> {
        let inputs = sources
            .iter()
            .map(|(_, source)| Self { source: Arc::clone(source), topic: names::input(topics, source).to_owned() });
        inputs.collect()
    }
}

/// Whether records of a source come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceState {
    Fresh,
    /// For longer than its schema allows there was nothing.
    Silent,
    /// There was nothing ever, as far as the engine knows.
    Never,
}

/// One publisher of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublisherReport {
    /// `other`: those beyond the bound of publishers that have series of their own.
    pub publisher: String,
    /// When Kafka received the newest accepted record.
    pub newest_at: Timestamp,
    pub accepted: Recent,
}

/// How a source is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceReport {
    pub source: String,
    pub topic: String,
    pub state: SourceState,
    /// When Kafka received the newest accepted record.
    pub newest_at: Option<Timestamp>,
    /// How long it may be silent by its schema, in seconds.
    pub max_silence_seconds: Option<i64>,
    /// Records that wait to be decided.
    pub waiting_records: u64,
    /// How far the engine is behind in it.
    pub behind_seconds: f64,
    pub accepted: Recent,
    pub refused: Recent,
    /// The most recent first.
    pub publishers: Vec<PublisherReport>,
}

/// How the engine is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EngineReport {
    pub as_of: Timestamp,
    #[serde(flatten)]
    pub state: State,
    /// Since when records are counted: the first time that this process was ready. None: not yet.
    pub counted_since: Option<Timestamp>,
    /// Records that wait to be decided, of all sources.
    pub waiting_records: u64,
    /// How far it is behind, in the source that is furthest.
    pub behind_seconds: f64,
    /// How long ago everybody was last gone through; 0 while scores are not live.
    pub sweep_age_seconds: f64,
    pub sources: Vec<SourceReport>,
}

impl EngineReport {
    /// What is known as of `now`, by the clock on the wall.
    pub fn of(state: State, inputs: &[InputTopic], metrics: &Metrics, now: Timestamp) -> Self {
        let sources: Vec<SourceReport> = inputs.iter().map(|input| SourceReport::of(input, metrics, now)).collect();
        Self {
            as_of: now,
            state,
            counted_since: metrics.inputs.counted_since(),
            waiting_records: sources.iter().map(|source| source.waiting_records).sum(),
            behind_seconds: sources.iter().map(|source| source.behind_seconds).fold(0.0, f64::max),
            sweep_age_seconds: metrics.sweep_age_at(now),
            sources,
        }
    }
}

impl SourceReport {
    fn of(InputTopic { source, topic }: &InputTopic, metrics: &Metrics, now: Timestamp) -> Self {
        let name = &*source.name;
        let known = metrics.publishers(name).into_iter().map(|(publisher, newest)| PublisherReport {
            accepted: metrics.inputs.accepted(name, &publisher, now),
            newest_at: newest.received_at,
            publisher,
        });
        let mut publishers: Vec<PublisherReport> = known.collect();
        publishers.sort_by_key(|publisher| Reverse(publisher.newest_at));
        let newest_at = publishers.first().map(|publisher| publisher.newest_at);
        let lag = metrics.inputs.lag(topic);
        let sum = |of: fn(&Recent) -> u64| publishers.iter().map(|it| of(&it.accepted)).sum::<u64>();
        Self {
            source: name.to_owned(),
            topic: topic.clone(),
            state: state(newest_at, source.max_silence, now),
            newest_at,
            max_silence_seconds: source.max_silence.map(|most| most.as_secs()),
            waiting_records: lag.records,
            behind_seconds: lag.seconds,
            accepted: Recent { last_hour: sum(|recent| recent.last_hour), last_day: sum(|recent| recent.last_day) },
            refused: metrics.inputs.refused(name, now),
            publishers,
        }
    }
}

fn state(newest_at: Option<Timestamp>, max_silence: Option<SignedDuration>, now: Timestamp) -> SourceState {
    let is_silent = |newest_at: Timestamp| max_silence.is_some_and(|most| newest_at.duration_until(now) > most);
    match newest_at {
        None => SourceState::Never,
        Some(newest_at) if is_silent(newest_at) => SourceState::Silent,
        Some(_) => SourceState::Fresh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_fresh_silent_or_was_never_heard_of() {
        let at = |second| Timestamp::from_second(second).expect("an instant");
        let hour = Some(SignedDuration::from_hours(1));
        assert_eq!(state(None, hour, at(9_000)), SourceState::Never);
        assert_eq!(state(Some(at(5_400)), hour, at(9_000)), SourceState::Fresh);
        assert_eq!(state(Some(at(5_399)), hour, at(9_000)), SourceState::Silent);
        assert_eq!(state(Some(at(0)), None, at(9_000)), SourceState::Fresh, "it has no limit");
    }

    #[test]
    fn a_report_reads_back() {
        let state = State::Waiting { reason: "no broker".to_owned() };
        let report = EngineReport::of(state, &[], &Metrics::new(), Timestamp::UNIX_EPOCH);
        let text = serde_json::to_string(&report).expect("JSON");
        assert!(text.contains(r#""state":"waiting","reason":"no broker""#), "{text}");
        assert_eq!(serde_json::from_str::<EngineReport>(&text).expect("it reads back"), report);
    }
}
