//! Changes of rules: drafts, what was proposed, approved, refused, and what came into force. Each step is one
//! transaction, names the revision that whoever takes it has read, and stays written down.
//!
//! - here: what a change is
//! - [`step`]: what can happen to one
//! - `rows`: from the tables and into them

mod rows;
pub mod step;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yujing_base::digest::hex;
use yujing_base::language::Bilingual;

use super::Store;
use crate::error::ConsoleError;
use crate::instant::micros;

/// How far a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// 草稿.
    Draft,
    /// 待审批.
    Proposed,
    /// 已批准: it is being written, and taken by the engine.
    Approved,
    /// 已生效.
    InForce,
    /// 已驳回.
    Refused,
    /// 已撤回.
    Withdrawn,
    /// 未生效.
    Failed,
}

impl ChangeState {
    /// Whether it may be written on; it is a draft then.
    pub fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Refused | Self::Withdrawn | Self::Failed)
    }
}

/// A file of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeFile {
    pub path: String,
    /// As it is in the folder that the change is written against; none: it is not there.
    pub base: Option<String>,
    /// None: it is taken away.
    pub text: Option<String>,
}

/// The folder that a change is written against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeBase {
    pub version: String,
    /// Of every file, by its path.
    pub hashes: BTreeMap<String, String>,
}

/// Who began it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeAuthor {
    pub id: Uuid,
    pub name: String,
    pub display_name: String,
}

/// Something that happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeStep {
    pub at: Timestamp,
    /// Name of the account; `console` for what the program did.
    pub account: String,
    pub step: String,
    pub reason: Option<String>,
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub id: Uuid,
    pub title: String,
    pub reason: String,
    pub state: ChangeState,
    pub author: ChangeAuthor,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub revision: i64,
    pub base: ChangeBase,
    pub files: Vec<ChangeFile>,
    /// Everybody who wrote on it.
    pub writers: BTreeSet<Uuid>,
    pub approver: Option<String>,
    /// Whether an approved one stands in the folder.
    pub written: bool,
    pub ruleset: Option<String>,
    pub failure: Option<Bilingual>,
    pub steps: Vec<ChangeStep>,
}

impl Change {
    /// Whether somebody wrote on it, and so may not decide about it.
    pub fn is_of(&self, account: Uuid) -> bool {
        self.author.id == account || self.writers.contains(&account)
    }

    /// Of what it would make of the folder: the same content has the same one.
    pub fn content(&self) -> String {
        let parts = self
            .files
            .iter()
            .flat_map(|file| [Some(file.path.as_str()), file.text.as_deref()].map(|part| part.unwrap_or("\u{0}")));
        let mut whole = self.base.version.clone();
        for part in parts {
            whole.extend(["\n", &part.len().to_string(), "\n", part]);
        }
        hex(digest(&SHA256, whole.as_bytes()).as_ref())
    }
}

/// What came of beginning one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    Now(Box<Change>),
    /// Under the same id there was one already.
    Before(Box<Change>),
}

/// What is written of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeContent {
    pub title: String,
    pub reason: String,
    pub base: ChangeBase,
    pub files: Vec<ChangeFile>,
}

impl Store {
    /// Begins a change under an id, in a state: a draft, or proposed at once. What was begun under the id before stays,
    /// and is given back.
    ///
    /// # Errors
    /// If the database fails.
    pub fn add_change(
        &self,
        id: Uuid,
        content: &ChangeContent,
        author: &ChangeAuthor,
        state: ChangeState,
        now: Timestamp,
    ) -> Result<Begun, ConsoleError> {
        self.database.write(|db| {
            if let Some(known) = rows::change(db, id)? {
                return Ok(Begun::Before(Box::new(known)));
            }
            db.execute(
                "INSERT INTO rule_change (change_id, title, reason, state, author_id, author, author_name, created_at,
                   changed_at, revision, base_version, base_hashes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 1, '', '{}')",
                (
                    id.to_string(),
                    &content.title,
                    &content.reason,
                    rows::word(state)?,
                    author.id.to_string(),
                    &author.name,
                    &author.display_name,
                    micros(now),
                ),
            )?;
            rows::write_content(db, id, content, author.id)?;
            rows::note(db, id, &rows::Noted { account: &author.name, step: "created", reason: None, at: now })?;
            if state == ChangeState::Proposed {
                let reason = Some(content.reason.as_str());
                rows::note(db, id, &rows::Noted { account: &author.name, step: "proposed", reason, at: now })?;
            }
            let change = rows::change(db, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            Ok(Begun::Now(Box::new(change)))
        })
    }

    /// A change.
    ///
    /// # Errors
    /// If the database fails.
    pub fn change(&self, id: Uuid) -> Result<Option<Change>, ConsoleError> {
        self.database.read(|db| rows::change(db, id))
    }

    /// The newest changes, at most so many.
    ///
    /// # Errors
    /// If the database fails.
    pub fn changes(&self, most: u32) -> Result<Vec<Change>, ConsoleError> {
        self.database.read(|db| rows::changes(db, "1 = 1", most))
    }

    /// Every change in a state, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub(super) fn changes_in(&self, state: ChangeState) -> Result<Vec<Change>, ConsoleError> {
        self.database.read(|db| rows::changes(db, &format!("state = '{}'", rows::word(state)?), u32::MAX))
    }

    /// The change that was approved first of those that are not in force yet.
    ///
    /// # Errors
    /// If the database fails.
    pub fn next_approved(&self) -> Result<Option<Change>, ConsoleError> {
        self.database.read(|db| {
            let found: Option<String> = rusqlite::OptionalExtension::optional(db.query_row(
                "SELECT change_id FROM rule_change WHERE state = 'approved' ORDER BY changed_at, number LIMIT 1",
                [],
                |row| row.get(0),
            ))?;
            found.map(|id| super::to_uuid(&id)).transpose()?.map_or(Ok(None), |id| rows::change(db, id))
        })
    }
}
