//! How far the topic is settled. Events end in any order; an offset may be committed when everything before it is over.

use std::collections::BTreeMap;

use crate::notice::Place;

/// What was read of each partition, and what of it is not over.
#[derive(Debug, Default)]
pub(super) struct Progress(BTreeMap<i32, Partition>);

#[derive(Debug, Default)]
struct Partition {
    /// The offset behind the last one read.
    next: i64,
    /// Deliveries that are not over, by offset.
    open: BTreeMap<i64, usize>,
}

impl Progress {
    /// A record was read, with so many deliveries.
    pub(super) fn read(&mut self, place: Place, deliveries: usize) {
        let partition = self.0.entry(place.partition).or_default();
        partition.next = place.offset + 1;
        if deliveries > 0 {
            partition.open.insert(place.offset, deliveries);
        }
    }

    /// One delivery of a record is over; whether it was the record's last.
    pub(super) fn settle(&mut self, place: Place) -> bool {
        let open = self.0.get_mut(&place.partition).map(|partition| &mut partition.open);
        let Some(open) = open else { return false };
        let Some(left) = open.get_mut(&place.offset) else { return false };
        *left -= 1;
        if *left > 0 {
            return false;
        }
        open.remove(&place.offset);
        true
    }

    pub(super) fn positions(&self) -> BTreeMap<i32, i64> {
        let position = |partition: &Partition| partition.open.keys().next().copied().unwrap_or(partition.next);
        self.0.iter().map(|(number, partition)| (*number, position(partition))).collect()
    }
}
