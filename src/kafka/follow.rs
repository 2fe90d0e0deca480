//! Several topics followed at once, from given positions, without an end.

use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};
use yujing_core::source::Positions;

use super::error::fail_if_fatal;
use super::{KafkaError, Reader};

/// What came.
#[derive(Debug)]
pub enum Followed<'a> {
    Record(BorrowedMessage<'a>),
    /// One of the partitions has no more for now; said again whenever it is so again.
    End,
    /// Nothing within the time.
    Nothing,
}

impl Reader {
    /// Begins to read partitions of topics from these offsets.
    ///
    /// # Errors
    /// If the client does not take them.
    pub fn follow_all(&self, from: &Positions) -> Result<(), KafkaError> {
        let doing = || KafkaError::client("following topics");
        let mut assignment = TopicPartitionList::new();
        for ((topic, partition), offset) in from {
            assignment.add_partition_offset(topic, *partition, Offset::Offset(*offset)).map_err(doing())?;
        }
        self.consumer.assign(&assignment).map_err(doing())
    }

    /// The next record of any of them.
    ///
    /// # Errors
    /// If a topic cannot be read any more.
    pub fn next_of_all(&self, timeout: Duration) -> Result<Followed<'_>, KafkaError> {
        match self.consumer.poll(timeout) {
            None => Ok(Followed::Nothing),
            Some(Ok(message)) => Ok(Followed::Record(message)),
            Some(Err(ClientError::PartitionEOF(_))) => Ok(Followed::End),
            Some(Err(error)) => fail_if_fatal(error).map(|()| Followed::Nothing),
        }
    }

    /// Whether a connection failed lately: then it is worth asking whether Kafka answers at all.
    pub fn is_troubled(&self, within: Duration) -> bool {
        self.consumer.context().cut_off_within(within)
    }
}
