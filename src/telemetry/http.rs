//! What happens at the HTTP endpoints.

use std::time::Duration;

use tracing::{debug, warn};

use super::throttle::Throttle;
use super::{InternalEvent, Metrics};

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
