//! What somebody typed and did not send: it is there after another login.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Store, from_json, to_json, to_uuid};
use crate::error::ConsoleError;
use crate::instant::{from_micros, micros};

/// A draft.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Draft {
    pub warning_id: Uuid,
    /// As the page gave it.
    pub content: Value,
    pub saved_at: Timestamp,
}

impl Store {
    /// Keeps a draft in place of the one before.
    ///
    /// # Errors
    /// If the database fails.
    pub fn save_draft(
        &self,
        account: Uuid,
        warning: Uuid,
        content: &Value,
        now: Timestamp,
    ) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute(
                "INSERT INTO draft (account_id, warning_id, content, saved_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET content = excluded.content, saved_at = excluded.saved_at",
                (account.to_string(), warning.to_string(), to_json(content)?, micros(now)),
            )
            .map(|_| ())
        })
    }

    /// Discards a draft.
    ///
    /// # Errors
    /// If the database fails.
    pub fn discard_draft(&self, account: Uuid, warning: Uuid) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute(
                "DELETE FROM draft WHERE account_id = ?1 AND warning_id = ?2",
                (account.to_string(), warning.to_string()),
            )
            .map(|_| ())
        })
    }

    /// The drafts of an account, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn drafts(&self, account: Uuid) -> Result<Vec<Draft>, ConsoleError> {
        self.database.read(|db| {
            let mut statement = db.prepare(
                "SELECT warning_id, content, saved_at FROM draft WHERE account_id = ?1 ORDER BY saved_at DESC",
            )?;
            let rows = statement.query_map([account.to_string()], |row| {
                Ok(Draft {
                    warning_id: to_uuid(&row.get::<_, String>(0)?)?,
                    content: from_json(&row.get::<_, String>(1)?)?,
                    saved_at: from_micros(row.get(2)?)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Those of some warnings for which the account typed something.
    ///
    /// # Errors
    /// If the database fails.
    pub fn drafted(&self, account: Uuid, warnings: &[Uuid]) -> Result<HashSet<Uuid>, ConsoleError> {
        self.database.read(|db| {
            let mut statement =
                db.prepare_cached("SELECT EXISTS (SELECT 1 FROM draft WHERE account_id = ?1 AND warning_id = ?2)")?;
            let mut found = HashSet::new();
            for id in warnings {
                if statement.query_row((account.to_string(), id.to_string()), |row| row.get(0))? {
                    found.insert(*id);
                }
            }
            Ok(found)
        })
    }

    /// What the account typed for a warning.
    ///
    /// # Errors
    /// If the database fails.
    pub fn draft(&self, account: Uuid, warning: Uuid) -> Result<Option<Value>, ConsoleError> {
        self.database.read(|db| {
            let found: Option<String> = db
                .query_row(
                    "SELECT content FROM draft WHERE account_id = ?1 AND warning_id = ?2",
                    (account.to_string(), warning.to_string()),
                    |row| row.get(0),
                )
                .optional()?;
            found.as_deref().map(from_json).transpose()
        })
    }
}
