//! What somebody typed and did not send.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::guard::Caller;
use super::problem::Problem;
use super::{ApiResult, Shared, body};
use crate::read_model::scope::Scope;

/// The longest draft, in bytes.
const MOST_BYTES: usize = 16 * 1024;

/// The account's drafts.
pub(super) async fn list(Extract(shared): Extract<Shared>, caller: Caller) -> ApiResult {
    let drafts = shared.blocking(move |shared| Ok(shared.store.drafts(caller.id())?)).await?;
    body(&json!({ "drafts": drafts }))
}

/// Keeps one.
pub(super) async fn save(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    warning: Result<Path<Uuid>, PathRejection>,
    content: Result<Json<Map<String, Value>>, JsonRejection>,
) -> ApiResult {
    let (Path(warning), Json(content)) = (warning?, content?);
    let content = Value::Object(content);
    if content.to_string().len() > MOST_BYTES {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "草稿过长", "the draft is too long"));
    }
    shared
        .blocking(move |shared| {
            let scope = Scope::of(&caller.session.account.access);
            shared.read_model.warning(&scope, warning)?.ok_or_else(Problem::not_found)?;
            Ok(shared.store.save_draft(caller.id(), warning, &content, Timestamp::now())?)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Discards one.
pub(super) async fn discard(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    warning: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    let Path(warning) = warning?;
    shared.blocking(move |shared| Ok(shared.store.discard_draft(caller.id(), warning)?)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
