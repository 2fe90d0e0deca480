//! Which change stands in the folder of the candidate.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use uuid::Uuid;

use super::{Store, to_uuid};
use crate::error::ConsoleError;
use crate::instant::{from_micros, micros};

/// A change that is tried live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedLive {
    pub change: Uuid,
    pub ruleset: String,
    pub since: Timestamp,
}

impl Store {
    /// Notes that a change stands in the folder of a candidate, in place of the one before.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note_tried_live(&self, candidate: &str, tried: &TriedLive) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute(
                "INSERT OR REPLACE INTO rule_shadow (candidate, change_id, ruleset, since) VALUES (?1, ?2, ?3, ?4)",
                (candidate, tried.change.to_string(), &tried.ruleset, micros(tried.since)),
            )
            .map(|_| ())
        })
    }

    /// The change in the folder of a candidate.
    ///
    /// # Errors
    /// If the database fails.
    pub fn tried_live(&self, candidate: &str) -> Result<Option<TriedLive>, ConsoleError> {
        self.database.read(|db| {
            let asked = "SELECT change_id, ruleset, since FROM rule_shadow WHERE candidate = ?1";
            let tried = db.query_row(asked, [candidate], |row| {
                let change = to_uuid(&row.get::<_, String>(0)?)?;
                Ok(TriedLive { change, ruleset: row.get(1)?, since: from_micros(row.get(2)?)? })
            });
            tried.optional()
        })
    }
}
