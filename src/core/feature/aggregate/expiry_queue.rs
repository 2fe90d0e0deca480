//! Entries in the order in which they leave.

use std::collections::VecDeque;

/// Entries sorted by the instant at which they leave. Those that leave last go in at the end, at no cost; others where
/// they belong, at the cost of a binary search and of moving what lies on the shorter side.
#[derive(Debug)]
pub struct ExpiryQueue<V> {
    entries: VecDeque<(i64, V)>,
}

impl<V> Default for ExpiryQueue<V> {
    fn default() -> Self {
        Self { entries: VecDeque::new() }
    }
}

impl<V: Ord> ExpiryQueue<V> {
    pub fn insert(&mut self, until: i64, value: V) {
        let entry = (until, value);
        match self.entries.back() {
            Some(last) if *last > entry => {
                let place = self.entries.partition_point(|before| *before <= entry);
                self.entries.insert(place, entry);
            }
            _ => self.entries.push_back(entry),
        }
    }

    /// Takes one such entry out; says whether there was one.
    pub fn remove(&mut self, until: i64, value: &V) -> bool {
        match self.entries.binary_search_by(|(at, held)| at.cmp(&until).then_with(|| held.cmp(value))) {
            Ok(place) => self.entries.remove(place).is_some(),
            Err(_) => false,
        }
    }

    /// Takes out an entry that has left by an instant.
    pub fn pop_until(&mut self, as_of: i64) -> Option<V> {
        self.next_expiry().filter(|until| *until <= as_of)?;
        self.entries.pop_front().map(|(_, value)| value)
    }

    /// When the first entry leaves.
    pub fn next_expiry(&self) -> Option<i64> {
        self.entries.front().map(|(until, _)| *until)
    }

    /// When so many entries have left; `None` if that is none, or more than there are.
    pub fn expiry_of(&self, leaving: usize) -> Option<i64> {
        self.entries.get(leaving.checked_sub(1)?).map(|(until, _)| *until)
    }

    /// In the order in which they leave.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

impl<V: Ord> FromIterator<(i64, V)> for ExpiryQueue<V> {
    /// Of entries that come sorted.
    fn from_iter<I: IntoIterator<Item = (i64, V)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}
