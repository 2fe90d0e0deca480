//! The dead-letter topics: how much was refused and why, and which answers were.

use jiff::Timestamp;
use rusqlite::Transaction;
use serde::Deserialize;
use uuid::Uuid;
use yujing_core::source::Header;

use super::{ApplyError, Changed, TopicRecord};
use crate::instant::micros;
use crate::read_model::refusal::Refusal;

/// The publisher of answers given here.
pub const PUBLISHER: &str = "yujing-console";

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
    let header = |name: &str| {
        let found = headers.iter().find(|header| header.name == name)?;
        std::str::from_utf8(found.value.as_deref()?).ok()
    };
    let code = header("yujing.error.code").unwrap_or("unknown");
    db.prepare_cached(
        "INSERT INTO dead_letter_count (topic, code, count, newest_at) VALUES (?1, ?2, 1, ?3)
         ON CONFLICT DO UPDATE SET count = count + 1, newest_at = max(newest_at, excluded.newest_at)",
    )?
    .execute((input, code, micros(record.at)))?;
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
