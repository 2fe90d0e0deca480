//! Errors as `application/problem+json` (RFC 9457), with a code for programs and texts for people.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;
use yujing_base::language::Bilingual;

use crate::error::ConsoleError;

/// An error that a page sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub status: StatusCode,
    pub code: &'static str,
    pub text: Bilingual,
    /// When to ask again, in seconds.
    pub retry_after: Option<u64>,
    /// What only the log hears.
    pub cause: Option<String>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { status, code, text: Bilingual::new(zh, en), retry_after: None, cause: None }
    }

    /// Nobody is logged in.
    pub fn no_session() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "no_session",
            "尚未登录，或者登录已过期",
            "nobody is logged in, or the session has ended",
        )
    }

    /// The account may not.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "该账号无权进行此项操作", "the account may not do this")
    }

    /// It is not there, or not for this account; nobody learns which.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "没有找到，或者不在该账号的辖区和岗位范围内",
            "it is not there, or not within the account's areas and posts",
        )
    }

    /// What was sent makes no sense.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(StatusCode::BAD_REQUEST, "bad_request", format!("请求有误：{detail}"), detail)
    }

    /// What was sent cannot be taken as it is.
    pub fn invalid(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", zh, en)
    }

    /// The identity provider keeps the account.
    pub fn of_provider() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "provider_account",
            "该账号来自统一身份认证：口令和权限在那里管理，这里只能停用",
            "the office's identity provider keeps the account: its password and groups are changed there, here it can be disabled",
        )
    }

    /// Too much was asked.
    pub fn too_many() -> Self {
        let zh = "请求过于频繁，请稍后再试";
        Self {
            retry_after: Some(1),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many", zh, "too many requests: ask again later")
        }
    }

    /// The account is locked until then.
    pub fn locked(until: Timestamp, now: Timestamp) -> Self {
        let seconds = now.duration_until(until).as_secs().max(1).unsigned_abs();
        let minutes = seconds.div_ceil(60);
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "locked",
            format!("口令多次错误，该账号已锁定，请在{minutes}分钟后再试"),
            format!("too many wrong passwords: the account is locked for {minutes} more minutes"),
        );
        Self { retry_after: Some(seconds), ..problem }
    }
}

impl From<ConsoleError> for Problem {
    fn from(error: ConsoleError) -> Self {
        let (code, zh, en) = match error {
            ConsoleError::Attachments { .. } => (
                "attachments_away",
                "照片存储暂不可用，请稍后再试",
                "the place where photographs are stored does not answer: try again later",
            ),
            _ => (
                "database",
                "控制台的数据库暂不可用，未保存任何内容，请稍后再试",
                "the console's database does not answer, and nothing was kept: try again later",
            ),
        };
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, zh, en);
        Self { retry_after: Some(5), cause: Some(error.to_string()), ..problem }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
                Self::new(status, "media_type", "请求须为 application/json", "send `content-type: application/json`")
            }
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "内容过长", "it is too long")
            }
            _ => Self::bad_request(rejection.body_text()),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}

/// What cannot be in a path is not there.
impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, code, text, retry_after, cause } = self;
        let body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "code": code,
            "detail": text.en,
            "text": text,
        });
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(cause) = cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

/// Why a request failed, on its way to the log.
#[derive(Debug, Clone)]
pub struct Cause(pub String);
