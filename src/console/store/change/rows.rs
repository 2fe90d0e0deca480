//! From the tables of changes and into them.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::{Change, ChangeAuthor, ChangeBase, ChangeContent, ChangeFile, ChangeState, ChangeStep};
use crate::instant::{from_micros, micros};
use crate::store::{from_json, to_json, to_uuid};

const COLUMNS: &str = "change_id, title, reason, state, author_id, author, author_name, created_at, changed_at, revision, \
                       base_version, base_hashes, approver, written, ruleset, failure";

/// A state as its column has it.
pub(super) fn word(state: ChangeState) -> Result<String, rusqlite::Error> {
    Ok(to_json(&state)?.trim_matches('"').to_owned())
}

/// Something that happened.
pub(super) struct Noted<'a> {
    pub(super) account: &'a str,
    pub(super) step: &'a str,
    pub(super) reason: Option<&'a str>,
    pub(super) at: Timestamp,
}

/// Writes a step down.
pub(super) fn note(db: &Connection, id: Uuid, noted: &Noted<'_>) -> Result<(), rusqlite::Error> {
    db.execute(
        "INSERT INTO rule_change_step (change_id, at, account, step, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
        (id.to_string(), micros(noted.at), noted.account, noted.step, noted.reason.filter(|reason| !reason.is_empty())),
    )
    .map(|_| ())
}

/// Writes what somebody wrote.
pub(super) fn write_content(
    db: &Connection,
    id: Uuid,
    content: &ChangeContent,
    by: Uuid,
) -> Result<(), rusqlite::Error> {
    let id = id.to_string();
    db.execute(
        "UPDATE rule_change SET title = ?2, reason = ?3, base_version = ?4, base_hashes = ?5 WHERE change_id = ?1",
        (&id, &content.title, &content.reason, &content.base.version, to_json(&content.base.hashes)?),
    )?;
    db.execute("DELETE FROM rule_change_file WHERE change_id = ?1", [&id])?;
    for ChangeFile { path, base, text } in &content.files {
        db.execute(
            "INSERT INTO rule_change_file (change_id, path, base, text) VALUES (?1, ?2, ?3, ?4)",
            (&id, path, base, text),
        )?;
    }
    db.execute(
        "INSERT INTO rule_change_writer (change_id, account_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        (&id, by.to_string()),
    )
    .map(|_| ())
}

/// One change.
pub(super) fn change(db: &Connection, id: Uuid) -> Result<Option<Change>, rusqlite::Error> {
    let asked = format!("SELECT {COLUMNS} FROM rule_change WHERE change_id = ?1");
    let found = db.query_row(&asked, [id.to_string()], head).optional()?;
    found.map(|change| with_parts(db, change)).transpose()
}

/// The newest that a condition chooses.
pub(super) fn changes(db: &Connection, condition: &str, most: u32) -> Result<Vec<Change>, rusqlite::Error> {
    let asked = format!("SELECT {COLUMNS} FROM rule_change WHERE {condition} ORDER BY number DESC LIMIT ?1");
    let heads = db.prepare(&asked)?.query_map([most], head)?.collect::<Result<Vec<_>, _>>()?;
    heads.into_iter().map(|change| with_parts(db, change)).collect()
}

fn with_parts(db: &Connection, mut change: Change) -> Result<Change, rusqlite::Error> {
    let id = change.id.to_string();
    let mut files =
        db.prepare_cached("SELECT path, base, text FROM rule_change_file WHERE change_id = ?1 ORDER BY path")?;
    let file = |row: &Row<'_>| Ok(ChangeFile { path: row.get(0)?, base: row.get(1)?, text: row.get(2)? });
    change.files = files.query_map([&id], file)?.collect::<Result<_, _>>()?;
    let mut writers = db.prepare_cached("SELECT account_id FROM rule_change_writer WHERE change_id = ?1")?;
    let writer = |row: &Row<'_>| to_uuid(&row.get::<_, String>(0)?);
    change.writers = writers.query_map([&id], writer)?.collect::<Result<_, _>>()?;
    let mut steps = db.prepare_cached(
        "SELECT at, account, step, reason FROM rule_change_step WHERE change_id = ?1 ORDER BY number",
    )?;
    let step = |row: &Row<'_>| {
        let at = from_micros(row.get(0)?)?;
        Ok(ChangeStep { at, account: row.get(1)?, step: row.get(2)?, reason: row.get(3)? })
    };
    change.steps = steps.query_map([&id], step)?.collect::<Result<_, _>>()?;
    Ok(change)
}

/// A change without its files, writers and steps.
fn head(row: &Row<'_>) -> Result<Change, rusqlite::Error> {
    let state: String = row.get(3)?;
    let failure: Option<String> = row.get(15)?;
    Ok(Change {
        id: to_uuid(&row.get::<_, String>(0)?)?,
        title: row.get(1)?,
        reason: row.get(2)?,
        state: from_json(&format!("\"{state}\""))?,
        author: ChangeAuthor { id: to_uuid(&row.get::<_, String>(4)?)?, name: row.get(5)?, display_name: row.get(6)? },
        created_at: from_micros(row.get(7)?)?,
        changed_at: from_micros(row.get(8)?)?,
        revision: row.get(9)?,
        base: ChangeBase { version: row.get(10)?, hashes: from_json(&row.get::<_, String>(11)?)? },
        approver: row.get(12)?,
        written: row.get(13)?,
        ruleset: row.get(14)?,
        failure: failure.as_deref().map(from_json).transpose()?,
        files: Vec::new(),
        writers: std::collections::BTreeSet::new(),
        steps: Vec::new(),
    })
}
