//! History read back from the input topics in the order of its timestamps, merged over partitions and topics, for a
//! replay. It belongs to no group, commits nothing, and has no producer: what a replay finds cannot reach a topic.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::consume::{InputTopic, Intake, Limits};
use super::reader::{Reader, Stretch};
use super::{Clients, KafkaError};
use crate::source::{Record, SourceId};
use crate::telemetry::Metrics;

/// Records asked for at once.
const MOST: usize = 5_000;
const WAIT: Duration = Duration::from_millis(200);

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

/// Stretches of topics that were there when the replay began: reading them twice gives the same records.
#[derive(Debug)]
pub struct History {
    clients: Clients,
    metrics: Arc<Metrics>,
    stretches: Vec<(InputTopic, Vec<Stretch>)>,
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
        let mut cut = BTreeSet::new();
        let stretches = parts
            .iter()
            .map(|part| {
                let partitions = reader.partitions(&part.topic)?;
                // Where its records belong is not asked of history.
                let topic =
                    InputTopic { name: Arc::clone(&part.topic), source: part.source, partitions, key_form: None };
                let stretches = (0..partitions).filter_map(|partition| {
                    let given = match &part.offsets {
                        Some(offsets) => Some(*offsets.get(&partition)?),
                        None => None,
                    };
                    let found = stretch(&reader, &part.topic, partition, given, span);
                    if matches!(found, Ok((_, true))) {
                        cut.insert(part.source);
                    }
                    Some(found.map(|(stretch, _)| stretch))
                });
                Ok((topic, stretches.collect::<Result<_, KafkaError>>()?))
            })
            .collect::<Result<_, KafkaError>>()?;
        Ok(Self { clients, metrics, stretches, cut })
    }

    /// The most records there can be; marks of transactions and deleted records count as well.
    pub fn records(&self) -> u64 {
        let all = self.stretches.iter().flat_map(|(_, stretches)| stretches);
        all.map(Stretch::len).sum()
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
        let stretches: Vec<_> = self.stretches.iter().filter(|(topic, _)| wanted(topic)).cloned().collect();
        let intake = Intake::over(&self.clients, &stretches, &self.metrics)?;
        Ok(Records { intake, waiting: VecDeque::new() })
    }
}

/// The offsets to read, and whether records before them are gone.
fn stretch(
    reader: &Reader,
    topic: &str,
    partition: i32,
    given: Option<(i64, i64)>,
    span: Span,
) -> Result<(Stretch, bool), KafkaError> {
    let (beginning, end) = reader.bounds(topic, partition)?;
    let offset_at = |at: Option<Timestamp>, open: i64| match at {
        Some(at) => reader.offset_at(topic, partition, at),
        None => Ok(open),
    };
    let (from, to) = match given {
        Some((from, to)) if from < beginning || to > end || to < from => {
            let topic = topic.to_owned();
            return Err(KafkaError::Offsets { topic, partition, beginning, end, from, to });
        }
        Some(offsets) => offsets,
        None => (offset_at(span.from, beginning)?, offset_at(span.to, end)?),
    };
    Ok((Stretch { partition, from, to }, beginning > 0 && from == beginning))
}

/// The records, as they are asked for.
#[derive(Debug)]
pub struct Records {
    intake: Intake,
    waiting: VecDeque<Record>,
}

impl Iterator for Records {
    type Item = Result<Record, KafkaError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.waiting.is_empty() {
            if self.intake.is_at_end() {
                return None;
            }
            let limits = Limits { most: MOST, linger: Duration::ZERO, wait: WAIT, until: None };
            match self.intake.collect(limits) {
                Ok(collected) => self.waiting.extend(collected.records),
                Err(error) => return Some(Err(error)),
            }
        }
        self.waiting.pop_front().map(Ok)
    }
}
