//! The index of attached photographs: what is stored under which hash, about which warning, by whom, and whether an answer
//! names it yet. Their bytes are elsewhere (`src/console/attachments`).

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Serialize;
use uuid::Uuid;
use yujing_core::warning::handling::Attachment;

use super::account::Account;
use super::{Store, to_uuid};
use crate::error::ConsoleError;
use crate::instant::{from_micros, micros};
use crate::picture::PictureFormat;

/// Most photographs of one account that no answer names yet.
const MOST_DRAFTS: i64 = 200;

/// A photograph as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredPicture {
    /// Of its bytes, in hex.
    pub sha256: String,
    #[serde(rename = "type")]
    pub format: PictureFormat,
    /// In bytes.
    pub size: u64,
    pub width: u32,
    pub height: u32,
}

/// A photograph that somebody attached to a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptAttachment {
    #[serde(flatten)]
    pub picture: StoredPicture,
    /// Name of the account.
    pub account: String,
    #[serde(skip)]
    pub account_id: Uuid,
    pub added_at: Timestamp,
    /// Whether an answer names it; until then it is its account's alone.
    pub sent: bool,
}

impl Store {
    /// Notes that an account attaches a photograph to a warning; whether it may have one more.
    ///
    /// # Errors
    /// If the database fails.
    pub fn attach(
        &self,
        by: &Account,
        warning: Uuid,
        picture: &StoredPicture,
        now: Timestamp,
    ) -> Result<bool, ConsoleError> {
        self.database.write(|db| {
            let account = by.id.to_string();
            let drafts = "SELECT count(*) FROM attachment WHERE account_id = ?1 AND NOT sent";
            if db.query_row(drafts, [&account], |row| row.get::<_, i64>(0))? >= MOST_DRAFTS {
                return Ok(false);
            }
            let StoredPicture { sha256, format, size, width, height } = picture;
            let size = i64::try_from(*size).unwrap_or(i64::MAX);
            db.execute(
                "INSERT INTO picture (sha256, media_type, size, width, height) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO NOTHING",
                (sha256, format.media_type(), size, width, height),
            )?;
            db.execute(
                "INSERT INTO attachment (warning_id, sha256, account_id, account, added_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO NOTHING",
                (warning.to_string(), sha256, account, &by.name, micros(now)),
            )?;
            Ok(true)
        })
    }

    /// Notes that the bytes of a photograph are there: from now on it is seen.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note_stored(&self, sha256: &str) -> Result<(), ConsoleError> {
        self.database.write(|db| db.execute("UPDATE picture SET stored = 1 WHERE sha256 = ?1", [sha256]).map(|_| ()))
    }

    /// Takes one back that no answer names; whether there was such a one.
    ///
    /// # Errors
    /// If the database fails.
    pub fn detach(&self, account: Uuid, warning: Uuid, sha256: &str) -> Result<bool, ConsoleError> {
        self.database.write(|db| {
            let gone = "DELETE FROM attachment WHERE account_id = ?1 AND warning_id = ?2 AND sha256 = ?3 AND NOT sent";
            Ok(db.execute(gone, (account.to_string(), warning.to_string(), sha256))? > 0)
        })
    }

    /// What an account sees of a warning's photographs, each once, in the order in which they came: those that answers name,
    /// and its own.
    ///
    /// # Errors
    /// If the database fails.
    pub fn attachments(&self, account: Uuid, warning: Uuid) -> Result<Vec<KeptAttachment>, ConsoleError> {
        self.database.read(|db| {
            let mut statement = db.prepare(&format!("{VISIBLE} ORDER BY added_at, attachment.sha256"))?;
            let rows = statement.query_map((warning.to_string(), account.to_string()), kept)?;
            let mut found: Vec<KeptAttachment> = Vec::new();
            for attachment in rows {
                let attachment = attachment?;
                match found.iter_mut().find(|known| known.picture.sha256 == attachment.picture.sha256) {
                    Some(known) => known.sent |= attachment.sent,
                    None => found.push(attachment),
                }
            }
            Ok(found)
        })
    }

    /// One of them.
    ///
    /// # Errors
    /// If the database fails.
    pub fn attachment(
        &self,
        account: Uuid,
        warning: Uuid,
        sha256: &str,
    ) -> Result<Option<KeptAttachment>, ConsoleError> {
        self.database.read(|db| {
            let one = format!("{VISIBLE} AND attachment.sha256 = ?3 LIMIT 1");
            db.query_row(&one, (warning.to_string(), account.to_string(), sha256), kept).optional()
        })
    }

    /// Photographs that are attached to nothing any more.
    ///
    /// # Errors
    /// If the database fails.
    pub fn unused_pictures(&self) -> Result<Vec<String>, ConsoleError> {
        self.database.read(|db| {
            let mut statement = db.prepare(&format!("SELECT sha256 FROM picture WHERE {UNUSED} LIMIT 1000"))?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect()
        })
    }

    /// Whether a photograph is known, and attached to nothing.
    ///
    /// # Errors
    /// If the database fails.
    pub fn is_unused(&self, sha256: &str) -> Result<bool, ConsoleError> {
        self.database.read(|db| {
            let unused = format!("SELECT EXISTS (SELECT 1 FROM picture WHERE sha256 = ?1 AND {UNUSED})");
            db.query_row(&unused, [sha256], |row| row.get(0))
        })
    }

    /// Notes that the bytes of a photograph are gone.
    ///
    /// # Errors
    /// If the database fails.
    pub fn forget_picture(&self, sha256: &str) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute(&format!("DELETE FROM picture WHERE sha256 = ?1 AND {UNUSED}"), [sha256]).map(|_| ())
        })
    }
}

const UNUSED: &str = "NOT EXISTS (SELECT 1 FROM attachment WHERE attachment.sha256 = picture.sha256)";

const VISIBLE: &str = "SELECT attachment.sha256, media_type, size, width, height, account, account_id, added_at, sent
  FROM attachment JOIN picture ON picture.sha256 = attachment.sha256
  WHERE warning_id = ?1 AND (sent OR account_id = ?2) AND stored";

/// Marks what an answer names as sent; false if the account has not attached all of it.
pub(super) fn send(
    db: &Connection,
    account: Uuid,
    warning: Uuid,
    named: &[Attachment],
) -> Result<bool, rusqlite::Error> {
    let (account, warning) = (account.to_string(), warning.to_string());
    let mut is_there = db.prepare(
        "SELECT EXISTS (SELECT 1 FROM attachment JOIN picture ON picture.sha256 = attachment.sha256
           WHERE account_id = ?1 AND warning_id = ?2 AND attachment.sha256 = ?3 AND stored)",
    )?;
    for Attachment { sha256, .. } in named {
        if !is_there.query_row((&account, &warning, sha256), |row| row.get::<_, bool>(0))? {
            return Ok(false);
        }
    }
    for Attachment { sha256, .. } in named {
        let sent = "UPDATE attachment SET sent = 1 WHERE account_id = ?1 AND warning_id = ?2 AND sha256 = ?3";
        db.execute(sent, (&account, &warning, sha256))?;
    }
    Ok(true)
}

fn kept(row: &Row<'_>) -> Result<KeptAttachment, rusqlite::Error> {
    let media_type: String = row.get(1)?;
    let format = PictureFormat::parse(&media_type).ok_or(rusqlite::Error::InvalidColumnName(media_type))?;
    let picture = StoredPicture {
        sha256: row.get(0)?,
        format,
        size: row.get::<_, i64>(2)?.unsigned_abs(),
        width: row.get(3)?,
        height: row.get(4)?,
    };
    Ok(KeptAttachment {
        picture,
        account: row.get(5)?,
        account_id: to_uuid(&row.get::<_, String>(6)?)?,
        added_at: from_micros(row.get(7)?)?,
        sent: row.get(8)?,
    })
}

#[cfg(test)]
#[path = "attachment_tests.rs"]
mod tests;
