//! What happens at the HTTP endpoints.

use std::path::Path;
use std::time::Duration;

use prometheus::IntGauge;
use tracing::{debug, info, warn};

use super::throttle::Throttle;
use super::{InternalEvent, Metrics};

static SLOW: Throttle = Throttle::every_minute();
static FAILURES: Throttle = Throttle::every_ten_seconds();

/// A request was answered. `route` is the pattern, never the path: operators must not become labels.
#[derive(Debug, Clone, Copy)]
pub struct RequestAnswered<'a> {
    pub route: &'a str,
    pub status: u16,
    pub took: Duration,
}

impl InternalEvent for RequestAnswered<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { route, status, took } = self;
        metrics.http_requests.with_label_values(&[route, &status.to_string()]).inc();
        metrics.http_request_duration.with_label_values(&[route]).observe(took.as_secs_f64());
        if status >= 500
            && route.starts_with("/api/")
            && let Some(suppressed) = FAILURES.admit("request_failed", metrics)
        {
            warn!(code = "request_failed", suppressed, route, status, "a request could not be answered");
        } else {
            debug!(code = "request_answered", route, status, "request answered");
        }
    }
}

/// A connection was opened; what this gives counts it until it is dropped.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionOpened {
    /// Whether it is of the reserve for probes.
    pub for_probes: bool,
}

impl ConnectionOpened {
    #[must_use]
    pub fn noted(self, metrics: &Metrics) -> OpenConnection {
        let places = if self.for_probes { "reserve" } else { "usual" };
        let open = metrics.http_connections.with_label_values(&[places]);
        open.inc();
        OpenConnection { open }
    }
}

/// A connection that is open.
#[derive(Debug)]
pub struct OpenConnection {
    open: IntGauge,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.open.dec();
    }
}

/// A client did not send a whole request in time; idle ones are among them.
#[derive(Debug, Clone, Copy)]
pub struct RequestTooSlow;

impl InternalEvent for RequestTooSlow {
    fn emit(self, metrics: &Metrics) {
        metrics.http_slow_connections.inc();
        let Some(suppressed) = SLOW.admit("slow_client", metrics) else { return };
        debug!(code = "slow_client", suppressed, "a connection without a whole request was closed");
    }
}

/// A certificate that was renewed counts from now on, for new connections.
#[derive(Debug, Clone, Copy)]
pub struct CertificateRenewed<'a> {
    pub file: &'a Path,
}

impl InternalEvent for CertificateRenewed<'_> {
    fn emit(self, _metrics: &Metrics) {
        info!(code = "certificate_renewed", "new connections get the renewed certificate of {}", self.file.display());
    }
}

/// Certificate and key were changed and are no good; those before go on.
#[derive(Debug, Clone, Copy)]
pub struct CertificateRefused<'a> {
    pub reason: &'a str,
}

impl InternalEvent for CertificateRefused<'_> {
    fn emit(self, _metrics: &Metrics) {
        warn!(code = "certificate_refused", "the certificate before goes on: {}", self.reason);
    }
}
