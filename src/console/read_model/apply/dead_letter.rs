//! The dead-letter topics: how much was refused and why, and which answers were.

use jiff::Timestamp;
use rusqlite::Transaction;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use yujing_core::source::Header;
use yujing_core::source::personal::masked_text;

use super::{ApplyError, Changed, TopicRecord};
use crate::instant::micros;
use crate::read_model::refusal::Refusal;

/// The publisher of answers given here.
pub const PUBLISHER: &str = "yujing-console";

/// Most refused records that are listed: the newest. Older ones stay counted.
pub const MOST_LISTED: i64 = 100_000;

/// The longest text that is kept of a record's envelope, in characters.
const LONGEST_TEXT: usize = 256;

/// What of a refused record's envelope can be read.
#[derive(Default)]
struct Envelope {
    publisher: Option<String>,
    operator_id: Option<String>,
    event_id: Option<String>,
}

/// Who sent a refused disposition.
#[derive(Deserialize)]
struct Refused {
    publisher: String,
    event_id: String,
}

/// Takes a record of the dead-letter topic of `input`.
///
/// # Errors
/// If the database fails.
pub fn apply<'a>(
    db: &Transaction<'_>,
    input: &str,
    record: TopicRecord<'a>,
    headers: &[Header],
) -> Result<Changed<'a>, ApplyError> {
    let header = |name: &str| text_of(headers, name);
    let code = header("yujing.error.code").unwrap_or("unknown");
    db.prepare_cached(
        "INSERT INTO dead_letter_count (topic, code, count, newest_at) VALUES (?1, ?2, 1, ?3)
         ON CONFLICT DO UPDATE SET count = count + 1, newest_at = max(newest_at, excluded.newest_at)",
    )?
    .execute((input, code, micros(record.at)))?;
    list(db, input, record, headers)?;
    let refused = record.value.and_then(|value| serde_json::from_slice::<Refused>(value).ok());
    let Some(refused) = refused.filter(|refused| refused.publisher == PUBLISHER) else { return Ok(Changed::Nothing) };
    let message = header("__connect.errors.exception.message").unwrap_or(code);
    // Only an answer that its warning does not permit has a reason.
    let refusal = match header("yujing.error.reason") {
        Some(reason) => Refusal::not_permitted(reason, header("yujing.error.got").unwrap_or(message)),
        None => Refusal { code: code.to_owned(), text: message.into() },
    };
    note_refused(db, &refused, &refusal, record.at)?;
    Ok(refused.event_id.parse::<Uuid>().map_or(Changed::Nothing, Changed::Answer))
}

/// The text of a header: what the engine added stands behind what the publisher sent.
fn text_of<'h>(headers: &'h [Header], name: &str) -> Option<&'h str> {
    let found = headers.iter().rev().find(|header| header.name == name)?;
    std::str::from_utf8(found.value.as_deref()?).ok()
}

/// Keeps where a record stands and why it was refused, and nothing of it but its envelope.
fn list(db: &Transaction<'_>, input: &str, record: TopicRecord<'_>, headers: &[Header]) -> Result<(), rusqlite::Error> {
    let header = |name: &str| text_of(headers, name);
    let code = header("yujing.error.code").unwrap_or("unknown");
    let envelope = Envelope::of(record.value.unwrap_or_default());
    let publisher = envelope.publisher.or_else(|| header("ce_source").map(shortened));
    db.prepare_cached(
        "INSERT INTO dead_letter (topic, partition, record_offset, refused_at, code, message, pointer, publisher,
           operator_id, event_id, cut)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING",
    )?
    .execute((
        input,
        record.partition,
        record.offset,
        micros(record.at),
        code,
        header("__connect.errors.exception.message").unwrap_or(code),
        header("yujing.error.pointer").unwrap_or_default(),
        publisher,
        envelope.operator_id,
        envelope.event_id,
        header("yujing.error.original_length").is_some(),
    ))?;
    db.prepare_cached("DELETE FROM dead_letter WHERE number <= (SELECT max(number) FROM dead_letter) - ?1")?
        .execute([MOST_LISTED])
        .map(|_| ())
}

impl Envelope {
    /// As far as the value is a document at all.
    fn of(value: &[u8]) -> Self {
        let Ok(Value::Object(document)) = serde_json::from_slice::<Value>(value) else { return Self::default() };
        let text = |name: &str| document.get(name).and_then(Value::as_str).map(shortened);
        Self { publisher: text("publisher"), operator_id: text("operator_id"), event_id: text("event_id") }
    }
}

/// A text as the list shows it.
fn shortened(text: &str) -> String {
    masked_text(text).chars().take(LONGEST_TEXT).collect()
}

fn note_refused(
    db: &Transaction<'_>,
    refused: &Refused,
    refusal: &Refusal,
    at: Timestamp,
) -> Result<(), rusqlite::Error> {
    let Refusal { code, text } = refusal;
    db.prepare_cached(
        "INSERT INTO decision (publisher, event_id, applied, code, text_zh, text_en, decided_at)
         VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
    )?
    .execute((&refused.publisher, &refused.event_id, code, &text.zh, &text.en, micros(at)))
    .map(|_| ())
}
