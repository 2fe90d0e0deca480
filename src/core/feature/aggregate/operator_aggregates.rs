//! Every aggregate of one file for one operator.

use std::collections::VecDeque;
use std::sync::Arc;

use super::accumulator::{Accumulator, accumulator_for, value_of_nothing};
use super::{AggregateKind, AggregateValue, Interval, SumOutOfRange};

/// The aggregates of one file for one operator, as of an instant that never decreases.
#[derive(Debug)]
pub struct OperatorAggregates {
    kinds: Arc<[AggregateKind]>,
    as_of: i64,
    /// Of the aggregates for which something counts, sorted by place.
    active: Vec<ActiveAggregate>,
    /// Entries that begin to count after `as_of`, sorted.
    later: VecDeque<LaterEntry>,
}

#[derive(Debug)]
struct ActiveAggregate {
    place: usize,
    /// When its first entry leaves: most aggregates need not be looked into to go on.
    next_expiry: i64,
    accumulator: Box<dyn Accumulator>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LaterEntry {
    from: i64,
    aggregate: usize,
    until: i64,
    value: AggregateValue,
}

impl OperatorAggregates {
    /// Without any entry.
    pub fn new(kinds: Arc<[AggregateKind]>, as_of: i64) -> Self {
        Self { kinds, as_of, active: Vec::new(), later: VecDeque::new() }
    }

    /// Enters a value that counts for an aggregate during an interval. What has left already is not entered.
    pub fn insert(&mut self, aggregate: usize, interval: Interval, value: AggregateValue) {
        let Interval { from, until } = interval;
        let is_left_out = value == AggregateValue::Null && self.kinds[aggregate] != AggregateKind::Count;
        if is_left_out || interval.is_empty() || until <= self.as_of {
            return;
        }
        if from <= self.as_of {
            self.insert_now(aggregate, until, &value);
            return;
        }
        let entry = LaterEntry { from, aggregate, until, value };
        let place = match self.later.back() {
            Some(last) if *last > entry => self.later.partition_point(|before| *before <= entry),
            _ => self.later.len(),
        };
        self.later.insert(place, entry);
    }

    /// Takes an equal entry out; nothing happens if it has left already.
    pub fn remove(&mut self, aggregate: usize, interval: Interval, value: AggregateValue) {
        let Interval { from, until } = interval;
        if from > self.as_of {
            if let Ok(place) = self.later.binary_search(&LaterEntry { from, aggregate, until, value }) {
                self.later.remove(place);
            }
        } else if let Ok(at) = self.find(aggregate)
            && !self.active[at].change(|accumulator| accumulator.remove(until, &value))
        {
            self.active.remove(at);
        }
    }

    /// Goes on to an instant: what begins by then counts, what ends by then has left. An earlier instant than the one
    /// before changes nothing.
    pub fn advance(&mut self, as_of: i64) {
        let as_of = self.as_of.max(as_of);
        self.as_of = as_of;
        self.active
            .retain_mut(|active| active.next_expiry > as_of || active.change(|accumulator| accumulator.advance(as_of)));
        while let Some(entry) = self.later.pop_front_if(|first| first.from <= as_of) {
            if entry.until > as_of {
                self.insert_now(entry.aggregate, entry.until, &entry.value);
            }
        }
    }

    /// The value of each aggregate as of the instant.
    ///
    /// # Errors
    /// If one has none.
    pub fn values(&self) -> Result<Vec<AggregateValue>, SumOutOfRange> {
        let mut values: Vec<_> = self.kinds.iter().map(|kind| value_of_nothing(*kind)).collect();
        for active in &self.active {
            values[active.place] = active.accumulator.value(self.kinds[active.place])?;
        }
        Ok(values)
    }

    /// The first instant after this one at which an entry leaves or begins; [`i64::MAX`] if none does.
    pub fn next_change(&self) -> i64 {
        let leaving = self.active.iter().map(|active| active.next_expiry);
        let beginning = self.later.front().map(|entry| entry.from);
        leaving.chain(beginning).min().unwrap_or(i64::MAX)
    }

    /// The same but for entries that leave aggregates that only count; `counts` says of each whether it does.
    pub fn next_change_beside(&self, counts: &[bool]) -> i64 {
        let others = self.active.iter().filter(|active| !counts[active.place]);
        let leaving = others.map(|active| active.next_expiry);
        leaving.chain(self.later.front().map(|entry| entry.from)).min().unwrap_or(i64::MAX)
    }

    /// The instant at which a count falls below a bound that it is not below, or an earlier one, if nothing is entered and
    /// nothing begins to count; [`i64::MAX`] if it never does.
    pub fn falls_below(&self, aggregate: usize, bound: usize) -> i64 {
        let active = self.find(aggregate).ok().map(|at| &self.active[at].accumulator);
        active.and_then(|count| count.falls_below(bound)).unwrap_or(i64::MAX)
    }

    /// Whether nothing is entered.
    pub fn is_empty(&self) -> bool {
        self.later.is_empty() && self.active.is_empty()
    }

    fn insert_now(&mut self, aggregate: usize, until: i64, value: &AggregateValue) {
        let at = match self.find(aggregate) {
            Ok(at) => at,
            Err(at) => {
                let Some(accumulator) = accumulator_for(self.kinds[aggregate], value) else { return };
                self.active.insert(at, ActiveAggregate { place: aggregate, next_expiry: until, accumulator });
                at
            }
        };
        if !self.active[at].change(|accumulator| accumulator.insert(until, value)) {
            self.active.remove(at);
        }
    }

    /// Where the aggregate of a place is among the active, or belongs.
    fn find(&self, place: usize) -> Result<usize, usize> {
        self.active.binary_search_by_key(&place, |active| active.place)
    }
}

impl ActiveAggregate {
    /// Changes what is entered; returns whether anything still is.
    fn change(&mut self, change: impl FnOnce(&mut dyn Accumulator)) -> bool {
        change(&mut *self.accumulator);
        let next_expiry = self.accumulator.next_expiry();
        self.next_expiry = next_expiry.unwrap_or(i64::MAX);
        next_expiry.is_some()
    }
}

#[cfg(test)]
#[path = "operator_aggregates_tests.rs"]
mod tests;
