//! One-time links: whoever has one may make one account with what the link says it may, or set the password of one account
//! anew.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde::Serialize;
use uuid::Uuid;

use super::account::{Account, COLUMNS, account};
use super::{Store, from_json, to_json, to_uuid};
use crate::access::Access;
use crate::error::ConsoleError;
use crate::instant::{from_micros, micros};
use crate::secret::{Token, random_id, token_hash};

/// How long a link is good.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(72);

/// A link that was just made; its token is known only now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub id: Uuid,
    pub token: Token,
    pub expires_at: Timestamp,
}

/// A link that nobody has used yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenInvitation {
    pub id: Uuid,
    /// What the account may that is made by it.
    pub access: Access,
    /// The name of the account whose password it sets anew; none: it makes an account.
    pub account: Option<String>,
    /// Who made it; none: the command.
    pub made_by: Option<String>,
    pub made_at: Timestamp,
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

/// What a link is for.
struct Purpose<'a> {
    access: &'a Access,
    account: Option<Uuid>,
    made_by: Option<&'a str>,
}

impl Store {
    /// Makes a link for an account that is to be. `made_by` is the name of the administrator's account.
    ///
    /// # Errors
    /// If the database fails, or the system gives no random numbers.
    pub fn invite(&self, access: &Access, made_by: Option<&str>, now: Timestamp) -> Result<Invitation, ConsoleError> {
        self.make_link(&Purpose { access, account: None, made_by }, now)
    }

    /// Makes a link that sets the password of an account anew; none: there is no such account, or it is disabled.
    ///
    /// # Errors
    /// If the database fails, or the system gives no random numbers.
    pub fn invite_to_reset(
        &self,
        account: Uuid,
        made_by: &str,
        now: Timestamp,
    ) -> Result<Option<(Account, Invitation)>, ConsoleError> {
        let Some(found) = self.account(account)?.filter(|found| !found.disabled) else { return Ok(None) };
        let purpose = Purpose { access: &Access::default(), account: Some(account), made_by: Some(made_by) };
        Ok(Some((found, self.make_link(&purpose, now)?)))
    }

    fn make_link(&self, purpose: &Purpose<'_>, now: Timestamp) -> Result<Invitation, ConsoleError> {
        let (id, token) = (random_id()?, Token::random()?);
        let expires_at = now.saturating_add(GOOD_FOR).unwrap_or(Timestamp::MAX);
        self.database.write(|db| {
            db.execute(
                "INSERT INTO invitation (token_hash, access, expires_at, invitation_id, account_id, made_by, made_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (
                    token_hash(token.as_str()),
                    to_json(purpose.access)?,
                    micros(expires_at),
                    id.to_string(),
                    purpose.account.map(|account| account.to_string()),
                    purpose.made_by,
                    micros(now),
                ),
            )
        })?;
        Ok(Invitation { id, token, expires_at })
    }

    /// The links that nobody has used and that are still good, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn open_invitations(&self, now: Timestamp) -> Result<Vec<OpenInvitation>, ConsoleError> {
        self.database.read(|db| {
            let mut statement = db.prepare(
                "SELECT invitation_id, invitation.access, name, made_by, made_at, expires_at
                 FROM invitation LEFT JOIN account USING (account_id)
                 WHERE used_at IS NULL AND expires_at > ?1 ORDER BY made_at DESC, invitation_id",
            )?;
            let rows = statement.query_map([micros(now)], |row| {
                Ok(OpenInvitation {
                    id: to_uuid(&row.get::<_, String>(0)?)?,
                    access: from_json(&row.get::<_, String>(1)?)?,
                    account: row.get(2)?,
                    made_by: row.get(3)?,
                    made_at: from_micros(row.get(4)?)?,
                    expires_at: from_micros(row.get(5)?)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Takes a link back; whether it was still open.
    ///
    /// # Errors
    /// If the database fails.
    pub fn revoke_invitation(&self, id: Uuid) -> Result<bool, ConsoleError> {
        self.database.write(|db| {
            let gone = "DELETE FROM invitation WHERE invitation_id = ?1 AND used_at IS NULL";
            Ok(db.execute(gone, [id.to_string()])? == 1)
        })
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
            use_up(db, &hash, now)?;
            let NewAccount { name, display_name, password_hash } = new;
            let account =
                Account { id, name, display_name, access, disabled: false, created_at: now, from_provider: false };
            insert(db, &account, &password_hash)?;
            Ok(AcceptOutcome::Account(account))
        })
    }

    /// Sets the password of a link's account anew: its sessions end, and it is locked no longer. None: the link is not
    /// good.
    ///
    /// # Errors
    /// If the database fails.
    pub fn reset_password(
        &self,
        token: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Account>, ConsoleError> {
        let hash = token_hash(token);
        self.database.write(|db| {
            let Some(account) = account_of(db, &hash, now)? else { return Ok(None) };
            use_up(db, &hash, now)?;
            let id = account.id.to_string();
            db.execute(
                "UPDATE account SET password_hash = ?2, failures = 0, locked_until = NULL WHERE account_id = ?1",
                (&id, password_hash),
            )?;
            db.execute("DELETE FROM session WHERE account_id = ?1", [&id])?;
            Ok(Some(account))
        })
    }

    /// Makes an account without a link: the demo's.
    ///
    /// # Errors
    /// If there is one of the name, or the database fails.
    pub fn add_account(&self, new: NewAccount, access: Access, now: Timestamp) -> Result<(), ConsoleError> {
        let NewAccount { name, display_name, password_hash } = new;
        let account = Account {
            id: random_id()?,
            name,
            display_name,
            access,
            disabled: false,
            created_at: now,
            from_provider: false,
        };
        self.database.write(|db| insert(db, &account, &password_hash))
    }
}

/// What an account may that is made by a link; none: the link is not good for that.
fn good(db: &Connection, hash: &str, now: Timestamp) -> Result<Option<Access>, rusqlite::Error> {
    let found: Option<String> = db
        .query_row(
            "SELECT access FROM invitation
             WHERE token_hash = ?1 AND used_at IS NULL AND expires_at > ?2 AND account_id IS NULL",
            (hash, micros(now)),
            |row| row.get(0),
        )
        .optional()?;
    found.as_deref().map(from_json).transpose()
}

/// The account whose password a link sets anew; none: the link is not good for that, or the account is disabled.
fn account_of(db: &Connection, hash: &str, now: Timestamp) -> Result<Option<Account>, rusqlite::Error> {
    let found = format!(
        "SELECT {COLUMNS} FROM account WHERE NOT disabled AND account_id =
           (SELECT account_id FROM invitation WHERE token_hash = ?1 AND used_at IS NULL AND expires_at > ?2)"
    );
    db.query_row(&found, (hash, micros(now)), account).optional()
}

fn use_up(db: &Connection, hash: &str, now: Timestamp) -> Result<(), rusqlite::Error> {
    db.execute("UPDATE invitation SET used_at = ?2 WHERE token_hash = ?1", (hash, micros(now))).map(|_| ())
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
