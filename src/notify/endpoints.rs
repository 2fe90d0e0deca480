//! `/metrics`, `/healthz` and `/readyz`, for machines that watch.

use std::sync::Arc;

use axum::Router;
use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use yujing_telemetry::Metrics;

use crate::status::{State, Status};

/// What every request can reach.
#[derive(Debug, Clone)]
pub struct Shared {
    pub status: Arc<Status>,
    pub metrics: Arc<Metrics>,
}

/// All endpoints.
pub fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .with_state(shared)
}

async fn metrics(Extract(shared): Extract<Shared>) -> Response {
    match shared.metrics.render_notify() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("the metrics cannot be written: {error}")).into_response()
        }
    }
}

/// Whether the process works.
async fn health(Extract(shared): Extract<Shared>) -> Response {
    answer(&shared, |state| !matches!(state, State::Failed { .. }))
}

/// Whether events are delivered as they come.
async fn readiness(Extract(shared): Extract<Shared>) -> Response {
    answer(&shared, |state| *state == State::Ready)
}

fn answer(shared: &Shared, good: impl Fn(&State) -> bool) -> Response {
    let state = shared.status.get();
    let status = if good(&state) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(state)).into_response()
}
