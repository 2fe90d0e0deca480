//! One-time links: whoever has one may make one account with what the link says it may.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::account::Account;
use super::{Store, from_json, to_json};
use crate::access::Access;
use crate::error::ConsoleError;
use crate::instant::micros;
use crate::secret::{Token, random_id, token_hash};

/// How long a link is good.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(72);

/// A link that was just made; its token is known only now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub token: Token,
    pub expires_at: Timestamp,
}

/// Who makes an account by a link.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub name: String,
    pub display_name: String,
    pub password_hash: String,
}

/// What came of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptOutcome {
    Account(Account),
    /// It never was, was used, or is too old.
    NotGood,
    NameTaken,
}

impl Store {
    /// Makes a link.
    ///
    /// # Errors
    /// If the database fails, or the system gives no random numbers.
    pub fn invite(&self, access: &Access, now: Timestamp) -> Result<Invitation, ConsoleError> {
        let token = Token::random()?;
        let expires_at = now.saturating_add(GOOD_FOR).unwrap_or(Timestamp::MAX);
        self.database.write(|db| {
            db.execute(
                "INSERT INTO invitation (token_hash, access, expires_at) VALUES (?1, ?2, ?3)",
                (token_hash(token.as_str()), to_json(access)?, micros(expires_at)),
            )
        })?;
        Ok(Invitation { token, expires_at })
    }

    /// Makes the account of a link.
    ///
    /// # Errors
    /// If the database fails, or the system gives no random numbers.
    pub fn accept(&self, token: &str, new: NewAccount, now: Timestamp) -> Result<AcceptOutcome, ConsoleError> {
        let (id, hash) = (random_id()?, token_hash(token));
        self.database.write(|db| {
            let Some(access) = good(db, &hash, now)? else { return Ok(AcceptOutcome::NotGood) };
            if is_taken(db, &new.name)? {
                return Ok(AcceptOutcome::NameTaken);
            }
            db.execute("UPDATE invitation SET used_at = ?2 WHERE token_hash = ?1", (&hash, micros(now)))?;
            let NewAccount { name, display_name, password_hash } = new;
            let account = Account { id, name, display_name, access, disabled: false, created_at: now };
            insert(db, &account, &password_hash)?;
            Ok(AcceptOutcome::Account(account))
        })
    }

    /// Makes an account without a link: the demo's.
    ///
    /// # Errors
    /// If there is one of the name, or the database fails.
    pub fn add_account(&self, new: NewAccount, access: Access, now: Timestamp) -> Result<(), ConsoleError> {
        let NewAccount { name, display_name, password_hash } = new;
        let account = Account { id: random_id()?, name, display_name, access, disabled: false, created_at: now };
        self.database.write(|db| insert(db, &account, &password_hash))
    }
}

fn good(db: &Connection, hash: &str, now: Timestamp) -> Result<Option<Access>, rusqlite::Error> {
    let found: Option<String> = db
        .query_row(
            "SELECT access FROM invitation WHERE token_hash = ?1 AND used_at IS NULL AND expires_at > ?2",
            (hash, micros(now)),
            |row| row.get(0),
        )
        .optional()?;
    found.as_deref().map(from_json).transpose()
}

fn is_taken(db: &Connection, name: &str) -> Result<bool, rusqlite::Error> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM account WHERE name = ?1)", [name], |row| row.get(0))
}

fn insert(db: &Transaction<'_>, account: &Account, password_hash: &str) -> Result<(), rusqlite::Error> {
    db.execute(
        "INSERT INTO account (account_id, name, display_name, password_hash, access, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            account.id.to_string(),
            &account.name,
            &account.display_name,
            password_hash,
            to_json(&account.access)?,
            micros(account.created_at),
        ),
    )
    .map(|_| ())
}
