//! What the examination of a proposed change gave. It is of exactly the content that was examined: whoever edits the
//! change, or lays it over another folder, has it examined anew.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row};
use serde_json::Value;
use uuid::Uuid;

use super::change::{Change, ChangeState};
use super::{Store, from_json, to_json};
use crate::error::ConsoleError;
use crate::instant::{from_micros, micros};

/// The last examination of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Examination {
    /// Of what was examined: [`Change::content`].
    pub content: String,
    /// The check finds no error, and every case holds.
    pub passed: bool,
    pub at: Timestamp,
    /// What it found.
    pub report: Value,
}

impl Store {
    /// The last examination of a change.
    ///
    /// # Errors
    /// If the database fails.
    pub fn examination(&self, change: Uuid) -> Result<Option<Examination>, ConsoleError> {
        self.database.read(|db| {
            let asked = "SELECT content, passed, at, report FROM rule_examination WHERE change_id = ?1";
            db.query_row(asked, [change.to_string()], examination).optional()
        })
    }

    /// Whether exactly this content of a change was examined and found in order.
    ///
    /// # Errors
    /// If the database fails.
    pub fn has_passed(&self, change: &Change) -> Result<bool, ConsoleError> {
        let content = change.content();
        self.database.read(|db| {
            db.query_row(
                "SELECT EXISTS (SELECT 1 FROM rule_examination WHERE change_id = ?1 AND content = ?2 AND passed)",
                (change.id.to_string(), content),
                |row| row.get(0),
            )
        })
    }

    /// Changes that are proposed and not examined as they stand, the one that waits longest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn unexamined(&self) -> Result<Vec<Change>, ConsoleError> {
        let mut proposed = self.changes_in(ChangeState::Proposed)?;
        proposed.sort_by_key(|change| change.changed_at);
        let mut unexamined = Vec::new();
        for change in proposed {
            let content = change.content();
            if self.examination(change.id)?.is_none_or(|known| known.content != content) {
                unexamined.push(change);
            }
        }
        Ok(unexamined)
    }

    /// Notes what an examination gave. A change that is still proposed as it was examined, and is not in order, goes
    /// back to who wrote it.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note_examination(&self, change: Uuid, found: &Examination) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute(
                "INSERT OR REPLACE INTO rule_examination (change_id, content, passed, at, report)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (change.to_string(), &found.content, found.passed, micros(found.at), to_json(&found.report)?),
            )?;
            if found.passed {
                return Ok(());
            }
            Self::return_change(db, change, &found.content, found.at)
        })
    }

    /// Forgets the examination of a change, so that it is made again.
    ///
    /// # Errors
    /// If the database fails.
    pub fn forget_examination(&self, change: Uuid) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute("DELETE FROM rule_examination WHERE change_id = ?1", [change.to_string()]).map(|_| ())
        })
    }
}

fn examination(row: &Row<'_>) -> Result<Examination, rusqlite::Error> {
    Ok(Examination {
        content: row.get(0)?,
        passed: row.get(1)?,
        at: from_micros(row.get(2)?)?,
        report: from_json(&row.get::<_, String>(3)?)?,
    })
}
