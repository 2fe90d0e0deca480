//! The router, and its life from listening to the last answer.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State as Extract};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::connection::{Connection, Limits, Place, Room};
use super::problem::Problem;
use super::{Hosts, api, host, probe, ruleset, shadow};
use crate::reload::ReloadCoordinator;
use crate::shadow::Candidates;
use crate::{QuerySender, Status};
use yujing_telemetry::http::{ConnectionOpened, RequestAnswered, RequestTooSlow};
use yujing_telemetry::process::Listening;
use yujing_telemetry::{InternalEvent as _, Metrics};

/// How long requests under way may take after the stop.
const LAST_ANSWERS: Duration = Duration::from_secs(6);

/// What every request can reach.
#[derive(Debug, Clone)]
pub struct Shared {
    pub status: Arc<Status>,
    pub metrics: Arc<Metrics>,
    pub queries: QuerySender,
    /// What is in force, and where another ruleset is asked for.
    pub reloads: Arc<ReloadCoordinator>,
    /// Rulesets that are only tried.
    pub candidates: Arc<Candidates>,
    /// Under which names it is asked.
    pub hosts: Hosts,
}

/// The routes that machines watch, for which there is a reserve of connections.
const PROBES: [&str; 3] = ["/metrics", "/healthz", "/readyz"];

/// Most bytes of a request's head.
const MOST_HEAD_BYTES: usize = 16 * 1024;

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
    let known_hosts = from_fn_with_state((shared.hosts.clone(), Arc::clone(&shared.metrics)), host::check);
    all.fallback_service(elsewhere.with_state(shared.clone()))
        .layer(DefaultBodyLimit::max(1024))
        .layer(known_hosts)
        .with_state(shared)
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
/// If the system does not say the listener's address.
pub async fn serve(listener: TcpListener, shared: Shared, limits: Limits, stop: CancellationToken) -> io::Result<()> {
    Listening { address: listener.local_addr()? }.emit(&shared.metrics);
    let (room, metrics) = (Room::new(&limits), Arc::clone(&shared.metrics));
    let answering = TowerToHyperService::new(router(shared));
    let mut open = JoinSet::new();
    loop {
        let (stream, place) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &room) => accepted,
        };
        while open.try_join_next().is_some() {}
        let (answering, metrics, stop) = (answering.clone(), Arc::clone(&metrics), stop.clone());
        open.spawn(converse(stream, place, answering, limits, metrics, stop));
    }
    drop(listener);
    // Whoever is not done by then is cut off.
    let _ = tokio::time::timeout(LAST_ANSWERS, open.join_all()).await;
    Ok(())
}

/// The next connection, and a place for it.
async fn accept(listener: &TcpListener, room: &Room) -> (TcpStream, Place) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, room.take().await),
            // The client has gone again, or the process has no open file left: others will be closed meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Answers the requests of one connection.
async fn converse(
    stream: TcpStream,
    place: Place,
    answering: TowerToHyperService<Router>,
    limits: Limits,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    let _open = ConnectionOpened { for_probes: place.for_probes }.noted(&metrics);
    let for_probes = place.for_probes;
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let answer = (!for_probes || PROBES.contains(&request.uri().path())).then(|| answering.call(request));
        async move {
            let Some(answer) = answer else { return Ok::<Response, Infallible>(crowded().into_response()) };
            tokio::time::timeout(limits.answer, answer).await.unwrap_or_else(|_| Ok(too_late().into_response()))
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).max_buf_size(MOST_HEAD_BYTES).keep_alive(!for_probes);
    http.header_read_timeout(if for_probes { limits.head_in_reserve } else { limits.head });
    let mut exchange = pin!(http.serve_connection(TokioIo::new(Connection::new(stream, limits.taking)), service));
    let outcome = tokio::select! {
        outcome = exchange.as_mut() => outcome,
        () = stop.cancelled() => {
            exchange.as_mut().graceful_shutdown();
            exchange.await
        }
    };
    if outcome.is_err_and(|error| error.is_timeout()) {
        RequestTooSlow.emit(&metrics);
    }
}

fn crowded() -> Problem {
    let detail =
        "too many connections are open, and this one is for /metrics, /healthz and /readyz only: ask again later";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}

fn too_late() -> Problem {
    Problem::new(StatusCode::GATEWAY_TIMEOUT, "the request was not read and answered in time: ask again")
}
