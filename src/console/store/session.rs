//! Sessions: a token in a cookie. It is exchanged for another now and then (rotation), ends when nothing is asked for a
//! while, and in any case after a working day.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::Store;
use super::account::{Account, COLUMNS, account};
use crate::error::ConsoleError;
use crate::instant::{from_micros, micros};
use crate::secret::{Token, token_hash};

/// A session ends when nothing is asked for so long.
const IDLE: SignedDuration = SignedDuration::from_mins(60);
/// And so long after it began.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// Its token is exchanged when it is so old.
const ROTATION: SignedDuration = SignedDuration::from_mins(15);
/// How long requests that are under way may bear the token before.
const FORMER: SignedDuration = SignedDuration::from_mins(1);
/// How much nearer its end a session comes before it is put off: not every request writes.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub account: Account,
    pub csrf_token: String,
    pub expires_at: Timestamp,
}

/// A session that was found, with the token that takes the place of the one it was found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSession {
    pub session: Session,
    pub rotated: Option<Token>,
}

/// A row of the table.
struct SessionRow {
    session: Session,
    began_at: Timestamp,
    rotated_at: Timestamp,
    is_former: bool,
}

impl Store {
    /// Begins a session of an account.
    ///
    /// # Errors
    /// If the database fails, or the system gives no random numbers.
    pub fn begin_session(&self, account: Account, now: Timestamp) -> Result<(Session, Token), ConsoleError> {
        let (token, csrf) = (Token::random()?, Token::random()?);
        let expires_at = end(now, now);
        self.database.write(|db| {
            db.execute("DELETE FROM session WHERE expires_at <= ?1", [micros(now)])?;
            db.execute(
                "INSERT INTO session (token_hash, account_id, csrf_token, began_at, rotated_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
                (token_hash(token.as_str()), account.id.to_string(), csrf.as_str(), micros(now), micros(expires_at)),
            )
        })?;
        Ok((Session { account, csrf_token: csrf.as_str().to_owned(), expires_at }, token))
    }

    /// The session of a token, if it has not ended; asking puts its end off.
    ///
    /// # Errors
    /// If the database fails, or the system gives no random numbers.
    pub fn session(&self, token: &str, now: Timestamp) -> Result<Option<FoundSession>, ConsoleError> {
        let hash = token_hash(token);
        let Some(SessionRow { mut session, began_at, rotated_at, is_former }) =
            self.database.read(|db| find(db, &hash, now))?
        else {
            return Ok(None);
        };
        if is_former {
            return Ok(Some(FoundSession { session, rotated: None }));
        }
        let expires_at = end(began_at, now);
        let rotates = rotated_at.duration_until(now) >= ROTATION;
        if !rotates && session.expires_at.duration_until(expires_at) < SLACK {
            return Ok(Some(FoundSession { session, rotated: None }));
        }
        let next = if rotates { Some(Token::random()?) } else { None };
        let changed = self.database.write(|db| {
            db.execute("UPDATE session SET expires_at = ?2 WHERE token_hash = ?1", (&hash, micros(expires_at)))?;
            let Some(next) = &next else { return Ok(0) };
            let until = now.saturating_add(FORMER).unwrap_or(now);
            db.execute(
                "UPDATE session SET token_hash = ?2, former_hash = ?1, former_until = ?3, rotated_at = ?4
                 WHERE token_hash = ?1",
                (&hash, token_hash(next.as_str()), micros(until), micros(now)),
            )
        })?;
        session.expires_at = expires_at;
        // Of two requests at once, one exchanges the token.
        Ok(Some(FoundSession { session, rotated: next.filter(|_| changed == 1) }))
    }

    /// Whether an account has a session that has not ended, for streams that are open.
    ///
    /// # Errors
    /// If the database fails.
    pub fn has_session(&self, account: Uuid, now: Timestamp) -> Result<bool, ConsoleError> {
        self.database.read(|db| {
            db.query_row(
                "SELECT EXISTS (SELECT 1 FROM session WHERE account_id = ?1 AND expires_at > ?2)",
                (account.to_string(), micros(now)),
                |row| row.get(0),
            )
        })
    }

    /// Ends all sessions of an account; how many there were.
    ///
    /// # Errors
    /// If the database fails.
    pub fn end_sessions(&self, account: Uuid) -> Result<usize, ConsoleError> {
        self.database.write(|db| db.execute("DELETE FROM session WHERE account_id = ?1", [account.to_string()]))
    }

    /// Ends the session of a token.
    ///
    /// # Errors
    /// If the database fails.
    pub fn end_session(&self, token: &str) -> Result<(), ConsoleError> {
        let hash = token_hash(token);
        self.database.write(|db| {
            db.execute("DELETE FROM session WHERE token_hash = ?1 OR former_hash = ?1", [&hash]).map(|_| ())
        })
    }
}

/// When a session ends if nothing more is asked.
fn end(began_at: Timestamp, now: Timestamp) -> Timestamp {
    let at = |from: Timestamp, long: SignedDuration| from.saturating_add(long).unwrap_or(Timestamp::MAX);
    at(now, IDLE).min(at(began_at, LONGEST))
}

fn find(db: &Connection, hash: &str, now: Timestamp) -> Result<Option<SessionRow>, rusqlite::Error> {
    let found = format!(
        "SELECT {COLUMNS}, csrf_token, expires_at, began_at, rotated_at, token_hash <> ?1
         FROM session JOIN account ON account.account_id = session.account_id
         WHERE (token_hash = ?1 OR (former_hash = ?1 AND former_until > ?2)) AND expires_at > ?2 AND NOT disabled"
    );
    db.query_row(&found, (hash, micros(now)), |row| {
        Ok(SessionRow {
            session: Session { account: account(row)?, csrf_token: row.get(7)?, expires_at: from_micros(row.get(8)?)? },
            began_at: from_micros(row.get(9)?)?,
            rotated_at: from_micros(row.get(10)?)?,
            is_former: row.get(11)?,
        })
    })
    .optional()
}
