//! The running engine is asked over HTTP.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use crate::cli::Failure;

/// The engine answers within seconds or not at all.
const PATIENCE: Duration = Duration::from_secs(15);

/// The explanation of an operator by the engine at `server`.
pub(super) fn ask(server: &str, operator: &str) -> Result<Value, Failure> {
    let url = format!("{server}/api/v1/operators/{}/explain", escaped(operator));
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).build().into();
    let mut response = agent.get(url).call().map_err(|error| {
        Failure::other(format!("{server} does not answer ({error}): is `yujing run` running, and is --server right?"))
    })?;
    let status = response.status();
    let body: Value = response
        .body_mut()
        .read_json()
        .map_err(|error| Failure::other(format!("{server} answered {status}, but not in JSON ({error})")))?;
    if status.is_success() {
        return Ok(body);
    }
    let detail = body.get("detail").and_then(Value::as_str).unwrap_or("no reason given");
    Err(Failure::other(format!("{server} answered {status}: {detail}")))
}

/// The operator's number as one segment of a path: everything but letters, digits and `-._~` in percents.
fn escaped(operator: &str) -> String {
    operator.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("invariant: a String takes all writes");
        }
        out
    })
}
