//! Batches from the partitions that the group assigned. Each partition has a queue of its own (a [`PartitionQueue`]),
//! so that its end is known for certain, and so that history can be merged by timestamp without one partition running
//! ahead.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerGroupMetadata};
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};
use yujing_core::source::{Positions, Record, SourceId};
use yujing_telemetry::Metrics;
use yujing_telemetry::kafka::KafkaClient;

use super::client::{Assignment, ClientEvents};
use super::cursor::OffsetRange;
use super::error::fail_if_fatal;
use super::input_topic::InputTopic;
use super::lag::Lag;
use super::partition_queue::{PartitionQueue, Wakeup};
use super::stamp::Stamps;
use super::{Clients, KafkaError};

/// How long after a lost connection its consequences may show.
const DISCONNECT_WINDOW: Duration = Duration::from_mins(1);
/// How long a seek may take.
const SEEK_TIMEOUT: Duration = Duration::from_secs(10);
/// Most records taken from one queue before the next has its turn.
const RECORDS_PER_TURN: usize = 64;
/// Longest sleep before looking again, should a wake-up be lost.
const WAKEUP_CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// In which order records are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they arrive; only the order within a partition is kept.
    Arrival,
    /// By timestamp over all partitions, as far as they have been written: for history.
    Timestamp,
}

/// When a batch is done.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    pub most: usize,
    /// How long the first record waits for others.
    pub linger: Duration,
    /// How long to wait for the first record.
    pub wait: Duration,
    /// Records with a later timestamp stay for the next batch; only with [`Order::Timestamp`].
    pub until: Option<Timestamp>,
}

/// What a call gave.
#[derive(Debug, Default)]
pub struct Batch {
    pub records: Vec<Record>,
    /// A record behind [`BatchLimits::until`] stands next: everything up to it has been given.
    pub boundary: bool,
    /// Records whose key belongs to another partition; they are given all the same.
    pub misrouted: BTreeMap<SourceId, u64>,
    /// Records with remarkable timestamps; only with [`Order::Arrival`].
    pub stamps: BTreeMap<SourceId, Stamps>,
}

/// The consuming end: a member of the group with one queue a partition.
pub struct BatchConsumer {
    consumer: Arc<BaseConsumer<ClientEvents>>,
    queues: Vec<PartitionQueue>,
    wakeup: Arc<Wakeup>,
    order: Order,
    next_queue: usize,
    /// The sources that are read; all if `None`.
    only: Option<BTreeSet<SourceId>>,
}

impl std::fmt::Debug for BatchConsumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchConsumer")
            .field("positions", &self.positions())
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

impl BatchConsumer {
    /// Joins the group. Nothing is given out before [`BatchConsumer::seek`].
    ///
    /// # Errors
    /// If the configuration is refused.
    pub fn join(
        clients: &Clients,
        topics: &[InputTopic],
        order: Order,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, KafkaError> {
        let doing = || KafkaError::client("joining the consumer group");
        let events = ClientEvents::new(KafkaClient::Consumer, Arc::clone(metrics));
        let consumer = BaseConsumer::from_config_and_context(&clients.member(), events).map_err(doing())?;
        let consumer = Arc::new(consumer);
        let wakeup = Arc::new(Wakeup::default());
        let mut queues = Vec::new();
        for topic in topics {
            for partition in 0..topic.partitions {
                queues.push(PartitionQueue::open(&consumer, topic, partition, order, &wakeup)?);
            }
        }
        let names: Vec<&str> = topics.iter().map(|topic| &*topic.name).collect();
        consumer.subscribe(&names).map_err(doing())?;
        Ok(Self { consumer, queues, wakeup, order, next_queue: 0, only: None })
    }

    /// Joins again. The group gives a member that it knows by its name what it gave the one before, also if topics have
    /// got more partitions since; only if that member joins again is everything assigned anew.
    ///
    /// # Errors
    /// If the client refuses.
    pub fn rejoin(&self) -> Result<(), KafkaError> {
        let names: BTreeSet<&str> = self.queues.iter().map(|queue| &*queue.topic.name).collect();
        let names: Vec<&str> = names.into_iter().collect();
        self.consumer.subscribe(&names).map_err(KafkaError::client("joining the consumer group again"))
    }

    /// Reads parts of topics in the order of their timestamps, outside of the group.
    ///
    /// # Errors
    /// If the configuration is refused.
    pub(super) fn over_ranges(
        clients: &Clients,
        parts: &[(InputTopic, Vec<OffsetRange>)],
        metrics: &Arc<Metrics>,
    ) -> Result<Self, KafkaError> {
        let doing = || KafkaError::client("reading history");
        let events = ClientEvents::new(KafkaClient::Reader, Arc::clone(metrics));
        let consumer = BaseConsumer::from_config_and_context(&clients.history(), events).map_err(doing())?;
        let consumer = Arc::new(consumer);
        let wakeup = Arc::new(Wakeup::default());
        let mut queues = Vec::new();
        let mut assignment = TopicPartitionList::new();
        for (topic, range) in parts.iter().flat_map(|(topic, all)| all.iter().map(move |one| (topic, one))) {
            if range.is_empty() {
                continue;
            }
            let from = Offset::Offset(range.from);
            assignment.add_partition_offset(&topic.name, range.partition, from).map_err(doing())?;
            let mut queue = PartitionQueue::open(&consumer, topic, range.partition, Order::Timestamp, &wakeup)?;
            (queue.next, queue.to) = (range.from, Some(range.to));
            queues.push(queue);
        }
        consumer.assign(&assignment).map_err(doing())?;
        Ok(Self { consumer, queues, wakeup, order: Order::Timestamp, next_queue: 0, only: None })
    }

    /// Whether everything there was has been given out.
    pub(super) fn is_at_end(&self) -> bool {
        self.queues.iter().all(|queue| queue.at_end && queue.head.is_none())
    }

    /// Serves callbacks, and says what the group did since the last call. To be called often, also while restoring, or
    /// the group takes this member for dead.
    ///
    /// # Errors
    /// If the client can no longer go on.
    pub fn take_assignments(&self) -> Result<Vec<Assignment>, KafkaError> {
        self.serve_callbacks()?;
        Ok(self.consumer.context().take_assignments())
    }

    /// Records come by the partitions' own queues; here come errors, statistics and changes of the assignment. The
    /// latter are kept for [`BatchConsumer::take_assignments`].
    ///
    /// # Errors
    /// If the client can no longer go on.
    pub fn serve_callbacks(&self) -> Result<(), KafkaError> {
        let mut errors = Vec::new();
        self.consumer.context().serve_all(|| errors.extend(self.consumer.poll(Duration::ZERO).and_then(Result::err)));
        for error in errors {
            match self.consumer.client().fatal_error() {
                // A client that was cut off for longer than its session can fence itself when it joins again.
                Some((Code::FencedInstanceId, reason))
                    if !self.consumer.context().cut_off_within(DISCONNECT_WINDOW) =>
                {
                    return Err(KafkaError::Replaced(reason));
                }
                Some((_, reason)) => return Err(KafkaError::Left(reason)),
                None => fail_if_fatal(error)?,
            }
        }
        Ok(())
    }

    /// Begins, or begins again, at these offsets; what was fetched before is forgotten.
    ///
    /// # Errors
    /// If a partition cannot be positioned.
    pub fn seek(&mut self, positions: &Positions) -> Result<(), KafkaError> {
        let doing = || KafkaError::client("seeking to the committed offsets");
        let mut list = TopicPartitionList::new();
        for ((topic, partition), offset) in positions {
            list.add_partition_offset(topic, *partition, Offset::Offset(*offset)).map_err(doing())?;
        }
        let sought = self.consumer.seek_partitions(list, SEEK_TIMEOUT).map_err(doing())?;
        for element in sought.elements() {
            element.error().map_err(doing())?;
        }
        for queue in &mut self.queues {
            if let Some(offset) = positions.get(&(Arc::clone(&queue.topic.name), queue.partition)) {
                queue.head = None;
                queue.at_end = false;
                queue.next = *offset;
            }
        }
        self.consumer.resume(&sought).map_err(doing())
    }

    /// Reads these sources alone from now on, or all of them; the others wait where they stand. Only with
    /// [`Order::Arrival`].
    pub fn read_only(&mut self, sources: Option<BTreeSet<SourceId>>) {
        self.only = sources;
    }

    /// The next offset to read of every partition.
    pub fn positions(&self) -> Positions {
        self.queues.iter().map(|queue| ((Arc::clone(&queue.topic.name), queue.partition), queue.next)).collect()
    }

    /// Whether everything before `ends` was given out of the sources that are read. The offsets at the end may belong to marks of transactions,
    /// which are never given out, hence the look at the queue's end.
    pub fn reached(&self, ends: &Positions) -> bool {
        self.queues.iter().filter(|queue| self.reads(queue)).all(|queue| {
            let end = ends.get(&(Arc::clone(&queue.topic.name), queue.partition)).copied().unwrap_or(0);
            queue.next >= end || (queue.at_end && queue.head.is_none())
        })
    }

    fn reads(&self, queue: &PartitionQueue) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&queue.topic.source))
    }

    /// What the group knows of this member: goes with every transaction.
    pub fn group(&self) -> Option<ConsumerGroupMetadata> {
        self.consumer.group_metadata()
    }

    /// Whether no broker was connected lately.
    pub fn unreachable(&self) -> bool {
        self.consumer.context().unreachable()
    }

    /// How far behind each partition is whose committed offset is given.
    pub fn lags(&mut self, committed: &Positions, now: Timestamp) -> Vec<Lag> {
        let known = self.consumer.context().watermarks();
        let lag = |queue: &mut PartitionQueue| {
            let watermarks = known.get(&(queue.topic.name.to_string(), queue.partition))?;
            let committed = committed.get(&(Arc::clone(&queue.topic.name), queue.partition))?;
            Some(queue.lag(*watermarks, *committed, now))
        };
        self.queues.iter_mut().filter_map(lag).collect()
    }

    /// Takes the next records: returns when `most` are there, when the first has waited for `linger`, or with nothing
    /// after `wait`.
    ///
    /// # Errors
    /// If the client can no longer go on, or records to be read were deleted.
    pub fn collect(&mut self, limits: BatchLimits) -> Result<Batch, KafkaError> {
        let mut batch = Batch::default();
        let began = Instant::now();
        let mut deadline = began + limits.wait;
        loop {
            let before = batch.records.len();
            match self.order {
                Order::Arrival => self.take_arrived(limits.most, &mut batch)?,
                Order::Timestamp => self.take_by_time(limits, &mut batch)?,
            }
            if before == 0 && !batch.records.is_empty() {
                deadline = Instant::now() + limits.linger;
            }
            if batch.records.len() >= limits.most || batch.boundary {
                return Ok(batch);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(batch);
            }
            self.wakeup.wait(left.min(WAKEUP_CHECK_INTERVAL));
            self.serve_callbacks()?;
        }
    }

    /// Takes records that are there already, up to `limits.most` in the batch, without waiting; with
    /// [`Order::Timestamp`] none unless [`BatchLimits::until`] says which are next.
    ///
    /// # Errors
    /// As [`BatchConsumer::collect`].
    pub fn top_up(&mut self, batch: &mut Batch, limits: BatchLimits) -> Result<(), KafkaError> {
        match self.order {
            Order::Arrival => self.take_arrived(limits.most, batch),
            Order::Timestamp if limits.until.is_some() => self.take_by_time(limits, batch),
            Order::Timestamp => Ok(()),
        }
    }

    fn take_arrived(&mut self, most: usize, batch: &mut Batch) -> Result<(), KafkaError> {
        let count = self.queues.len();
        let mut idle = 0;
        while idle < count && batch.records.len() < most {
            let place = self.next_queue;
            self.next_queue = (place + 1) % count;
            if !self.reads(&self.queues[place]) {
                idle += 1;
                continue;
            }
            let queue = &mut self.queues[place];
            let mut taken = 0;
            while taken < RECORDS_PER_TURN && batch.records.len() < most && queue.fill()? {
                queue.give(batch);
                taken += 1;
            }
            idle = if taken == 0 { idle + 1 } else { 0 };
        }
        Ok(())
    }

    fn take_by_time(&mut self, limits: BatchLimits, batch: &mut Batch) -> Result<(), KafkaError> {
        while batch.records.len() < limits.most {
            let mut earliest: Option<(Timestamp, usize)> = None;
            for (index, queue) in self.queues.iter_mut().enumerate() {
                if !queue.fill()? {
                    if queue.at_end {
                        continue;
                    }
                    // Its next record may be the earliest of all: wait for it.
                    return Ok(());
                }
                let timestamp = queue.head.as_ref().map_or(Timestamp::MAX, |head| head.timestamp);
                if earliest.is_none_or(|(best, _)| timestamp < best) {
                    earliest = Some((timestamp, index));
                }
            }
            let Some((timestamp, index)) = earliest else { return Ok(()) };
            if limits.until.is_some_and(|until| timestamp > until) {
                batch.boundary = true;
                return Ok(());
            }
            self.queues[index].give(batch);
        }
        Ok(())
    }
}
