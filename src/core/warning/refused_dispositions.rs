//! The dispositions of an operator that were not permitted. Whether one is depends on how the warning stood when it
//! came, and by the next start it stands elsewhere: so what was refused is remembered, not judged again.

use std::collections::VecDeque;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_64;

use super::content_hash::ContentHash;
use crate::source::Identity;

/// Most that are remembered of one operator: records of scores stay small whatever a publisher sends. Of one that is
/// forgotten the store has the row again after a restart; no warning moves by it.
const MOST: usize = 512;

/// One record of a disposition: a hash of its place on its topic, of the event and of the revision. Not the event alone:
/// the same may come again when it is permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DispositionRecord(u64);

impl DispositionRecord {
    pub fn new(partition: i32, offset: i64, identity: Identity, revision: i64) -> Self {
        let mut bytes = [0; 36];
        bytes[..4].copy_from_slice(&partition.to_le_bytes());
        bytes[4..12].copy_from_slice(&offset.to_le_bytes());
        bytes[12..28].copy_from_slice(&identity.0.to_le_bytes());
        bytes[28..].copy_from_slice(&revision.to_le_bytes());
        Self(xxh3_64(&bytes))
    }
}

/// Sixteen hexadecimal digits: many readers of JSON have no whole numbers of 64 bits.
impl Serialize for DispositionRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for DispositionRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        u64::from_str_radix(&digits, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

/// The newest last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RefusedDispositions(VecDeque<DispositionRecord>);

impl RefusedDispositions {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, record: DispositionRecord) -> bool {
        self.0.contains(&record)
    }

    pub fn push(&mut self, record: DispositionRecord) {
        while self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }

    pub(super) fn hash_into(&self, hash: &mut ContentHash) {
        hash.length(self.0.len());
        self.0.iter().for_each(|record| hash.part(u128::from(record.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_written_as_digits_and_read_back() {
        let mut refused = RefusedDispositions::default();
        refused.push(DispositionRecord(0xab));
        refused.push(DispositionRecord(u64::MAX));
        let written = serde_json::to_string(&refused).expect("JSON");
        assert_eq!(written, r#"["00000000000000ab","ffffffffffffffff"]"#);
        assert_eq!(serde_json::from_str::<RefusedDispositions>(&written).expect("it reads back"), refused);
        assert!(serde_json::from_str::<RefusedDispositions>(r#"["no digits"]"#).is_err());
    }

    #[test]
    fn the_same_event_elsewhere_on_its_topic_is_another_record() {
        let record = |partition, offset, revision| DispositionRecord::new(partition, offset, Identity(7), revision);
        let mut refused = RefusedDispositions::default();
        refused.push(record(0, 5, 1));
        assert!(refused.contains(record(0, 5, 1)));
        for other in [record(1, 5, 1), record(0, 6, 1), record(0, 5, 2)] {
            assert!(!refused.contains(other));
        }
    }

    #[test]
    fn beyond_the_bound_the_oldest_is_forgotten() {
        let record = |offset| DispositionRecord::new(0, offset, Identity(7), 1);
        let mut refused = RefusedDispositions::default();
        (0..=512).for_each(|offset| refused.push(record(offset)));
        assert!(!refused.contains(record(0)) && refused.contains(record(1)) && refused.contains(record(512)));
    }
}
