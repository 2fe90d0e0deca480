//! Asking the running engine over HTTP.

use std::time::Duration;

use clap::Args;
use serde::de::DeserializeOwned;
use serde_json::Value;
use yujing_config::{Config, property};

use super::{Failure, Language};

/// The engine answers within seconds or not at all.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(15);

/// Where the running engine is.
#[derive(Debug, Clone, Args)]
pub struct ServerArgument {
    /// Where the engine's HTTP endpoints are [default: http:// and server.listen of the configuration]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The bearer token that it asks for beyond loopback: file:PATH, env:NAME, or the token
    #[arg(long, value_name = "TOKEN", env = "YUJING_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// How to ask the running engine, and to show its answer.
#[derive(Debug, Args)]
pub struct RequestOptions {
    #[command(flatten)]
    pub server: ServerArgument,
    /// The answer as one JSON document
    #[arg(long)]
    pub json: bool,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    pub lang: Language,
}

impl ServerArgument {
    /// # Errors
    /// If the token cannot be read.
    pub fn client(&self, config: &Config) -> Result<Client, Failure> {
        let token = self.token.as_deref().map(property::resolve).transpose();
        let token = token.map_err(|reason| Failure::user(format!("the token {}", reason.en)))?;
        let server = self.server.clone().unwrap_or_else(|| format!("http://{}", config.server.listen));
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(RESPONSE_TIMEOUT))
            .http_status_as_error(false)
            .build()
            .into();
        let authorization = token.map(|token| format!("Bearer {token}"));
        Ok(Client { server: server.trim_end_matches('/').to_owned(), authorization, agent })
    }
}

/// A running engine.
#[derive(Debug)]
pub struct Client {
    server: String,
    /// The value of `Authorization`.
    authorization: Option<String>,
    agent: ureq::Agent,
}

impl Client {
    /// The answer at a path.
    ///
    /// # Errors
    /// If the engine cannot be reached, or refuses: then with its reason.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.parse_response(self.authorized(self.agent.get(format!("{}{path}", self.server))).call())
    }

    /// The answer at a path that is no JSON.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn text(&self, path: &str) -> Result<String, Failure> {
        let mut response = self
            .authorized(self.agent.get(format!("{}{path}", self.server)))
            .call()
            .map_err(|error| self.unreachable(&error))?;
        let (server, status) = (&self.server, response.status());
        let text = response.body_mut().read_to_string();
        match text {
            Ok(text) if status.is_success() => Ok(text),
            Ok(_) => Err(Failure::external(format!("{server} answered {status}"))),
            Err(error) => Err(Failure::external(format!("{server} answered {status}, but not in text ({error})"))),
        }
    }

    fn authorized<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let server = &self.server;
        Failure::external(format!(
            "{server} does not answer ({error}): is `yujing run` running, and is --server right?"
        ))
    }

    /// The answer to a request with a body.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        self.parse_response(self.authorized(self.agent.post(format!("{}{path}", self.server))).send_json(body))
    }

    fn parse_response<T: DeserializeOwned>(
        &self,
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<T, Failure> {
        let server = &self.server;
        let mut response = response.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let body: Value = response
            .body_mut()
            .read_json()
            .map_err(|error| Failure::external(format!("{server} answered {status}, but not in JSON ({error})")))?;
        if !status.is_success() {
            let detail = body.get("detail").and_then(Value::as_str).unwrap_or("no reason given");
            return Err(Failure::external(format!("{server} answered {status}: {detail}")));
        }
        serde_json::from_value(body).map_err(|error| {
            Failure::external(format!("the answer of {server} is not understood ({error}): is it the same version?"))
        })
    }
}
