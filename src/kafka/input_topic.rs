//! An input topic, and its messages as the core takes them.

use std::sync::Arc;

use rdkafka::message::{BorrowedMessage, Message as _};
use yujing_core::source::{NormalForm, Record, SourceId};

use super::{headers, partitioner, stamp};

/// An input topic.
#[derive(Debug, Clone)]
pub struct InputTopic {
    pub name: Arc<str>,
    pub source: SourceId,
    pub partitions: i32,
    /// What the schema does to operators' numbers, and so to keys.
    pub key_form: Option<NormalForm>,
}

impl InputTopic {
    /// The partition in which a key's operator belongs, whatever form the key is written in.
    pub fn partition_of(&self, key: &[u8]) -> i32 {
        let text = std::str::from_utf8(key).ok();
        let normal = self.key_form.zip(text).map(|(form, text)| form.of(text));
        partitioner::partition(normal.as_ref().map_or(key, |normal| normal.as_bytes()), self.partitions)
    }

    /// A consumed message as the core takes it.
    pub fn record(&self, message: &BorrowedMessage<'_>) -> Record {
        Record {
            source: self.source,
            topic: Arc::clone(&self.name),
            partition: message.partition(),
            offset: message.offset(),
            timestamp: stamp::timestamp(message.timestamp().to_millis()),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: headers::read(message),
        }
    }
}
