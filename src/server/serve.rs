//! The router, and its life from listening to the last answer.

use std::future::IntoFuture as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State as Extract};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::connection::{Bounded, LONGEST_SILENCE, MOST_CONNECTIONS};
use super::{QuerySender, Status, api, probe, ruleset, shadow};
use crate::reload::Desk;
use crate::telemetry::http::RequestAnswered;
use crate::telemetry::process::Listening;
use crate::telemetry::{InternalEvent as _, Metrics};

/// How long requests under way may take after the stop.
const LAST_ANSWERS: Duration = Duration::from_secs(6);

/// What every request can reach.
#[derive(Debug, Clone)]
pub struct Shared {
    pub status: Arc<Status>,
    pub metrics: Arc<Metrics>,
    pub queries: QuerySender,
    /// What is in force, and where another ruleset is asked for.
    pub desk: Arc<Desk>,
}

/// All endpoints.
pub fn router(shared: Shared) -> Router {
    let read = |handler: MethodRouter<Shared>| handler.fallback(api::read_only);
    let change = |handler: MethodRouter<Shared>| handler.fallback(api::only_post);
    let routes: [(&'static str, MethodRouter<Shared>); 13] = [
        ("/metrics", read(get(probe::metrics))),
        ("/healthz", read(get(probe::health))),
        ("/readyz", read(get(probe::readiness))),
        ("/api/v1/operators/{id}", read(get(api::score))),
        ("/api/v1/operators/{id}/explain", read(get(api::explain))),
        ("/api/v1/warnings", read(get(api::warnings))),
        ("/api/v1/ruleset", read(get(ruleset::ruleset))),
        ("/api/v1/ruleset/attempts/{number}", read(get(ruleset::attempt))),
        ("/api/v1/ruleset/reload", change(post(ruleset::reload))),
        ("/api/v1/ruleset/rollback", change(post(ruleset::rollback))),
        ("/api/v1/shadows", read(get(shadow::shadows))),
        ("/api/v1/features", read(get(ruleset::features))),
        ("/api/v1/version", read(get(api::version))),
    ];
    let mut all = Router::new();
    for (route, handler) in routes {
        all = all.route(route, observed(&shared, route, handler));
    }
    let elsewhere = observed(&shared, "other", axum::routing::any(api::not_found));
    all.fallback_service(elsewhere.with_state(shared.clone())).layer(DefaultBodyLimit::max(1024)).with_state(shared)
}

/// Counts and times the requests of one route, under its pattern.
fn observed(shared: &Shared, route: &'static str, handler: MethodRouter<Shared>) -> MethodRouter<Shared> {
    handler.layer(from_fn_with_state((Arc::clone(&shared.metrics), route), observe))
}

async fn observe(
    Extract((metrics, route)): Extract<(Arc<Metrics>, &'static str)>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let response = next.run(request).await;
    RequestAnswered { route, status: response.status().as_u16(), took: began.elapsed() }.emit(&metrics);
    response
}

/// Takes the address.
///
/// # Errors
/// A sentence that names the address and what to do.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address} ({error}): set another address as `server.listen`"))
}

/// Answers until `stop`, then finishes what is under way, but not for ever.
///
/// # Errors
/// If the listener's address cannot be told.
pub async fn serve(listener: TcpListener, shared: Shared, stop: CancellationToken) -> io::Result<()> {
    Listening { address: listener.local_addr()? }.emit(&shared.metrics);
    let listener = Bounded::new(listener, MOST_CONNECTIONS, LONGEST_SILENCE);
    let until = stop.clone();
    let serving = axum::serve(listener, router(shared)).with_graceful_shutdown(until.cancelled_owned());
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    tokio::select! {
        outcome = serving.into_future() => outcome,
        () = too_late => Ok(()),
    }
}
