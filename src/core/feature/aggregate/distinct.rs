//! `count(DISTINCT ...)`: how many entries there are of each value. Of texts the 128-bit hash is kept in their place.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use xxhash_rust::xxh3::xxh3_128;

use super::accumulator::{Summary, counted, whole};
use super::expiry_queue::ExpiryQueue;
use super::{AggregateKind, AggregateValue, SumOutOfRange};

/// So many values are kept in a sorted list, more in a hash map.
const FEW: usize = 64;

/// A text's hash or a decimal, in halves: 8-byte alignment keeps entries small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WideKey(u64, u64);

impl WideKey {
    fn of(bits: u128) -> Self {
        let low = u64::try_from(bits & u128::from(u64::MAX)).expect("invariant: the upper half is masked");
        let high = u64::try_from(bits >> 64).expect("invariant: half of 128 bits is 64 bits");
        Self(high, low)
    }
}

/// What stands for a value.
pub trait Key: Copy + Ord + Hash + Debug + Send {
    fn of(value: &AggregateValue) -> Option<Self>;
}

impl Key for i64 {
    fn of(value: &AggregateValue) -> Option<Self> {
        whole(value)
    }
}

impl Key for WideKey {
    fn of(value: &AggregateValue) -> Option<Self> {
        match value {
            AggregateValue::Text(text) => Some(Self::of(xxh3_128(text.as_bytes()))),
            AggregateValue::Decimal(number) => Some(Self::of(number.cast_unsigned())),
            _ => None,
        }
    }
}

/// The number of entries of each value.
#[derive(Debug)]
pub enum Distinct<K> {
    /// Sorted by value.
    Few(Vec<(K, u32)>),
    Many(HashMap<K, u32>),
}

impl<K> Default for Distinct<K> {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl<K> Distinct<K> {
    /// How many values there are.
    fn len(&self) -> usize {
        match self {
            Self::Few(few) => few.len(),
            Self::Many(many) => many.len(),
        }
    }
}

/// One entry of a value less, in a sorted list.
fn take_one<K: Key>(few: &mut Vec<(K, u32)>, key: &K) {
    if let Ok(place) = few.binary_search_by_key(key, |(held, _)| *held) {
        few[place].1 -= 1;
        if few[place].1 == 0 {
            few.remove(place);
        }
    }
}

impl<K: Key> Summary for Distinct<K> {
    type Entry = K;

    fn entry(value: &AggregateValue) -> Option<K> {
        K::of(value)
    }

    fn add(&mut self, key: &K) {
        match self {
            Self::Few(few) => match few.binary_search_by_key(key, |(held, _)| *held) {
                Ok(place) => few[place].1 += 1,
                Err(place) if few.len() < FEW => few.insert(place, (*key, 1)),
                Err(_) => *self = Self::Many(few.iter().copied().chain([(*key, 1)]).collect()),
            },
            Self::Many(many) => *many.entry(*key).or_default() += 1,
        }
    }

    fn take(&mut self, key: &K) {
        match self {
            Self::Few(few) => take_one(few, key),
            Self::Many(many) => {
                if let Some(entries) = many.get_mut(key) {
                    *entries -= 1;
                    if *entries == 0 {
                        many.remove(key);
                    }
                }
            }
        }
    }

    fn value(&self, _kind: AggregateKind, _entries: usize) -> Result<AggregateValue, SumOutOfRange> {
        Ok(counted(self.len()))
    }

    fn leave_until_below(&self, entries: &ExpiryQueue<K>, bound: usize) -> usize {
        let Self::Few(few) = self else {
            // Each value may be that of one entry.
            return (self.len() + 1).saturating_sub(bound);
        };
        let mut left = few.clone();
        let leaving = entries.values().take_while(|key| {
            let is_enough = left.len() >= bound;
            take_one(&mut left, key);
            is_enough
        });
        leaving.count()
    }
}
