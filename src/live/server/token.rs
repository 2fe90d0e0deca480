//! Bearer tokens (RFC 6750): who may read, and who may change the ruleset. On loopback there need be none; beyond it the
//! configuration is refused without.

use std::sync::Arc;

use axum::extract::{Request, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};
use yujing_config::Server;
use yujing_config::token::{Token, TokenSource, TokenUse};

use super::problem::Problem;

/// What a token permits. A greater scope includes the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Scores, explanations, warnings, areas, the ruleset and its attempts.
    Read,
    /// Also to have the rules folder or an earlier ruleset taken, and to ask what another would do.
    Reload,
}

impl Scope {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Reload => "reload",
        }
    }
}

type TokenHash = [u8; 32];

/// The tokens that count, as SHA-256 hashes. Without any the API is open to whoever reaches it.
#[derive(Debug, Clone, Default)]
pub struct Tokens(Arc<[(TokenHash, Scope)]>);

impl Tokens {
    /// Reads those of the configuration.
    ///
    /// # Errors
    /// A sentence that names the key whose token cannot be read, or is too short; if there is none, and other machines reach
    /// the address.
    pub fn load(server: &Server) -> Result<Self, String> {
        let given = [
            ("server.read_tokens", &server.read_tokens, Scope::Read),
            ("server.reload_tokens", &server.reload_tokens, Scope::Reload),
        ];
        if server.is_open() {
            return Err(format!(
                "{} is an address that other machines reach: name tokens in `server.read_tokens` or \
                 `server.reload_tokens`, or listen on 127.0.0.1",
                server.listen
            ));
        }
        let mut tokens = Vec::new();
        for (key, values, scope) in given {
            for value in values {
                let hash = match TokenSource::parse(value).and_then(|source| source.load(TokenUse::Checked)) {
                    Ok(token) => hash_of(token),
                    Err(reason) => return Err(format!("a token of `{key}` {}", reason.en)),
                };
                tokens.push((hash, scope));
            }
        }
        Ok(Self(tokens.into()))
    }

    /// Whether what the headers show suffices.
    ///
    /// # Errors
    /// 401 without a token that counts, 403 where its scope does not suffice.
    fn check(&self, headers: &HeaderMap, needed: Scope) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        let Some(shown) = bearer(headers) else {
            let detail = "this needs `authorization: Bearer TOKEN`: commands take --token or YUJING_TOKEN";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, detail));
        };
        let shown: TokenHash = Sha256::digest(shown).into();
        // All are compared, each byte of each, so that time tells nothing.
        let matching = self.0.iter().filter(|(hash, _)| is_same(hash, &shown)).map(|(_, scope)| *scope).max();
        match matching {
            None => Err(Problem::new(StatusCode::UNAUTHORIZED, "the token is none that counts here")),
            Some(scope) if scope < needed => {
                let detail = format!("the token has the scope `{}`, this needs `{}`", scope.as_str(), needed.as_str());
                Err(Problem::new(StatusCode::FORBIDDEN, detail))
            }
            Some(_) => Ok(()),
        }
    }
}

fn hash_of(token: Token) -> TokenHash {
    match token {
        Token::Hash(hash) => hash,
        Token::Text(text) => Sha256::digest(text).into(),
    }
}

/// The token of `Authorization: Bearer`; where the header comes twice, none.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.as_bytes();
    let (scheme, token) = value.split_at_checked("Bearer ".len())?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case(b"bearer ")).then(|| token.trim_ascii())
}

fn is_same(left: &TokenHash, right: &TokenHash) -> bool {
    left.iter().zip(right).fold(0, |difference, (left, right)| difference | (left ^ right)) == 0
}

/// Lets requests through that show what the route needs.
pub(super) async fn check(
    Extract((tokens, needed)): Extract<(Tokens, Scope)>,
    request: Request,
    next: Next,
) -> Response {
    match tokens.check(request.headers(), needed) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
