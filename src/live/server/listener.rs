//! The life of the endpoints, from listening to the last answer.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use yujing_telemetry::http::{ConnectionOpened, RequestTooSlow};
use yujing_telemetry::process::Listening;
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::connection::{Connection, ConnectionSlot, ConnectionSlots, Limits};
use super::problem::Problem;
use super::router::{Shared, router};
use super::tls::Tls;
use super::unread;

/// How long requests under way may take after the stop.
const LAST_ANSWERS: Duration = Duration::from_secs(6);

/// The routes that machines watch, for which there is a reserve of connections.
const PROBES: [&str; 3] = ["/metrics", "/healthz", "/readyz"];

/// Most bytes of a request's head.
const MOST_HEAD_BYTES: usize = 16 * 1024;

/// Who is at the other end of a connection: among the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub SocketAddr);

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
    let metrics = Arc::clone(&shared.metrics);
    serve_routes(listener, router(shared), metrics, limits, None, stop).await
}

/// As [`serve`], for the endpoints of another process, perhaps over TLS: [`super::router::guarded`] makes them answer to
/// known names only.
///
/// # Errors
/// As [`serve`].
pub async fn serve_routes(
    listener: TcpListener,
    routes: Router,
    metrics: Arc<Metrics>,
    limits: Limits,
    tls: Option<Tls>,
    stop: CancellationToken,
) -> io::Result<()> {
    Listening { address: listener.local_addr()? }.emit(&metrics);
    let slots = ConnectionSlots::new(&limits);
    let served =
        Served { answering: TowerToHyperService::new(routes), limits, tls, metrics: Arc::clone(&metrics), stop };
    let mut open = JoinSet::new();
    loop {
        let (stream, client, slot) = tokio::select! {
            () = served.stop.cancelled() => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        while open.try_join_next().is_some() {}
        open.spawn(served.clone().connection(stream, client, slot));
    }
    drop(listener);
    // Whoever is not done by then is cut off.
    let _ = tokio::time::timeout(LAST_ANSWERS, open.join_all()).await;
    Ok(())
}

/// The next connection, and room for it.
async fn accept(listener: &TcpListener, slots: &ConnectionSlots) -> (TcpStream, ClientAddress, ConnectionSlot) {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => return (stream, ClientAddress(client), slots.acquire().await),
            // The client has gone again, or the process has no open file left: others will be closed meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// What every connection is served with.
#[derive(Clone)]
struct Served {
    answering: TowerToHyperService<Router>,
    limits: Limits,
    tls: Option<Tls>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
}

impl Served {
    /// Answers the requests of one connection, after the handshake of TLS where there is any.
    async fn connection(self, stream: TcpStream, client: ClientAddress, slot: ConnectionSlot) {
        let _open = ConnectionOpened { for_probes: slot.for_probes }.noted(&self.metrics);
        let Some(tls) = &self.tls else { return self.requests(stream, client, &slot).await };
        let head = if slot.for_probes { self.limits.head_in_reserve } else { self.limits.head };
        match tokio::time::timeout(head, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.requests(stream, client, &slot).await,
            // The client speaks no TLS, does not trust the certificate, or has gone.
            Ok(Err(_)) => {}
            Err(_) => RequestTooSlow.emit(&self.metrics),
        }
    }

    async fn requests<S>(&self, stream: S, client: ClientAddress, slot: &ConnectionSlot)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (limits, for_probes) = (self.limits, slot.for_probes);
        let service = service_fn(|mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(client);
            let is_served = !for_probes || PROBES.contains(&request.uri().path());
            let end = Instant::now() + limits.answer_to(&request);
            let (request, unread) = unread::lend(request);
            let answer = is_served.then(|| self.answering.call(request));
            async move {
                let Some(answer) = answer else { return Ok::<Response, Infallible>(crowded().into_response()) };
                let Ok(answer) = timeout_at(end, answer).await else { return Ok(too_late().into_response()) };
                // Whoever sends for too long gets the answer all the same, and is cut off.
                let _ = timeout_at(end, unread.throw_away()).await;
                answer
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).max_buf_size(MOST_HEAD_BYTES).keep_alive(!for_probes);
        http.header_read_timeout(if for_probes { limits.head_in_reserve } else { limits.head });
        let mut exchange = pin!(http.serve_connection(TokioIo::new(Connection::new(stream, limits.taking)), service));
        let outcome = tokio::select! {
            outcome = exchange.as_mut() => outcome,
            () = self.stop.cancelled() => {
                exchange.as_mut().graceful_shutdown();
                exchange.await
            }
        };
        if outcome.is_err_and(|error| error.is_timeout()) {
            RequestTooSlow.emit(&self.metrics);
        }
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
