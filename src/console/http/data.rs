//! What was refused on its way in.

use axum::extract::State as Extract;
use serde_json::json;

use super::{ApiResult, Shared, body};

/// Refused records, counted by topic and code.
pub(super) async fn dead_letters(Extract(shared): Extract<Shared>) -> ApiResult {
    let counts = shared.blocking(|shared| Ok(shared.read_model.dead_letters()?)).await?;
    body(&json!({ "counts": counts }))
}
