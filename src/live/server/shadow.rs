//! The candidates: rulesets that are only tried.

use axum::extract::State as Extract;
use serde_json::json;

use super::Shared;
use super::api::{ApiResult, body};

/// Every candidate: its folder, its ruleset, and how it does.
pub(super) async fn shadows(Extract(shared): Extract<Shared>) -> ApiResult {
    body(&json!({ "candidates": shared.candidates.list() }))
}
