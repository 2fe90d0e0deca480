//! Up to which event an account has seen each warning.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Store, to_uuid};
use crate::error::ConsoleError;

impl Store {
    /// Notes that an account saw a warning up to an event.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note_seen(&self, account: Uuid, warning: Uuid, sequence: i64) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute(
                "INSERT INTO seen (account_id, warning_id, sequence) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)",
                (account.to_string(), warning.to_string(), sequence),
            )
            .map(|_| ())
        })
    }

    /// The newest event that an account saw of each warning.
    ///
    /// # Errors
    /// If the database fails.
    pub fn seen(&self, account: Uuid) -> Result<HashMap<Uuid, i64>, ConsoleError> {
        self.database.read(|db| {
            let mut statement = db.prepare_cached("SELECT warning_id, sequence FROM seen WHERE account_id = ?1")?;
            let rows = statement
                .query_map([account.to_string()], |row| Ok((to_uuid(&row.get::<_, String>(0)?)?, row.get(1)?)))?;
            rows.collect()
        })
    }
}
