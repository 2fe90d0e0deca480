//! Logging in at the office's identity provider: there, and back with a code. A browser comes here by itself, not by a page's
//! request, so whatever comes of it leads to a page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use yujing_config::oidc::LocalLogin;
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::console::{LoginOutcome, LoginTried, ProviderFailed};

use super::cookie::CookieKind;
use super::login::ClientOf;
use super::problem::Problem;
use super::{ApiResult, Shared, body, failed};
use crate::oidc::IdentityProvider;
use crate::oidc::error::OidcError;
use crate::secret::Token;
use crate::store::audit::AuditEvent;
use crate::store::provider::{Arrival, Person};

/// How long somebody waits for room while many ask the provider.
const PATIENCE: Duration = Duration::from_secs(3);

/// How people log in here.
pub(super) async fn ways(Extract(shared): Extract<Shared>) -> ApiResult {
    let password = shared.provider.as_ref().map_or(LocalLogin::Everybody, |provider| provider.local_login());
    body(&json!({ "provider": shared.provider.is_some(), "password": password }))
}

/// Sends a browser to the provider.
pub(super) async fn begin(Extract(shared): Extract<Shared>) -> ApiResult {
    let provider = provider(&shared)?;
    let (address, attempt) = match ask(&shared, &provider, IdentityProvider::begin).await? {
        Ok(begun) => begun,
        Err(refusal) => return refusal.shown(),
    };
    let browser = Token::random()?;
    if !provider.attempts.keep(attempt, browser.as_str(), Instant::now()) {
        return Refusal::Busy.shown();
    }
    let mut response = see(&address)?;
    response
        .headers_mut()
        .extend(shared.cookies.set(CookieKind::Attempt, browser.as_str()).map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// What the provider sends a browser back with.
#[derive(Debug, Deserialize)]
pub(super) struct Returned {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Lets somebody in whom the provider has sent back.
pub(super) async fn callback(
    Extract(shared): Extract<Shared>,
    client: ClientOf,
    headers: HeaderMap,
    returned: Result<Query<Returned>, QueryRejection>,
) -> ApiResult {
    let (provider, Query(returned)) = (provider(&shared)?, returned?);
    let outcome = match person(&shared, &provider, &headers, returned).await? {
        Ok(person) => let_in(&shared, person, client.address.clone()).await?,
        Err(refusal) => Err((None, refusal)),
    };
    let mut response = match outcome {
        Ok(token) => {
            let mut response = see("/")?;
            let cookie = shared.cookies.set(CookieKind::Session, token.as_str());
            response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
            response
        }
        Err((account, refusal)) => {
            let detail = Some(refusal.code().to_owned());
            let event = AuditEvent { account, action: "login_refused", object: None, address: client.address, detail };
            shared.blocking(move |shared| Ok(shared.store.note(&event, Timestamp::now())?)).await?;
            LoginTried { outcome: LoginOutcome::Refused }.emit(&shared.metrics);
            refusal.shown()?
        }
    };
    if let Some(cookie) = shared.cookies.clear(CookieKind::Attempt) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Where the provider's own session is ended, if it offers that.
pub(super) async fn logout_address(shared: &Shared) -> Result<Option<String>, Problem> {
    let Some(provider) = shared.provider.clone() else { return Ok(None) };
    let asked = ask(shared, &provider, |provider| Ok(provider.logout_address())).await?;
    Ok(asked.ok().flatten())
}

/// Who it is, by what the provider says.
async fn person(
    shared: &Shared,
    provider: &Arc<IdentityProvider>,
    headers: &HeaderMap,
    returned: Returned,
) -> Result<Result<Person, Refusal>, Problem> {
    let Returned { state, code, error, iss } = returned;
    let browser = shared.cookies.token(CookieKind::Attempt, headers).unwrap_or_default();
    let attempt = state.and_then(|state| provider.attempts.take(&state, browser, Instant::now()));
    let Some(attempt) = attempt.filter(|_| provider.is_issuer(iss.as_deref())) else {
        return Ok(Err(Refusal::Expired));
    };
    let Some(code) = code.filter(|_| error.is_none()) else { return Ok(Err(Refusal::Refused)) };
    ask(shared, provider, move |provider| provider.person(code, attempt)).await
}

/// Begins the session of somebody whom the provider vouches for; else the name that it gives.
async fn let_in(
    shared: &Shared,
    person: Person,
    address: Option<String>,
) -> Result<Result<Token, (Option<String>, Refusal)>, Problem> {
    shared
        .blocking(move |shared| {
            let now = Timestamp::now();
            let account = match shared.store.arrive(&person, now)? {
                Arrival::Account { account, changed } => {
                    let event = |action, detail| {
                        let (account, address) = (Some(account.name.clone()), address.clone());
                        AuditEvent { account, action, object: None, address, detail }
                    };
                    if changed {
                        let detail = serde_json::to_string(&account.access).ok();
                        shared.store.note(&event("provider_access", detail), now)?;
                    }
                    shared.store.note(&event("login", Some("provider".to_owned())), now)?;
                    account
                }
                Arrival::NoRole => return Ok(Err((Some(person.name), Refusal::NoRole))),
                Arrival::Disabled => return Ok(Err((Some(person.name), Refusal::Disabled))),
                Arrival::NameTaken => return Ok(Err((Some(person.name), Refusal::NameTaken))),
            };
            LoginTried { outcome: LoginOutcome::Accepted }.emit(&shared.metrics);
            Ok(Ok(shared.store.begin_session(account, now)?.1))
        })
        .await
}

fn provider(shared: &Shared) -> Result<Arc<IdentityProvider>, Problem> {
    shared.provider.clone().ok_or_else(Problem::not_found)
}

/// Asks the provider away from the threads that serve connections, and not too often at once.
async fn ask<T: Send + 'static>(
    shared: &Shared,
    provider: &Arc<IdentityProvider>,
    work: impl FnOnce(&IdentityProvider) -> Result<T, OidcError> + Send + 'static,
) -> Result<Result<T, Refusal>, Problem> {
    let Ok(Ok(room)) = tokio::time::timeout(PATIENCE, Arc::clone(&provider.room).acquire_owned()).await else {
        return Ok(Err(Refusal::Busy));
    };
    let asked = Arc::clone(provider);
    let outcome = shared
        .blocking(move |_| {
            // Kept until the answer is there, also when the browser has gone.
            let _room = room;
            Ok(work(&asked))
        })
        .await?;
    Ok(outcome.map_err(|error| {
        ProviderFailed { reason: error.reason() }.emit(&shared.metrics);
        Refusal::from(&error)
    }))
}

/// Why somebody is not let in, as far as they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Too long ago, in another browser, or for the second time.
    Expired,
    Away,
    /// The provider lets them not in, or takes the code not.
    Refused,
    Unusable,
    Name,
    NameTaken,
    NoRole,
    Disabled,
    Busy,
}

impl From<&OidcError> for Refusal {
    fn from(error: &OidcError) -> Self {
        match error {
            OidcError::Away(_) => Self::Away,
            OidcError::Refused(_) => Self::Refused,
            OidcError::Unusable(_) => Self::Unusable,
            OidcError::Name(_) => Self::Name,
        }
    }
}

impl Refusal {
    /// The page has words for each.
    fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Away => "away",
            Self::Refused => "refused",
            Self::Unusable => "unusable",
            Self::Name => "name",
            Self::NameTaken => "name_taken",
            Self::NoRole => "no_role",
            Self::Disabled => "disabled",
            Self::Busy => "busy",
        }
    }

    /// The page that says it.
    fn shown(self) -> ApiResult {
        see(&format!("/#/login/{}", self.code()))
    }
}

/// Sends a browser to an address.
fn see(address: &str) -> ApiResult {
    let location = HeaderValue::from_str(address).map_err(|error| failed(error.to_string()))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}
