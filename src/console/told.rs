//! A change with what accounts see of it: asked once for all pages whose accounts see the same. It lives as long as pages are
//! told of this change, so nothing in it is ever out of date.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::access::Permission;
use crate::error::ConsoleError;
use crate::feed::Change;
use crate::read_model::ReadModel;
use crate::read_model::scope::Scope;
use crate::store::Store;
use crate::store::account::Account;

/// What pages are told together.
#[derive(Debug)]
pub struct Told {
    change: Arc<Change>,
    seen: Mutex<Vec<(Scope, Arc<OnceCell<Seen>>)>>,
    /// Whose the answers are.
    accounts: OnceCell<BTreeMap<Uuid, Uuid>>,
}

/// What can be seen in the same areas and at the same posts.
#[derive(Debug)]
struct Seen {
    warnings: BTreeSet<Uuid>,
    operators: BTreeSet<String>,
}

impl Told {
    pub fn of(change: Change) -> Self {
        Self { change: Arc::new(change), seen: Mutex::default(), accounts: OnceCell::new() }
    }

    /// All of it.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// What an account sees of it; none: the databases do not say.
    pub async fn visible(&self, read_model: &Arc<ReadModel>, store: &Arc<Store>, by: &Account) -> Option<Change> {
        let Change { areas, others, rules, .. } = *self.change;
        let rules = rules && by.access.permits(Permission::Rules);
        if !by.access.permits(Permission::Read) {
            return Some(Change { rules, ..Change::default() });
        }
        let scope = Scope::of(&by.access);
        let cell = self.cell(&scope);
        let Seen { warnings, operators } = cell.get_or_try_init(|| self.seen_by(read_model, scope)).await.ok()?;
        let answers = self.answers_of(store, by.id).await.ok()?;
        Some(Change { warnings: warnings.clone(), operators: operators.clone(), answers, areas, others, rules })
    }

    fn cell(&self, scope: &Scope) -> Arc<OnceCell<Seen>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cell)) = seen.iter().find(|(known, _)| known == scope) {
            return Arc::clone(cell);
        }
        let cell = Arc::<OnceCell<Seen>>::default();
        seen.push((scope.clone(), Arc::clone(&cell)));
        cell
    }

    async fn seen_by(&self, read_model: &Arc<ReadModel>, scope: Scope) -> Result<Seen, Unknown> {
        let Change { warnings, operators, .. } = &*self.change;
        if scope.is_everything() {
            return Ok(Seen { warnings: warnings.clone(), operators: operators.clone() });
        }
        let (read_model, change) = (Arc::clone(read_model), Arc::clone(&self.change));
        asked(move || {
            Ok(Seen {
                warnings: read_model.visible_warnings(&scope, change.warnings.clone())?,
                operators: read_model.visible_operators(&scope, change.operators.clone())?,
            })
        })
        .await
    }

    async fn answers_of(&self, store: &Arc<Store>, account: Uuid) -> Result<BTreeSet<Uuid>, Unknown> {
        if self.change.answers.is_empty() {
            return Ok(BTreeSet::new());
        }
        let find = || {
            let (store, change) = (Arc::clone(store), Arc::clone(&self.change));
            asked(move || {
                let mut accounts = BTreeMap::new();
                for id in &change.answers {
                    if let Some(answer) = store.answer(*id)? {
                        accounts.insert(*id, answer.account_id);
                    }
                }
                Ok(accounts)
            })
        };
        let accounts = self.accounts.get_or_try_init(find).await?;
        Ok(accounts.iter().filter(|(_, of)| **of == account).map(|(id, _)| *id).collect())
    }
}

/// The databases do not say.
#[derive(Debug)]
struct Unknown;

/// Asks a database away from the threads that serve connections.
async fn asked<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ConsoleError> + Send + 'static,
) -> Result<T, Unknown> {
    spawn_blocking(work).await.map_err(|_| Unknown)?.map_err(|_| Unknown)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::access::{Access, Role};
    use crate::read_model::fixture::{district, person};
    use crate::read_model::query::operators::OperatorFilter;
    use crate::read_model::query::page::Page;

    fn account(number: u128, access: Access) -> Account {
        let (id, name, created_at) = (Uuid::from_u128(number), number.to_string(), Timestamp::UNIX_EPOCH);
        let display_name = name.clone();
        Account { id, name, display_name, access, disabled: false, created_at, from_provider: false }
    }

    #[tokio::test]
    async fn each_account_sees_its_own_of_a_change_and_those_that_see_the_same_ask_once() {
        let (model, folder) = district(60, 60);
        let (model, store) = (Arc::new(model), Arc::new(Store::open(folder.path()).expect("opens")));
        let everybody = Scope::of(&person(None, &[]));
        let operators = model.operators(&everybody, &OperatorFilter::default(), Page { offset: 0, limit: 100 });
        let operators: BTreeSet<String> =
            operators.expect("read").entries.into_iter().map(|operator| operator.operator_id).collect();
        let told = Told::of(Change { operators: operators.clone(), others: true, rules: true, ..Change::default() });
        let officers = [1, 2].map(|number| account(number, person(Some("街道7"), &[])));
        for officer in &officers {
            let seen = told.visible(&model, &store, officer).await.expect("the database says");
            assert_eq!((seen.operators.len(), seen.others, seen.rules), (5, true, false));
        }
        let chief = told.visible(&model, &store, &account(3, person(None, &["bureau"]))).await;
        assert_eq!(chief.expect("nothing is asked").operators, operators);
        let administrator = Access { roles: vec![Role::Administrator], ..person(None, &[]) };
        let seen = told.visible(&model, &store, &account(4, administrator)).await;
        assert_eq!(seen, Some(Change { rules: true, ..Change::default() }));
        assert_eq!(told.seen.lock().expect("no panic").len(), 2, "two that see different things");
    }
}
