//! The candidates beside the ruleset in force.

use axum::extract::State as Extract;
use serde_json::json;

use super::Shared;
use super::api::{Answer, body};

/// Every candidate: its folder, its ruleset, and how it goes.
pub(super) async fn shadows(Extract(shared): Extract<Shared>) -> Answer {
    body(&json!({ "candidates": shared.desk.candidates.list() }))
}
