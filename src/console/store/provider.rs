//! Accounts that the office's identity provider keeps. They are made when somebody first comes from there, and what they may
//! follows from what the provider says each time. Whoever was disabled here stays out.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::account::{Account, COLUMNS, account};
use super::{Store, to_json};
use crate::access::Access;
use crate::error::ConsoleError;
use crate::instant::micros;
use crate::secret::{NOBODYS_HASH, random_id};

/// Somebody as the provider names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub issuer: String,
    /// What never changes there.
    pub subject: String,
    pub name: String,
    pub display_name: String,
    /// What their groups may.
    pub access: Access,
}

/// What came of somebody whom the provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Let in; whether the account was made by it, or may something else than before.
    Account { account: Account, changed: bool },
    /// None of their groups has a role.
    NoRole,
    /// The account was disabled here.
    Disabled,
    /// Another account has the name.
    NameTaken,
}

impl Store {
    /// Lets somebody in whom the provider vouches for. Who has no role any more loses their sessions too.
    ///
    /// # Errors
    /// If the database fails, or the system gives no random numbers.
    pub fn arrive(&self, person: &Person, now: Timestamp) -> Result<Arrival, ConsoleError> {
        let new_id = random_id()?;
        self.database.write(|db| {
            let has_role = !person.access.roles.is_empty();
            let is_taken = has_name(db, person)?;
            let Some(before) = known(db, person)? else {
                if !has_role {
                    return Ok(Arrival::NoRole);
                }
                if is_taken {
                    return Ok(Arrival::NameTaken);
                }
                let Person { name, display_name, access, .. } = person.clone();
                let made = Account {
                    id: new_id,
                    name,
                    display_name,
                    access,
                    disabled: false,
                    created_at: now,
                    from_provider: true,
                };
                insert(db, person, &made)?;
                return Ok(Arrival::Account { account: made, changed: true });
            };
            let mut after = Account { access: person.access.clone(), ..before.clone() };
            after.display_name.clone_from(&person.display_name);
            if !is_taken {
                after.name.clone_from(&person.name);
            }
            update(db, &after)?;
            if before.disabled {
                return Ok(Arrival::Disabled);
            }
            if !has_role {
                db.execute("DELETE FROM session WHERE account_id = ?1", [after.id.to_string()])?;
                return Ok(Arrival::NoRole);
            }
            let changed = before.access != after.access;
            Ok(Arrival::Account { account: after, changed })
        })
    }
}

fn known(db: &Connection, person: &Person) -> Result<Option<Account>, rusqlite::Error> {
    let found = format!("SELECT {COLUMNS} FROM account WHERE issuer = ?1 AND subject = ?2");
    db.query_row(&found, (&person.issuer, &person.subject), account).optional()
}

/// Whether an account that is not theirs has the name.
fn has_name(db: &Connection, person: &Person) -> Result<bool, rusqlite::Error> {
    let found = "SELECT EXISTS (SELECT 1 FROM account WHERE name = ?1 AND NOT (issuer IS ?2 AND subject IS ?3))";
    db.query_row(found, (&person.name, &person.issuer, &person.subject), |row| row.get(0))
}

fn insert(db: &Transaction<'_>, person: &Person, made: &Account) -> Result<(), rusqlite::Error> {
    db.execute(
        "INSERT INTO account (account_id, name, display_name, password_hash, access, created_at, issuer, subject)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            made.id.to_string(),
            &made.name,
            &made.display_name,
            NOBODYS_HASH,
            to_json(&made.access)?,
            micros(made.created_at),
            &person.issuer,
            &person.subject,
        ),
    )
    .map(|_| ())
}

fn update(db: &Transaction<'_>, after: &Account) -> Result<(), rusqlite::Error> {
    db.execute(
        "UPDATE account SET name = ?2, display_name = ?3, access = ?4 WHERE account_id = ?1",
        (after.id.to_string(), &after.name, &after.display_name, to_json(&after.access)?),
    )
    .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;
    use crate::store::account::{ChangeOutcome, LoginOutcome};
    use crate::store::invitation::NewAccount;

    fn person(subject: &str, name: &str, roles: &[Role]) -> Person {
        let access = Access { roles: roles.to_vec(), ..Access::default() };
        let [issuer, subject, name] = ["https://sso", subject, name].map(str::to_owned);
        Person { issuer, subject, display_name: name.clone(), name, access }
    }

    fn let_in(arrival: Arrival) -> (Account, bool) {
        match arrival {
            Arrival::Account { account, changed } => (account, changed),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_account_is_theirs_whatever_they_are_called_and_takes_no_name_of_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opens");
        let now = "2026-03-01T00:00:00Z".parse().expect("an instant");
        let arrive = |person: &Person| store.arrive(person, now).expect("the database works");
        let officer = [Role::Officer];
        let (zhang, is_new) = let_in(arrive(&person("1", "zhang", &officer)));
        assert!(is_new && zhang.from_provider);
        let (renamed, changed) = let_in(arrive(&person("1", "zhang.san", &officer)));
        assert_eq!((renamed.id, renamed.name.as_str(), changed), (zhang.id, "zhang.san", false));
        assert_eq!(arrive(&person("2", "zhang.san", &officer)), Arrival::NameTaken);
        let (li, _) = let_in(arrive(&person("2", "zhang", &officer)));
        assert_ne!(li.id, zhang.id, "the name is free again");
        assert_eq!(let_in(arrive(&person("2", "zhang.san", &officer))).0.name, "zhang", "it keeps what it had");
        let elsewhere = Person { issuer: "https://other".to_owned(), ..person("1", "zhang", &officer) };
        assert_eq!(arrive(&elsewhere), Arrival::NameTaken, "another provider's subjects are others");
        assert_eq!(store.log_in("zhang", "", now).expect("works"), LoginOutcome::Refused, "there is no password");
    }

    #[test]
    fn an_administrator_of_the_provider_is_not_the_last_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opens");
        let now = "2026-03-01T00:00:00Z".parse().expect("an instant");
        let access = Access { roles: vec![Role::Administrator], ..Access::default() };
        let [name, display_name, password_hash] = ["root", "root", NOBODYS_HASH].map(str::to_owned);
        store.add_account(NewAccount { name, display_name, password_hash }, access, now).expect("added");
        let_in(store.arrive(&person("1", "zhang", &[Role::Administrator]), now).expect("works"));
        let accounts = store.accounts(now).expect("works");
        let root = accounts.iter().find(|standing| standing.account.name == "root").expect("there").account.id;
        let outcome = store.change_account(root, |_, is_disabled| *is_disabled = true).expect("works");
        assert_eq!(outcome, ChangeOutcome::LastAdministrator);
    }
}
