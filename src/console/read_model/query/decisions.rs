//! What was done about warnings, and what the engine made of it.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{bilingual, record};
use crate::error::ConsoleError;
use crate::instant::{from_micros, from_optional_micros};
use crate::read_model::ReadModel;
use crate::read_model::apply::dead_letter::PUBLISHER;
use crate::read_model::refusal::Refusal;

/// What the engine made of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub at: Timestamp,
    /// None: it was applied.
    pub refusal: Option<Refusal>,
}

/// How often records were refused for a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetterCount {
    pub topic: String,
    pub code: String,
    pub count: i64,
    pub newest_at: Option<Timestamp>,
}

impl ReadModel {
    /// What the engine made of an answer given here; none: it has not said yet.
    ///
    /// # Errors
    /// If the database fails.
    pub fn decision(&self, answer: Uuid) -> Result<Option<Decision>, ConsoleError> {
        self.read(|db| {
            db.query_row(
                "SELECT applied, code, text_zh, text_en, decided_at FROM decision WHERE publisher = ?1 AND event_id = ?2",
                (PUBLISHER, answer.to_string()),
                |row| {
                    let code: Option<String> = row.get(1)?;
                    let text = bilingual(row.get(2)?, row.get(3)?);
                    let refusal = (!row.get::<_, bool>(0)?)
                        .then(|| Refusal { code: code.unwrap_or_default(), text });
                    Ok(Decision { at: from_micros(row.get(4)?)?, refusal })
                },
            )
            .optional()
        })
    }

    /// The events of the dispositions topic about a warning, the oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn dispositions(&self, warning: Uuid) -> Result<Vec<Map<String, Value>>, ConsoleError> {
        self.read(|db| {
            let mut statement = db.prepare(
                "SELECT record, retracted FROM disposition WHERE warning_id = ?1 ORDER BY occurred_at, event_id LIMIT 500",
            )?;
            let rows = statement.query_map([warning.to_string()], |row| {
                let mut event = record(&row.get::<_, String>(0)?)?;
                event.insert("retracted".to_owned(), row.get::<_, bool>(1)?.into());
                Ok(event)
            })?;
            rows.collect()
        })
    }

    /// How often records were refused, by topic and code.
    ///
    /// # Errors
    /// If the database fails.
    pub fn dead_letters(&self) -> Result<Vec<DeadLetterCount>, ConsoleError> {
        self.read(|db| {
            let mut statement =
                db.prepare("SELECT topic, code, count, newest_at FROM dead_letter_count ORDER BY topic, code")?;
            let rows = statement.query_map([], |row| {
                Ok(DeadLetterCount {
                    topic: row.get(0)?,
                    code: row.get(1)?,
                    count: row.get(2)?,
                    newest_at: from_optional_micros(row.get(3)?)?,
                })
            })?;
            rows.collect()
        })
    }
}

impl ReadModel {
    /// When a warning ended, if it did.
    ///
    /// # Errors
    /// If the database fails.
    pub fn ended_at(&self, id: Uuid) -> Result<Option<Timestamp>, ConsoleError> {
        self.read(|db| {
            let found = db.query_row("SELECT ended_at FROM warning WHERE warning_id = ?1", [id.to_string()], |row| {
                from_optional_micros(row.get(0)?)
            });
            found.optional().map(Option::flatten)
        })
    }

    /// Whether people did something about a warning after one of its events.
    ///
    /// # Errors
    /// If the database fails.
    pub fn was_handled_since(&self, id: Uuid, sequence: i64) -> Result<bool, ConsoleError> {
        self.read(|db| {
            db.query_row(
                "SELECT EXISTS (SELECT 1 FROM warning_event WHERE warning_id = ?1 AND sequence > ?2
                   AND json_extract(record, '$.step') = 'handled')",
                (id.to_string(), sequence),
                |row| row.get(0),
            )
        })
    }
}
