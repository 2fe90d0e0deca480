//! What the topics say, in `read-model.db`, in the shapes in which pages ask for it. Rows and the positions that they were
//! read up to are written together; when the file is deleted, or is of another version, it is made anew from the topics.
//!
//! - here: the file, and how far it was read
//! - [`apply`]: from records to rows
//! - [`scope`]: what an account sees of it
//! - [`query`]: from rows to answers; [`refusal`]: why the engine refused an answer

pub mod apply;
pub mod query;
pub mod refusal;
pub mod scope;
mod search_text;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, Transaction};
use yujing_core::source::Positions;

use crate::database::{Database, Layout};
use crate::error::ConsoleError;

/// The file within the console's folder.
pub const FILE: &str = "read-model.db";

/// A further entry makes every file anew: nothing is migrated.
const LAYOUT: Layout = Layout {
    migrations: &[
        include_str!("schema.sql"),
        include_str!("schema_dead_letters.sql"),
        include_str!("schema_dead_letters_since.sql"),
    ],
    disposable: true,
};

/// The tables that a fresh start empties.
const TABLES: [&str; 14] = [
    "position",
    "operator",
    "score_record",
    "score_point",
    "warning",
    "warning_event",
    "warning_finding",
    "warning_post",
    "post",
    "disposition",
    "decision",
    "area",
    "dead_letter_count",
    "dead_letter",
];

/// The database of what the topics say.
#[derive(Debug)]
pub struct ReadModel {
    database: Database,
}

impl ReadModel {
    /// Opens `read-model.db` in a folder; makes both if they are not there.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(folder: &Path) -> Result<Self, ConsoleError> {
        Ok(Self { database: Database::open(&folder.join(FILE), LAYOUT)? })
    }

    /// Up to where each partition was read.
    ///
    /// # Errors
    /// If the database fails.
    pub fn positions(&self) -> Result<Positions, ConsoleError> {
        self.database.read(|db| {
            let mut statement = db.prepare("SELECT topic, partition, next_offset FROM position")?;
            let rows = statement.query_map([], |row| {
                let topic: Arc<str> = row.get::<_, String>(0)?.into();
                Ok(((topic, row.get(1)?), row.get(2)?))
            })?;
            rows.collect::<Result<BTreeMap<_, _>, _>>()
        })
    }

    /// Writes what was read and how far, or neither.
    ///
    /// # Errors
    /// If the database fails.
    pub fn commit<T>(
        &self,
        positions: &Positions,
        apply: impl FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<T, ConsoleError> {
        self.database.write(|db| {
            let outcome = apply(db)?;
            let mut statement = db.prepare_cached(
                "INSERT INTO position (topic, partition, next_offset) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset",
            )?;
            for ((topic, partition), next) in positions {
                statement.execute((&**topic, partition, next))?;
            }
            drop(statement);
            Ok(outcome)
        })
    }

    /// Forgets everything, to read the topics anew.
    ///
    /// # Errors
    /// If the database fails.
    pub fn clear(&self) -> Result<(), ConsoleError> {
        self.database
            .write(|db| TABLES.iter().try_for_each(|table| db.execute(&format!("DELETE FROM {table}"), []).map(|_| ())))
    }

    /// Reads one state of it.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>) -> Result<T, ConsoleError> {
        self.database.read(work)
    }
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod scope_tests;
#[cfg(test)]
mod speed_tests;
