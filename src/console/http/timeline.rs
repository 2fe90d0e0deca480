//! What happened to an operator: its records of all sources, which the engine has, between the steps of its warnings and
//! what was done about them.

use std::cmp::Reverse;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State as Extract};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use yujing_base::language::Bilingual;
use yujing_core::engine::retained_events::MOST_EVENTS;

use super::guard::Caller;
use super::operators::seen;
use super::problem::Problem;
use super::view::page;
use super::{ApiResult, Shared, body};
use crate::engine::{EngineAnswer, EngineEvent};
use crate::follower::topics::DISPOSITIONS;
use crate::instant::{from_micros, micros};
use crate::read_model::query::timeline::{TimelineItem, TimelineKind};

/// Most items of one instant that lie before a part: with those of the part itself they fit into one answer of the engine.
const MOST_SKIPPED: usize = MOST_EVENTS / 2 - 1;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    source: Option<String>,
    /// Only what happened no later.
    until: Option<Timestamp>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Where a part begins: items that come meanwhile move it nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    until: Timestamp,
    /// Of the items of that very instant so many were shown.
    skipped: usize,
}

/// A part of what happened, the newest first.
#[derive(Debug)]
struct Part {
    items: Vec<TimelineItem>,
    next: Option<Place>,
    /// Whether the engine said what it has.
    with_events: bool,
}

/// What happened to an operator.
pub(super) async fn timeline(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    selection: Result<Query<Selection>, QueryRejection>,
) -> ApiResult {
    let (Path(id), Query(Selection { source, until, limit, cursor })) = (id?, selection?);
    let limit = page(None, limit)?.limit as usize;
    let begin = Place::begin(until.unwrap_or(Timestamp::MAX));
    let place = cursor
        .as_deref()
        .map_or(Some(begin), Place::at)
        .ok_or_else(|| Problem::bad_request("`cursor` is `next` of a page"))?;
    let part = shared
        .blocking(move |shared| {
            seen(shared, &caller, &id)?;
            part(shared, &id, source.as_deref(), place, limit)
        })
        .await?;
    let next = part.next.map(Place::cursor);
    body(&json!({ "items": part.items, "next": next, "with_events": part.with_events }))
}

fn part(shared: &Shared, id: &str, source: Option<&str>, place: Place, limit: usize) -> Result<Part, Problem> {
    // One more says whether there is more.
    let most = place.skipped + limit + 1;
    let mut items = shared.read_model.timeline(id, source, place.until, most)?;
    let (events, with_events) = match shared.engine.events(id, source, place.until, most.min(MOST_EVENTS)) {
        EngineAnswer::Found(events) => (events, true),
        EngineAnswer::Unknown => (Vec::new(), true),
        EngineAnswer::TokenRefused | EngineAnswer::Away(_) => (Vec::new(), false),
    };
    // Dispositions are known from their topic already.
    items.extend(events.into_iter().filter(|event| event.source != DISPOSITIONS).map(item));
    Ok(Part { with_events, ..Part::of(items, place, limit) })
}

impl Part {
    /// The part of items, of which each source's are in order already.
    fn of(mut items: Vec<TimelineItem>, place: Place, limit: usize) -> Self {
        items.sort_by(|left, right| (Reverse(left.at), &left.source).cmp(&(Reverse(right.at), &right.source)));
        let more = items.len() > place.skipped + limit;
        items.truncate(place.skipped + limit);
        let last = items.last().filter(|_| more).map(|item| item.at);
        let next = last.map(|until| Place { until, skipped: items.iter().filter(|item| item.at == until).count() });
        items.drain(..place.skipped.min(items.len()));
        Self { items, next, with_events: true }
    }
}

impl Place {
    /// Where the first part begins.
    fn begin(until: Timestamp) -> Self {
        Self { until, skipped: 0 }
    }

    /// The place that a cursor names; `None` if it names none.
    fn at(cursor: &str) -> Option<Self> {
        let (until, skipped) = cursor.split_once('.')?;
        let until = from_micros(until.parse().ok()?).ok()?;
        let skipped = skipped.parse().ok().filter(|skipped| *skipped <= MOST_SKIPPED)?;
        Some(Self { until, skipped })
    }

    fn cursor(self) -> String {
        format!("{}.{}", micros(self.until), self.skipped)
    }
}

fn item(event: EngineEvent) -> TimelineItem {
    let EngineEvent { source, publisher, event_id, occurred_at, content } = event;
    let id = format!("{publisher}:{event_id}");
    let text = Bilingual::from("");
    TimelineItem { at: occurred_at, kind: TimelineKind::Event, source, id, warning_id: None, text, content }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn item(second: i64, source: &str, id: &str) -> TimelineItem {
        let at = Timestamp::from_second(second).expect("an instant");
        let (source, id) = (source.to_owned(), id.to_owned());
        let text = Bilingual::from("");
        TimelineItem { at, kind: TimelineKind::Event, source, id, warning_id: None, text, content: Map::new() }
    }

    /// What the sources give until a place: each its newest, in its own order.
    fn asked(all: &[TimelineItem], place: Place, limit: usize) -> Vec<TimelineItem> {
        let mut given = Vec::new();
        for source in ["warnings", "complaints"] {
            let of_source = all.iter().filter(|item| item.source == source && item.at <= place.until);
            given.extend(of_source.take(place.skipped + limit + 1).cloned());
        }
        given
    }

    #[test]
    fn parts_give_everything_once_in_order_also_where_much_happens_at_one_instant() {
        let times = [9, 7, 7, 7, 7, 7, 3, 3, 1];
        let mut all: Vec<TimelineItem> = Vec::new();
        for (number, second) in times.into_iter().enumerate() {
            all.push(item(second, if number % 2 == 0 { "complaints" } else { "warnings" }, &number.to_string()));
        }
        for limit in 1..=10 {
            let (mut walked, mut place) = (Vec::new(), Place::begin(Timestamp::MAX));
            loop {
                let part = Part::of(asked(&all, place, limit), place, limit);
                walked.extend(part.items);
                let Some(next) = part.next else { break };
                place = Place::at(&next.cursor()).expect("a cursor");
            }
            let mut expected = all.clone();
            expected.sort_by(|left, right| (Reverse(left.at), &left.source).cmp(&(Reverse(right.at), &right.source)));
            assert_eq!(walked, expected, "{limit} at a time");
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for cursor in ["", "1", "x.1", "1.x", "1.-1", "1.500", "9999999999999999999.0", "1.1.1"] {
            assert_eq!(Place::at(cursor), None, "{cursor}");
        }
    }
}
