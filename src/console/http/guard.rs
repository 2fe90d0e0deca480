//! Every request of the API passes here: whose session it is, whether it comes from the console's own pages, whether the
//! account may.

use std::num::NonZeroU32;

use axum::extract::{FromRequestParts, Request, State as Extract};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use uuid::Uuid;
use yujing_live::server::ClientAddress;

use super::Shared;
use super::cookie::CookieKind;
use super::problem::Problem;
use crate::access::Permission;
use crate::secret::{Token, token_hash};
use crate::store::audit::AuditEvent;
use crate::store::session::{FoundSession, Session};

/// The header of the token against requests that other sites make a browser send.
const CSRF_HEADER: &str = "x-csrf-token";

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    pub session: Session,
    pub address: Option<String>,
}

impl Caller {
    /// The id of its account.
    pub fn id(&self) -> Uuid {
        self.session.account.id
    }

    /// Something that it did, for the audit trail.
    pub fn did(&self, action: &'static str, object: impl Into<String>) -> AuditEvent {
        AuditEvent {
            account: Some(self.session.account.name.clone()),
            action,
            object: Some(object.into()),
            address: self.address.clone(),
            detail: None,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::no_session)
    }
}

/// How much may be asked.
#[derive(Debug)]
pub struct RateLimits {
    /// Logging in and accepting invitations, by everybody together: each costs a hash of a password.
    passwords: DefaultDirectRateLimiter,
    /// Going to the identity provider and coming back, by everybody together.
    visits: DefaultDirectRateLimiter,
    /// Everything else, by account.
    accounts: DefaultKeyedRateLimiter<Uuid>,
    /// Bringing files, by account.
    files: DefaultKeyedRateLimiter<Uuid>,
}

impl RateLimits {
    /// 5 passwords a second, 20 at once; 20 visits, 100 at once; 50 requests a second and account, 200 at once; 1 file a second and
    /// account, 30 at once.
    pub fn new() -> Self {
        let quota = |rate: u32, burst: u32| {
            let [rate, burst] = [rate, burst].map(|number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN));
            Quota::per_second(rate).allow_burst(burst)
        };
        Self {
            passwords: RateLimiter::direct(quota(5, 20)),
            visits: RateLimiter::direct(quota(20, 100)),
            accounts: RateLimiter::keyed(quota(50, 200)),
            files: RateLimiter::keyed(quota(1, 30)),
        }
    }

    /// Whether an account may bring one more file now.
    pub fn admits_file(&self, account: Uuid) -> bool {
        self.files.check_key(&account).is_ok()
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// Lets a request through that somebody may make who is logged in.
pub async fn session(
    Extract((shared, permission)): Extract<(Shared, Permission)>,
    mut request: Request,
    next: Next,
) -> Response {
    let asked = Asked {
        headers: request.headers().clone(),
        changes: !matches!(*request.method(), Method::GET | Method::HEAD),
        address: address(&shared, request.extensions(), request.headers()),
    };
    let (caller, rotated) = match admit(&shared, permission, asked).await {
        Ok(admitted) => admitted,
        Err(problem) => return problem.into_response(),
    };
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    // A logout has its own.
    if let Some(cookie) = rotated.and_then(|token| shared.cookies.set(CookieKind::Session, token.as_str()))
        && !response.headers().contains_key(header::SET_COOKIE)
    {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// What of a request says whether it is let through.
struct Asked {
    headers: HeaderMap,
    /// Whether it may change something.
    changes: bool,
    address: Option<String>,
}

async fn admit(shared: &Shared, permission: Permission, asked: Asked) -> Result<(Caller, Option<Token>), Problem> {
    let Asked { headers, changes, address } = asked;
    let token = shared.cookies.token(CookieKind::Session, &headers).ok_or_else(Problem::no_session)?.to_owned();
    let found = shared.blocking(move |shared| Ok(shared.store.session(&token, Timestamp::now())?)).await?;
    let FoundSession { session, rotated } = found.ok_or_else(Problem::no_session)?;
    if shared.rates.accounts.check_key(&session.account.id).is_err() {
        return Err(Problem::too_many());
    }
    if changes {
        refuse_other_sites(&headers)?;
        let given = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // Compared by their hashes, so that time tells nothing.
        if token_hash(given) != token_hash(&session.csrf_token) {
            return Err(foreign());
        }
    }
    if !session.account.access.permits(permission) {
        return Err(Problem::forbidden());
    }
    Ok((Caller { session, address }, rotated))
}

/// Lets a request through that somebody makes who is not logged in yet.
pub async fn stranger(Extract(shared): Extract<Shared>, request: Request, next: Next) -> Response {
    if let Err(problem) = refuse_other_sites(request.headers()) {
        return problem.into_response();
    }
    if shared.rates.passwords.check().is_err() {
        return Problem::too_many().into_response();
    }
    next.run(request).await
}

/// Lets a request through that a browser makes on its way to the identity provider and back: from another site too.
pub async fn visitor(Extract(shared): Extract<Shared>, request: Request, next: Next) -> Response {
    if shared.rates.visits.check().is_err() {
        return Problem::too_many().into_response();
    }
    next.run(request).await
}

/// The address of the client: the connection's, or the one that a trusted proxy names.
pub fn address(shared: &Shared, extensions: &Extensions, headers: &HeaderMap) -> Option<String> {
    let connection = extensions.get::<ClientAddress>()?.0.ip();
    Some(shared.proxies.client(connection, headers).to_string())
}

/// Browsers say from which site a request comes.
fn refuse_other_sites(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get("sec-fetch-site").map(axum::http::HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(foreign()),
    }
}

fn foreign() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "csrf",
        "请求不是由本页面发出的，请刷新页面后重试",
        "the request does not come from the console's own page: load the page again",
    )
}
