//! The dispositions topic: what was done about warnings, whether or not the engine takes it. Nothing personal is kept.

use jiff::Timestamp;
use rusqlite::Transaction;
use serde_json::{Map, Value};
use uuid::Uuid;
use yujing_core::source::personal::{MASK, masked_text, personal_traces};

use super::{ApplyError, Changed, TopicRecord};
use crate::instant::micros;

/// What is kept of an event; the rest may be personal.
const KEPT: [&str; 16] = [
    "event_id",
    "revision",
    "op",
    "occurred_at",
    "operator_id",
    "publisher",
    "warning_id",
    "action",
    "role",
    "post",
    "verdict",
    "measures",
    "findings",
    "extend_to",
    "transfer_to",
    "attachments",
];

/// What names the event, its operator or its warning; the other texts are masked where they point to a person.
const NAMES: [&str; 4] = ["event_id", "operator_id", "publisher", "warning_id"];

/// Where addresses and hashes stand.
const ATTACHMENTS: &str = "attachments";

/// Takes a record.
///
/// # Errors
/// If it is no disposition, or the database fails.
pub fn apply<'a>(db: &Transaction<'_>, record: TopicRecord<'a>) -> Result<Changed<'a>, ApplyError> {
    let value = record.value.ok_or_else(|| ApplyError::Unreadable("it has no value".to_owned()))?;
    let mut event: Map<String, Value> = serde_json::from_slice(value)?;
    event.retain(|name, _| KEPT.contains(&name.as_str()));
    for (name, value) in event.iter_mut().filter(|(name, _)| !NAMES.contains(&name.as_str())) {
        mask(value, name == ATTACHMENTS);
    }
    let text = |name: &str| {
        let found = event.get(name).and_then(Value::as_str);
        found.ok_or_else(|| ApplyError::Unreadable(format!("it has no `{name}`")))
    };
    let occurred_at: Timestamp =
        text("occurred_at")?.parse().map_err(|error: jiff::Error| ApplyError::Unreadable(error.to_string()))?;
    let warning: Option<Uuid> = event.get("warning_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let revision = event.get("revision").and_then(Value::as_i64).unwrap_or(1);
    let retracted = event.get("op").and_then(Value::as_str) == Some("retract");
    let whole = Value::Object(event.clone()).to_string();
    // A retraction names no warning; what the event was about before stays known.
    db.prepare_cached(
        "INSERT INTO disposition (operator_id, publisher, event_id, revision, retracted, occurred_at, warning_id, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET revision = excluded.revision, retracted = excluded.retracted,
           occurred_at = excluded.occurred_at, warning_id = coalesce(excluded.warning_id, warning_id),
           record = excluded.record
         WHERE excluded.revision > revision OR (excluded.revision = revision AND excluded.retracted)",
    )?
    .execute((
        text("operator_id")?,
        text("publisher")?,
        text("event_id")?,
        revision,
        retracted,
        micros(occurred_at),
        warning.map(|id| id.to_string()),
        whole,
    ))?;
    Ok(warning.map_or(Changed::Nothing, Changed::Warning))
}

/// Masks the texts in a value that point to a person. Digits in an address or a hash are no telephone's.
fn mask(value: &mut Value, has_addresses: bool) {
    match value {
        Value::String(text) if has_addresses && text.is_ascii() => {}
        Value::String(text) => *text = masked_text(text).to_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, has_addresses)),
        Value::Object(fields) => fields.values_mut().for_each(|field| mask(field, has_addresses)),
        // A telephone number may be sent as a number.
        Value::Number(number) if personal_traces(&number.to_string()).is_empty() => {}
        Value::Number(_) => *value = MASK.into(),
        Value::Null | Value::Bool(_) => {}
    }
}
