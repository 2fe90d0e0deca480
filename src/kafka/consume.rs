//! Batches from the partitions that the group assigned. Each partition has a queue of its own (a *lane*), so that its end
//! is known for certain, and so that history can be merged by timestamp without one partition running ahead.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerGroupMetadata};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

use super::client::{Assignment, ClientEvents};
use super::lag::Lag;
use super::lane::{Lane, Wake};
use super::reader::Stretch;
use super::stamp::Stamps;
use super::{Clients, KafkaError, headers, partitioner};
use crate::source::{NormalForm, Positions, Record, SourceId};
use crate::telemetry::Metrics;
use crate::telemetry::kafka::KafkaClient;

/// How long after a lost connection its consequences may show.
const AFTERMATH: Duration = Duration::from_mins(1);
/// How long a seek may take.
const SEEK_TIMEOUT: Duration = Duration::from_secs(10);
/// Most records taken from one lane before the next has its turn.
const TURN: usize = 64;
/// Longest sleep before looking again, should a wake-up be lost.
const DOZE: Duration = Duration::from_millis(20);

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
    pub(super) fn partition_of(&self, key: &[u8]) -> i32 {
        let text = std::str::from_utf8(key).ok();
        let normal = self.key_form.zip(text).map(|(form, text)| form.of(text));
        partitioner::partition(normal.as_ref().map_or(key, |normal| normal.as_bytes()), self.partitions)
    }
}

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
pub struct Limits {
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
pub struct Collected {
    pub records: Vec<Record>,
    /// A record behind [`Limits::until`] stands next: everything up to it has been given.
    pub boundary: bool,
    /// Records whose key belongs to another partition; they are given all the same.
    pub misrouted: BTreeMap<SourceId, u64>,
    /// Records with remarkable timestamps; only with [`Order::Arrival`].
    pub stamps: BTreeMap<SourceId, Stamps>,
}

/// The consuming end: a member of the group with one lane a partition.
pub struct Intake {
    consumer: Arc<BaseConsumer<ClientEvents>>,
    lanes: Vec<Lane>,
    wake: Arc<Wake>,
    order: Order,
    first_lane: usize,
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Intake")
            .field("positions", &self.positions())
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

impl Intake {
    /// Joins the group. Nothing is given out before [`Intake::seek`].
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
        let wake = Arc::new(Wake::default());
        let mut lanes = Vec::new();
        for topic in topics {
            for partition in 0..topic.partitions {
                lanes.push(Lane::open(&consumer, topic, partition, order, &wake)?);
            }
        }
        let names: Vec<&str> = topics.iter().map(|topic| &*topic.name).collect();
        consumer.subscribe(&names).map_err(doing())?;
        Ok(Self { consumer, lanes, wake, order, first_lane: 0 })
    }

    /// Joins again. The group gives a member that it knows by its name what it gave the one before, also if topics have got
    /// more partitions since; only if that member joins again is everything assigned anew.
    ///
    /// # Errors
    /// If the client refuses.
    pub fn rejoin(&self) -> Result<(), KafkaError> {
        let names: BTreeSet<&str> = self.lanes.iter().map(|lane| &*lane.topic.name).collect();
        let names: Vec<&str> = names.into_iter().collect();
        self.consumer.subscribe(&names).map_err(KafkaError::client("joining the consumer group again"))
    }

    /// Reads stretches of topics in the order of their timestamps, outside of the group.
    ///
    /// # Errors
    /// If the configuration is refused.
    pub(super) fn over(
        clients: &Clients,
        stretches: &[(InputTopic, Vec<Stretch>)],
        metrics: &Arc<Metrics>,
    ) -> Result<Self, KafkaError> {
        let doing = || KafkaError::client("reading history");
        let events = ClientEvents::new(KafkaClient::Reader, Arc::clone(metrics));
        let consumer = BaseConsumer::from_config_and_context(&clients.history(), events).map_err(doing())?;
        let consumer = Arc::new(consumer);
        let wake = Arc::new(Wake::default());
        let mut lanes = Vec::new();
        let mut assignment = TopicPartitionList::new();
        for (topic, stretch) in stretches.iter().flat_map(|(topic, all)| all.iter().map(move |one| (topic, one))) {
            if stretch.is_empty() {
                continue;
            }
            let from = Offset::Offset(stretch.from);
            assignment.add_partition_offset(&topic.name, stretch.partition, from).map_err(doing())?;
            let mut lane = Lane::open(&consumer, topic, stretch.partition, Order::Timestamp, &wake)?;
            (lane.next, lane.to) = (stretch.from, Some(stretch.to));
            lanes.push(lane);
        }
        consumer.assign(&assignment).map_err(doing())?;
        Ok(Self { consumer, lanes, wake, order: Order::Timestamp, first_lane: 0 })
    }

    /// Whether everything there was has been given out.
    pub(super) fn is_at_end(&self) -> bool {
        self.lanes.iter().all(|lane| lane.at_end && lane.head.is_none())
    }

    /// Serves callbacks, and says what the group did since the last call. To be called often, also while restoring, or
    /// the group takes this member for dead.
    ///
    /// # Errors
    /// If the client can no longer go on.
    pub fn serve(&self) -> Result<Vec<Assignment>, KafkaError> {
        self.take_notice()?;
        Ok(self.consumer.context().take_assignments())
    }

    /// Records come by the lanes' own queues; here come errors, statistics and changes of the assignment. The latter are
    /// kept for [`Intake::serve`].
    ///
    /// # Errors
    /// If the client can no longer go on.
    pub fn take_notice(&self) -> Result<(), KafkaError> {
        let mut errors = Vec::new();
        self.consumer.context().serve_all(|| errors.extend(self.consumer.poll(Duration::ZERO).and_then(Result::err)));
        for error in errors {
            match self.consumer.client().fatal_error() {
                // A client that was cut off for longer than its session can fence itself when it joins again.
                Some((Code::FencedInstanceId, reason)) if !self.consumer.context().cut_off_within(AFTERMATH) => {
                    return Err(KafkaError::Replaced(reason));
                }
                Some((_, reason)) => return Err(KafkaError::Left(reason)),
                None => judge(error)?,
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
        for lane in &mut self.lanes {
            if let Some(offset) = positions.get(&(Arc::clone(&lane.topic.name), lane.partition)) {
                lane.head = None;
                lane.at_end = false;
                lane.next = *offset;
            }
        }
        self.consumer.resume(&sought).map_err(doing())
    }

    /// The next offset to read of every partition.
    pub fn positions(&self) -> Positions {
        self.lanes.iter().map(|lane| ((Arc::clone(&lane.topic.name), lane.partition), lane.next)).collect()
    }

    /// Whether everything before `ends` was given out. The offsets at the end may belong to marks of transactions, which
    /// are never given out, hence the look at the lane's end.
    pub fn reached(&self, ends: &Positions) -> bool {
        self.lanes.iter().all(|lane| {
            let end = ends.get(&(Arc::clone(&lane.topic.name), lane.partition)).copied().unwrap_or(0);
            lane.next >= end || (lane.at_end && lane.head.is_none())
        })
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
        let known = self.consumer.context().extents();
        let lag = |lane: &mut Lane| {
            let extent = known.get(&(lane.topic.name.to_string(), lane.partition))?;
            let committed = committed.get(&(Arc::clone(&lane.topic.name), lane.partition))?;
            Some(lane.lag(*extent, *committed, now))
        };
        self.lanes.iter_mut().filter_map(lag).collect()
    }

    /// Takes the next records: returns when `most` are there, when the first has waited for `linger`, or with nothing
    /// after `wait`.
    ///
    /// # Errors
    /// If the client can no longer go on, or records to be read were deleted.
    pub fn collect(&mut self, limits: Limits) -> Result<Collected, KafkaError> {
        let mut collected = Collected::default();
        let began = Instant::now();
        let mut deadline = began + limits.wait;
        loop {
            let before = collected.records.len();
            match self.order {
                Order::Arrival => self.take_arrived(limits.most, &mut collected)?,
                Order::Timestamp => self.take_by_time(limits, &mut collected)?,
            }
            if before == 0 && !collected.records.is_empty() {
                deadline = Instant::now() + limits.linger;
            }
            if collected.records.len() >= limits.most || collected.boundary {
                return Ok(collected);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(collected);
            }
            self.wake.wait(left.min(DOZE));
            self.take_notice()?;
        }
    }

    fn take_arrived(&mut self, most: usize, collected: &mut Collected) -> Result<(), KafkaError> {
        let lanes = self.lanes.len();
        let mut idle = 0;
        while idle < lanes && collected.records.len() < most {
            let lane = &mut self.lanes[self.first_lane];
            self.first_lane = (self.first_lane + 1) % lanes;
            let mut taken = 0;
            while taken < TURN && collected.records.len() < most && lane.fill()? {
                lane.give(collected);
                taken += 1;
            }
            idle = if taken == 0 { idle + 1 } else { 0 };
        }
        Ok(())
    }

    fn take_by_time(&mut self, limits: Limits, collected: &mut Collected) -> Result<(), KafkaError> {
        while collected.records.len() < limits.most {
            let mut earliest: Option<(Timestamp, usize)> = None;
            for (index, lane) in self.lanes.iter_mut().enumerate() {
                if !lane.fill()? {
                    if lane.at_end {
                        continue;
                    }
                    // Its next record may be the earliest of all: wait for it.
                    return Ok(());
                }
                let timestamp = lane.head.as_ref().map_or(Timestamp::MAX, |head| head.timestamp);
                if earliest.is_none_or(|(best, _)| timestamp < best) {
                    earliest = Some((timestamp, index));
                }
            }
            let Some((timestamp, index)) = earliest else { return Ok(()) };
            if limits.until.is_some_and(|until| timestamp > until) {
                collected.boundary = true;
                return Ok(());
            }
            self.lanes[index].give(collected);
        }
        Ok(())
    }
}

/// Whether the client goes on after an error: it reconnects by itself, but does not bring deleted records back.
pub(super) fn judge(error: ClientError) -> Result<(), KafkaError> {
    let doing = |source| KafkaError::Client { doing: "reading the input topics".to_owned(), source };
    match error.rdkafka_error_code() {
        Some(
            Code::Fatal
            | Code::AutoOffsetReset
            | Code::OffsetOutOfRange
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::UnknownTopicOrPartition,
        ) => Err(doing(error)),
        // Everything else the client told in its error callback already, and tries again.
        _ => Ok(()),
    }
}

/// A consumed message as the core takes it.
pub fn record(message: &BorrowedMessage<'_>, topic: &InputTopic) -> Record {
    Record {
        source: topic.source,
        topic: Arc::clone(&topic.name),
        partition: message.partition(),
        offset: message.offset(),
        timestamp: instant(message.timestamp().to_millis()),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers::read(message),
    }
}

/// A record's time from its milliseconds since 1970: a record without one is of 1970, and one beyond the years that are
/// known here is of their end.
pub fn instant(milliseconds: Option<i64>) -> Timestamp {
    // Of the calendar's last second jiff knows no milliseconds but the first.
    let [first, last] = [Timestamp::MIN, Timestamp::MAX].map(|end| end.as_second() * 1_000);
    Timestamp::from_millisecond(milliseconds.unwrap_or_default().clamp(first, last)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_time_that_a_record_can_have_is_an_instant_and_their_order_is_kept(one: i64, other: i64) {
            let (earlier, later) = (one.min(other), one.max(other));
            prop_assert!(instant(Some(earlier)) <= instant(Some(later)));
            prop_assert_eq!(instant(None), Timestamp::UNIX_EPOCH);
            prop_assert!(instant(Some(i64::MIN)) < Timestamp::UNIX_EPOCH && instant(Some(i64::MAX)) > Timestamp::UNIX_EPOCH);
        }
    }
}
