//! Who asks: the other end of the connection, or, where that is a proxy of the office, whom the proxy names in
//! `x-forwarded-for`. Anybody can write that header, so it counts only behind proxies that the configuration names.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;

/// What each proxy adds whom it answers to, the nearest last.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The proxies of the office.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Arc<[IpAddr]>);

impl TrustedProxies {
    pub fn new(addresses: Vec<IpAddr>) -> Self {
        Self(addresses.into())
    }

    /// The first address, seen from here, that is no trusted proxy's. What is not an address ends the search: whoever wrote
    /// it is the client as far as can be told.
    pub fn client(&self, connection: IpAddr, headers: &HeaderMap) -> IpAddr {
        let named = headers.get_all(FORWARDED_FOR).iter().rev().filter_map(|value| value.to_str().ok());
        let mut hops = named.flat_map(|value| value.rsplit(',')).map(|hop| hop.trim().parse::<IpAddr>());
        let mut client = connection.to_canonical();
        while self.0.contains(&client)
            && let Some(Ok(next)) = hops.next()
        {
            client = next.to_canonical();
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(trusted: &[&str], connection: &str, forwarded: &[&'static str]) -> String {
        let address = |text: &str| text.parse().expect("an address");
        let proxies = TrustedProxies::new(trusted.iter().map(|text| address(text)).collect());
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(value));
        }
        proxies.client(address(connection), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_says_who_asks() {
        assert_eq!(client(&[], "10.0.0.9", &["1.2.3.4"]), "10.0.0.9");
        assert_eq!(client(&["10.0.0.1"], "10.0.0.9", &["1.2.3.4"]), "10.0.0.9");
        assert_eq!(client(&["10.0.0.9"], "10.0.0.9", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(client(&["10.0.0.9"], "::ffff:10.0.0.9", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(client(&["10.0.0.9"], "10.0.0.9", &[]), "10.0.0.9");
    }

    #[test]
    fn what_a_client_makes_up_stands_behind_what_the_proxy_saw() {
        let trusted = ["10.0.0.9", "10.0.0.8"];
        assert_eq!(client(&trusted, "10.0.0.9", &["6.6.6.6, 192.168.1.7"]), "192.168.1.7");
        assert_eq!(client(&trusted, "10.0.0.9", &["6.6.6.6", "192.168.1.7, 10.0.0.8"]), "192.168.1.7");
        assert_eq!(client(&trusted, "10.0.0.9", &["6.6.6.6, unknown"]), "10.0.0.9");
        assert_eq!(client(&trusted, "10.0.0.9", &["10.0.0.8"]), "10.0.0.8", "proxies alone");
    }
}
