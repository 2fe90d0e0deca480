//! `/metrics`, `/healthz` and `/readyz`, for machines that watch.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::Shared;
use crate::status::{KafkaState, StreamState};

pub(super) async fn metrics(Extract(shared): Extract<Shared>) -> Response {
    match shared.metrics.render_console() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("the metrics cannot be written: {error}")).into_response()
        }
    }
}

/// Whether the process works: it answers while Kafka and the engine are away.
pub(super) async fn health(Extract(shared): Extract<Shared>) -> Response {
    Json(shared.status.get()).into_response()
}

/// Whether pages show everything that was read-committed.
pub(super) async fn readiness(Extract(shared): Extract<Shared>) -> Response {
    let state: StreamState = shared.status.get();
    let is_ready = state.kafka == KafkaState::Connected && !state.behind;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(state)).into_response()
}
