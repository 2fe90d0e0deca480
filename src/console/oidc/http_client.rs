//! Requests to the provider: over TLS by the certificates that this machine trusts, bounded in time and length, without
//! following it elsewhere.

use std::time::Duration;

use openidconnect::http::header::CONTENT_TYPE;
use openidconnect::http::{self, Response};
use openidconnect::{HttpRequest, HttpResponse, SyncHttpClient};

use crate::trust;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer, in bytes: keys and claims have a few kilobytes.
const MOST_BYTES: u64 = 1024 * 1024;

/// Asks the provider.
#[derive(Debug, Clone)]
pub(super) struct ProviderClient(ureq::Agent);

/// Why it gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error(transparent)]
    Http(#[from] ureq::Error),
    #[error("it answers {0}")]
    Status(u16),
    #[error(transparent)]
    Response(#[from] http::Error),
}

impl ProviderClient {
    pub(super) fn new() -> Self {
        let agent = ureq::Agent::config_builder()
            .tls_config(trust::of_this_machine())
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self(agent.into())
    }
}

impl SyncHttpClient for ProviderClient {
    type Error = RequestError;

    fn call(&self, request: HttpRequest) -> Result<HttpResponse, RequestError> {
        let sent = if request.body().is_empty() { self.0.run(request.map(drop)) } else { self.0.run(request) };
        let mut response = sent?;
        let status = response.status();
        if status.is_server_error() {
            return Err(RequestError::Status(status.as_u16()));
        }
        let mut answer = Response::builder().status(status);
        if let Some(kind) = response.headers().get(CONTENT_TYPE) {
            answer = answer.header(CONTENT_TYPE, kind);
        }
        Ok(answer.body(response.body_mut().with_config().limit(MOST_BYTES).read_to_vec()?)?)
    }
}
