//! For machines that watch: `/metrics`, `/healthz`, `/readyz`.

use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;

use super::Shared;
use super::api::json_response;
use super::problem::Problem;
use crate::State;

/// The text format of Prometheus.
pub(super) async fn metrics(Extract(shared): Extract<Shared>) -> Response {
    match shared.metrics.render(Timestamp::now()) {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the metrics cannot be written: {error}"))
                .into_response()
        }
    }
}

/// Whether the process works: 200 unless the engine has failed. A restart does not help while it restores.
pub(super) async fn health(Extract(shared): Extract<Shared>) -> Response {
    answer(&shared, |state| !matches!(state, State::Failed { .. }))
}

/// Whether scores are live: 200, or 503 with what it is doing instead. Inputs that are held back are named.
pub(super) async fn readiness(Extract(shared): Extract<Shared>) -> Response {
    answer(&shared, |state| matches!(state, State::Ready))
}

fn answer(shared: &Shared, good: impl Fn(&State) -> bool) -> Response {
    let (state, held_back) = (shared.status.get(), shared.status.held_back());
    let status = if good(&state) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut body = json!(state);
    if !held_back.is_empty() {
        body["held_back"] = json!(held_back);
    }
    json_response(status, body.to_string())
}
