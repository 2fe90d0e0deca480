//! Values that are never shown: whoever knows the address of a robot can write to its group.

use std::fmt;

use ureq::http::Uri;

/// Keys whose values may be shown. Those of any other are not: it may be a misspelt one of a secret.
const SHOWN: [&str; 20] = [
    "always",
    "channels",
    "default",
    "first",
    "from",
    "give_up_after",
    "host",
    "kind",
    "language",
    "least_level",
    "link",
    "longest",
    "per_minute",
    "port",
    "posts",
    "security",
    "steps",
    "timeout",
    "to",
    "username",
];

/// A key for signatures, or a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: String) -> Self {
        Self(value)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Where a channel is. Shown without its path and its query: these hold the keys of robots.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Uri);

impl Url {
    /// An `http` or `https` address with a host and without a user.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let authority = uri.authority()?;
        let is_plain = !authority.host().is_empty() && !authority.as_str().contains('@');
        (is_http && is_plain).then_some(Self(uri))
    }

    pub fn expose(&self) -> &Uri {
        &self.0
    }

    /// Whether another address is on the same server, by the same scheme.
    pub fn has_origin_of(&self, other: &Self) -> bool {
        let port = |uri: &Uri| uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let same_host = self.0.host().zip(other.0.host()).is_some_and(|(one, two)| one.eq_ignore_ascii_case(two));
        self.0.scheme() == other.0.scheme() && same_host && port(&self.0) == port(&other.0)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.0.authority().map_or("", |authority| authority.as_str());
        write!(f, "{}://{authority}", self.0.scheme_str().unwrap_or_default())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text of the file as messages may show it, its bytes in the same places.
pub(super) fn masked(text: &str) -> String {
    text.split_inclusive('\n').map(masked_line).collect()
}

fn masked_line(line: &str) -> String {
    let Some((key, value)) = line.split_once('=') else { return line.to_owned() };
    let key_name = key.trim().rsplit('.').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    if SHOWN.contains(&key_name) {
        return line.to_owned();
    }
    let stars = |character: char| match character {
        '\n' | '\r' => character.to_string(),
        other => "*".repeat(other.len_utf8()),
    };
    format!("{key}={}", value.chars().map(stars).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_robot_is_never_shown() {
        let url = Url::parse("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2").expect("an address");
        assert_eq!(format!("{url} {url:?}"), "https://qyapi.weixin.qq.com https://qyapi.weixin.qq.com");
        assert_eq!(format!("{:?}", Secret::new("hunter2".to_owned())), "Secret");
    }

    #[test]
    fn masked_text_keeps_its_places() {
        let text = "[channels.a]\nurl = \"密https://x/?key=1\"\nper_minute = 20\nsecret = \"s\"\r\n";
        let masked = masked(text);
        assert_eq!(masked.len(), text.len());
        assert!(!masked.contains("key=1") && masked.contains("per_minute = 20"), "{masked}");
        assert!(!super::masked("ulr = \"https://x/?key=1\"").contains("key=1"), "a misspelt key is of a secret too");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let url = |text| Url::parse(text).expect("an address");
        let one = url("https://a.example/x?key=1");
        for same in ["https://A.example/", "https://a.example:443/y"] {
            assert!(one.has_origin_of(&url(same)), "{same}");
        }
        for other in ["http://a.example/", "https://b.example/", "https://a.example:8443/", "https://a.example.evil/"] {
            assert!(!one.has_origin_of(&url(other)), "{other}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_server_is_none() {
        for bad in ["", "x", "ftp://a/", "https://", "https://user:pw@a/", "/path", "file:///etc/passwd"] {
            assert_eq!(Url::parse(bad), None, "{bad}");
        }
    }
}
