//! The office's identity provider (OpenID Connect), where people log in with accounts that it keeps.

use axum::http::Uri;
use serde::{Deserialize, Serialize};
use yujing_base::language::{Bilingual, say};

/// How the console reaches the provider, and what it takes from it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Oidc {
    /// Its address, as its own documents name it; empty: there is none.
    pub issuer: String,
    /// What it knows the console as.
    pub client_id: String,
    /// The secret of that: `file:PATH` or `env:NAME`; empty for a client without one.
    pub client_secret: String,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim that gives the name of the account.
    pub name_claim: String,
    /// The claim that gives its groups: a name, or a JSON pointer such as `/realm_access/roles`.
    pub groups_claim: String,
    /// What the accounts of each group may. Who is in none of them is not let in.
    pub groups: Vec<GroupAccess>,
    /// Who may log in with a password of the console's own beside it.
    pub local_login: LocalLogin,
}

/// What the accounts of a group may.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GroupAccess {
    /// As the provider names it.
    pub group: String,
    pub roles: Vec<String>,
    /// `POST=ROLE`, as `yujing console invite --duty` takes them.
    #[serde(default)]
    pub duties: Vec<String>,
    /// `/` for all or `SUB-DISTRICT/COMMUNITY/GRID`, as `--area` takes them.
    #[serde(default)]
    pub areas: Vec<String>,
}

/// Who may log in with a password of the console's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LocalLogin {
    Everybody,
    /// For the day on which the provider is away.
    Administrators,
}

impl Default for Oidc {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret: String::new(),
            scopes: vec!["profile".to_owned()],
            name_claim: "preferred_username".to_owned(),
            groups_claim: "groups".to_owned(),
            groups: Vec::new(),
            local_login: LocalLogin::Everybody,
        }
    }
}

impl Oidc {
    /// Whether there is a provider.
    pub fn is_configured(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// What cannot work, by its key; the message goes on after the name of the key.
    pub(super) fn problems(&self) -> Vec<(&'static str, Bilingual)> {
        let mut found = Vec::new();
        if !self.client_secret.is_empty() && !is_elsewhere(&self.client_secret) {
            // It is not repeated: it may be the secret.
            found.push((
                "client_secret",
                Bilingual::new(
                    "应写为 file:路径 或 env:变量名；密钥本身不写在配置中",
                    "must be file:PATH or env:NAME; the secret itself does not stand here",
                ),
            ));
        }
        if !self.is_configured() {
            return found;
        }
        let issuer = &self.issuer;
        if !is_trustworthy(issuer) {
            found.push((
                "issuer",
                say!(
                    "应为 https:// 开头的地址（本机可用 http://），不带参数，现为 `{issuer}`",
                    "must be an address that begins with https:// (http:// on this machine), without a query, and is `{issuer}`"
                ),
            ));
        }
        let empty =
            [("client_id", &self.client_id), ("name_claim", &self.name_claim), ("groups_claim", &self.groups_claim)];
        for (key, _) in empty.into_iter().filter(|(_, text)| text.trim().is_empty()) {
            found.push((key, Bilingual::new("不得为空", "must not be empty")));
        }
        if self.groups.is_empty() {
            found.push((
                "groups",
                Bilingual::new(
                    "为空：没有一个用户组有角色，谁也不能登录",
                    "is empty: no group has a role, so nobody could log in",
                ),
            ));
        }
        found
    }
}

fn is_elsewhere(value: &str) -> bool {
    value.starts_with("file:") || value.starts_with("env:")
}

/// Whether nobody on the way can read or change what is said: over TLS, or on this machine.
fn is_trustworthy(address: &str) -> bool {
    let Ok(address) = address.parse::<Uri>() else { return false };
    let Some(host) = address.host() else { return false };
    let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let scheme = address.scheme_str();
    address.query().is_none() && (scheme == Some("https") || (scheme == Some("http") && is_here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_reached_over_tls_or_on_this_machine() {
        for good in ["https://sso.example.cn", "https://sso.example.cn:8443/realms/office", "http://127.0.0.1:8080"] {
            assert!(is_trustworthy(good), "{good}");
        }
        for bad in ["", "sso.example.cn", "http://sso.example.cn", "https://", "ftp://sso.example.cn", "https://a/?b"] {
            assert!(!is_trustworthy(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_missing_is_said_by_its_key_and_a_secret_is_not_repeated() {
        assert_eq!(Oidc::default().problems(), [], "without a provider nothing is needed");
        let half = Oidc { issuer: "https://a".to_owned(), client_secret: "hunter2".to_owned(), ..Oidc::default() };
        let found = half.problems();
        assert_eq!(found.iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["client_secret", "client_id", "groups"]);
        assert!(found.iter().all(|(_, message)| !message.en.contains("hunter2") && !message.zh.contains("hunter2")));
    }
}
