//! Refused records that are sent to their topics again. Each is kept before it is sent, and one is kept once, however often
//! it is asked for; where its topic ended before the first try is kept too, so that after a kill it can be told whether it
//! was sent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row};
use serde::Serialize;

use super::{Store, from_json, to_json};
use crate::error::ConsoleError;
use crate::instant::{from_micros, from_optional_micros, micros};

/// A refused record, by where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DeadLetterPlace {
    /// The input topic that it came from.
    pub topic: String,
    /// Of the topic of dead letters.
    pub partition: i32,
    /// There.
    pub offset: i64,
    /// When it was refused.
    pub at: Timestamp,
}

/// How far a record is on its way again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RetryState {
    Waiting,
    Sent,
    /// Kafka had deleted it before it could be sent.
    Gone,
}

/// A record on its way again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retry {
    pub state: RetryState,
    /// Name of the account that asked for it.
    pub account: String,
    pub asked_at: Timestamp,
    pub sent_at: Option<Timestamp>,
}

/// A record that is to be sent next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRetry {
    pub number: i64,
    pub place: DeadLetterPlace,
    /// Where each partition of its topic ended before the first try; none: it was never tried.
    pub ends: Option<BTreeMap<i32, i64>>,
}

/// What came of asking for records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AskedRetries {
    /// How many were not asked for before.
    pub new: usize,
    /// How many of the others were not either, beyond what one request may ask for.
    pub left: usize,
}

impl Store {
    /// Keeps records that are to be sent again, the first `most` of those that are not kept already.
    ///
    /// # Errors
    /// If the database fails.
    pub fn ask_retries(
        &self,
        places: &[DeadLetterPlace],
        most: usize,
        account: &str,
        now: Timestamp,
    ) -> Result<AskedRetries, ConsoleError> {
        self.database.write(|db| {
            let mut keep = db.prepare_cached(
                "INSERT INTO retry (topic, partition, record_offset, refused_at, account, asked_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            )?;
            let mut is_kept = db.prepare_cached(
                "SELECT 1 FROM retry WHERE topic = ?1 AND partition = ?2 AND record_offset = ?3 AND refused_at = ?4",
            )?;
            let mut asked = AskedRetries::default();
            for DeadLetterPlace { topic, partition, offset, at } in places {
                if asked.new < most {
                    asked.new += keep.execute((topic, partition, offset, micros(*at), account, micros(now)))?;
                } else {
                    asked.left += usize::from(!is_kept.exists((topic, partition, offset, micros(*at)))?);
                }
            }
            Ok(asked)
        })
    }

    /// How far a record is on its way again, if somebody asked for it.
    ///
    /// # Errors
    /// If the database fails.
    pub fn retry(&self, place: &DeadLetterPlace) -> Result<Option<Retry>, ConsoleError> {
        self.database.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT account, asked_at, sent_at, gone FROM retry
                 WHERE topic = ?1 AND partition = ?2 AND record_offset = ?3 AND refused_at = ?4",
            )?;
            let key = (&place.topic, place.partition, place.offset, micros(place.at));
            statement.query_row(key, retry).optional()
        })
    }

    /// The record that is to be sent next.
    ///
    /// # Errors
    /// If the database fails.
    pub fn next_retry(&self) -> Result<Option<WaitingRetry>, ConsoleError> {
        self.database.read(|db| {
            let next = "SELECT number, topic, partition, record_offset, refused_at, ends FROM retry
                        WHERE sent_at IS NULL AND NOT gone ORDER BY number LIMIT 1";
            db.query_row(next, [], waiting).optional()
        })
    }

    /// Notes where the partitions of its topic end, before a record is tried for the first time.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note_retry_begun(&self, number: i64, ends: &BTreeMap<i32, i64>) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            let begun = "UPDATE retry SET ends = ?2 WHERE number = ?1 AND ends IS NULL";
            db.execute(begun, (number, to_json(ends)?)).map(|_| ())
        })
    }

    /// Notes that a record was sent.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note_retry_sent(&self, number: i64, now: Timestamp) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute("UPDATE retry SET sent_at = ?2 WHERE number = ?1", (number, micros(now))).map(|_| ())
        })
    }

    /// Notes that Kafka has a record no longer.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note_retry_gone(&self, number: i64) -> Result<(), ConsoleError> {
        self.database.write(|db| db.execute("UPDATE retry SET gone = 1 WHERE number = ?1", [number]).map(|_| ()))
    }
}

fn retry(row: &Row<'_>) -> Result<Retry, rusqlite::Error> {
    let sent_at = from_optional_micros(row.get(2)?)?;
    let state = match (sent_at, row.get(3)?) {
        (Some(_), _) => RetryState::Sent,
        (None, true) => RetryState::Gone,
        (None, false) => RetryState::Waiting,
    };
    Ok(Retry { state, account: row.get(0)?, asked_at: from_micros(row.get(1)?)?, sent_at })
}

fn waiting(row: &Row<'_>) -> Result<WaitingRetry, rusqlite::Error> {
    let place = DeadLetterPlace {
        topic: row.get(1)?,
        partition: row.get(2)?,
        offset: row.get(3)?,
        at: from_micros(row.get(4)?)?,
    };
    let ends: Option<String> = row.get(5)?;
    Ok(WaitingRetry { number: row.get(0)?, place, ends: ends.as_deref().map(from_json).transpose()? })
}
