//! A queue for each assigned partition, so that its end is known for certain, and a wakeup for whoever waits for
//! records.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rdkafka::consumer::BaseConsumer;
use rdkafka::consumer::base_consumer::PartitionQueue as ClientQueue;
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::Message as _;
use yujing_core::source::Record;

use super::KafkaError;
use super::batch_consumer::{Batch, Order};
use super::client::ClientEvents;
use super::error::fail_if_fatal;
use super::input_topic::InputTopic;
use super::lag::{Hold, Lag, Watermarks};
use super::stamp::{self, Stamps};

/// One partition's records on their way to a batch.
pub(super) struct PartitionQueue {
    pub(super) topic: InputTopic,
    pub(super) partition: i32,
    queue: ClientQueue<ClientEvents>,
    /// Taken from the queue, but not yet given out.
    pub(super) head: Option<Record>,
    /// What is to be reported of the head's timestamp.
    stamps: Stamps,
    order: Order,
    /// Whether everything written so far was taken from the queue.
    pub(super) at_end: bool,
    /// The offset behind the last record given out.
    pub(super) next: i64,
    /// Where reading ends, if not with the partition.
    pub(super) to: Option<i64>,
    pub(super) last_timestamp: Option<Timestamp>,
    /// What held it back at the last look.
    pub(super) hold: Option<Hold>,
}

impl PartitionQueue {
    pub(super) fn open(
        consumer: &Arc<BaseConsumer<ClientEvents>>,
        topic: &InputTopic,
        partition: i32,
        order: Order,
        wakeup: &Arc<Wakeup>,
    ) -> Result<Self, KafkaError> {
        // Before the partition is assigned: afterwards its first records would come by the consumer's own queue.
        let mut queue = consumer.split_partition_queue(&topic.name, partition).ok_or_else(|| {
            KafkaError::Configuration(format!("the topic name `{}` is not one Kafka takes", topic.name))
        })?;
        let wakeup = Arc::clone(wakeup);
        queue.set_nonempty_callback(move || wakeup.notify());
        let topic = topic.clone();
        Ok(Self {
            topic,
            partition,
            queue,
            head: None,
            stamps: Stamps::default(),
            order,
            at_end: false,
            next: 0,
            to: None,
            last_timestamp: None,
            hold: None,
        })
    }

    /// Whether a record stands at the head, after looking for one if need be.
    pub(super) fn fill(&mut self) -> Result<bool, KafkaError> {
        while self.head.is_none() {
            match self.queue.poll(Duration::ZERO) {
                None => return Ok(false),
                Some(Err(ClientError::PartitionEOF(_))) => self.at_end = true,
                Some(Err(error)) => fail_if_fatal(error)?,
                // From before a change of the position: the client may still have had it on its way.
                Some(Ok(message)) if message.offset() < self.next => {}
                Some(Ok(message)) if self.to.is_some_and(|to| message.offset() >= to) => self.at_end = true,
                Some(Ok(message)) => {
                    self.at_end = self.to == Some(message.offset() + 1);
                    let mut record = self.topic.record(&message);
                    // History is in the order of its timestamps, whatever they say.
                    if self.order == Order::Arrival {
                        let now = Timestamp::now();
                        self.stamps = stamp::correct(&mut record, message.timestamp(), now, now);
                    }
                    self.head = Some(record);
                }
            }
        }
        Ok(true)
    }

    /// How far it is behind, of what was committed of it and of what the client knows.
    pub(super) fn lag(&mut self, watermarks: Watermarks, committed: i64, now: Timestamp) -> Lag {
        // Offsets at the end may belong to marks of transactions, which are never given out.
        let all_taken = watermarks.next_fetch >= watermarks.last_stable && self.at_end && self.head.is_none();
        self.hold = if all_taken { Hold::find(watermarks, self.hold, now) } else { None };
        let waiting = if all_taken && self.next == committed { 0 } else { (watermarks.last_stable - committed).max(0) };
        let age = |since: Timestamp| now.duration_since(since).as_secs_f64().max(0.0);
        let oldest = if waiting > 0 { self.last_timestamp } else { self.hold.map(|hold| hold.since) };
        Lag {
            topic: Arc::clone(&self.topic.name),
            source: self.topic.source,
            partition: self.partition,
            records: waiting + watermarks.high - watermarks.last_stable,
            seconds: oldest.map_or(0.0, age),
            hold: self.hold,
        }
    }

    pub(super) fn give(&mut self, batch: &mut Batch) {
        let Some(record) = self.head.take() else { return };
        self.next = record.offset + 1;
        self.last_timestamp = Some(record.timestamp);
        if record.key.as_deref().is_some_and(|key| self.topic.partition_of(key) != record.partition) {
            *batch.misrouted.entry(record.source).or_default() += 1;
        }
        if !self.stamps.is_nothing() {
            batch.stamps.entry(record.source).or_default().add(self.stamps);
        }
        batch.records.push(record);
    }
}

/// Notified by the client's threads when a queue gets something.
#[derive(Debug, Default)]
pub(super) struct Wakeup {
    notified: Mutex<bool>,
    condvar: Condvar,
}

impl Wakeup {
    fn notify(&self) {
        *self.notified.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.condvar.notify_one();
    }

    pub(super) fn wait(&self, longest: Duration) {
        let notified = self.notified.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut notified, _) = self
            .condvar
            .wait_timeout_while(notified, longest, |notified| !*notified)
            .unwrap_or_else(PoisonError::into_inner);
        *notified = false;
    }
}
