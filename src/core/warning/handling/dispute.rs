//! What a verdict takes from findings: a rule whose finding was judged unfounded counts for nothing while it rests on
//! nothing but what was known then.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::disposition::EventKey;

/// How many events behind a finding are remembered by their hashes: the newest. A record of a score stays small, and
/// what is dated before hundreds of known events is no news.
pub const MAX_SEEN: usize = 256;

/// An event behind a finding: a hash of source, publisher and event id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EvidenceKey(u64);

impl EvidenceKey {
    pub fn new(source: &str, publisher: &str, event_id: &str) -> Self {
        let mut bytes = Vec::with_capacity(128);
        for part in [source, publisher, event_id] {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Self(xxh3_64(&bytes))
    }
}

/// Sixteen hexadecimal digits: many readers of JSON have no whole numbers of 64 bits.
impl Serialize for EvidenceKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for EvidenceKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        u64::from_str_radix(&digits, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

/// The events behind a finding that were known at some instant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEvents {
    /// The newest of them.
    events: BTreeSet<EvidenceKey>,
    /// Whatever is dated before counts as known: there were more than are remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    all_before: Option<Timestamp>,
}

impl SeenEvents {
    /// Of events with their times, in any order.
    pub fn of(events: impl IntoIterator<Item = (Timestamp, EvidenceKey)>) -> Self {
        let ordered: BTreeSet<_> = events.into_iter().collect();
        let newest = ordered.iter().rev().take(MAX_SEEN);
        let all_before = newest.clone().next_back().filter(|_| ordered.len() > MAX_SEEN).map(|(oldest, _)| *oldest);
        Self { events: newest.map(|(_, key)| *key).collect(), all_before }
    }

    /// Whether an event was known.
    pub fn contains(&self, at: Timestamp, key: EvidenceKey) -> bool {
        self.all_before.is_some_and(|before| at < before) || self.events.contains(&key)
    }
}

/// A finding that an answer calls unfounded, and what was known of it when the answer came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    pub rule: String,
    pub seen: SeenEvents,
}

/// A finding that counts for nothing, because it was judged unfounded and the verdict was reviewed. It ends when the rule
/// fires on other evidence, or at `until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    #[serde(flatten)]
    pub ground: Ground,
    /// The warning in which it was judged.
    pub warning_id: Uuid,
    /// Since when it counts.
    pub at: Timestamp,
    /// When it ends at the latest.
    pub until: Timestamp,
    /// The answer that gave the verdict, and its review: whoever takes one back ends the dispute.
    pub answered: EventKey,
    pub reviewed: EventKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn key(number: i64) -> EvidenceKey {
        EvidenceKey::new("camera-alerts", "p", &number.to_string())
    }

    #[test]
    fn what_was_known_is_known_and_nothing_else() {
        let seen = SeenEvents::of((0..3).map(|number| (at(number), key(number))));
        assert!((0..3).all(|number| seen.contains(at(number), key(number))));
        assert!(!seen.contains(at(0), key(3)), "an old event that came late is news");
        let written = serde_json::to_string(&seen).expect("JSON");
        assert_eq!(serde_json::from_str::<SeenEvents>(&written).expect("it reads back"), seen);
    }

    #[test]
    fn beyond_the_bound_whatever_is_older_than_what_is_remembered_counts_as_known() {
        let many = i64::try_from(MAX_SEEN).expect("a small number") + 10;
        let seen = SeenEvents::of((0..many).map(|number| (at(number), key(number))));
        assert!((0..many).all(|number| seen.contains(at(number), key(number))));
        assert!(seen.contains(at(9), key(-1)));
        assert!(!seen.contains(at(10), key(-1)) && !seen.contains(at(many), key(many)));
    }

    #[test]
    fn the_parts_of_a_key_do_not_run_together() {
        assert_ne!(EvidenceKey::new("a", "bc", "d"), EvidenceKey::new("ab", "c", "d"));
    }
}
