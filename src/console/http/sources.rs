//! What comes from each source and publisher: how much, how newly and how late, as the engine says; how much of it was refused,
//! as the topics of dead letters say.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use axum::extract::State as Extract;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use yujing_live::report::{EngineReport, PublisherReport, SourceReport, SourceState};
use yujing_telemetry::traffic::Recent;

use super::{ApiResult, Shared, body};

/// The longest while over which shares are formed.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Most publishers of a source that are listed though the engine has accepted nothing of them: those with the most refusals.
const MOST_REFUSED: usize = 20;

/// A publisher of a source; none of it: records in which it could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PublisherRow {
    publisher: Option<String>,
    newest_at: Option<Timestamp>,
    accepted: Recent,
    refused: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct SourceRow {
    source: String,
    topic: String,
    state: SourceState,
    newest_at: Option<Timestamp>,
    max_silence_seconds: Option<i64>,
    waiting_records: u64,
    behind_seconds: f64,
    accepted: Recent,
    /// Of all publishers.
    refused: u64,
    publishers: Vec<PublisherRow>,
}

/// Refused records of a topic by who sent them.
type Refused = BTreeMap<Option<String>, u64>;

/// Every source.
pub(super) async fn sources(Extract(shared): Extract<Shared>) -> ApiResult {
    let state = shared.status.get().engine;
    let answer = shared
        .blocking(move |shared| {
            let report = shared.engine_watch.report();
            let since = report.as_ref().map(since);
            let mut refused: BTreeMap<String, Refused> = BTreeMap::new();
            for (topic, publisher, count) in shared.read_model.refused_since(since.unwrap_or(Timestamp::MAX))? {
                refused.entry(topic).or_default().insert(publisher, count);
            }
            let rows: Vec<SourceRow> = report.iter().flat_map(|report| &report.sources).map(|source| {
                SourceRow::of(source, refused.remove(&source.topic).unwrap_or_default())
            }).collect();
            let (as_of, counted_since) = report.map(|report| (report.as_of, report.counted_since)).unzip();
            Ok(json!({
                "engine": state, "as_of": as_of, "counted_since": counted_since.flatten(), "since": since, "sources": rows,
            }))
        })
        .await?;
    body(&answer)
}

/// From when on accepted and refused records are compared: of both is known what came since.
fn since(report: &EngineReport) -> Timestamp {
    let day_ago = report.as_of.saturating_sub(DAY).unwrap_or(Timestamp::MIN);
    report.counted_since.map_or(report.as_of, |counted| counted.max(day_ago))
}

impl SourceRow {
    fn of(report: &SourceReport, mut refused: Refused) -> Self {
        let of_all = refused.values().sum();
        let known = report.publishers.iter().map(|PublisherReport { publisher, newest_at, accepted }| PublisherRow {
            refused: refused.remove(&Some(publisher.clone())).unwrap_or_default(),
            publisher: Some(publisher.clone()),
            newest_at: Some(*newest_at),
            accepted: *accepted,
        });
        let mut publishers: Vec<PublisherRow> = known.collect();
        let mut others: Vec<(Option<String>, u64)> = refused.into_iter().collect();
        others.sort_by_key(|(_, count)| Reverse(*count));
        publishers.extend(others.into_iter().take(MOST_REFUSED).map(|(publisher, refused)| PublisherRow {
            publisher,
            newest_at: None,
            accepted: Recent::default(),
            refused,
        }));
        let SourceReport {
            source, topic, state, newest_at, max_silence_seconds, waiting_records, behind_seconds, ..
        } = report.clone();
        Self {
            source,
            topic,
            state,
            newest_at,
            max_silence_seconds,
            waiting_records,
            behind_seconds,
            accepted: report.accepted,
            refused: of_all,
            publishers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> SourceReport {
        let accepted = Recent { last_hour: 2, last_day: 9 };
        SourceReport {
            source: "complaints".to_owned(),
            topic: "complaints".to_owned(),
            state: SourceState::Fresh,
            newest_at: Some(Timestamp::UNIX_EPOCH),
            max_silence_seconds: None,
            waiting_records: 0,
            behind_seconds: 0.0,
            accepted,
            refused: Recent::default(),
            publishers: vec![PublisherReport {
                publisher: "hotline".to_owned(),
                newest_at: Timestamp::UNIX_EPOCH,
                accepted,
            }],
        }
    }

    #[test]
    fn refused_records_stand_beside_who_sent_them_also_if_nothing_of_that_one_was_accepted() {
        let refused = [(Some("hotline".to_owned()), 3), (Some("stranger".to_owned()), 1), (None, 7)].into();
        let row = SourceRow::of(&report(), refused);
        let publishers: Vec<_> = row.publishers.iter().map(|row| (row.publisher.as_deref(), row.refused)).collect();
        assert_eq!(publishers, [(Some("hotline"), 3), (None, 7), (Some("stranger"), 1)]);
        assert_eq!(row.refused, 11);
    }

    #[test]
    fn however_many_names_are_made_up_the_list_is_short_and_the_sum_whole() {
        let refused: Refused = (0..500).map(|number| (Some(format!("made-up-{number}")), 2)).collect();
        let row = SourceRow::of(&report(), refused);
        assert_eq!((row.publishers.len(), row.refused), (1 + MOST_REFUSED, 1000));
    }

    #[test]
    fn what_came_before_the_engine_counts_is_compared_with_nothing() {
        let at = |hour: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        let report = |counted_since| EngineReport {
            as_of: at(100),
            state: yujing_live::State::Ready,
            counted_since,
            waiting_records: 0,
            behind_seconds: 0.0,
            sweep_age_seconds: 0.0,
            sources: Vec::new(),
        };
        assert_eq!(since(&report(Some(at(90)))), at(90));
        assert_eq!(since(&report(Some(at(2)))), at(76));
        assert_eq!(since(&report(None)), at(100));
    }
}
