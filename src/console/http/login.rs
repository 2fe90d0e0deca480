//! Logging in and out, one's own password, accounts by one-time links.

use axum::Json;
use axum::extract::State as Extract;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::console::{LoginOutcome as Tried, LoginTried};

use super::cookie::CookieKind;
use super::guard::{Caller, address};
use super::problem::Problem;
use super::provider;
use super::{ApiResult, Shared, body};
use crate::access::Permission;
use crate::secret::{LEAST_PASSWORD, MOST_PASSWORD_BYTES, Token, hash_password};
use crate::store::account::{Account, LoginOutcome};
use crate::store::audit::AuditEvent;
use crate::store::invitation::{AcceptOutcome, NewAccount};
use crate::store::session::Session;

/// What pages know of a session.
#[derive(Debug, Serialize)]
struct SessionView {
    account: Account,
    csrf_token: String,
    expires_at: Timestamp,
    demo: bool,
    permissions: Vec<Permission>,
}

impl SessionView {
    fn of(session: Session, shared: &Shared) -> Self {
        let Session { account, csrf_token, expires_at } = session;
        let permissions = account.access.permissions();
        Self { account, csrf_token, expires_at, demo: shared.demo, permissions }
    }
}

/// Who is logged in.
pub(super) async fn session(Extract(shared): Extract<Shared>, caller: Caller) -> ApiResult {
    body(&SessionView::of(caller.session, &shared))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    name: String,
    password: String,
}

/// Logs in.
pub(super) async fn log_in(
    Extract(shared): Extract<Shared>,
    client: ClientOf,
    login: Result<Json<Login>, JsonRejection>,
) -> ApiResult {
    let Json(Login { name, password }) = login?;
    let begun = shared
        .blocking(move |shared| {
            let now = Timestamp::now();
            let note = |action, detail: Option<String>| {
                let (account, address) = (Some(name.chars().take(64).collect()), client.address.clone());
                shared.store.note(&AuditEvent { account, action, object: None, address, detail }, now)
            };
            match shared.store.log_in(&name, &password, now)? {
                LoginOutcome::Account(account) => {
                    if let Err(problem) = permit_password(shared, &account) {
                        note("login_refused", Some(problem.code.to_owned()))?;
                        LoginTried { outcome: Tried::Refused }.emit(&shared.metrics);
                        return Err(problem);
                    }
                    note("login", None)?;
                    LoginTried { outcome: Tried::Accepted }.emit(&shared.metrics);
                    Ok(shared.store.begin_session(account, now)?)
                }
                LoginOutcome::Refused => {
                    note("login_refused", None)?;
                    LoginTried { outcome: Tried::Refused }.emit(&shared.metrics);
                    Err(Problem::new(
                        StatusCode::UNAUTHORIZED,
                        "bad_credentials",
                        "用户名或者口令不正确",
                        "the name or the password is wrong",
                    ))
                }
                LoginOutcome::LockedUntil(until) => {
                    note("login_locked", None)?;
                    LoginTried { outcome: Tried::Locked }.emit(&shared.metrics);
                    Err(Problem::locked(until, now))
                }
            }
        })
        .await?;
    begin(&shared, StatusCode::OK, begun)
}

/// An answer that begins a session.
fn begin(shared: &Shared, status: StatusCode, (session, token): (Session, Token)) -> ApiResult {
    let mut response = body(&SessionView::of(session, shared))?;
    *response.status_mut() = status;
    if let Some(cookie) = shared.cookies.set(CookieKind::Session, token.as_str()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Logs out.
pub(super) async fn log_out(Extract(shared): Extract<Shared>, caller: Caller, headers: HeaderMap) -> ApiResult {
    let token = shared.cookies.token(CookieKind::Session, &headers).unwrap_or_default().to_owned();
    let (id, from_provider) = (caller.id(), caller.session.account.from_provider);
    shared
        .blocking(move |shared| {
            shared.store.end_session(&token)?;
            Ok(shared.store.note(&caller.did("logout", id.to_string()), Timestamp::now())?)
        })
        .await?;
    let provider_logout = if from_provider { provider::logout_address(&shared).await? } else { None };
    let mut response = body(&json!({ "provider_logout": provider_logout }))?;
    if let Some(cookie) = shared.cookies.clear(CookieKind::Session) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    current: String,
    password: String,
}

/// Changes one's own password; every session of the account ends, this one too.
pub(super) async fn change_password(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    given: Result<Json<NewPassword>, JsonRejection>,
) -> ApiResult {
    let Json(NewPassword { current, password }) = given?;
    shared
        .blocking(move |shared| {
            if caller.session.account.from_provider {
                return Err(Problem::of_provider());
            }
            if !shared.store.has_password(&caller.session.account, &current)? {
                return Err(Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "wrong_password",
                    "当前口令不正确",
                    "the current password is wrong",
                ));
            }
            let hash = hash_password(strong(&password)?)?;
            shared.store.set_password(caller.id(), &hash)?;
            Ok(shared.store.note(&caller.did("change_password", caller.id().to_string()), Timestamp::now())?)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptInvitation {
    token: String,
    name: String,
    #[serde(default)]
    display_name: String,
    password: String,
}

/// Makes the account of a link.
pub(super) async fn accept(
    Extract(shared): Extract<Shared>,
    client: ClientOf,
    given: Result<Json<AcceptInvitation>, JsonRejection>,
) -> ApiResult {
    let Json(AcceptInvitation { token, name, display_name, password }) = given?;
    let begun = shared
        .blocking(move |shared| {
            let unprocessable = |code, zh: &str, en: &str| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, zh, en);
            if !is_name(&name) || display_name.chars().count() > 64 {
                return Err(unprocessable(
                    "bad_name",
                    "用户名须由小写字母、数字、点、横线组成，以字母或数字开头，姓名不超过64个字符",
                    "a name is of lower-case letters, digits, `.`, `_` and `-`, and begins with a letter or digit",
                ));
            }
            let password_hash = hash_password(strong(&password)?)?;
            let now = Timestamp::now();
            match shared.store.accept(&token, NewAccount { name, display_name, password_hash }, now)? {
                AcceptOutcome::Account(account) => {
                    let (object, address) = (Some(account.id.to_string()), client.address);
                    let event = AuditEvent {
                        account: Some(account.name.clone()),
                        action: "accept_invitation",
                        object,
                        address,
                        detail: None,
                    };
                    shared.store.note(&event, now)?;
                    permit_password(shared, &account)?;
                    Ok(shared.store.begin_session(account, now)?)
                }
                AcceptOutcome::NotGood => Err(bad_invitation()),
                AcceptOutcome::NameTaken => {
                    Err(Problem::new(StatusCode::CONFLICT, "name_taken", "该用户名已被使用", "the name is taken"))
                }
            }
        })
        .await?;
    begin(&shared, StatusCode::CREATED, begun)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordReset {
    token: String,
    password: String,
}

/// Sets the password of a link's account anew, and logs in.
pub(super) async fn reset_password(
    Extract(shared): Extract<Shared>,
    client: ClientOf,
    given: Result<Json<PasswordReset>, JsonRejection>,
) -> ApiResult {
    let Json(PasswordReset { token, password }) = given?;
    let begun = shared
        .blocking(move |shared| {
            let password_hash = hash_password(strong(&password)?)?;
            let now = Timestamp::now();
            let account = shared.store.reset_password(&token, &password_hash, now)?.ok_or_else(bad_invitation)?;
            let event = AuditEvent {
                account: Some(account.name.clone()),
                action: "reset_password",
                object: Some(account.id.to_string()),
                address: client.address,
                detail: None,
            };
            shared.store.note(&event, now)?;
            permit_password(shared, &account)?;
            Ok(shared.store.begin_session(account, now)?)
        })
        .await?;
    begin(&shared, StatusCode::OK, begun)
}

/// Where only administrators log in with a password, others go to the identity provider.
fn permit_password(shared: &Shared, account: &Account) -> Result<(), Problem> {
    if shared.provider.as_ref().is_none_or(|provider| provider.permits_password(account)) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "password_off",
        "本单位只允许管理员用口令登录，请使用统一身份认证登录",
        "only administrators log in with a password here: log in with the office's account",
    ))
}

fn bad_invitation() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "bad_invitation",
        "该链接无效、已使用或者已过期",
        "the link was used, has expired or never was",
    )
}

fn strong(password: &str) -> Result<&str, Problem> {
    if password.chars().count() >= LEAST_PASSWORD && password.len() <= MOST_PASSWORD_BYTES {
        return Ok(password);
    }
    Err(Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "weak_password",
        format!("口令至少{LEAST_PASSWORD}个字符，不超过{MOST_PASSWORD_BYTES}字节"),
        format!("a password has at least {LEAST_PASSWORD} characters, and at most {MOST_PASSWORD_BYTES} bytes"),
    ))
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=64).contains(&name.len())
        && name.bytes().next().is_some_and(is_plain)
        && name.bytes().all(|byte| is_plain(byte) || matches!(byte, b'.' | b'_' | b'-'))
}

/// The address of somebody who is not logged in.
#[derive(Debug, Clone)]
pub(super) struct ClientOf {
    pub(super) address: Option<String>,
}

impl axum::extract::FromRequestParts<Shared> for ClientOf {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        shared: &Shared,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self { address: address(shared, &parts.extensions, &parts.headers) })
    }
}
