//! For people and programs that ask: `/api/v1`. Read only; what changes the ruleset is in `ruleset`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query as Parameters, State as Extract};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::oneshot;
use yujing_base::OperatorId;
use yujing_core::warning::{AreaKind, Level};

use super::Shared;
use super::problem::{NO_SNIFF, Problem};
use crate::query::Refused;
use crate::{Query, State};

/// How long a question waits for the engine, which answers between two batches.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest operator id that is worth asking for, in bytes.
const MOST_ID_BYTES: usize = 256;

/// Most warnings in one answer.
const MOST_WARNINGS: usize = 10_000;

/// An answer; what cannot be answered is a problem.
pub(super) type ApiResult = Result<Response, Problem>;

/// The live score of one operator.
pub(super) async fn score(Extract(shared): Extract<Shared>, id: Result<Path<String>, PathRejection>) -> ApiResult {
    let id = operator_id(id)?;
    let operator = OperatorId::from(id.as_str());
    found(&id, ask(&shared, |reply| Query::Score(operator, reply)).await?)
}

/// Why and why not: every rule, fired or not, with the values it read.
pub(super) async fn explain(Extract(shared): Extract<Shared>, id: Result<Path<String>, PathRejection>) -> ApiResult {
    let id = operator_id(id)?;
    let operator = OperatorId::from(id.as_str());
    found(&id, ask(&shared, |reply| Query::Explain(operator, reply)).await?)
}

/// Which open warnings to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    /// Only this level.
    level: Option<String>,
    /// At most so many.
    limit: Option<usize>,
}

/// The open warnings, highest level first.
pub(super) async fn warnings(
    Extract(shared): Extract<Shared>,
    selection: Result<Parameters<Selection>, QueryRejection>,
) -> ApiResult {
    let Parameters(selection) =
        selection.map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let level = selection.level.as_deref().map(warning_level).transpose()?;
    let limit = selection.limit.unwrap_or(100).min(MOST_WARNINGS);
    let mut open = ask(&shared, Query::OpenWarnings).await?;
    open.retain(|warning| level.is_none_or(|level| warning.warning.level == level));
    let total = open.len();
    open.truncate(limit);
    body(&json!({ "total": total, "warnings": open }))
}

/// Which areas to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AreaSelection {
    /// Only areas of this kind.
    kind: Option<String>,
    /// Only this sub-district and the areas in it.
    sub_district: Option<String>,
    /// Only communities of this name and the areas in them.
    community: Option<String>,
}

/// What adds up over areas, the widest first.
pub(super) async fn areas(
    Extract(shared): Extract<Shared>,
    selection: Result<Parameters<AreaSelection>, QueryRejection>,
) -> ApiResult {
    let Parameters(selection) =
        selection.map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let kind = selection.kind.as_deref().map(area_kind).transpose()?;
    let is_in = |wanted: &Option<String>, name: &Option<Arc<str>>| {
        wanted.as_deref().is_none_or(|wanted| name.as_deref() == Some(wanted))
    };
    let mut areas = ask(&shared, Query::Areas).await?;
    areas.retain(|area| {
        kind.is_none_or(|kind| area.kind == kind)
            && is_in(&selection.sub_district, &area.sub_district)
            && is_in(&selection.community, &area.community)
    });
    body(&json!({ "areas": areas }))
}

fn area_kind(word: &str) -> Result<AreaKind, Problem> {
    AreaKind::parse(word).ok_or_else(|| {
        let detail = format!("kind is district, sub_district, community or grid, not `{word}`");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}

fn warning_level(word: &str) -> Result<Level, Problem> {
    Level::parse(word).filter(|level| *level > Level::None).ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, format!("level is blue, yellow, orange or red, not `{word}`"))
    })
}

/// Which build runs.
pub(super) async fn version() -> Response {
    let revision = option_env!("YUJING_REVISION").unwrap_or("unknown");
    json_response(
        StatusCode::OK,
        json!({ "name": "yujing", "version": env!("CARGO_PKG_VERSION"), "revision": revision }).to_string(),
    )
}

/// No such path.
pub(super) async fn not_found() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "there are /metrics, /healthz, /readyz, /api/v1/operators/{id}, /api/v1/operators/{id}/explain, /api/v1/operators/{id}/events, \
         /api/v1/warnings, /api/v1/areas, /api/v1/ruleset, /api/v1/ruleset/attempts/{number}, /api/v1/shadows, /api/v1/features, /api/v1/status and /api/v1/version, \
         and with POST /api/v1/ruleset/reload, /api/v1/ruleset/rollback and /api/v1/ruleset/project",
    )
}

/// A method other than GET and HEAD, where nothing can be changed.
pub(super) async fn read_only() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this is read only: use GET")
}

/// A method other than POST, where only changes are asked for.
pub(super) async fn only_post() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this changes the ruleset: use POST")
}

/// A JSON answer that no cache keeps: it is true only now.
pub(super) fn json_response(status: StatusCode, text: impl Into<Body>) -> Response {
    let mut response = (status, text.into()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend([NO_SNIFF]);
    response
}

pub(super) fn body(value: &impl Serialize) -> ApiResult {
    let text = serde_json::to_vec(value).map_err(|error| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the answer cannot be written as JSON: {error}"))
    })?;
    Ok(json_response(StatusCode::OK, Bytes::from(text)))
}

fn found<T: Serialize>(id: &str, answer: Result<Option<T>, String>) -> ApiResult {
    match answer {
        Ok(Some(value)) => body(&value),
        Ok(None) => Err(Problem::new(
            StatusCode::NOT_FOUND,
            format!("nothing is known of the operator `{id}`: no reference row, no event within its retention"),
        )),
        Err(reason) => Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, reason)),
    }
}

pub(super) fn operator_id(id: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let Path(id) = id.map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    if id.len() > MOST_ID_BYTES {
        let detail = format!("an operator id has at most {MOST_ID_BYTES} bytes, not {}", id.len());
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    Ok(id)
}

/// Puts a question to the engine and waits for its answer, but neither long nor in a long queue.
pub(super) async fn ask<T>(shared: &Shared, question: impl FnOnce(oneshot::Sender<T>) -> Query) -> Result<T, Problem> {
    let state = shared.status.get();
    if state != State::Ready {
        let doing = json!(state);
        return Err(unavailable(format!("scores are not live yet: {doing}")));
    }
    let (reply, answer) = oneshot::channel();
    shared.queries.ask(question(reply)).map_err(|refused| match refused {
        Refused::Full => unavailable("too many questions wait: ask again in a second"),
        Refused::Closed => unavailable("the engine is stopping"),
    })?;
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(unavailable("the engine is stopping")),
        Err(_) => Err(Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            format!("the engine was busy for {} seconds: ask again", PATIENCE.as_secs()),
        )),
    }
}

pub(super) fn unavailable(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}
