//! The engine's own API: explanations, and whether it is ready. It may be away; nothing here waits for it long.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::status::EngineState;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(6);
/// The longest answer, in bytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Where the engine is.
#[derive(Debug, Clone)]
pub struct Engine {
    url: String,
    agent: ureq::Agent,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineAnswer {
    Explanation(Map<String, Value>),
    /// The engine does not know the operator.
    Unknown,
    /// Why it gave no answer.
    Away(String),
}

impl Engine {
    /// The engine at an address such as `http://127.0.0.1:9464`.
    pub fn new(url: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .into();
        Self { url: url.trim_end_matches('/').to_owned(), agent }
    }

    /// Why an operator has its score, by the engine itself. Blocks.
    pub fn explain(&self, operator_id: &str) -> EngineAnswer {
        let path = format!("{}/api/v1/operators/{}/explain", self.url, path_segment(operator_id));
        let mut response = match self.agent.get(path).call() {
            Ok(response) => response,
            Err(error) => return EngineAnswer::Away(error.to_string()),
        };
        match response.status().as_u16() {
            200 => match response.body_mut().with_config().limit(MOST_BYTES).read_json() {
                Ok(Value::Object(explanation)) => EngineAnswer::Explanation(explanation),
                Ok(_) => EngineAnswer::Away("it answered something else".to_owned()),
                Err(error) => EngineAnswer::Away(error.to_string()),
            },
            404 => EngineAnswer::Unknown,
            status => EngineAnswer::Away(format!("it answered {status}")),
        }
    }

    /// Whether it is ready. Blocks.
    pub fn state(&self) -> EngineState {
        match self.agent.get(format!("{}/readyz", self.url)).call() {
            Ok(response) if response.status().is_success() => EngineState::Ready,
            Ok(_) => EngineState::NotReady,
            Err(_) => EngineState::Away,
        }
    }
}

/// A text as one segment of a path.
fn path_segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
