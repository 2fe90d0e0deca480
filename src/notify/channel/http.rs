//! One request by POST: its redirects, its answer, and what the answer means.

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use ureq::http::{HeaderMap, Response, header};
use ureq::{Agent, Body, Proxy};

use super::failed;
use super::tls::Trust;
use crate::config::Url;
use crate::error::NotifyError;
use crate::queue::Outcome;

/// Redirects of one request. Only those are followed that repeat the request (307, 308) on the same server.
const MOST_REDIRECTS: usize = 3;
/// Bytes of an answer's body that are read: robots answer in a line.
const MOST_ANSWER: u64 = 64 * 1024;
/// Bytes of an answer's head.
const MOST_HEAD: usize = 16 * 1024;
/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// The pause after "too many requests" of a server that does not say how long.
pub(super) const USUAL_PAUSE: Duration = Duration::from_secs(30);

/// Sends requests with one timeout, over connections that are kept.
#[derive(Debug, Clone)]
pub struct HttpClient {
    agent: Agent,
}

/// A request.
pub(super) struct Post<'a> {
    pub(super) url: &'a Url,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: &'a [u8],
}

impl HttpClient {
    pub(super) fn new(timeout: Duration, trust: &Trust, proxy: Option<&Url>) -> Result<Self, NotifyError> {
        let proxy = match proxy {
            Some(url) => {
                let proxy = Proxy::new(&url.expose().to_string());
                Some(proxy.map_err(|_| NotifyError::Proxy(url.to_string()))?)
            }
            None => None,
        };
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(MOST_HEAD)
            .proxy(proxy)
            .user_agent(concat!("yujing-notify/", env!("CARGO_PKG_VERSION")))
            .tls_config(trust.for_http())
            .build();
        Ok(Self { agent: config.into() })
    }

    /// The answer, if it says that the request was taken.
    pub(super) fn post(&self, post: &Post<'_>, now: Timestamp) -> Result<Answer, Outcome> {
        let mut url = post.url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let response = self.call(&url, post)?;
            let status = response.status().as_u16();
            match status {
                200..=299 => return Ok(Answer { url, response }),
                307 | 308 => url = redirected(&url, response.headers(), status)?,
                _ => return Err(refusal(&url, status, response.headers(), now)),
            }
        }
        Err(failed(format!("{url} redirects more than {MOST_REDIRECTS} times")))
    }

    fn call(&self, url: &Url, post: &Post<'_>) -> Result<Response<Body>, Outcome> {
        let mut request = self.agent.post(url.expose());
        for (name, value) in &post.headers {
            request = request.header(*name, value);
        }
        request.send(post.body).map_err(|error| failed(format!("{url} cannot be reached: {}", shown(&error))))
    }
}

/// An answer that says that the request was taken.
pub(super) struct Answer {
    url: Url,
    response: Response<Body>,
}

impl Answer {
    /// What it says besides.
    pub(super) fn body(mut self) -> Result<Vec<u8>, Outcome> {
        let body = self.response.body_mut().with_config().limit(MOST_ANSWER).read_to_vec();
        body.map_err(|error| failed(format!("the answer of {} breaks off: {}", self.url, shown(&error))))
    }
}

/// Where a redirect leads, if it leads to the same server. Elsewhere the signed request and what it tells would go to
/// somebody whom nobody named.
fn redirected(url: &Url, headers: &HeaderMap, status: u16) -> Result<Url, Outcome> {
    let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let absolute = if location.starts_with('/') && !location.starts_with("//") {
        format!("{url}{location}")
    } else {
        location.to_owned()
    };
    match Url::parse(&absolute) {
        Some(next) if next.has_origin_of(url) => Ok(next),
        Some(next) => Err(failed(format!("{url} redirects to {next} ({status}), which is not followed"))),
        None => Err(failed(format!("{url} redirects ({status}) without saying where to"))),
    }
}

/// What an answer means that did not take the request. What the monitoring team can mend (an address, a right, a
/// certificate) is tried again; what is wrong with the message itself is not.
fn refusal(url: &Url, status: u16, headers: &HeaderMap, now: Timestamp) -> Outcome {
    let reason = format!("{url} answers {status}");
    match status {
        429 | 503 => {
            let pause = retry_after(headers, now);
            Outcome::Failed { reason, pause: pause.or((status == 429).then_some(USUAL_PAUSE)) }
        }
        300..=399 => failed(format!("{reason}, a redirect that is not followed")),
        401..=404 | 407 | 408 | 421 | 423..=425 | 500..=599 => failed(reason),
        _ => Outcome::Refused { reason },
    }
}

/// How long a server asks to wait, in seconds or until a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = httpdate::parse_http_date(value).ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            let until = SignedDuration::try_from(until).ok()?;
            Duration::try_from(until.checked_sub(now.as_duration())?).unwrap_or(Duration::ZERO)
        }
    };
    Some(pause.min(LONGEST_PAUSE))
}

/// What went wrong, without addresses.
fn shown(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::BadUri(_) => "the address cannot be used".to_owned(),
        ureq::Error::HostNotFound => "no such host".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a value"))])
    }

    #[test]
    fn a_server_says_how_long_to_wait_in_seconds_or_by_a_date_and_no_longer_than_an_hour() {
        let now: Timestamp = "2026-03-02T02:21:00Z".parse().expect("an instant");
        let pause = |value| retry_after(&headers(header::RETRY_AFTER, value), now);
        assert_eq!(pause("7"), Some(Duration::from_secs(7)));
        assert_eq!(pause("Mon, 02 Mar 2026 02:22:30 GMT"), Some(Duration::from_secs(90)));
        assert_eq!(pause("Mon, 02 Mar 2026 02:20:00 GMT"), Some(Duration::ZERO));
        assert_eq!(pause("999999"), Some(LONGEST_PAUSE));
        assert_eq!(pause("soon"), None);
        assert_eq!(pause("-1"), None);
    }

    #[test]
    fn a_redirect_is_followed_on_the_same_server_only() {
        let url = Url::parse("https://robots.example/send?key=hunter2").expect("an address");
        let to = |location| redirected(&url, &headers(header::LOCATION, location), 307);
        for same in ["/other?key=2", "https://robots.example/v2"] {
            assert!(to(same).is_ok(), "{same}");
        }
        for other in ["https://evil.example/", "//evil.example/x", "http://robots.example/", "ftp://x/", "relative"] {
            let outcome = to(other).expect_err("not followed");
            let Outcome::Failed { reason, .. } = outcome else { panic!("{outcome:?}") };
            assert!(!reason.contains("hunter2"), "{reason}");
        }
    }
}
