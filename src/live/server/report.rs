//! How the engine and its inputs are, whatever it is doing.

use axum::extract::State as Extract;
use jiff::Timestamp;

use super::Shared;
use super::api::{ApiResult, body};
use crate::report::EngineReport;

/// The state, the sources and their publishers. It is answered at once, also while scores are not live.
pub(super) async fn status(Extract(shared): Extract<Shared>) -> ApiResult {
    body(&EngineReport::of(shared.status.get(), &shared.inputs, &shared.metrics, Timestamp::now()))
}
