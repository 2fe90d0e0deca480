//! `/metrics`, `/healthz` and `/readyz`, for machines that watch.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::console::{ConsoleFailed, ConsoleMeasured};

use super::Shared;
use super::problem::Problem;
use crate::status::{KafkaState, StreamState};

/// The text format of Prometheus. What is as of now is measured for it.
pub(super) async fn metrics(Extract(shared): Extract<Shared>) -> Response {
    let state = shared.status.get();
    let oldest = shared.blocking(|shared| Ok(shared.store.oldest_to_send()?)).await;
    match oldest {
        Ok(oldest) => {
            let waited = oldest.map_or(0.0, |since| Timestamp::now().duration_since(since).as_secs_f64().max(0.0));
            ConsoleMeasured {
                is_ready: is_ready(&state),
                waiting_records: state.waiting_records,
                oldest_answer: waited,
            }
            .emit(&shared.metrics);
        }
        Err(Problem { cause, .. }) => {
            let reason = cause.unwrap_or_default();
            ConsoleFailed { reason: &reason }.emit(&shared.metrics);
        }
    }
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
    let status = if is_ready(&state) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(state)).into_response()
}

fn is_ready(state: &StreamState) -> bool {
    state.kafka == KafkaState::Connected && !state.behind
}
