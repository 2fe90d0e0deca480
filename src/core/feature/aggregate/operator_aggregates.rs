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
    /// One an aggregate; none while nothing counts for it.
    accumulators: Box<[Option<Box<dyn Accumulator>>]>,
    /// Entries that begin to count after `as_of`, sorted.
    later: VecDeque<LaterEntry>,
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
        let accumulators = kinds.iter().map(|_| None).collect();
        Self { kinds, as_of, accumulators, later: VecDeque::new() }
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
        } else if let Some(accumulator) = &mut self.accumulators[aggregate] {
            accumulator.remove(until, &value);
            self.drop_if_empty(aggregate);
        }
    }

    /// Goes on to an instant: what begins by then counts, what ends by then has left. An earlier instant than the one
    /// before changes nothing.
    pub fn advance(&mut self, as_of: i64) {
        let as_of = self.as_of.max(as_of);
        self.as_of = as_of;
        for aggregate in 0..self.accumulators.len() {
            if let Some(accumulator) = &mut self.accumulators[aggregate] {
                accumulator.advance(as_of);
                self.drop_if_empty(aggregate);
            }
        }
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
        let of = |(accumulator, kind): (&Option<Box<dyn Accumulator>>, &AggregateKind)| match accumulator {
            Some(accumulator) => accumulator.value(*kind),
            None => Ok(value_of_nothing(*kind)),
        };
        self.accumulators.iter().zip(&*self.kinds).map(of).collect()
    }

    /// The first instant after this one at which an entry leaves or begins; [`i64::MAX`] if none does.
    pub fn next_change(&self) -> i64 {
        let leaving = self.accumulators.iter().flatten().filter_map(|accumulator| accumulator.next_expiry());
        let beginning = self.later.front().map(|entry| entry.from);
        leaving.chain(beginning).min().unwrap_or(i64::MAX)
    }

    /// Whether nothing is entered.
    pub fn is_empty(&self) -> bool {
        self.later.is_empty() && self.accumulators.iter().all(Option::is_none)
    }

    fn insert_now(&mut self, aggregate: usize, until: i64, value: &AggregateValue) {
        let place = &mut self.accumulators[aggregate];
        if place.is_none() {
            *place = accumulator_for(self.kinds[aggregate], value);
        }
        if let Some(accumulator) = place {
            accumulator.insert(until, value);
            self.drop_if_empty(aggregate);
        }
    }

    fn drop_if_empty(&mut self, aggregate: usize) {
        let place = &mut self.accumulators[aggregate];
        if place.as_ref().is_some_and(|accumulator| accumulator.next_expiry().is_none()) {
            *place = None;
        }
    }
}

#[cfg(test)]
#[path = "operator_aggregates_tests.rs"]
mod tests;
