//! Topics read from and to given offsets, outside of the group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use backon::{BlockingRetryable as _, ExponentialBuilder};
use jiff::Timestamp;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext as _};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};
use tokio_util::sync::CancellationToken;

use super::client::ClientEvents;
use super::drop_with_timeout::DropWithTimeout;
use super::error::fail_if_fatal;
use super::{Clients, KafkaError};
use yujing_telemetry::Metrics;
use yujing_telemetry::kafka::KafkaClient;

/// How long one request may take before it is tried again.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Records between two looks at whether to go on.
const TICK_RECORDS: u64 = 500;

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

/// Reads topics, and asks about them.
pub struct Reader {
    consumer: DropWithTimeout<BaseConsumer<ClientEvents>>,
    stop: CancellationToken,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    /// Asks nothing again once `stop` is cancelled.
    ///
    /// # Errors
    /// If the configuration is refused.
    pub fn new(clients: &Clients, metrics: &Arc<Metrics>, stop: CancellationToken) -> Result<Self, KafkaError> {
        Self::with(&clients.reader(), metrics, stop)
    }

    /// As [`Reader::new`], but it sees what open transactions hold back.
    ///
    /// # Errors
    /// As [`Reader::new`].
    pub fn unstable(clients: &Clients, metrics: &Arc<Metrics>, stop: CancellationToken) -> Result<Self, KafkaError> {
        Self::with(&clients.unstable_reader(), metrics, stop)
    }

    fn with(config: &ClientConfig, metrics: &Arc<Metrics>, stop: CancellationToken) -> Result<Self, KafkaError> {
        let events = ClientEvents::new(KafkaClient::Reader, Arc::clone(metrics));
        let consumer = BaseConsumer::from_config_and_context(config, events)
            .map_err(KafkaError::client("creating the restoring consumer"))?;
        Ok(Self { consumer: DropWithTimeout::new(consumer), stop })
    }

    /// Whether Kafka answers.
    ///
    /// # Errors
    /// What the client says if it does not.
    pub fn ping(&self, timeout: Duration) -> Result<(), ClientError> {
        let answer = self.consumer.fetch_metadata(None, timeout).map(|_| ());
        // What the client has to say about it (a wrong password, say) comes by its callbacks.
        self.consumer.context().serve_all(|| drop(self.consumer.poll(Duration::ZERO)));
        answer
    }

    /// How many partitions a topic has.
    ///
    /// # Errors
    /// If there is no such topic, or Kafka does not answer.
    pub fn partitions(&self, topic: &str) -> Result<i32, KafkaError> {
        let doing = || KafkaError::client(format!("asking for the partitions of {topic}"));
        let metadata = self.retry(|| self.consumer.fetch_metadata(Some(topic), REQUEST_TIMEOUT)).map_err(doing())?;
        let count = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
        if count == 0 {
            return Err(KafkaError::Topics(vec![format!("{topic} is missing")]));
        }
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }

    /// How many members a consumer group has.
    ///
    /// # Errors
    /// If Kafka does not answer.
    pub fn members(&self, group: &str) -> Result<usize, ClientError> {
        let groups = self.consumer.fetch_group_list(Some(group), REQUEST_TIMEOUT)?;
        Ok(groups.groups().iter().map(|group| group.members().len()).sum())
    }

    /// The first offset of a partition, and the one behind its last record.
    ///
    /// # Errors
    /// If Kafka does not answer.
    pub fn bounds(&self, topic: &str, partition: i32) -> Result<(i64, i64), KafkaError> {
        self.retry(|| self.consumer.fetch_watermarks(topic, partition, REQUEST_TIMEOUT))
            .map_err(KafkaError::client(format!("asking for the offsets of {topic} partition {partition}")))
    }

    /// Everything that a topic has now.
    ///
    /// # Errors
    /// As [`Reader::partitions`] and [`Reader::bounds`].
    pub fn whole(&self, topic: &str) -> Result<Vec<OffsetRange>, KafkaError> {
        (0..self.partitions(topic)?)
            .map(|partition| self.bounds(topic, partition).map(|(from, to)| OffsetRange { partition, from, to }))
            .collect()
    }

    /// The first offset of a partition at or after an instant; the end if there is none.
    ///
    /// # Errors
    /// If Kafka does not answer.
    pub fn offset_at(&self, topic: &str, partition: i32, at: Timestamp) -> Result<i64, KafkaError> {
        let doing = || KafkaError::client(format!("asking for the offset of {topic} partition {partition} at {at}"));
        let mut asked = TopicPartitionList::new();
        asked.add_partition_offset(topic, partition, Offset::Offset(at.as_millisecond())).map_err(doing())?;
        let found = self.retry(|| self.consumer.offsets_for_times(asked.clone(), REQUEST_TIMEOUT)).map_err(doing())?;
        match found.elements().first().map(|element| (element.error(), element.offset())) {
            Some((Ok(()), Offset::Offset(offset))) => Ok(offset),
            Some((Err(error), _)) => Err(doing()(error)),
            _ => Ok(self.bounds(topic, partition)?.1),
        }
    }

    /// The group's committed offsets, by topic and partition.
    ///
    /// # Errors
    /// [`KafkaError::HeldBack`] if an open transaction has offsets of the group; if Kafka does not answer.
    pub fn committed(
        &self,
        partitions: &[(Arc<str>, i32)],
        unstable: &Self,
    ) -> Result<BTreeMap<(Arc<str>, i32), i64>, KafkaError> {
        let doing = || KafkaError::client("asking for the committed offsets");
        let mut list = TopicPartitionList::new();
        for (topic, partition) in partitions {
            list.add_partition(topic, *partition);
        }
        // Kafka answers at once, unless an open transaction has offsets of the group.
        let ask = || match self.consumer.committed_offsets(list.clone(), REQUEST_TIMEOUT) {
            Err(error)
                if error.rdkafka_error_code() == Some(Code::OperationTimedOut)
                    && unstable.consumer.committed_offsets(list.clone(), REQUEST_TIMEOUT).is_ok() =>
            {
                Ok(None)
            }
            outcome => outcome.map(Some),
        };
        let found = self.retry(ask).map_err(doing())?;
        let list = found.ok_or_else(|| KafkaError::HeldBack("the committed offsets of the group".to_owned()))?;
        let mut committed = BTreeMap::new();
        for element in list.elements() {
            element.error().map_err(doing())?;
            if let Offset::Offset(offset) = element.offset() {
                committed.insert((Arc::from(element.topic()), element.partition()), offset);
            }
        }
        Ok(committed)
    }

    /// Gives every committed record of the ranges, partitions interleaved. The end of a range must be stable: there
    /// is no open transaction before it. `tick` is asked now and then whether to go on, with the records read so far.
    ///
    /// # Errors
    /// What `each` or `tick` says; if the topic cannot be read.
    pub fn read<E: From<KafkaError>>(
        &self,
        topic: &str,
        ranges: &[OffsetRange],
        mut each: impl FnMut(&BorrowedMessage<'_>) -> Result<(), E>,
        mut tick: impl FnMut(u64) -> Result<(), E>,
    ) -> Result<u64, E> {
        let doing = || KafkaError::client(format!("reading {topic}"));
        let mut open: BTreeMap<i32, i64> = BTreeMap::new();
        let mut assignment = TopicPartitionList::new();
        for range in ranges.iter().filter(|range| !range.is_empty()) {
            open.insert(range.partition, range.to);
            assignment.add_partition_offset(topic, range.partition, Offset::Offset(range.from)).map_err(doing())?;
        }
        if open.is_empty() {
            return Ok(0);
        }
        self.consumer.assign(&assignment).map_err(doing())?;
        let mut read = 0;
        while !open.is_empty() {
            match self.consumer.poll(Duration::from_millis(100)) {
                None => tick(read)?,
                Some(Err(ClientError::PartitionEOF(partition))) => {
                    open.remove(&partition);
                }
                Some(Err(error)) => fail_if_fatal(error)?,
                Some(Ok(message)) => {
                    let Some(&to) = open.get(&message.partition()) else { continue };
                    if message.offset() < to {
                        each(&message)?;
                        read += 1;
                    }
                    if message.offset() + 1 >= to {
                        open.remove(&message.partition());
                    }
                    if read % TICK_RECORDS == 0 {
                        tick(read)?;
                    }
                }
            }
        }
        self.consumer.unassign().map_err(doing())?;
        Ok(read)
    }

    /// Asks again for a while: a topic just created, or a broker just restarted, answers "not leader" at first.
    fn retry<T>(&self, ask: impl FnMut() -> Result<T, ClientError>) -> Result<T, ClientError> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_secs(2))
            .with_max_times(6);
        ask.retry(pauses).when(|_| !self.stop.is_cancelled()).call()
    }
}
