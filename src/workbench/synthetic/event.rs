//! One document of one source, with the instant at which it arrives.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::PUBLISHER;

/// A document that is to be published.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedEvent {
    /// When it is published.
    pub at: Timestamp,
    /// The name of its source.
    pub source: &'static str,
    pub operator_id: String,
    pub document: Map<String, Value>,
}

impl PlannedEvent {
    /// An event that happened `delay` before it arrives, with the payload's fields behind the envelope.
    pub fn event(
        source: &'static str,
        event_id: String,
        operator_id: &str,
        at: Timestamp,
        delay: SignedDuration,
        payload: Value,
    ) -> Self {
        let mut document = Map::new();
        document.insert("event_id".to_owned(), event_id.into());
        document.insert("operator_id".to_owned(), operator_id.into());
        document.insert("publisher".to_owned(), PUBLISHER.into());
        document.insert("occurred_at".to_owned(), at.saturating_sub(delay).unwrap_or(at).to_string().into());
        document.insert("reported_at".to_owned(), at.to_string().into());
        if let Value::Object(payload) = payload {
            document.extend(payload);
        }
        Self { at, source, operator_id: operator_id.to_owned(), document }
    }
}
