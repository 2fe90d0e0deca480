//! Answers given here. Each is kept before anything is sent, so that none is lost; it has an id that its page made, so
//! that none counts twice however often it is sent.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yujing_core::warning::handling::{Attachment, HandlingAction, Measure, Verdict};

use super::account::Account;
use super::{Store, attachment, from_json, to_json, to_uuid};
use crate::error::ConsoleError;
use crate::instant::{from_micros, from_optional_micros, micros};

/// What somebody answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// Made by the page, once for each answer.
    pub id: Uuid,
    pub post: String,
    pub role: String,
    pub action: HandlingAction,
    /// The event of the warning that the person saw last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_sequence: Option<i64>,
    /// When it was done; none: when it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<Measure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extend_to: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Hashes of photographs that the account attached to the warning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
}

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    pub account: String,
    pub account_id: Uuid,
    pub warning_id: Uuid,
    pub operator_id: String,
    pub request: AnswerRequest,
    /// Its photographs, as the event names them.
    pub attachments: Vec<Attachment>,
    pub made_at: Timestamp,
    /// Where it stands on Kafka; none: it has not left yet.
    pub sent: Option<SentAnswer>,
}

/// Where an answer stands on Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentAnswer {
    pub at: Timestamp,
    pub partition: i32,
    pub offset: i64,
}

/// What came of keeping an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepOutcome {
    /// It is kept now.
    Kept(KeptAnswer),
    /// It was kept before.
    Known(KeptAnswer),
    /// Its id was used for another answer.
    IdTaken,
    /// It names a photograph that the account has not attached.
    NotAttached,
}

/// Whose answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswersOf {
    Account(Uuid),
    Warning(Uuid),
}

impl Store {
    /// Keeps an answer with its photographs, and discards the account's draft for it.
    ///
    /// # Errors
    /// If the database fails.
    pub fn keep_answer(
        &self,
        by: &Account,
        warning_id: Uuid,
        operator_id: &str,
        request: &AnswerRequest,
        attachments: &[Attachment],
        now: Timestamp,
    ) -> Result<KeepOutcome, ConsoleError> {
        self.database.write(|db| {
            if let Some(known) = by_id(db, request.id)? {
                let is_same = known.request == *request && known.warning_id == warning_id && known.account_id == by.id;
                return Ok(if is_same { KeepOutcome::Known(known) } else { KeepOutcome::IdTaken });
            }
            if !attachment::send(db, by.id, warning_id, attachments)? {
                return Ok(KeepOutcome::NotAttached);
            }
            let ids = (by.id.to_string(), warning_id.to_string());
            let (request_text, attachments_text) = (to_json(request)?, to_json(&attachments)?);
            db.execute(
                "INSERT INTO answer (answer_id, account_id, account, warning_id, operator_id, request, made_at, attachments)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                (
                    request.id.to_string(),
                    &ids.0,
                    &by.name,
                    &ids.1,
                    operator_id,
                    request_text,
                    micros(now),
                    attachments_text,
                ),
            )?;
            db.execute("DELETE FROM draft WHERE account_id = ?1 AND warning_id = ?2", (&ids.0, &ids.1))?;
            by_id(db, request.id)?.map(KeepOutcome::Kept).ok_or(rusqlite::Error::QueryReturnedNoRows)
        })
    }

    /// An answer.
    ///
    /// # Errors
    /// If the database fails.
    pub fn answer(&self, id: Uuid) -> Result<Option<KeptAnswer>, ConsoleError> {
        self.database.read(|db| by_id(db, id))
    }

    /// Answers in the order in which they were given, at most the newest 500.
    ///
    /// # Errors
    /// If the database fails.
    pub fn answers(&self, of: AnswersOf) -> Result<Vec<KeptAnswer>, ConsoleError> {
        let (column, id) = match of {
            AnswersOf::Account(id) => ("account_id", id),
            AnswersOf::Warning(id) => ("warning_id", id),
        };
        self.database.read(|db| {
            let mut statement = db
                .prepare(&format!("SELECT {COLUMNS} FROM answer WHERE {column} = ?1 ORDER BY number DESC LIMIT 500"))?;
            let mut found = statement.query_map([id.to_string()], kept)?.collect::<Result<Vec<_>, _>>()?;
            found.reverse();
            Ok(found)
        })
    }

    /// The newest answer of an account to each of some warnings.
    ///
    /// # Errors
    /// If the database fails.
    pub fn newest_answers(&self, account: Uuid, warnings: &[Uuid]) -> Result<HashMap<Uuid, KeptAnswer>, ConsoleError> {
        self.database.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM answer WHERE warning_id = ?1 AND account_id = ?2 ORDER BY number DESC LIMIT 1"
            ))?;
            let mut found = HashMap::new();
            for id in warnings {
                if let Some(newest) = statement.query_row((id.to_string(), account.to_string()), kept).optional()? {
                    found.insert(*id, newest);
                }
            }
            Ok(found)
        })
    }

    /// The answer that is to leave next.
    ///
    /// # Errors
    /// If the database fails.
    pub fn next_to_send(&self) -> Result<Option<KeptAnswer>, ConsoleError> {
        self.database.read(|db| {
            let next = format!("SELECT {COLUMNS} FROM answer WHERE sent_at IS NULL ORDER BY number LIMIT 1");
            db.query_row(&next, [], kept).optional()
        })
    }

    /// When the oldest answer was given that has not left yet.
    ///
    /// # Errors
    /// If the database fails.
    pub fn oldest_to_send(&self) -> Result<Option<Timestamp>, ConsoleError> {
        self.database.read(|db| {
            let oldest = db.query_row("SELECT min(made_at) FROM answer WHERE sent_at IS NULL", [], |row| row.get(0))?;
            from_optional_micros(oldest)
        })
    }

    /// Notes that Kafka has an answer.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note_sent(&self, id: Uuid, sent: SentAnswer) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute(
                "UPDATE answer SET sent_at = ?2, partition = ?3, record_offset = ?4 WHERE answer_id = ?1",
                (id.to_string(), micros(sent.at), sent.partition, sent.offset),
            )
            .map(|_| ())
        })
    }
}

const COLUMNS: &str =
    "account, account_id, warning_id, operator_id, request, made_at, sent_at, partition, record_offset, attachments";

fn by_id(db: &Connection, id: Uuid) -> Result<Option<KeptAnswer>, rusqlite::Error> {
    let found = format!("SELECT {COLUMNS} FROM answer WHERE answer_id = ?1");
    db.query_row(&found, [id.to_string()], kept).optional()
}

fn kept(row: &Row<'_>) -> Result<KeptAnswer, rusqlite::Error> {
    let sent_at = from_optional_micros(row.get(6)?)?;
    let sent = match sent_at {
        Some(at) => Some(SentAnswer { at, partition: row.get(7)?, offset: row.get(8)? }),
        None => None,
    };
    Ok(KeptAnswer {
        account: row.get(0)?,
        account_id: to_uuid(&row.get::<_, String>(1)?)?,
        warning_id: to_uuid(&row.get::<_, String>(2)?)?,
        operator_id: row.get(3)?,
        request: from_json(&row.get::<_, String>(4)?)?,
        attachments: from_json(&row.get::<_, String>(9)?)?,
        made_at: from_micros(row.get(5)?)?,
        sent,
    })
}
