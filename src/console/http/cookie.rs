//! The session's cookie.

use axum::http::{HeaderMap, HeaderValue, header};

/// Its name; over TLS with a prefix by which browsers let no other host and no plain connection set it.
const PLAIN: &str = "yujing_session";
const SECURE: &str = "__Host-yujing_session";

/// How the cookie is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieStyle {
    /// Whether people reach the console over TLS.
    pub secure: bool,
}

impl CookieStyle {
    fn name(self) -> &'static str {
        if self.secure { SECURE } else { PLAIN }
    }

    /// The token that a request bears.
    pub fn token(self, headers: &HeaderMap) -> Option<&str> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name()).map(|(_, token)| token)
    }

    /// What sets the token.
    pub fn set(self, token: &str) -> Option<HeaderValue> {
        self.line(token, "")
    }

    /// What takes it away.
    pub fn clear(self) -> Option<HeaderValue> {
        self.line("", "; Max-Age=0")
    }

    fn line(self, token: &str, end: &str) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let line = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{end}", self.name());
        HeaderValue::from_str(&line).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_among_other_cookies() {
        let style = CookieStyle { secure: false };
        let mut headers = HeaderMap::new();
        assert_eq!(style.token(&headers), None);
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; yujing_session=abc"));
        assert_eq!(style.token(&headers), Some("abc"));
        assert_eq!(CookieStyle { secure: true }.token(&headers), None, "set over a plain connection");
    }

    #[test]
    fn scripts_and_other_sites_do_not_get_it() {
        let set = CookieStyle { secure: true }.set("abc").expect("a header");
        assert_eq!(set, "__Host-yujing_session=abc; Path=/; HttpOnly; SameSite=Strict; Secure");
        let clear = CookieStyle { secure: false }.clear().expect("a header");
        assert_eq!(clear, "yujing_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
