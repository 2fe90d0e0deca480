//! `count`: the number of entries, which the queue knows.

use super::accumulator::{Summary, counted};
use super::expiry_queue::ExpiryQueue;
use super::{AggregateKind, AggregateValue, SumOutOfRange};

#[derive(Debug)]
pub struct Count;

impl Summary for Count {
    type Entry = ();

    fn entry(_value: &AggregateValue) -> Option<()> {
        Some(())
    }

    fn add(&mut self, _entry: &()) {}

    fn take(&mut self, _entry: &()) {}

    fn value(&self, _kind: AggregateKind, entries: usize) -> Result<AggregateValue, SumOutOfRange> {
        Ok(counted(entries))
    }

    fn leave_until_below(&self, entries: &ExpiryQueue<()>, bound: usize) -> usize {
        (entries.len() + 1).saturating_sub(bound)
    }
}
