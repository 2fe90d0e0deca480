//! Under which names the endpoints answer. A page in somebody's browser can give its own name the address of this
//! machine and then read whatever answers there (DNS rebinding); the browser says the page's name as `Host`. An address
//! cannot be rebound, so addresses, `localhost` and the configured names are answered, and any other name is refused.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State as Extract};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use yujing_base::escape;
use yujing_telemetry::http::RequestAnswered;
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::problem::Problem;

/// The longest name that a refusal repeats, in characters.
const MOST_REPEATED: usize = 100;

/// The names of this server, in addition to its addresses.
#[derive(Debug, Clone, Default)]
pub struct Hosts(Arc<[String]>);

impl Hosts {
    /// Names without ports; case does not count.
    pub fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// Whether a `Host`, with or without a port, is one of this server.
    pub fn answers(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let name = authority.host().trim_end_matches('.').to_ascii_lowercase();
        let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        is_address || name == "localhost" || name.ends_with(".localhost") || self.0.contains(&name)
    }

    /// A host of the request that is none of this server's. Browsers always name one; what names none is no browser.
    fn stranger<'a>(&self, uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
        let named = headers.get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or("?"));
        named.chain(uri.authority().map(Authority::as_str)).find(|host| !self.answers(host))
    }
}

/// Refuses requests for other names.
pub(super) async fn check(
    Extract((hosts, metrics)): Extract<(Hosts, Arc<Metrics>)>,
    request: Request,
    next: Next,
) -> Response {
    let Some(host) = hosts.stranger(request.uri(), request.headers()) else { return next.run(request).await };
    let began = std::time::Instant::now();
    let host: String = escape::line(host).chars().take(MOST_REPEATED).collect();
    let detail = format!(
        "`{host}` is not a name of this server: ask for its address, or add the name to `hosts` under [server] in \
         yujing.toml (YUJING__SERVER__HOSTS)"
    );
    let status = StatusCode::MISDIRECTED_REQUEST;
    RequestAnswered { route: "other", status: status.as_u16(), took: began.elapsed() }.emit(&metrics);
    Problem::new(status, detail).into_response()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hosts() -> Hosts {
        Hosts::new(&["Yujing".to_owned(), "yujing.example.cn".to_owned()])
    }

    #[test]
    fn addresses_local_names_and_configured_ones_are_answered() {
        for host in [
            "127.0.0.1:9464",
            "10.2.3.4",
            "[::1]:9464",
            "[fe80::1]",
            "localhost:9464",
            "LOCALHOST",
            "localhost.",
            "engine.localhost",
            "yujing:9464",
            "YUJING.example.cn",
        ] {
            assert!(hosts().answers(host), "{host}");
        }
    }

    #[test]
    fn other_names_are_not() {
        for host in [
            "evil.example",
            "evil.example:9464",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "yujing.evil.example",
            "",
            ":9464",
            "a b",
            "127.0.0.1@evil.example",
            "2130706433",
            "0x7f.1",
        ] {
            assert!(!hosts().answers(host), "{host}");
        }
        assert!(!Hosts::default().answers("yujing:9464"));
    }

    proptest! {
        #[test]
        fn a_name_that_can_be_rebound_is_never_answered(label in "[a-z0-9-]{1,20}", port in any::<Option<u16>>()) {
            let port = port.map_or_else(String::new, |port| format!(":{port}"));
            let host = format!("{label}.attacker.example{port}");
            prop_assert!(!hosts().answers(&host));
        }

        #[test]
        fn any_text_can_be_asked_about(host in any::<String>()) {
            hosts().answers(&host);
        }
    }
}
