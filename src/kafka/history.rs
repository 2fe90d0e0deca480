//! History read back from the input topics in the order of its timestamps, merged over partitions and topics, for a
//! replay. It belongs to no group, commits nothing, and has no producer: what a replay finds cannot reach a topic.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use yujing_core::source::{Record, SourceId};
use yujing_telemetry::Metrics;

use super::batch_consumer::{BatchConsumer, BatchLimits};
use super::cursor::OffsetRange;
use super::input_topic::InputTopic;
use super::reader::Reader;
use super::{Clients, KafkaError};

/// Records asked for at once.
const BATCH: usize = 5_000;
const POLL_TIMEOUT: Duration = Duration::from_millis(200);

/// Which part of an input topic is to be read.
#[derive(Debug, Clone)]
pub struct Part {
    pub topic: Arc<str>,
    pub source: SourceId,
    /// First and last offset (the last excluded) of some partitions, in place of times: no other partition is read.
    pub offsets: Option<BTreeMap<i32, (i64, i64)>>,
}

/// From and to (excluded) as record timestamps; open ends are those of the topic as it is now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// What topics held when the replay began: reading them twice gives the same records.
#[derive(Debug)]
pub struct History {
    clients: Clients,
    metrics: Arc<Metrics>,
    topics: Vec<(InputTopic, Vec<OffsetRange>)>,
    /// Sources that are read from where the log begins, after Kafka deleted what was before.
    cut: BTreeSet<SourceId>,
}

impl History {
    /// Asks Kafka for the offsets of every part.
    ///
    /// # Errors
    /// If Kafka does not answer, or a topic or offset is not there.
    pub fn find(clients: Clients, parts: &[Part], span: Span) -> Result<Self, KafkaError> {
        let metrics = Arc::new(Metrics::new());
        let reader = Reader::new(&clients, &metrics, CancellationToken::new())?;
        let mut history = Self { metrics, topics: Vec::new(), cut: BTreeSet::new(), clients };
        for part in parts {
            let partitions = reader.partitions(&part.topic)?;
            let mut ranges = Vec::new();
            for partition in 0..partitions {
                let asked = match &part.offsets {
                    Some(offsets) => match offsets.get(&partition) {
                        Some(offsets) => Some(*offsets),
                        None => continue,
                    },
                    None => None,
                };
                let Extract { range, is_cut } = Extract::find(&reader, &part.topic, partition, asked, span)?;
                if is_cut {
                    history.cut.insert(part.source);
                }
                ranges.push(range);
            }
            // Where its records belong is not asked of history.
            let topic = InputTopic { name: Arc::clone(&part.topic), source: part.source, partitions, key_form: None };
            history.topics.push((topic, ranges));
        }
        Ok(history)
    }

    /// The most records there can be; marks of transactions and deleted records count as well.
    pub fn records(&self) -> u64 {
        let all = self.topics.iter().flat_map(|(_, ranges)| ranges);
        all.map(OffsetRange::len).sum()
    }

    /// Sources of which Kafka deleted records before the first that is read.
    pub fn cut(&self) -> impl Iterator<Item = SourceId> {
        self.cut.iter().copied()
    }

    /// Every record in the order of timestamps, or those of one source only.
    ///
    /// # Errors
    /// If the client cannot be made.
    pub fn read(&self, only: Option<SourceId>) -> Result<Records, KafkaError> {
        let wanted = |topic: &InputTopic| only.is_none_or(|source| topic.source == source);
        let topics: Vec<_> = self.topics.iter().filter(|(topic, _)| wanted(topic)).cloned().collect();
        let consumer = BatchConsumer::over_ranges(&self.clients, &topics, &self.metrics)?;
        Ok(Records { consumer, waiting: VecDeque::new() })
    }
}

/// What is to be read of a partition.
struct Extract {
    range: OffsetRange,
    /// Whether records before it are gone.
    is_cut: bool,
}

impl Extract {
    /// Of the offsets that are asked for, or of the span.
    fn find(
        reader: &Reader,
        topic: &str,
        partition: i32,
        asked: Option<(i64, i64)>,
        span: Span,
    ) -> Result<Self, KafkaError> {
        let OffsetRange { from: beginning, to: end, .. } = reader.bounds(topic, partition)?;
        let offset_at = |at: Option<Timestamp>, open: i64| match at {
            Some(at) => reader.offset_at(topic, partition, at),
            None => Ok(open),
        };
        let (from, to) = match asked {
            Some((from, to)) if from < beginning || to > end || to < from => {
                let topic = topic.to_owned();
                return Err(KafkaError::Offsets { topic, partition, beginning, end, from, to });
            }
            Some(offsets) => offsets,
            None => (offset_at(span.from, beginning)?, offset_at(span.to, end)?),
        };
        Ok(Self { range: OffsetRange { partition, from, to }, is_cut: beginning > 0 && from == beginning })
    }
}

/// The records, as they are asked for.
#[derive(Debug)]
pub struct Records {
    consumer: BatchConsumer,
    waiting: VecDeque<Record>,
}

impl Iterator for Records {
    type Item = Result<Record, KafkaError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.waiting.is_empty() {
            if self.consumer.is_at_end() {
                return None;
            }
            let limits = BatchLimits { most: BATCH, linger: Duration::ZERO, wait: POLL_TIMEOUT, until: None };
            match self.consumer.collect(limits) {
                Ok(collected) => self.waiting.extend(collected.records),
                Err(error) => return Some(Err(error)),
            }
        }
        self.waiting.pop_front().map(Ok)
    }
}
