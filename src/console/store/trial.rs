//! Trials of changes on history: the last one of each change, asked for, under way, or ended.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use yujing_base::language::Bilingual;

use super::{Store, from_json, to_json, to_uuid};
use crate::error::ConsoleError;
use crate::instant::{from_optional_micros, micros};

/// How far a trial is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrialState {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl TrialState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it has not ended.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// A trial.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTrial {
    pub change: Uuid,
    /// Of what is tried.
    pub content: String,
    pub state: TrialState,
    /// What was asked.
    pub asked: Value,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub failure: Option<Bilingual>,
    pub result: Option<Value>,
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TrialEnding {
    Done(Value),
    Failed(Bilingual),
}

impl Store {
    /// Asks for a trial in place of the one before, unless `most` wait already or the change's own is not over.
    /// Whether it was taken.
    ///
    /// # Errors
    /// If the database fails.
    pub fn ask_trial(&self, change: Uuid, content: &str, asked: &Value, most: u32) -> Result<bool, ConsoleError> {
        self.database.write(|db| {
            let waiting: u32 =
                db.query_row("SELECT count(*) FROM rule_trial WHERE state IN ('queued', 'running')", [], |row| {
                    row.get(0)
                })?;
            let is_open: bool = db.query_row(
                "SELECT EXISTS (SELECT 1 FROM rule_trial WHERE change_id = ?1 AND state IN ('queued', 'running'))",
                [change.to_string()],
                |row| row.get(0),
            )?;
            if is_open || waiting >= most {
                return Ok(is_open);
            }
            db.execute(
                "INSERT OR REPLACE INTO rule_trial (change_id, content, state, asked) VALUES (?1, ?2, 'queued', ?3)",
                (change.to_string(), content, to_json(asked)?),
            )?;
            Ok(true)
        })
    }

    /// The last trial of a change.
    ///
    /// # Errors
    /// If the database fails.
    pub fn trial(&self, change: Uuid) -> Result<Option<StoredTrial>, ConsoleError> {
        self.database.read(|db| {
            let asked = format!("SELECT {COLUMNS} FROM rule_trial WHERE change_id = ?1");
            db.query_row(&asked, [change.to_string()], trial).optional()
        })
    }

    /// The trial that is to run next, which is under way from now on.
    ///
    /// # Errors
    /// If the database fails.
    pub fn begin_trial(&self, now: Timestamp) -> Result<Option<StoredTrial>, ConsoleError> {
        self.database.write(|db| {
            let asked = format!("SELECT {COLUMNS} FROM rule_trial WHERE state = 'queued' LIMIT 1");
            let Some(next) = db.query_row(&asked, [], trial).optional()? else { return Ok(None) };
            db.execute(
                "UPDATE rule_trial SET state = 'running', started_at = ?2 WHERE change_id = ?1",
                (next.change.to_string(), micros(now)),
            )?;
            Ok(Some(next))
        })
    }

    /// Notes how the trial under way ended, unless somebody has stopped it.
    ///
    /// # Errors
    /// If the database fails.
    pub fn end_trial(&self, change: Uuid, ending: &TrialEnding, now: Timestamp) -> Result<(), ConsoleError> {
        let (state, failure, result) = match ending {
            TrialEnding::Done(result) => (TrialState::Done, None, Some(result)),
            TrialEnding::Failed(why) => (TrialState::Failed, Some(why), None),
        };
        self.database.write(|db| {
            db.execute(
                "UPDATE rule_trial SET state = ?2, ended_at = ?3, failure = ?4, result = ?5
                 WHERE change_id = ?1 AND state = 'running'",
                (
                    change.to_string(),
                    state.as_str(),
                    micros(now),
                    failure.map(to_json).transpose()?,
                    result.map(to_json).transpose()?,
                ),
            )
            .map(|_| ())
        })
    }

    /// Stops a trial that is not over.
    ///
    /// # Errors
    /// If the database fails.
    pub fn cancel_trial(&self, change: Uuid, now: Timestamp) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute(
                "UPDATE rule_trial SET state = 'cancelled', ended_at = ?2
                 WHERE change_id = ?1 AND state IN ('queued', 'running')",
                (change.to_string(), micros(now)),
            )
            .map(|_| ())
        })
    }

    /// Those that a stop interrupted wait again.
    ///
    /// # Errors
    /// If the database fails.
    pub fn requeue_trials(&self) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute("UPDATE rule_trial SET state = 'queued', started_at = NULL WHERE state = 'running'", [])
                .map(|_| ())
        })
    }
}

const COLUMNS: &str = "change_id, content, state, asked, started_at, ended_at, failure, result";

fn trial(row: &Row<'_>) -> Result<StoredTrial, rusqlite::Error> {
    let state: String = row.get(2)?;
    let [failure, result]: [Option<String>; 2] = [row.get(6)?, row.get(7)?];
    Ok(StoredTrial {
        change: to_uuid(&row.get::<_, String>(0)?)?,
        content: row.get(1)?,
        state: from_json(&format!("\"{state}\""))?,
        asked: from_json(&row.get::<_, String>(3)?)?,
        started_at: from_optional_micros(row.get(4)?)?,
        ended_at: from_optional_micros(row.get(5)?)?,
        failure: failure.as_deref().map(from_json).transpose()?,
        result: result.as_deref().map(from_json).transpose()?,
    })
}
