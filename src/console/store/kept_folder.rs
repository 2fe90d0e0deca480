//! What the rules folder held, cases included, by the ruleset that it made: kept whenever an approved change is written,
//! as it was before and as it is after. The topic of rulesets has no cases.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use rusqlite::{Connection, OptionalExtension as _};
use yujing_base::digest::hex;
use yujing_core::ruleset::Files;

use super::{Store, from_json, to_json};
use crate::error::ConsoleError;
use crate::instant::micros;

impl Store {
    /// Keeps what the folder holds, cases included, under its ruleset. Of folders that differ in their cases alone the
    /// last one is kept.
    ///
    /// # Errors
    /// If the database fails.
    pub fn keep_folder(&self, ruleset: &str, files: &Files, now: Timestamp) -> Result<(), ConsoleError> {
        let hash = |text: &String| hex(digest(&SHA256, text.as_bytes()).as_ref());
        let hashes: BTreeMap<&String, String> = files.iter().map(|(path, text)| (path, hash(text))).collect();
        self.database.write(|db| {
            for (path, text) in files {
                db.execute("INSERT OR IGNORE INTO kept_text (hash, text) VALUES (?1, ?2)", (&hashes[path], text))?;
            }
            db.execute(
                "INSERT OR REPLACE INTO kept_folder (ruleset, files, kept_at) VALUES (?1, ?2, ?3)",
                (ruleset, to_json(&hashes)?, micros(now)),
            )
            .map(|_| ())
        })
    }

    /// Every file of the folder that made a ruleset, cases included, if it was kept.
    ///
    /// # Errors
    /// If the database fails.
    pub fn kept_folder(&self, ruleset: &str) -> Result<Option<Files>, ConsoleError> {
        self.database.read(|db| {
            let asked = "SELECT files FROM kept_folder WHERE ruleset = ?1";
            let found: Option<String> = db.query_row(asked, [ruleset], |row| row.get(0)).optional()?;
            found.map(|files| texts_of(db, &files)).transpose()
        })
    }

    /// The rulesets whose folders were kept.
    ///
    /// # Errors
    /// If the database fails.
    pub fn kept_rulesets(&self) -> Result<BTreeSet<String>, ConsoleError> {
        self.database.read(|db| {
            let mut asked = db.prepare_cached("SELECT ruleset FROM kept_folder")?;
            let rulesets = asked.query_map([], |row| row.get(0))?;
            rulesets.collect()
        })
    }
}

/// The texts of files that are given by their hashes.
fn texts_of(db: &Connection, files: &str) -> Result<Files, rusqlite::Error> {
    let hashes: BTreeMap<String, String> = from_json(files)?;
    let mut asked = db.prepare_cached("SELECT text FROM kept_text WHERE hash = ?1")?;
    hashes.into_iter().map(|(path, hash)| Ok((path, asked.query_row([hash], |row| row.get(0))?))).collect()
}
