//! The audit trail, and its export.

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Extract};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::guard::Caller;
use super::problem::Problem;
use super::view::page;
use super::{ApiResult, Shared, body};
use crate::store::audit::AuditFilter;

/// Entries that an export reads at once.
const EXPORTED_AT_ONCE: u32 = 1_000;

/// Which entries; those that are exported take neither `limit` nor `cursor`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    account: Option<String>,
    action: Option<String>,
    object: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    limit: Option<u32>,
    cursor: Option<String>,
}

impl Selection {
    fn filter(self, limit: u32) -> Result<AuditFilter, Problem> {
        let Self { account, action, object, from, to, cursor, .. } = self;
        let before = cursor.map(|cursor| cursor.parse()).transpose();
        let before = before.map_err(|_| Problem::bad_request("`cursor` is `next` of a page"))?;
        Ok(AuditFilter { account, action, object, from, to, before, limit })
    }
}

/// Entries, the newest first.
pub(super) async fn list(
    Extract(shared): Extract<Shared>,
    selection: Result<Query<Selection>, QueryRejection>,
) -> ApiResult {
    let Query(selection) = selection?;
    let limit = page(None, selection.limit)?.limit;
    let filter = selection.filter(limit)?;
    let (entries, total) = shared.blocking(move |shared| Ok(shared.store.audit(&filter)?)).await?;
    let next = entries.last().filter(|_| entries.len() == limit as usize).map(|last| last.id.to_string());
    body(&json!({ "total": total, "entries": entries, "next": next }))
}

/// All that are asked for, one JSON object a line, the newest first; read part by part, so that its length does not matter.
pub(super) async fn export(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    selection: Result<Query<Selection>, QueryRejection>,
) -> ApiResult {
    let Query(selection) = selection?;
    if selection.limit.is_some() || selection.cursor.is_some() {
        return Err(Problem::bad_request("an export takes neither `limit` nor `cursor`"));
    }
    let filter = selection.filter(EXPORTED_AT_ONCE)?;
    shared.blocking(move |shared| Ok(shared.store.note(&caller.did("export_audit", ""), Timestamp::now())?)).await?;
    let parts = stream::try_unfold((shared, filter), |(shared, filter)| async move {
        let asked = filter.clone();
        let read = shared.blocking(move |shared| Ok(shared.store.audit(&asked)?.0)).await;
        let entries = read.map_err(|problem| std::io::Error::other(problem.text.en))?;
        let Some(last) = entries.last().map(|entry| entry.id) else { return Ok::<_, std::io::Error>(None) };
        let lines: String =
            entries.iter().filter_map(|entry| serde_json::to_string(entry).ok()).map(|line| line + "\n").collect();
        Ok(Some((lines, (shared, AuditFilter { before: Some(last), ..filter }))))
    });
    let mut response: Response = Body::from_stream(parts).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit.ndjson\""));
    Ok(response)
}
