//! The audit trail: who saw and did what. The database itself refuses to change or delete an entry.

use jiff::Timestamp;
use rusqlite::{Connection, Row};
use serde::Serialize;

use super::Store;
use crate::error::ConsoleError;
use crate::instant::{from_micros, micros};

/// What is to be noted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditEvent {
    /// Name of the account; none where nobody was logged in.
    pub account: Option<String>,
    pub action: &'static str,
    /// What it was about: a warning, an operator, an account.
    pub object: Option<String>,
    /// Address of the client.
    pub address: Option<String>,
    pub detail: Option<String>,
}

/// What was noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    pub id: i64,
    pub at: Timestamp,
    pub account: Option<String>,
    pub action: String,
    pub object: Option<String>,
    pub address: Option<String>,
    pub detail: Option<String>,
}

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub account: Option<String>,
    pub action: Option<String>,
    /// What it was about.
    pub object: Option<String>,
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// Only entries older than this one.
    pub before: Option<i64>,
    pub limit: u32,
}

impl Store {
    /// Notes something.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note(&self, event: &AuditEvent, now: Timestamp) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute(
                "INSERT INTO audit (at, account, action, object, address, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (micros(now), &event.account, event.action, &event.object, &event.address, &event.detail),
            )
            .map(|_| ())
        })
    }

    /// Entries, the newest first, and how many there are in all.
    ///
    /// # Errors
    /// If the database fails.
    pub fn audit(&self, filter: &AuditFilter) -> Result<(Vec<AuditEntry>, i64), ConsoleError> {
        self.database.read(|db| Ok((page(db, filter)?, count(db, filter)?)))
    }
}

const MATCHES: &str = "(?1 IS NULL OR account = ?1) AND (?2 IS NULL OR action = ?2) AND (?3 IS NULL OR object = ?3)
  AND (?4 IS NULL OR at >= ?4) AND (?5 IS NULL OR at < ?5)";

fn page(db: &Connection, filter: &AuditFilter) -> Result<Vec<AuditEntry>, rusqlite::Error> {
    let mut statement = db.prepare(&format!(
        "SELECT entry_id, at, account, action, object, address, detail FROM audit
         WHERE {MATCHES} AND (?6 IS NULL OR entry_id < ?6) ORDER BY entry_id DESC LIMIT ?7"
    ))?;
    let AuditFilter { account, action, object, before, limit, .. } = filter;
    let (from, to) = (filter.from.map(micros), filter.to.map(micros));
    let rows = statement.query_map((account, action, object, from, to, before, limit), entry)?;
    rows.collect()
}

fn count(db: &Connection, filter: &AuditFilter) -> Result<i64, rusqlite::Error> {
    let counted = format!("SELECT count(*) FROM audit WHERE {MATCHES}");
    let AuditFilter { account, action, object, .. } = filter;
    let (from, to) = (filter.from.map(micros), filter.to.map(micros));
    db.query_row(&counted, (account, action, object, from, to), |row| row.get(0))
}

fn entry(row: &Row<'_>) -> Result<AuditEntry, rusqlite::Error> {
    Ok(AuditEntry {
        id: row.get(0)?,
        at: from_micros(row.get(1)?)?,
        account: row.get(2)?,
        action: row.get(3)?,
        object: row.get(4)?,
        address: row.get(5)?,
        detail: row.get(6)?,
    })
}
