//! Topics read outside of the group: for the engine from and to given offsets, for people from the beginning or the
//! end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use backon::{BlockingRetryable as _, ExponentialBuilder};
use jiff::Timestamp;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext as _};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerGroupMetadata};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};
use tokio_util::sync::CancellationToken;
use yujing_telemetry::Metrics;
use yujing_telemetry::kafka::KafkaClient;

use super::client::ClientEvents;
use super::cursor::{Cursor, OffsetRange, StartAt};
use super::drop_with_timeout::DropWithTimeout;
use super::error::fail_if_fatal;
use super::{Clients, KafkaError};

/// How long to wait for a record before looking whether to go on.
const POLL_TIMEOUT: Duration = Duration::from_millis(100);
/// Records between two looks at whether to go on.
const TICK_RECORDS: u64 = 500;

/// Reads topics, and asks about them.
pub struct Reader {
    pub(super) consumer: DropWithTimeout<BaseConsumer<ClientEvents>>,
    requests: Requests,
    /// Nothing is asked again once it is cancelled.
    stop: CancellationToken,
}

/// How patient a reader is.
#[derive(Debug, Clone, Copy)]
struct Requests {
    /// How long one request may take.
    timeout: Duration,
    /// How often it is tried again.
    retries: usize,
}

/// A topic just created, or a broker just restarted, answers "not leader" at first.
const BY_ENGINE: Requests = Requests { timeout: Duration::from_secs(10), retries: 6 };
/// A person waits.
const BY_COMMAND: Requests = Requests { timeout: Duration::from_secs(15), retries: 0 };

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("requests", &self.requests).finish_non_exhaustive()
    }
}

impl Reader {
    /// For the engine. Asks nothing again once `stop` is cancelled.
    ///
    /// # Errors
    /// If the configuration is refused.
    pub fn new(clients: &Clients, metrics: &Arc<Metrics>, stop: CancellationToken) -> Result<Self, KafkaError> {
        let events = ClientEvents::new(KafkaClient::Reader, Arc::clone(metrics));
        Self::with(&clients.reader(), events, BY_ENGINE, stop)
    }

    /// As [`Reader::new`], but it sees what open transactions hold back.
    ///
    /// # Errors
    /// As [`Reader::new`].
    pub fn unstable(clients: &Clients, metrics: &Arc<Metrics>, stop: CancellationToken) -> Result<Self, KafkaError> {
        let events = ClientEvents::new(KafkaClient::Reader, Arc::clone(metrics));
        Self::with(&clients.unstable_reader(), events, BY_ENGINE, stop)
    }

    /// For a person who waits. `purpose` stands in the name that the broker sees.
    ///
    /// # Errors
    /// If the configuration is refused.
    pub fn for_command(clients: &Clients, purpose: &str) -> Result<Self, KafkaError> {
        let config = clients.follower(&format!("{}-{purpose}", clients.group_id()));
        Self::with(&config, ClientEvents::of_command(KafkaClient::Reader), BY_COMMAND, CancellationToken::new())
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

    fn with(
        config: &ClientConfig,
        context: ClientEvents,
        requests: Requests,
        stop: CancellationToken,
    ) -> Result<Self, KafkaError> {
        let consumer = BaseConsumer::from_config_and_context(config, context)
            .map_err(KafkaError::client("creating the restoring consumer"))?;
        Ok(Self { consumer: DropWithTimeout::new(consumer), requests, stop })
    }

    /// How many partitions a topic has.
    ///
    /// # Errors
    /// If there is no such topic, or Kafka does not answer.
    pub fn partitions(&self, topic: &str) -> Result<i32, KafkaError> {
        let doing = || KafkaError::client(format!("asking for the partitions of {topic}"));
        let metadata =
            self.retry(|| self.consumer.fetch_metadata(Some(topic), self.requests.timeout)).map_err(doing())?;
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
        let groups = self.consumer.fetch_group_list(Some(group), self.requests.timeout)?;
        Ok(groups.groups().iter().map(|group| group.members().len()).sum())
    }

    /// Everything that a partition has now.
    ///
    /// # Errors
    /// If Kafka does not answer.
    pub fn bounds(&self, topic: &str, partition: i32) -> Result<OffsetRange, KafkaError> {
        let (from, to) = self
            .retry(|| self.consumer.fetch_watermarks(topic, partition, self.requests.timeout))
            .map_err(KafkaError::client(format!("asking for the offsets of {topic} partition {partition}")))?;
        Ok(OffsetRange { partition, from, to })
    }

    /// Everything that a topic has now.
    ///
    /// # Errors
    /// As [`Reader::partitions`] and [`Reader::bounds`].
    pub fn whole(&self, topic: &str) -> Result<Vec<OffsetRange>, KafkaError> {
        (0..self.partitions(topic)?).map(|partition| self.bounds(topic, partition)).collect()
    }

    /// The first offset of a partition at or after an instant; the end if there is none.
    ///
    /// # Errors
    /// If Kafka does not answer.
    pub fn offset_at(&self, topic: &str, partition: i32, at: Timestamp) -> Result<i64, KafkaError> {
        let doing = || KafkaError::client(format!("asking for the offset of {topic} partition {partition} at {at}"));
        let mut asked = TopicPartitionList::new();
        asked.add_partition_offset(topic, partition, Offset::Offset(at.as_millisecond())).map_err(doing())?;
        let found =
            self.retry(|| self.consumer.offsets_for_times(asked.clone(), self.requests.timeout)).map_err(doing())?;
        match found.elements().first().map(|element| (element.error(), element.offset())) {
            Some((Ok(()), Offset::Offset(offset))) => Ok(offset),
            Some((Err(error), _)) => Err(doing()(error)),
            _ => Ok(self.bounds(topic, partition)?.to),
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
        let ask = || match self.consumer.committed_offsets(list.clone(), self.requests.timeout) {
            Err(error)
                if error.rdkafka_error_code() == Some(Code::OperationTimedOut)
                    && unstable.consumer.committed_offsets(list.clone(), self.requests.timeout).is_ok() =>
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

    /// Begins to read ranges of a topic.
    fn assign(&self, topic: &str, ranges: &[OffsetRange]) -> Result<Cursor, KafkaError> {
        let doing = || KafkaError::client(format!("reading {topic}"));
        let mut assignment = TopicPartitionList::new();
        for range in ranges {
            assignment.add_partition_offset(topic, range.partition, Offset::Offset(range.from)).map_err(doing())?;
        }
        self.consumer.assign(&assignment).map_err(doing())?;
        Ok(Cursor::over(ranges.iter()))
    }

    /// Begins to read every partition of a topic, without an end.
    ///
    /// # Errors
    /// As [`Reader::partitions`].
    pub fn follow(&self, topic: &str, start: StartAt) -> Result<Cursor, KafkaError> {
        let doing = || KafkaError::client(format!("reading {topic}"));
        let begin = if start == StartAt::Beginning { Offset::Beginning } else { Offset::End };
        let partitions = 0..self.partitions(topic)?;
        let mut assignment = TopicPartitionList::new();
        for partition in partitions.clone() {
            assignment.add_partition_offset(topic, partition, begin).map_err(doing())?;
        }
        self.consumer.assign(&assignment).map_err(doing())?;
        Ok(Cursor::following(partitions))
    }

    /// Begins to read partitions of a topic from these offsets, without an end.
    ///
    /// # Errors
    /// If the client does not take them.
    pub fn follow_from(&self, topic: &str, from: &BTreeMap<i32, i64>) -> Result<Cursor, KafkaError> {
        let doing = || KafkaError::client(format!("reading {topic}"));
        let mut assignment = TopicPartitionList::new();
        for (partition, offset) in from {
            assignment.add_partition_offset(topic, *partition, Offset::Offset(*offset)).map_err(doing())?;
        }
        self.consumer.assign(&assignment).map_err(doing())?;
        Ok(Cursor::following(from.keys().copied()))
    }

    /// As [`Reader::poll`], but for what the client gets over by itself.
    ///
    /// # Errors
    /// If the topic cannot be read any more.
    pub fn next(&self, cursor: &mut Cursor, timeout: Duration) -> Result<Option<BorrowedMessage<'_>>, KafkaError> {
        match self.poll(cursor, timeout) {
            Ok(message) => Ok(message),
            Err(error) => fail_if_fatal(error).map(|()| None),
        }
    }

    /// What goes with offsets in a transaction of a process that reads outside of the group's protocol.
    pub fn group(&self) -> Option<ConsumerGroupMetadata> {
        self.consumer.group_metadata()
    }

    /// The next record, partitions interleaved; `None` if there is none within `timeout`, or a partition ends.
    ///
    /// # Errors
    /// What the client says; it may get over it by itself.
    pub fn poll(&self, cursor: &mut Cursor, timeout: Duration) -> Result<Option<BorrowedMessage<'_>>, ClientError> {
        loop {
            match self.consumer.poll(timeout) {
                None => return Ok(None),
                Some(Ok(message)) if cursor.takes(message.partition(), message.offset()) => return Ok(Some(message)),
                // Behind the end of its range.
                Some(Ok(_)) => {}
                Some(Err(ClientError::PartitionEOF(partition))) => cursor.note_end(partition),
                Some(Err(error)) => return Err(error),
            }
            if cursor.is_at_end() {
                return Ok(None);
            }
        }
    }

    /// Gives every committed record of the ranges, partitions interleaved. The end of a range must be stable: there is
    /// no open transaction before it. `tick` is asked now and then whether to go on, with the records read so far.
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
        let ranges: Vec<OffsetRange> = ranges.iter().copied().filter(|range| !range.is_empty()).collect();
        if ranges.is_empty() {
            return Ok(0);
        }
        let mut cursor = self.assign(topic, &ranges)?;
        let mut read = 0;
        while !cursor.is_at_end() {
            match self.poll(&mut cursor, POLL_TIMEOUT) {
                Ok(None) => tick(read)?,
                Ok(Some(message)) => {
                    each(&message)?;
                    read += 1;
                    if read % TICK_RECORDS == 0 {
                        tick(read)?;
                    }
                }
                Err(error) => fail_if_fatal(error)?,
            }
        }
        self.consumer.unassign().map_err(KafkaError::client(format!("reading {topic}")))?;
        Ok(read)
    }

    /// Asks, and asks again after pauses.
    fn retry<T>(&self, ask: impl FnMut() -> Result<T, ClientError>) -> Result<T, ClientError> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_secs(2))
            .with_max_times(self.requests.retries);
        ask.retry(pauses).when(|_| !self.stop.is_cancelled()).call()
    }
}
