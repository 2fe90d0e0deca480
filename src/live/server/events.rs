//! The events of an operator that are in memory, a part at a time.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query as Parameters, State as Extract};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use yujing_base::OperatorId;
use yujing_core::engine::EventSelection;
use yujing_core::engine::retained_events::MOST_EVENTS;

use super::Shared;
use super::api::{ApiResult, ask, body, operator_id};
use super::problem::Problem;
use crate::Query;

/// Events of an answer, if nobody says how many.
const USUAL: usize = 100;

/// Which events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    /// Only of this source.
    source: Option<String>,
    /// None that occurred later.
    until: Option<Timestamp>,
    /// At most so many.
    limit: Option<usize>,
}

/// The events of an operator, the newest first.
pub(super) async fn events(
    Extract(shared): Extract<Shared>,
    id: Result<Path<String>, PathRejection>,
    selection: Result<Parameters<Selection>, QueryRejection>,
) -> ApiResult {
    let operator = OperatorId::from(operator_id(id)?.as_str());
    let Parameters(Selection { source, until, limit }) =
        selection.map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let limit = limit.unwrap_or(USUAL);
    if !(1..=MOST_EVENTS).contains(&limit) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, format!("limit is from 1 to {MOST_EVENTS}, not {limit}")));
    }
    let selection = EventSelection { source, until: until.unwrap_or(Timestamp::MAX), limit };
    let events = ask(&shared, |reply| Query::Events(operator, selection, reply)).await?;
    body(&json!({ "events": events }))
}
