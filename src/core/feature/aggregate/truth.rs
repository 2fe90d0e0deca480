//! `bool_and` and `bool_or`: how many are true.

use super::accumulator::Summary;
use super::{AggregateKind, AggregateValue, SumOutOfRange};

#[derive(Debug, Default)]
pub struct Truths {
    true_entries: usize,
}

impl Summary for Truths {
    type Entry = bool;

    fn entry(value: &AggregateValue) -> Option<bool> {
        if let AggregateValue::Bool(truth) = value { Some(*truth) } else { None }
    }

    fn add(&mut self, truth: &bool) {
        self.true_entries += usize::from(*truth);
    }

    fn take(&mut self, truth: &bool) {
        self.true_entries -= usize::from(*truth);
    }

    fn value(&self, kind: AggregateKind, entries: usize) -> Result<AggregateValue, SumOutOfRange> {
        Ok(match kind {
            _ if entries == 0 => AggregateValue::Null,
            AggregateKind::BoolAnd => AggregateValue::Bool(self.true_entries == entries),
            _ => AggregateValue::Bool(self.true_entries > 0),
        })
    }
}
