//! `min` and `max`: the values in order, with the number of entries of each. What is not the extreme now can be it when
//! others have left.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::Arc;

use super::accumulator::{Summary, whole};
use super::{AggregateKind, AggregateValue, SumOutOfRange};

/// A value that has an order.
pub trait Ordered: Clone + Ord + Debug + Send {
    fn of(value: &AggregateValue) -> Option<Self>;
}

impl Ordered for i64 {
    fn of(value: &AggregateValue) -> Option<Self> {
        whole(value)
    }
}

impl Ordered for i128 {
    fn of(value: &AggregateValue) -> Option<Self> {
        if let AggregateValue::Decimal(number) = value { Some(*number) } else { None }
    }
}

/// Texts are ordered by their bytes.
impl Ordered for Arc<str> {
    fn of(value: &AggregateValue) -> Option<Self> {
        if let AggregateValue::Text(text) = value { Some(Arc::clone(text)) } else { None }
    }
}

/// The values in ascending order, with the number of entries of each.
#[derive(Debug)]
pub struct Extremes<V> {
    values: VecDeque<(V, u32)>,
    /// What a value was before it was entered.
    value: fn(V) -> AggregateValue,
}

impl Extremes<i64> {
    /// For values of the type of this one, which is whole.
    pub fn whole(of_type: &AggregateValue) -> Self {
        let value = match of_type {
            AggregateValue::Bool(_) => |whole| AggregateValue::Bool(whole != 0),
            AggregateValue::Time(_) => AggregateValue::Time,
            AggregateValue::Date(_) => {
                |days| AggregateValue::Date(i32::try_from(days).expect("invariant: it was entered as 32 bits"))
            }
            _ => AggregateValue::Int,
        };
        Self { values: VecDeque::new(), value }
    }
}

impl Extremes<i128> {
    pub fn decimals() -> Self {
        Self { values: VecDeque::new(), value: AggregateValue::Decimal }
    }
}

impl Extremes<Arc<str>> {
    pub fn texts() -> Self {
        Self { values: VecDeque::new(), value: AggregateValue::Text }
    }
}

impl<V: Ordered> Summary for Extremes<V> {
    type Entry = V;

    fn entry(value: &AggregateValue) -> Option<V> {
        V::of(value)
    }

    fn add(&mut self, value: &V) {
        if self.values.back().is_none_or(|(greatest, _)| greatest < value) {
            self.values.push_back((value.clone(), 1));
            return;
        }
        match self.values.binary_search_by(|(held, _)| held.cmp(value)) {
            Ok(place) => self.values[place].1 += 1,
            Err(place) => self.values.insert(place, (value.clone(), 1)),
        }
    }

    fn take(&mut self, value: &V) {
        if let Ok(place) = self.values.binary_search_by(|(held, _)| held.cmp(value)) {
            self.values[place].1 -= 1;
            if self.values[place].1 == 0 {
                self.values.remove(place);
            }
        }
    }

    fn value(&self, kind: AggregateKind, _entries: usize) -> Result<AggregateValue, SumOutOfRange> {
        let extreme = if kind == AggregateKind::Min { self.values.front() } else { self.values.back() };
        Ok(extreme.map_or(AggregateValue::Null, |(value, _)| (self.value)(value.clone())))
    }
}
