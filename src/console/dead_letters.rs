//! Refused records as they came: read from their topics where they stand, because the read model keeps nothing of them that
//! may be personal.

use std::collections::BTreeMap;
use std::sync::Arc;

use rdkafka::message::{BorrowedMessage, Message as _};
use yujing_config::Config;
use yujing_core::source::{Header, Source, Sources};
use yujing_kafka::{Clients, KafkaError, OffsetRange, Reader, headers, names};

/// What the engine adds to a refused record's headers.
const ADDED: [&str; 3] = ["__connect.errors.", "yujing.error.", "yujing.engine.version"];

/// A refused record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRecord {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    /// Those of the publisher.
    pub headers: Vec<Header>,
}

/// The topics of dead letters, by the input topics that they belong to.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    config: Arc<Config>,
    sources: Arc<BTreeMap<String, Arc<Source>>>,
}

impl DeadLetters {
    pub fn new(config: Arc<Config>, sources: &Sources) -> Self {
        let of_topic = sources
            .iter()
            .map(|(_, source)| (names::input(&config.topics, source).to_owned(), Arc::clone(source)))
            .collect();
        Self { config, sources: Arc::new(of_topic) }
    }

    /// The source of an input topic.
    pub fn source(&self, topic: &str) -> Option<&Arc<Source>> {
        self.sources.get(topic)
    }

    /// The topic of an input topic's dead letters.
    pub fn topic(&self, input: &str) -> String {
        names::dead_letters(&self.config.topics, input)
    }

    /// A refused record for a person who waits; none: Kafka has it no longer. Blocks.
    ///
    /// # Errors
    /// If Kafka does not answer.
    pub fn read(&self, input: &str, partition: i32, offset: i64) -> Result<Option<RefusedRecord>, KafkaError> {
        let reader = Reader::for_command(&Clients::new(&self.config.kafka)?, "console")?;
        read_one(&reader, &self.topic(input), partition, offset)
    }
}

/// The record at an offset; none: Kafka has it no longer. Blocks.
///
/// # Errors
/// If Kafka does not answer.
pub fn read_one(
    reader: &Reader,
    topic: &str,
    partition: i32,
    offset: i64,
) -> Result<Option<RefusedRecord>, KafkaError> {
    let bounds = reader.bounds(topic, partition)?;
    if offset < bounds.from || offset >= bounds.to {
        return Ok(None);
    }
    let mut found = None;
    let range = OffsetRange { partition, from: offset, to: offset + 1 };
    let each = |message: &BorrowedMessage<'_>| {
        if message.offset() == offset {
            found = Some(RefusedRecord::of(message));
        }
        Ok::<_, KafkaError>(())
    };
    reader.read(topic, &[range], each, |_| Ok(()))?;
    Ok(found)
}

impl RefusedRecord {
    fn of(message: &BorrowedMessage<'_>) -> Self {
        let is_added = |name: &str| ADDED.iter().any(|added| name.starts_with(added));
        Self {
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: headers::read(message).into_iter().filter(|header| !is_added(&header.name)).collect(),
        }
    }
}
