//! The running engine is asked over HTTP.

use std::fmt::Write as _;

use serde_json::Value;

use crate::Failure;
use crate::client::Client;

/// The explanation of an operator by the engine.
pub(super) fn ask(engine: &Client, operator: &str) -> Result<Value, Failure> {
    engine.get(&format!("/api/v1/operators/{}/explain", escaped(operator)))
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
