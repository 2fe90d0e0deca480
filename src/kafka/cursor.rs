//! How far the partitions of a topic are to be read.

use std::collections::{BTreeMap, BTreeSet};

/// Offsets from (inclusive) and to (exclusive) of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffsetRange {
    pub partition: i32,
    pub from: i64,
    pub to: i64,
}

impl OffsetRange {
    /// Offsets in it, those of marks of transactions too.
    pub fn len(&self) -> u64 {
        u64::try_from(self.to - self.from).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.from >= self.to
    }
}

/// Where reading a topic starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    Beginning,
    End,
}

/// What is still to come of the partitions of a topic: up to the ends of ranges, or to where each ends at first.
#[derive(Debug)]
pub struct Cursor {
    open: BTreeSet<i32>,
    /// Empty if the topic is followed.
    ends: BTreeMap<i32, i64>,
}

impl Cursor {
    pub(super) fn over<'a>(ranges: impl Iterator<Item = &'a OffsetRange>) -> Self {
        let ends: BTreeMap<i32, i64> = ranges.map(|range| (range.partition, range.to)).collect();
        Self { open: ends.keys().copied().collect(), ends }
    }

    pub(super) fn following(partitions: impl Iterator<Item = i32>) -> Self {
        Self { open: partitions.collect(), ends: BTreeMap::new() }
    }

    /// Whether every range was read, or the end of every partition met.
    pub fn is_at_end(&self) -> bool {
        self.open.is_empty()
    }

    /// The partitions of which something is to come.
    pub fn open(&self) -> impl Iterator<Item = i32> {
        self.open.iter().copied()
    }

    /// The end of a partition: what is left of its range are marks of transactions.
    pub(super) fn note_end(&mut self, partition: i32) {
        self.open.remove(&partition);
    }

    /// Whether a record is one of those to be read.
    pub(super) fn takes(&mut self, partition: i32, offset: i64) -> bool {
        let Some(&to) = self.ends.get(&partition) else { return self.ends.is_empty() };
        if offset + 1 >= to {
            self.open.remove(&partition);
        }
        offset < to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_with_its_last_record_or_with_the_partition() {
        let ranges = [0, 1].map(|partition| OffsetRange { partition, from: 2, to: 5 });
        let mut cursor = Cursor::over(ranges.iter());
        assert!(cursor.takes(0, 2) && cursor.takes(1, 3) && !cursor.is_at_end());
        assert!(cursor.takes(0, 4) && !cursor.takes(0, 5));
        cursor.note_end(1);
        assert!(cursor.is_at_end());
        assert!(!cursor.takes(1, 5), "it came later");
    }

    #[test]
    fn what_comes_after_the_end_of_a_followed_partition_is_taken_too() {
        let mut cursor = Cursor::following(0..1);
        assert!(cursor.takes(0, 7) && !cursor.is_at_end());
        cursor.note_end(0);
        assert!(cursor.is_at_end() && cursor.takes(0, 8));
    }
}
