//! A topic read for a person: every partition, from its beginning or from its end, without joining a group.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::BorrowedMessage;
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

use super::{Failure, output};
use yujing_base::escape;
use yujing_kafka::{Clients, StrayRecords};

/// How long Kafka may take to answer a question.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Beginning,
    End,
}

/// A topic being read.
pub struct Follower {
    consumer: BaseConsumer,
    topic: String,
    /// Partitions whose end is still to come.
    open: BTreeSet<i32>,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("topic", &self.topic).field("open", &self.open).finish_non_exhaustive()
    }
}

impl Follower {
    /// `purpose` stands in the name that the broker sees.
    ///
    /// # Errors
    /// If Kafka does not answer, or has no such topic.
    pub fn begin(clients: &Clients, purpose: &str, topic: &str, from: From) -> Result<Self, Failure> {
        Self::assigned(clients, purpose, topic, from).map_err(|reason| {
            let servers = clients.servers();
            Failure::external(format!("{topic} at {servers} cannot be read: {reason}; does `yujing topics` find it?"))
        })
    }

    fn assigned(clients: &Clients, purpose: &str, topic: &str, from: From) -> Result<Self, String> {
        let text = |error: ClientError| error.to_string();
        let group = format!("{}-{purpose}", clients.group_id());
        let consumer: BaseConsumer = clients.follower(&group).create().map_err(text)?;
        let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).map_err(text)?;
        let partitions: BTreeSet<i32> = metadata
            .topics()
            .iter()
            .flat_map(|topic| topic.partitions().iter().map(rdkafka::metadata::MetadataPartition::id))
            .collect();
        if partitions.is_empty() {
            return Err("there is no such topic".to_owned());
        }
        let begin = if from == From::Beginning { Offset::Beginning } else { Offset::End };
        let mut assignment = TopicPartitionList::new();
        for partition in &partitions {
            assignment.add_partition_offset(topic, *partition, begin).map_err(text)?;
        }
        consumer.assign(&assignment).map_err(text)?;
        Ok(Self { consumer, topic: topic.to_owned(), open: partitions })
    }

    /// The first offset that each partition still has, and the one behind its last record. To be asked before the first
    /// record is.
    ///
    /// # Errors
    /// If Kafka does not answer.
    pub fn bounds(&self) -> Result<BTreeMap<i32, (i64, i64)>, Failure> {
        let of = |partition: &i32| {
            let bounds = self.consumer.fetch_watermarks(&self.topic, *partition, PATIENCE);
            bounds.map(|bounds| (*partition, bounds)).map_err(|error| {
                Failure::external(format!("the offsets of {} partition {partition} cannot be had: {error}", self.topic))
            })
        };
        self.open.iter().map(of).collect()
    }

    /// The next record; `None` once the newest of every partition was given, unless `wait` asks to wait for further ones.
    ///
    /// # Errors
    /// If the topic cannot be read any more.
    pub fn next(&mut self, wait: bool) -> Result<Option<BorrowedMessage<'_>>, Failure> {
        while wait || !self.open.is_empty() {
            match self.consumer.poll(Duration::from_millis(500)) {
                None => {}
                Some(Ok(message)) => return Ok(Some(message)),
                Some(Err(ClientError::PartitionEOF(partition))) => drop(self.open.remove(&partition)),
                Some(Err(error)) if error.rdkafka_error_code().is_some_and(is_passing) => {
                    output::problem(&format!("yujing: {error}; trying again"));
                }
                Some(Err(error)) => {
                    return Err(Failure::external(format!("{} cannot be read any more: {error}", self.topic)));
                }
            }
        }
        Ok(None)
    }
}

/// Says what was passed over.
pub fn report_strays(strays: &StrayRecords) {
    let described = strays.described();
    for stray in &described {
        output::problem(&escape::line(&format!("yujing: {stray}")));
    }
    let others = strays.count().saturating_sub(described.len());
    if others > 0 {
        output::problem(&format!("yujing: and {others} others like it on {}", strays.topic()));
    }
}

/// Whether the client gets over it by itself.
fn is_passing(code: Code) -> bool {
    matches!(
        code,
        Code::AllBrokersDown | Code::BrokerTransportFailure | Code::OperationTimedOut | Code::LeaderNotAvailable
    )
}
