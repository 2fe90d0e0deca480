//! Cookies: the session's, and that of a login which is under way at the identity provider.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::oidc::attempt;

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieKind {
    Session,
    /// It has to come along when the provider, another site, sends somebody back.
    Attempt,
}

impl CookieKind {
    /// Its name; over TLS with a prefix by which browsers let no other host and no plain connection set it.
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, false) => "yujing_session",
            (Self::Session, true) => "__Host-yujing_session",
            (Self::Attempt, false) => "yujing_attempt",
            (Self::Attempt, true) => "__Host-yujing_attempt",
        }
    }

    fn bounds(self) -> String {
        match self {
            Self::Session => "SameSite=Strict".to_owned(),
            Self::Attempt => format!("SameSite=Lax; Max-Age={}", attempt::LIFETIME.as_secs()),
        }
    }
}

/// How cookies are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieStyle {
    /// Whether people reach the console over TLS.
    pub secure: bool,
}

impl CookieStyle {
    /// The token that a request bears.
    pub fn token(self, kind: CookieKind, headers: &HeaderMap) -> Option<&str> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == kind.name(self.secure)).map(|(_, token)| token)
    }

    /// What sets the token.
    pub fn set(self, kind: CookieKind, token: &str) -> Option<HeaderValue> {
        self.line(kind, token, &kind.bounds())
    }

    /// What takes it away.
    pub fn clear(self, kind: CookieKind) -> Option<HeaderValue> {
        self.line(kind, "", "SameSite=Strict; Max-Age=0")
    }

    fn line(self, kind: CookieKind, token: &str, bounds: &str) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let line = format!("{}={token}; Path=/; HttpOnly; {bounds}{secure}", kind.name(self.secure));
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
        assert_eq!(style.token(CookieKind::Session, &headers), None);
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; yujing_session=abc"));
        assert_eq!(style.token(CookieKind::Session, &headers), Some("abc"));
        assert_eq!(style.token(CookieKind::Attempt, &headers), None);
        let secure = CookieStyle { secure: true };
        assert_eq!(secure.token(CookieKind::Session, &headers), None, "set over a plain connection");
    }

    #[test]
    fn scripts_and_other_sites_do_not_get_it() {
        let secure = CookieStyle { secure: true };
        let set = secure.set(CookieKind::Session, "abc").expect("a header");
        assert_eq!(set, "__Host-yujing_session=abc; Path=/; HttpOnly; SameSite=Strict; Secure");
        let attempt = secure.set(CookieKind::Attempt, "abc").expect("a header");
        assert_eq!(attempt, "__Host-yujing_attempt=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure");
        let clear = CookieStyle { secure: false }.clear(CookieKind::Session).expect("a header");
        assert_eq!(clear, "yujing_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
