//! `episodes(time, gap)`: the times in order, with the number of neighbours that lie further apart than the gap.

use std::collections::VecDeque;

use super::accumulator::{Accumulator, counted};
use super::expiry_queue::ExpiryQueue;
use super::{AggregateKind, AggregateValue, SumOutOfRange};

#[derive(Debug)]
pub struct Episodes {
    gap: i64,
    /// Sorted.
    times: VecDeque<i64>,
    /// Neighbours further apart than the gap.
    gaps: usize,
    leaving: Leaving,
}

/// When times leave.
#[derive(Debug)]
enum Leaving {
    /// Each so long after itself, as by `within(occurred_at, ...)`: the times are their own queue.
    After(i64),
    /// Each at an instant of its own.
    At(ExpiryQueue<i64>),
}

impl Episodes {
    /// Of times that may lie this far apart in one episode.
    pub fn new(gap: i64) -> Self {
        Self { gap, times: VecDeque::new(), gaps: 0, leaving: Leaving::After(0) }
    }

    fn insert_time(&mut self, time: i64) {
        let place = match self.times.back() {
            Some(last) if *last > time => self.times.partition_point(|before| *before <= time),
            _ => self.times.len(),
        };
        let parted = self.parted(place.checked_sub(1), Some(place));
        self.times.insert(place, time);
        self.gaps += self.gaps_beside(place);
        self.gaps -= usize::from(parted);
    }

    fn remove_time(&mut self, place: usize) {
        self.gaps -= self.gaps_beside(place);
        self.times.remove(place);
        self.gaps += usize::from(self.parted(place.checked_sub(1), Some(place)));
    }

    /// How many of its two neighbours lie further from a time than the gap.
    fn gaps_beside(&self, place: usize) -> usize {
        let [before, behind] =
            [self.parted(place.checked_sub(1), Some(place)), self.parted(Some(place), Some(place + 1))];
        usize::from(before) + usize::from(behind)
    }

    /// Whether there are times at two neighbouring places, further apart than the gap.
    fn parted(&self, earlier: Option<usize>, later: Option<usize>) -> bool {
        let time = |place: Option<usize>| self.times.get(place?);
        let (Some(earlier), Some(later)) = (time(earlier), time(later)) else { return false };
        later.saturating_sub(*earlier) > self.gap
    }

    fn place_of(&self, time: i64) -> Option<usize> {
        self.times.binary_search(&time).ok()
    }
}

impl Accumulator for Episodes {
    fn insert(&mut self, until: i64, value: &AggregateValue) {
        let AggregateValue::Time(time) = *value else { return };
        match &mut self.leaving {
            Leaving::At(queue) => queue.insert(until, time),
            Leaving::After(length) => match until.checked_sub(time) {
                Some(this) if self.times.is_empty() || this == *length => *length = this,
                _ => {
                    let mut queue: ExpiryQueue<i64> = self.times.iter().map(|time| (time + *length, *time)).collect();
                    queue.insert(until, time);
                    self.leaving = Leaving::At(queue);
                }
            },
        }
        self.insert_time(time);
    }

    fn remove(&mut self, until: i64, value: &AggregateValue) {
        let AggregateValue::Time(time) = *value else { return };
        let Some(place) = self.place_of(time) else { return };
        let is_entered = match &mut self.leaving {
            Leaving::At(queue) => queue.remove(until, &time),
            Leaving::After(length) => until.checked_sub(time) == Some(*length),
        };
        if is_entered {
            self.remove_time(place);
        }
    }

    fn advance(&mut self, as_of: i64) {
        while self.next_expiry().is_some_and(|until| until <= as_of) {
            let leaving = match &mut self.leaving {
                Leaving::At(queue) => queue.pop_until(as_of).and_then(|time| self.place_of(time)),
                Leaving::After(_) => Some(0),
            };
            if let Some(place) = leaving {
                self.remove_time(place);
            }
        }
    }

    fn next_expiry(&self) -> Option<i64> {
        match &self.leaving {
            Leaving::At(queue) => queue.next_expiry(),
            Leaving::After(length) => self.times.front().map(|first| first + length),
        }
    }

    fn falls_below(&self, bound: usize) -> Option<i64> {
        match &self.leaving {
            // One that leaves from among others may part them.
            Leaving::At(queue) => queue.next_expiry(),
            Leaving::After(length) => {
                let mut left = self.gaps + 1;
                let mut neighbours = self.times.iter().zip(self.times.iter().skip(1));
                let ends = neighbours.find(|(time, next)| {
                    left -= usize::from(next.saturating_sub(**time) > self.gap);
                    left < bound
                });
                let last = ends.map(|(last, _)| last).or(self.times.back());
                last.map(|last| last.saturating_add(*length))
            }
        }
    }

    fn value(&self, _kind: AggregateKind) -> Result<AggregateValue, SumOutOfRange> {
        Ok(counted(if self.times.is_empty() { 0 } else { self.gaps + 1 }))
    }
}
