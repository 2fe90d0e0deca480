//! Where the live row of each identity is.

use hashbrown::HashTable;

use crate::source::Identity;

/// Where a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Open(u16),
    Sealed { chunk: u32, row: u16 },
}

/// A hash table of places alone: the identities stand beside the rows, so the caller says which a place has.
#[derive(Debug, Default)]
pub(super) struct IdentityIndex {
    places: HashTable<Place>,
}

impl IdentityIndex {
    pub fn get(&self, identity: Identity, identity_at: impl Fn(Place) -> Identity) -> Option<Place> {
        self.places.find(hash(identity), |place| identity_at(*place) == identity).copied()
    }

    /// Adds an identity that is not in yet.
    pub fn insert(&mut self, identity: Identity, place: Place, identity_at: impl Fn(Place) -> Identity) {
        self.places.insert_unique(hash(identity), place, |place| hash(identity_at(*place)));
    }

    pub fn remove(&mut self, identity: Identity, place: Place) {
        if let Ok(entry) = self.places.find_entry(hash(identity), |other| *other == place) {
            entry.remove();
        }
    }

    /// Notes that a row moved.
    pub fn relocate(&mut self, identity: Identity, from: Place, to: Place) {
        if let Some(place) = self.places.find_mut(hash(identity), |place| *place == from) {
            *place = to;
        }
    }

    /// Gives back memory if most of it is not used, `spare` places aside.
    pub fn shrink(&mut self, spare: usize, identity_at: impl Fn(Place) -> Identity) {
        if is_mostly_unused(self.places.capacity(), self.places.len() + spare) {
            self.places.shrink_to_fit(|place| hash(identity_at(*place)));
        }
    }

    /// Bytes reserved.
    pub fn bytes(&self) -> usize {
        self.places.allocation_size()
    }
}

/// Whether a map should give memory back: not at once, so that it does not grow again and again.
pub(super) fn is_mostly_unused(capacity: usize, used: usize) -> bool {
    capacity / 4 > used
}

/// An identity is a hash already.
#[expect(clippy::cast_possible_truncation, reason = "the low half of a hash is a hash")]
fn hash(identity: Identity) -> u64 {
    identity.0 as u64
}
