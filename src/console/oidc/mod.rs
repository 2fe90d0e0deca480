//! The office's identity provider (OpenID Connect): people log in there, by the authorization code flow with PKCE, and come
//! back with a code that is exchanged for who they are.
//!
//! - here: the provider, what it says of itself, the exchange
//! - [`attempt`]: logins that are under way; [`claims`]: from what it says of somebody to an account
//! - `http_client`: requests to it
//! - [`error`]: why nobody was let in

pub mod attempt;
pub mod claims;
pub mod error;
mod http_client;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreResponseType, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, IdTokenVerifier, IssuerUrl,
    LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, Scope, SignatureVerificationError, StandardErrorResponse,
    StandardTokenResponse, TokenResponse as _,
};
use serde_json::Value;
use tokio::sync::Semaphore;
use yujing_config::oidc::{LocalLogin, Oidc};
use yujing_config::property::resolve;

use self::attempt::{Attempt, Attempts};
use self::claims::{AllClaims, Mapping};
use self::error::OidcError;
use self::http_client::ProviderClient;
use crate::access::Role;
use crate::error::ConsoleError;
use crate::store::account::Account;
use crate::store::provider::Person;

/// How long what the provider says of itself is taken as it is: a key that it takes back is trusted no longer.
const KEPT: Duration = Duration::from_hours(1);
/// How many people are brought in at once: each waits for the provider, which may be slow, on a thread that others need.
const AT_ONCE: usize = 8;
/// Where the provider sends people back to, below the console's address.
pub const CALLBACK: &str = "/api/console/v1/login/provider/callback";

/// Signatures that only the provider can make: none by the client's own secret, and none at all is no signature.
const SIGNATURES: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Metadata = Arc<ProviderMetadataWithLogout>;
type Tokens = StandardTokenResponse<
    IdTokenFields<
        AllClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type ConsoleClient = Client<
    AllClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider, as the console sees it.
#[derive(Debug)]
pub struct IdentityProvider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    scopes: Vec<Scope>,
    callback: RedirectUrl,
    home: PostLogoutRedirectUrl,
    mapping: Mapping,
    local_login: LocalLogin,
    http: ProviderClient,
    found: Mutex<Option<(Metadata, Instant)>>,
    pub attempts: Attempts,
    /// Room for requests that wait for it.
    pub room: Arc<Semaphore>,
}

impl IdentityProvider {
    /// The provider of a configuration, if it names one. Asks it nothing yet: it may be away.
    ///
    /// # Errors
    /// If its secret cannot be read, or a group has a role that there is not.
    pub fn of(config: &Oidc, public_url: &str) -> Result<Option<Self>, ConsoleError> {
        if !config.is_configured() {
            return Ok(None);
        }
        let refused = |key, reason: String| ConsoleError::Oidc { key, reason };
        let issuer = IssuerUrl::new(config.issuer.clone()).map_err(|error| refused("issuer", error.to_string()))?;
        let client_secret = match config.client_secret.as_str() {
            "" => None,
            place => Some(resolve(place).map_err(|reason| refused("client_secret", reason.en))?),
        };
        let address = public_url.trim_end_matches('/');
        let callback = RedirectUrl::new(format!("{address}{CALLBACK}"));
        let home = PostLogoutRedirectUrl::new(format!("{address}/"));
        let (Ok(callback), Ok(home)) = (callback, home) else {
            return Err(refused(
                "issuer",
                format!("nobody can come back from it to `console.public_url`, {public_url}"),
            ));
        };
        Ok(Some(Self {
            issuer,
            client_id: ClientId::new(config.client_id.clone()),
            client_secret: client_secret.map(ClientSecret::new),
            scopes: config.scopes.iter().cloned().map(Scope::new).collect(),
            callback,
            home,
            mapping: Mapping::of(config).map_err(|reason| refused("groups", reason))?,
            local_login: config.local_login,
            http: ProviderClient::new(),
            found: Mutex::default(),
            attempts: Attempts::default(),
            room: Arc::new(Semaphore::new(AT_ONCE)),
        }))
    }

    /// Whether an account may log in with a password of the console's own.
    pub fn permits_password(&self, account: &Account) -> bool {
        match self.local_login {
            LocalLogin::Everybody => true,
            LocalLogin::Administrators => account.access.roles.contains(&Role::Administrator),
        }
    }

    /// Who may log in with a password.
    pub fn local_login(&self) -> LocalLogin {
        self.local_login
    }

    /// Where somebody logs in, and what has to come back from there. Blocks.
    ///
    /// # Errors
    /// If the provider does not answer.
    pub fn begin(&self) -> Result<(String, Attempt), OidcError> {
        let client = self.client(&self.metadata()?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let (address, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(self.scopes.iter().cloned())
            .set_pkce_challenge(challenge)
            .url();
        Ok((address.into(), Attempt { state: state.into_secret(), nonce, verifier }))
    }

    /// Who came back with a code. Blocks.
    ///
    /// # Errors
    /// If the provider does not answer, does not take the code, or what it says of somebody does not verify.
    pub fn person(&self, code: String, attempt: Attempt) -> Result<Person, OidcError> {
        let metadata = self.metadata()?;
        let client = self.client(&metadata);
        let Attempt { nonce, verifier, .. } = attempt;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OidcError::Unusable(error.to_string()))?
            .set_pkce_verifier(verifier)
            .request(&self.http)
            .map_err(|error| OidcError::of_exchange(&error))?;
        let id_token = tokens.id_token().ok_or_else(|| OidcError::Unusable("it gave no ID token".to_owned()))?;
        let claims = match id_token.claims(&self.verifier(&metadata), &nonce) {
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                // It has other keys than before.
                id_token.claims(&self.verifier(&self.renewed()?), &nonce)
            }
            known => known,
        }
        .map_err(|error| OidcError::of_verification(&error))?;
        let mut all = as_json(claims)?;
        if !self.mapping.is_complete(&all) && metadata.userinfo_endpoint().is_some() {
            let asked = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone()));
            let asked = asked.map_err(|error| OidcError::Unusable(error.to_string()))?;
            let info = asked.request::<AllClaims, CoreGenderClaim, _>(&self.http);
            let further = as_json(&info.map_err(|error| OidcError::of_user_info(&error))?)?;
            if let (Value::Object(all), Value::Object(further)) = (&mut all, further) {
                // What was signed counts where both say something.
                for (name, value) in further {
                    all.entry(name).or_insert(value);
                }
            }
        }
        self.mapping.person(self.issuer.as_str(), claims.subject().as_str(), &all)
    }

    /// Whether an answer names this provider as the one that it comes from, or none (RFC 9207).
    pub fn is_issuer(&self, named: Option<&str>) -> bool {
        named.is_none_or(|named| named == self.issuer.as_str())
    }

    /// Where its own session of somebody is ended, if it offers that. Blocks.
    pub fn logout_address(&self) -> Option<String> {
        let endpoint = self.metadata().ok()?.additional_metadata().end_session_endpoint.clone()?;
        let request = LogoutRequest::from(endpoint)
            .set_client_id(self.client_id.clone())
            .set_post_logout_redirect_uri(self.home.clone());
        Some(request.http_get_url().into())
    }

    fn client(&self, metadata: &Metadata) -> ConsoleClient {
        let metadata = ProviderMetadataWithLogout::clone(metadata);
        ConsoleClient::from_provider_metadata(metadata, self.client_id.clone(), self.client_secret.clone())
            .set_redirect_uri(self.callback.clone())
    }

    fn verifier(&self, metadata: &Metadata) -> IdTokenVerifier<'static, CoreJsonWebKey> {
        let (id, issuer, keys) = (self.client_id.clone(), self.issuer.clone(), metadata.jwks().clone());
        IdTokenVerifier::new_public_client(id, issuer, keys).set_allowed_algs(SIGNATURES)
    }

    /// What the provider says of itself, with its keys.
    fn metadata(&self) -> Result<Metadata, OidcError> {
        let known = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some((metadata, since)) if since.elapsed() < KEPT => Ok(metadata),
            _ => self.renewed(),
        }
    }

    /// The same, asked for anew.
    fn renewed(&self) -> Result<Metadata, OidcError> {
        let found = ProviderMetadataWithLogout::discover(&self.issuer, &self.http)
            .map_err(|error| OidcError::of_discovery(&error))?;
        let found = Arc::new(found);
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some((Arc::clone(&found), Instant::now()));
        Ok(found)
    }
}

fn as_json(claims: &impl serde::Serialize) -> Result<Value, OidcError> {
    serde_json::to_value(claims).map_err(|error| OidcError::Unusable(error.to_string()))
}
