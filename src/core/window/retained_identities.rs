//! Identities that must stay known although no row of theirs is kept: tombstones, and corrections that moved an event
//! back in time. Forgotten too soon, an older revision that comes again would be accepted.

use std::collections::{BTreeSet, HashMap};

use super::identity_hash::IdentityHash;
use super::identity_index::is_mostly_unused;
use crate::source::Identity;

/// Until when (µs since 1970) each such identity must be known.
#[derive(Debug, Default)]
pub(super) struct RetainedIdentities {
    until: HashMap<Identity, i64, IdentityHash>,
    due: BTreeSet<(i64, Identity)>,
}

impl RetainedIdentities {
    pub fn until(&self, identity: Identity) -> Option<i64> {
        self.until.get(&identity).copied()
    }

    pub fn set(&mut self, identity: Identity, until: Option<i64>) {
        if until.is_none() && self.until.is_empty() {
            return;
        }
        let before = match until {
            Some(instant) => self.until.insert(identity, instant),
            None => self.until.remove(&identity),
        };
        if before == until {
            return;
        }
        if let Some(instant) = before {
            self.due.remove(&(instant, identity));
        }
        if let Some(instant) = until {
            self.due.insert((instant, identity));
        }
    }

    /// Gives back memory if most of it is not used, `spare` entries aside.
    pub fn shrink(&mut self, spare: usize) {
        if is_mostly_unused(self.until.capacity(), self.until.len() + spare) {
            self.until.shrink_to_fit();
        }
    }

    /// Bytes reserved, about.
    pub fn bytes(&self) -> usize {
        self.until.capacity() * (size_of::<(Identity, i64)>() + 1) + self.due.len() * size_of::<(i64, Identity)>() * 2
    }

    /// Forgets one identity whose time has come, and says which.
    pub fn pop_due(&mut self, as_of: i64) -> Option<Identity> {
        let (until, identity) = self.due.first().copied()?;
        if until > as_of {
            return None;
        }
        self.set(identity, None);
        Some(identity)
    }
}
