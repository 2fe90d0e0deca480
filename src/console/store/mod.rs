//! What only the console knows, in `console.db`: it cannot be made anew from the topics, so it has migrations, and
//! `yujing console backup` copies it.
//!
//! - [`account`]: accounts, logging in, locks after wrong passwords
//! - [`session`]: sessions, their rotation and end
//! - [`invitation`]: one-time links that make accounts or set passwords anew
//! - [`provider`]: accounts that the office's identity provider keeps
//! - [`audit`]: who saw and did what
//! - [`draft`]: what is typed and not sent; [`seen`]: what was read
//! - [`answer`]: answers, kept until Kafka has them; [`attachment`]: the index of their photographs
//! - [`retry`]: refused records that are sent again
//! - [`pruning`]: what nobody needs any more
//! - [`change`]: changes of rules; [`examination`]: what was found in them before anybody decides; [`trial`]: how they do
//!   on history; [`shadow`]: which is tried live; [`kept_folder`]: what the rules folder held

pub mod account;
pub mod answer;
pub mod attachment;
pub mod audit;
pub mod change;
pub mod draft;
pub mod examination;
pub mod invitation;
pub mod kept_folder;
pub mod provider;
pub mod pruning;
pub mod retry;
pub mod seen;
pub mod session;
pub mod shadow;
pub mod trial;

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::database::{Database, Layout};
use crate::error::ConsoleError;

/// The file within the console's folder.
pub const FILE: &str = "console.db";

const LAYOUT: Layout = Layout {
    migrations: &[
        include_str!("schema_1.sql"),
        include_str!("schema_2.sql"),
        include_str!("schema_3.sql"),
        include_str!("schema_4.sql"),
        include_str!("schema_5.sql"),
        include_str!("schema_6.sql"),
        include_str!("schema_7.sql"),
    ],
    disposable: false,
};

/// The database of what only the console knows.
#[derive(Debug)]
pub struct Store {
    database: Database,
}

impl Store {
    /// Opens `console.db` in a folder; makes both if they are not there.
    ///
    /// # Errors
    /// If it cannot be opened, or a later version of the program wrote it.
    pub fn open(folder: &Path) -> Result<Self, ConsoleError> {
        Ok(Self { database: Database::open(&folder.join(FILE), LAYOUT)? })
    }

    /// Copies the whole database into a new file, while it is in use.
    ///
    /// # Errors
    /// If the file is there already, or cannot be written.
    pub fn back_up(&self, to: &Path) -> Result<(), ConsoleError> {
        self.database.copy(to)
    }
}

/// A value as a column keeps it.
fn to_json(value: &impl Serialize) -> Result<String, rusqlite::Error> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// A value that a column kept.
fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, rusqlite::Error> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error)))
}

/// The id that a column kept.
fn to_uuid(text: &str) -> Result<uuid::Uuid, rusqlite::Error> {
    text.parse().map_err(|error: uuid::Error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "rules_tests.rs"]
mod rules_tests;
