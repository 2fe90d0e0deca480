//! Where reading stood and where it stands when the engine starts, and what was deleted in between.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use yujing_core::engine::Positions;
use yujing_core::source::SourceId;
use yujing_kafka::input_topic::InputTopic;
use yujing_kafka::{Gap, KafkaError, OffsetRange, Reader};

use crate::control::Control;
use crate::error::Stop;

/// Where reading stood and where it stands when the engine starts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bounds {
    /// The first offset that is still there.
    beginnings: Positions,
    /// The next offset to read: the committed one, or the beginning.
    pub(crate) committed: Positions,
    /// Behind the last record that is there now.
    pub(crate) ends: Positions,
    /// Where events are missing, or may be.
    pub(crate) gaps: Vec<Gap>,
    /// Sources of whose topics the group knows no offset, though it knows some of others.
    pub(super) unread: BTreeSet<SourceId>,
}

impl Bounds {
    /// Asks Kafka, and finds what was deleted unread.
    pub(crate) fn ask(reader: &Reader, unstable: &Reader, topics: &[InputTopic]) -> Result<Self, KafkaError> {
        let partitions: Vec<(Arc<str>, i32)> = topics
            .iter()
            .flat_map(|topic| (0..topic.partitions).map(|partition| (Arc::clone(&topic.name), partition)))
            .collect();
        let known = reader.committed(&partitions, unstable)?;
        let mut bounds = Self::default();
        if !known.is_empty() {
            let is_known = |topic: &InputTopic| known.keys().any(|(name, _)| *name == topic.name);
            bounds.unread = topics.iter().filter(|topic| !is_known(topic)).map(|topic| topic.source).collect();
        }
        for place in partitions {
            let OffsetRange { from: beginning, to: end, .. } = reader.bounds(&place.0, place.1)?;
            let (topic, partition) = (place.0.to_string(), place.1);
            let mut committed = known.get(&place).copied().unwrap_or(beginning);
            if committed < beginning {
                bounds.gaps.push(Gap::Deleted { topic, partition, committed, beginning });
                committed = beginning;
            } else if committed > end {
                // Nothing that is there now has been read.
                bounds.gaps.push(Gap::Vanished { topic, partition, committed, end });
                committed = beginning;
            }
            bounds.beginnings.insert(place.clone(), beginning);
            bounds.committed.insert(place.clone(), committed);
            bounds.ends.insert(place, end);
        }
        Ok(bounds)
    }

    /// What was read of a topic and is still there.
    pub(super) fn read_before(&self, topic: &InputTopic) -> Vec<OffsetRange> {
        (0..topic.partitions)
            .map(|partition| {
                let place = (Arc::clone(&topic.name), partition);
                OffsetRange { partition, from: self.beginnings[&place], to: self.committed[&place] }
            })
            .collect()
    }
}

/// Makes sure that nothing on one of the engine's own topics stands behind an open transaction: the newest scores and
/// rulesets would not be seen. An earlier process was fenced, but the end of what it had open may come a moment later.
pub(crate) fn await_stable(control: &Control, reader: &Reader, unstable: &Reader, topic: &str) -> Result<(), Stop> {
    const MAX_TRIES: usize = 50;
    const RETRY_INTERVAL: Duration = Duration::from_millis(100);
    for partition in 0..reader.partitions(topic)? {
        let written = unstable.bounds(topic, partition)?.to;
        let mut tries = 0..MAX_TRIES;
        while reader.bounds(topic, partition)?.to < written {
            if tries.next().is_none() {
                return Err(KafkaError::HeldBack(format!("{topic} partition {partition}")).into());
            }
            control.pause(RETRY_INTERVAL)?;
        }
    }
    Ok(())
}
