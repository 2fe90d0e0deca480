//! Refused records, as far as they are listed.

use jiff::Timestamp;
use rusqlite::Row;
use serde::Serialize;

use super::operators::bound;
use super::page::{Listed, Page};
use crate::error::ConsoleError;
use crate::instant::{from_micros, from_optional_micros, micros};
use crate::read_model::ReadModel;
use crate::read_model::scope::Condition;
use crate::store::retry::DeadLetterPlace;

/// A refused record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetterSummary {
    #[serde(flatten)]
    pub place: DeadLetterPlace,
    pub code: String,
    pub message: String,
    /// A JSON Pointer to what was wrong; empty for the whole document.
    pub pointer: String,
    pub publisher: Option<String>,
    pub operator_id: Option<String>,
    pub event_id: Option<String>,
    /// It was too large for its topic: what is there is only its beginning.
    pub cut: bool,
}

/// Which refused records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLetterFilter {
    pub topic: Option<String>,
    pub code: Option<String>,
    pub publisher: Option<String>,
    /// Only what was refused from then on.
    pub since: Option<Timestamp>,
}

/// How far back the list reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ListedDeadLetters {
    /// How many are listed, of all topics; older ones are only counted.
    pub listed: i64,
    /// When the oldest of them was refused.
    pub oldest_at: Option<Timestamp>,
}

impl ReadModel {
    /// How far back the list reaches.
    ///
    /// # Errors
    /// If the database fails.
    pub fn dead_letters_listed(&self) -> Result<ListedDeadLetters, ConsoleError> {
        self.read(|db| {
            db.query_row("SELECT count(*), min(refused_at) FROM dead_letter", [], |row| {
                Ok(ListedDeadLetters { listed: row.get(0)?, oldest_at: from_optional_micros(row.get(1)?)? })
            })
        })
    }

    /// How many records were refused from an instant on, by input topic and publisher.
    ///
    /// # Errors
    /// If the database fails.
    pub fn refused_since(&self, since: Timestamp) -> Result<Vec<(String, Option<String>, u64)>, ConsoleError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT topic, publisher, count(*) FROM dead_letter WHERE refused_at >= ?1 GROUP BY topic, publisher",
            )?;
            let rows = statement.query_map([micros(since)], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?.unsigned_abs()))
            })?;
            rows.collect()
        })
    }

    /// Where the refused records of a topic stand that have a code and are whole, the oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn whole_dead_letters(&self, topic: &str, code: &str) -> Result<Vec<DeadLetterPlace>, ConsoleError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM dead_letter WHERE topic = ?1 AND code = ?2 AND NOT cut ORDER BY number"
            ))?;
            let found = statement.query_map((topic, code), |row| Ok(summary(row)?.place))?;
            found.collect()
        })
    }

    /// Refused records, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn listed_dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: Page,
    ) -> Result<Listed<DeadLetterSummary>, ConsoleError> {
        let condition = filter.condition();
        self.read(|db| {
            page.part(db, "FROM dead_letter", &condition, |limit| {
                let mut statement = db.prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM dead_letter WHERE {} ORDER BY number DESC {limit}",
                    condition.sql
                ))?;
                statement.query_map(bound(&condition.values), summary)?.collect()
            })
        })
    }

    /// The refused record at an offset of an input topic's dead letters.
    ///
    /// # Errors
    /// If the database fails.
    pub fn dead_letter(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> Result<Option<DeadLetterSummary>, ConsoleError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM dead_letter WHERE topic = ?1 AND partition = ?2 AND record_offset = ?3"
            ))?;
            let mut found = statement.query_map((topic, partition, offset), summary)?;
            found.next().transpose()
        })
    }
}

impl DeadLetterFilter {
    fn condition(&self) -> Condition {
        let mut condition = Condition::all();
        condition.and_equals("topic", self.topic.clone());
        condition.and_equals("code", self.code.clone());
        condition.and_equals("publisher", self.publisher.clone());
        if let Some(since) = self.since {
            condition.and(Condition { sql: "refused_at >= ?".to_owned(), values: vec![micros(since).into()] });
        }
        condition
    }
}

const COLUMNS: &str =
    "topic, partition, record_offset, refused_at, code, message, pointer, publisher, operator_id, event_id, cut";

fn summary(row: &Row<'_>) -> Result<DeadLetterSummary, rusqlite::Error> {
    let place = DeadLetterPlace {
        topic: row.get(0)?,
        partition: row.get(1)?,
        offset: row.get(2)?,
        at: from_micros(row.get(3)?)?,
    };
    Ok(DeadLetterSummary {
        place,
        code: row.get(4)?,
        message: row.get(5)?,
        pointer: row.get(6)?,
        publisher: row.get(7)?,
        operator_id: row.get(8)?,
        event_id: row.get(9)?,
        cut: row.get(10)?,
    })
}
