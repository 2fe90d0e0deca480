//! The engine's own API: explanations, events of operators, its inputs, rulesets, and whether it is ready. It may be away; nothing
//! here waits for it long.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;
use ureq::typestate::WithoutBody;
use yujing_core::ruleset::{Files, Publication};
use yujing_live::reload::{ReloadAttempt, ReloadStage};
use yujing_live::report::EngineReport;

use crate::status::EngineState;
use crate::trust;

/// What the log says where the engine wants another token.
pub const TOKEN_REFUSED: &str = "it does not take the token of `console.engine_token`: it has to be one of its \
                                 `server.read_tokens`, or of `server.reload_tokens` where analysts change rules";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(6);
/// Between two looks at an attempt.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// How long looks at an attempt may fail in a row: a busy engine answers the next one.
const SILENCE: Duration = Duration::from_secs(30);
/// The longest answer, in bytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Where the engine is.
#[derive(Debug, Clone)]
pub struct Engine {
    url: String,
    /// The value of `Authorization`.
    authorization: Option<String>,
    agent: ureq::Agent,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineAnswer<T> {
    Found(T),
    /// The engine does not know the operator.
    Unknown,
    /// It does not take the console's token.
    TokenRefused,
    /// Why it gave no answer.
    Away(String),
}

/// What the engine says of the ruleset in force.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RulesetInForce {
    pub hash: String,
    pub publication: Publication,
    /// Whether the rules folder holds something else.
    pub folder_differs: bool,
    pub operators_not_judged_yet: usize,
    pub last_attempt: Option<ReloadAttempt>,
}

/// An event of an operator, as the engine has it in memory.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct EngineEvent {
    pub source: String,
    pub publisher: String,
    pub event_id: String,
    pub occurred_at: Timestamp,
    pub content: Map<String, Value>,
}

/// A feature of the ruleset in force, as far as pages name it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FeatureTitle {
    pub name: String,
    pub zh: String,
    pub en: String,
}

#[derive(Deserialize)]
struct Catalogue {
    features: Vec<FeatureTitle>,
}

#[derive(Deserialize)]
struct EngineEvents {
    events: Vec<EngineEvent>,
}

impl Engine {
    /// The engine at an address such as `http://127.0.0.1:9464`, and the token that it asks for.
    pub fn new(url: &str, token: Option<&str>) -> Self {
        let agent = ureq::Agent::config_builder()
            .tls_config(trust::of_this_machine())
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .into();
        let authorization = token.map(|token| format!("Bearer {token}"));
        Self { url: url.trim_end_matches('/').to_owned(), authorization, agent }
    }

    fn get(&self, path: &str) -> ureq::RequestBuilder<WithoutBody> {
        self.authorized(self.agent.get(format!("{}{path}", self.url)))
    }

    fn authorized<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    /// Why an operator has its score, by the engine itself. Blocks.
    pub fn explain(&self, operator_id: &str) -> EngineAnswer<Map<String, Value>> {
        self.ask(&format!("/api/v1/operators/{}/explain", encoded(operator_id)))
    }

    /// What the features of the ruleset in force are called; none while the engine does not say. Blocks.
    pub fn feature_titles(&self) -> Vec<FeatureTitle> {
        match self.ask("/api/v1/features") {
            EngineAnswer::Found(Catalogue { features }) => features,
            EngineAnswer::Unknown | EngineAnswer::TokenRefused | EngineAnswer::Away(_) => Vec::new(),
        }
    }

    /// The newest events of an operator, of one source if that is named, none later than an instant. Blocks.
    pub fn events(
        &self,
        operator_id: &str,
        source: Option<&str>,
        until: Timestamp,
        limit: usize,
    ) -> EngineAnswer<Vec<EngineEvent>> {
        let of_source = source.map(|source| format!("&source={}", encoded(source))).unwrap_or_default();
        let path = format!("/api/v1/operators/{}/events?until={until}&limit={limit}{of_source}", encoded(operator_id));
        match self.ask(&path) {
            EngineAnswer::Found(EngineEvents { events }) => EngineAnswer::Found(events),
            EngineAnswer::Unknown => EngineAnswer::Unknown,
            EngineAnswer::TokenRefused => EngineAnswer::TokenRefused,
            EngineAnswer::Away(reason) => EngineAnswer::Away(reason),
        }
    }

    /// How it and its inputs are. Blocks.
    pub fn report(&self) -> EngineAnswer<EngineReport> {
        self.ask("/api/v1/status")
    }

    fn ask<T: DeserializeOwned>(&self, path: &str) -> EngineAnswer<T> {
        let mut response = match self.get(path).call() {
            Ok(response) => response,
            Err(error) => return EngineAnswer::Away(error.to_string()),
        };
        match response.status().as_u16() {
            200 => match response.body_mut().with_config().limit(MOST_BYTES).read_json() {
                Ok(answer) => EngineAnswer::Found(answer),
                Err(error) => EngineAnswer::Away(error.to_string()),
            },
            404 => EngineAnswer::Unknown,
            401 | 403 => EngineAnswer::TokenRefused,
            status => EngineAnswer::Away(unexpected(status)),
        }
    }

    /// What is in force, and what became of the last attempt at another ruleset. Blocks.
    ///
    /// # Errors
    /// Why it gave no answer.
    pub fn ruleset(&self) -> Result<RulesetInForce, String> {
        let mut response = self.get("/api/v1/ruleset").call().map_err(|error| error.to_string())?;
        match response.status().as_u16() {
            200 => response.body_mut().with_config().limit(MOST_BYTES).read_json().map_err(|error| error.to_string()),
            status => Err(unexpected(status)),
        }
    }

    /// Every candidate, and how it does. Blocks.
    ///
    /// # Errors
    /// Why it gave no answer.
    pub fn shadows(&self) -> Result<Value, String> {
        let mut response = self.get("/api/v1/shadows").call().map_err(|error| error.to_string())?;
        match response.status().as_u16() {
            200 => response.body_mut().with_config().limit(MOST_BYTES).read_json().map_err(|error| error.to_string()),
            status => Err(unexpected(status)),
        }
    }

    /// Has it take the rules folder: the attempt that begins. Blocks.
    ///
    /// # Errors
    /// Why it gave no answer.
    pub fn reload(&self) -> Result<ReloadAttempt, String> {
        let request = self.authorized(self.agent.post(format!("{}/api/v1/ruleset/reload", self.url)));
        begun(request.send_json(serde_json::json!({ "dry_run": false })))
    }

    /// Asks what a ruleset would do that stands nowhere yet: the attempt that begins. Blocks.
    ///
    /// # Errors
    /// Why it gave no answer.
    pub fn project(&self, files: &Files) -> Result<ReloadAttempt, String> {
        let request = self.authorized(self.agent.post(format!("{}/api/v1/ruleset/project", self.url)));
        begun(request.send_json(serde_json::json!({ "files": files })))
    }

    /// An attempt at its end, which may take so long. Blocks.
    ///
    /// # Errors
    /// Why it gave no answer for a while; that it takes longer, or the program is stopping.
    pub fn ended(
        &self,
        mut attempt: ReloadAttempt,
        longest: Duration,
        stop: &CancellationToken,
    ) -> Result<ReloadAttempt, String> {
        let began = Instant::now();
        let mut answered = began;
        while attempt.stage != ReloadStage::Ended {
            if stop.is_cancelled() {
                return Err("the program is stopping".to_owned());
            }
            if began.elapsed() > longest {
                return Err(format!("it takes longer than {longest:?}"));
            }
            std::thread::sleep(POLL_INTERVAL);
            match self.attempt(attempt.number) {
                Ok(now) => (attempt, answered) = (now, Instant::now()),
                Err(reason) if answered.elapsed() > SILENCE => return Err(reason),
                Err(_) => {}
            }
        }
        Ok(attempt)
    }

    /// How an attempt goes. Blocks.
    ///
    /// # Errors
    /// Why it gave no answer; it remembers the last attempts since its start.
    pub fn attempt(&self, number: u64) -> Result<ReloadAttempt, String> {
        let mut response =
            self.get(&format!("/api/v1/ruleset/attempts/{number}")).call().map_err(|error| error.to_string())?;
        match response.status().as_u16() {
            200 => response.body_mut().with_config().limit(MOST_BYTES).read_json().map_err(|error| error.to_string()),
            status => Err(unexpected(status)),
        }
    }

    /// Whether it is ready, and takes the console's token. Blocks.
    pub fn state(&self) -> EngineState {
        match self.get("/readyz").call() {
            Ok(response) if response.status().is_success() => {}
            Ok(_) => return EngineState::NotReady,
            Err(_) => return EngineState::Away,
        }
        match self.get("/api/v1/version").call() {
            Ok(response) if is_refused(response.status().as_u16()) => EngineState::TokenRefused,
            Ok(_) => EngineState::Ready,
            Err(_) => EngineState::Away,
        }
    }
}

/// The attempt that a request began.
fn begun(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<ReloadAttempt, String> {
    let mut response = answer.map_err(|error| error.to_string())?;
    match response.status().as_u16() {
        202 => response.body_mut().read_json().map_err(|error| error.to_string()),
        status => Err(unexpected(status)),
    }
}

/// Whether an answer is about the token.
fn is_refused(status: u16) -> bool {
    matches!(status, 401 | 403)
}

/// What an answer means that should not come.
fn unexpected(status: u16) -> String {
    if is_refused(status) { TOKEN_REFUSED.to_owned() } else { format!("it answered {status}") }
}

/// A text as one segment of a path, or one value of a query.
fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
