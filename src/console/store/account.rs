//! Accounts: made by a one-time link, never by default.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Serialize;
use uuid::Uuid;

use super::{Store, from_json, to_json, to_uuid};
use crate::access::{Access, Role};
use crate::error::ConsoleError;
use crate::instant::{from_micros, from_optional_micros, micros};
use crate::secret::{NOBODYS_HASH, is_password};

/// Wrong passwords in a row after which an account is locked.
const MOST_FAILURES: i64 = 5;
/// For how long it is locked then.
const LOCK: SignedDuration = SignedDuration::from_mins(15);

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    pub id: Uuid,
    pub name: String,
    pub display_name: String,
    #[serde(flatten)]
    pub access: Access,
    pub disabled: bool,
    pub created_at: Timestamp,
    /// Whether the office's identity provider keeps it: it has no password here, and what it may follows from its groups.
    pub from_provider: bool,
}

/// An account with what administrators see of its sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountStanding {
    pub account: Account,
    /// Sessions that have not ended.
    pub sessions: i64,
    /// Until when too many wrong passwords keep it out.
    pub locked_until: Option<Timestamp>,
}

/// What came of a name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginOutcome {
    Account(Account),
    /// No such account, another password, or an account that is disabled: nobody learns which.
    Refused,
    /// Too many wrong passwords.
    LockedUntil(Timestamp),
}

/// What came of a change to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeOutcome {
    Changed(Account),
    NotThere,
    /// Nobody would be left to look after accounts.
    LastAdministrator,
}

impl Store {
    /// Compares a name and a password with the accounts. Wrong passwords lock an account for a while, so that nobody
    /// tries many; the right one in that time is refused too.
    ///
    /// # Errors
    /// If the database fails.
    pub fn log_in(&self, name: &str, password: &str, now: Timestamp) -> Result<LoginOutcome, ConsoleError> {
        let found = self.database.read(|db| credentials(db, name))?;
        let locked = found.as_ref().and_then(|found| found.locked_until).filter(|until| *until > now);
        // As long as for an account that is there, so that time tells nothing.
        let is_right = is_password(password, found.as_ref().map_or(NOBODYS_HASH, |found| &found.password_hash));
        if let Some(until) = locked {
            return Ok(LoginOutcome::LockedUntil(until));
        }
        let Some(Credentials { account, .. }) = found else { return Ok(LoginOutcome::Refused) };
        if account.disabled {
            return Ok(LoginOutcome::Refused);
        }
        let id = account.id.to_string();
        if is_right {
            self.database.write(|db| {
                db.execute("UPDATE account SET failures = 0, locked_until = NULL WHERE account_id = ?1", [&id])
            })?;
            return Ok(LoginOutcome::Account(account));
        }
        let until = now.saturating_add(LOCK).unwrap_or(Timestamp::MAX);
        self.database.write(|db| {
            db.execute(
                "UPDATE account SET
                   locked_until = CASE WHEN failures + 1 >= ?2 THEN ?3 ELSE NULL END,
                   failures = CASE WHEN failures + 1 >= ?2 THEN 0 ELSE failures + 1 END
                 WHERE account_id = ?1",
                (&id, MOST_FAILURES, micros(until)),
            )
        })?;
        Ok(LoginOutcome::Refused)
    }

    /// All accounts by name.
    ///
    /// # Errors
    /// If the database fails.
    pub fn accounts(&self, now: Timestamp) -> Result<Vec<AccountStanding>, ConsoleError> {
        self.database.read(|db| {
            let mut statement = db.prepare(&format!(
                "SELECT {COLUMNS}, locked_until,
                   (SELECT count(*) FROM session WHERE session.account_id = account.account_id AND expires_at > ?1)
                 FROM account ORDER BY name"
            ))?;
            let accounts = statement.query_map([micros(now)], |row| {
                let locked_until = from_optional_micros(row.get(7)?)?.filter(|until| *until > now);
                Ok(AccountStanding { account: account(row)?, sessions: row.get(8)?, locked_until })
            })?;
            accounts.collect()
        })
    }

    /// An account.
    ///
    /// # Errors
    /// If the database fails.
    pub fn account(&self, id: Uuid) -> Result<Option<Account>, ConsoleError> {
        self.database.read(|db| by_id(db, &id.to_string()))
    }

    /// Sets another password; the account's sessions end.
    ///
    /// # Errors
    /// If the database fails.
    pub fn set_password(&self, account: Uuid, password_hash: &str) -> Result<(), ConsoleError> {
        let id = account.to_string();
        self.database.write(|db| {
            db.execute("UPDATE account SET password_hash = ?2 WHERE account_id = ?1", (&id, password_hash))?;
            db.execute("DELETE FROM session WHERE account_id = ?1", [&id]).map(|_| ())
        })
    }

    /// Whether it is the password of an account.
    ///
    /// # Errors
    /// If the database fails.
    pub fn has_password(&self, account: &Account, password: &str) -> Result<bool, ConsoleError> {
        let found = self.database.read(|db| credentials(db, &account.name))?;
        Ok(found.is_some_and(|found| is_password(password, &found.password_hash)))
    }

    /// Changes what an account may; its sessions end. One administrator is always left.
    ///
    /// # Errors
    /// If the database fails.
    pub fn change_account(
        &self,
        account_id: Uuid,
        change: impl FnOnce(&mut Access, &mut bool),
    ) -> Result<ChangeOutcome, ConsoleError> {
        let id = account_id.to_string();
        self.database.write(|db| {
            let Some(mut changed) = by_id(db, &id)? else { return Ok(ChangeOutcome::NotThere) };
            change(&mut changed.access, &mut changed.disabled);
            if !is_administrator(&changed) && !others_administer(db, &id)? {
                return Ok(ChangeOutcome::LastAdministrator);
            }
            db.execute(
                "UPDATE account SET access = ?2, disabled = ?3 WHERE account_id = ?1",
                (&id, to_json(&changed.access)?, changed.disabled),
            )?;
            db.execute("DELETE FROM session WHERE account_id = ?1", [&id])?;
            Ok(ChangeOutcome::Changed(changed))
        })
    }
}

/// Whether it can look after accounts whatever becomes of the identity provider.
fn is_administrator(account: &Account) -> bool {
    !account.disabled && !account.from_provider && account.access.roles.contains(&Role::Administrator)
}

/// Whether somebody else may look after accounts; where nobody ever could, nobody is missed.
fn others_administer(db: &Connection, but: &str) -> Result<bool, rusqlite::Error> {
    let mut statement = db.prepare(&format!("SELECT {COLUMNS} FROM account"))?;
    let accounts = statement.query_map([], account)?.collect::<Result<Vec<_>, _>>()?;
    let mut administrators = accounts.iter().filter(|account| is_administrator(account)).peekable();
    Ok(administrators.peek().is_none() || administrators.any(|account| account.id.to_string() != but))
}

/// The columns that [`account`] reads.
pub(super) const COLUMNS: &str =
    "account.account_id, name, display_name, access, disabled, created_at, issuer IS NOT NULL";

pub(super) fn account(row: &Row<'_>) -> Result<Account, rusqlite::Error> {
    Ok(Account {
        id: to_uuid(&row.get::<_, String>(0)?)?,
        name: row.get(1)?,
        display_name: row.get(2)?,
        access: from_json(&row.get::<_, String>(3)?)?,
        disabled: row.get(4)?,
        created_at: from_micros(row.get(5)?)?,
        from_provider: row.get(6)?,
    })
}

fn by_id(db: &Connection, id: &str) -> Result<Option<Account>, rusqlite::Error> {
    db.query_row(&format!("SELECT {COLUMNS} FROM account WHERE account_id = ?1"), [id], account).optional()
}

/// What logging in compares.
struct Credentials {
    account: Account,
    password_hash: String,
    locked_until: Option<Timestamp>,
}

fn credentials(db: &Connection, name: &str) -> Result<Option<Credentials>, rusqlite::Error> {
    let columns = format!("SELECT {COLUMNS}, password_hash, locked_until FROM account WHERE name = ?1");
    db.query_row(&columns, [name], |row| {
        Ok(Credentials {
            account: account(row)?,
            password_hash: row.get(7)?,
            locked_until: from_optional_micros(row.get(8)?)?,
        })
    })
    .optional()
}
