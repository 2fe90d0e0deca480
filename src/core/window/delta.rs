//! What a batch would change, laid over the store without touching it.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use indexmap::IndexMap;
use yujing_base::OperatorId;

use super::identity_hash::IdentityHash;
use super::precedence::{KnownRevision, RevisionState};
use super::unsealed_row::UnsealedRow;
use crate::source::{Identity, SourceId};

/// What a batch would change, not yet installed. Dropping it undoes the batch.
#[derive(Debug, Default)]
pub struct Delta {
    /// Operators whose visible events changed; a tombstone for an event that was not visible changes none.
    pub touched: BTreeSet<OperatorId>,
    /// Those of them that lost something the store had before: a row was retracted, deleted or got other content.
    pub lost_evidence: BTreeSet<OperatorId>,
    pub(super) sources: BTreeMap<SourceId, SourceChanges>,
}

impl Delta {
    /// Takes in the rows of another delta, which come after its own. Nobody is touched by that.
    pub fn absorb(&mut self, other: Self) {
        for (source, changes) in other.sources {
            self.sources.entry(source).or_default().absorb(changes);
        }
    }

    /// The operators of whom it says anything in one source.
    pub fn operators_of(&self, source: SourceId) -> impl Iterator<Item = &OperatorId> {
        self.sources.get(&source).into_iter().flat_map(SourceChanges::operators)
    }
}

/// The changes to one source.
#[derive(Debug, Default)]
pub(super) struct SourceChanges {
    /// In the order the identities came first, so that the same batches always make the same store.
    by_identity: IndexMap<Identity, IdentityChange, IdentityHash>,
    by_operator: HashMap<OperatorId, Vec<Identity>>,
}

/// What one identity is after the batch, instead of whatever the store has of it.
#[derive(Debug)]
pub(super) struct IdentityChange {
    pub after: NewState,
    /// Until when the identity must be known, whether or not it has a row.
    pub retain_until: Option<i64>,
}

#[derive(Debug)]
pub(super) enum NewState {
    Live(UnsealedRow),
    Retracted {
        revision: i64,
        content: u64,
    },
    /// As if it had never been.
    Deleted,
}

/// What is known of an identity when an event of it comes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PriorState {
    pub known: Option<KnownRevision>,
    /// Of the live row.
    pub occurred_at: Option<i64>,
    pub retain_until: Option<i64>,
}

impl PriorState {
    /// What of it counts for a record of an instant: what is past its retention by then is forgotten, whether or not
    /// memory was cleared since. Microseconds.
    pub fn as_of(self, received_at: i64, retention: i64) -> Self {
        let occurred_at = self.occurred_at.filter(|occurred_at| received_at <= occurred_at.saturating_add(retention));
        let retain_until = self.retain_until.filter(|until| received_at < *until);
        let known = match occurred_at.or(retain_until) {
            None => None,
            Some(_) if occurred_at.is_none() => self.known.map(KnownRevision::without_row),
            Some(_) => self.known,
        };
        Self { known, occurred_at, retain_until }
    }
}

impl SourceChanges {
    /// What the batch says of an identity; `None` if it says nothing.
    pub fn prior(&self, identity: Identity) -> Option<PriorState> {
        let change = self.by_identity.get(&identity)?;
        let known = match &change.after {
            NewState::Live(row) => row.known(),
            NewState::Retracted { revision, content } => {
                KnownRevision { revision: *revision, content: *content, state: RevisionState::Retracted }
            }
            NewState::Deleted => return Some(PriorState::default()),
        };
        Some(PriorState {
            known: Some(known),
            occurred_at: change.row().map(|row| row.occurred_at),
            retain_until: change.retain_until,
        })
    }

    pub fn put(&mut self, operator: &OperatorId, identity: Identity, change: IdentityChange) {
        let before = self.by_identity.insert(identity, change);
        if before.is_some() {
            return;
        }
        if let Some(identities) = self.by_operator.get_mut(operator) {
            identities.push(identity);
        } else {
            self.by_operator.insert(operator.clone(), vec![identity]);
        }
    }

    fn absorb(&mut self, other: Self) {
        let Self { mut by_identity, by_operator } = other;
        let mut by_operator: Vec<_> = by_operator.into_iter().collect();
        by_operator.sort_unstable();
        for (operator, identities) in by_operator {
            for identity in identities {
                if let Some(change) = by_identity.swap_remove(&identity) {
                    self.put(&operator, identity, change);
                }
            }
        }
    }

    pub fn touches(&self, operator: &str) -> bool {
        self.by_operator.contains_key(operator)
    }

    /// Whether the batch says something of an identity, so that the store's row does not count.
    pub fn overrides(&self, identity: Identity) -> bool {
        self.by_identity.contains_key(&identity)
    }

    /// The row that an identity has after the batch.
    pub fn row(&self, identity: Identity) -> Option<&UnsealedRow> {
        self.by_identity.get(&identity)?.row()
    }

    /// The identities of an operator of which the batch says something.
    pub fn identities_of<'a>(&'a self, operator: &str) -> impl Iterator<Item = &'a Identity> + use<'a> {
        self.by_operator.get(operator).into_iter().flatten()
    }

    /// The rows that the batch would add for an operator.
    pub fn rows_of<'a>(&'a self, operator: &str) -> impl Iterator<Item = &'a UnsealedRow> + use<'a> {
        self.identities_of(operator).filter_map(|identity| self.row(*identity))
    }

    pub fn operators(&self) -> impl Iterator<Item = &OperatorId> {
        self.by_operator.keys()
    }

    pub fn into_changes(self) -> impl Iterator<Item = (Identity, IdentityChange)> {
        self.by_identity.into_iter()
    }
}

impl IdentityChange {
    fn row(&self) -> Option<&UnsealedRow> {
        match &self.after {
            NewState::Live(row) => Some(row),
            NewState::Retracted { .. } | NewState::Deleted => None,
        }
    }
}
