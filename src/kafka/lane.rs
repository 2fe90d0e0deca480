//! A queue for each assigned partition, so that its end is known for certain, and a bell for whoever waits for records.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rdkafka::consumer::BaseConsumer;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::Message as _;

use super::KafkaError;
use super::client::{ClientEvents, Extent};
use super::consume::{self, Collected, InputTopic, Order};
use super::lag::{Hold, Lag};
use super::stamp::{self, Stamps};
use crate::source::Record;

/// One partition's records on their way to a batch.
pub(super) struct Lane {
    pub(super) topic: InputTopic,
    pub(super) partition: i32,
    queue: PartitionQueue<ClientEvents>,
    /// Taken from the queue, but not yet given out.
    pub(super) head: Option<Record>,
    /// What is to be told of the head's timestamp.
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

impl Lane {
    pub(super) fn open(
        consumer: &Arc<BaseConsumer<ClientEvents>>,
        topic: &InputTopic,
        partition: i32,
        order: Order,
        wake: &Arc<Wake>,
    ) -> Result<Self, KafkaError> {
        // Before the partition is assigned: afterwards its first records would come by the consumer's own queue.
        let mut queue = consumer.split_partition_queue(&topic.name, partition).ok_or_else(|| {
            KafkaError::Configuration(format!("the topic name `{}` is not one Kafka takes", topic.name))
        })?;
        let wake = Arc::clone(wake);
        queue.set_nonempty_callback(move || wake.ring());
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
                Some(Err(error)) => consume::judge(error)?,
                // From before a change of the position: the client may still have had it on its way.
                Some(Ok(message)) if message.offset() < self.next => {}
                Some(Ok(message)) if self.to.is_some_and(|to| message.offset() >= to) => self.at_end = true,
                Some(Ok(message)) => {
                    self.at_end = self.to == Some(message.offset() + 1);
                    let mut record = consume::record(&message, &self.topic);
                    // History is in the order of its timestamps, whatever they say.
                    if self.order == Order::Arrival {
                        let now = Timestamp::now();
                        self.stamps = stamp::settle(&mut record, message.timestamp(), now, now);
                    }
                    self.head = Some(record);
                }
            }
        }
        Ok(true)
    }

    /// How far it is behind, of what was committed of it and of what the client knows.
    pub(super) fn lag(&mut self, extent: Extent, committed: i64, now: Timestamp) -> Lag {
        // Offsets at the end may belong to marks of transactions, which are never given out.
        let all_taken = extent.fetched >= extent.end && self.at_end && self.head.is_none();
        self.hold = if all_taken { Hold::find(extent, self.hold, now) } else { None };
        let waiting = if all_taken && self.next == committed { 0 } else { (extent.end - committed).max(0) };
        let age = |since: Timestamp| now.duration_since(since).as_secs_f64().max(0.0);
        let oldest = if waiting > 0 { self.last_timestamp } else { self.hold.map(|hold| hold.since) };
        Lag {
            topic: Arc::clone(&self.topic.name),
            source: self.topic.source,
            partition: self.partition,
            records: waiting + extent.written - extent.end,
            seconds: oldest.map_or(0.0, age),
            hold: self.hold,
        }
    }

    pub(super) fn give(&mut self, collected: &mut Collected) {
        let Some(record) = self.head.take() else { return };
        self.next = record.offset + 1;
        self.last_timestamp = Some(record.timestamp);
        if record.key.as_deref().is_some_and(|key| self.topic.partition_of(key) != record.partition) {
            *collected.misrouted.entry(record.source).or_default() += 1;
        }
        if !self.stamps.is_nothing() {
            collected.stamps.entry(record.source).or_default().add(self.stamps);
        }
        collected.records.push(record);
    }
}

/// Rung by the client's threads when a lane gets something.
#[derive(Debug, Default)]
pub(super) struct Wake {
    rung: Mutex<bool>,
    bell: Condvar,
}

impl Wake {
    fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_one();
    }

    pub(super) fn wait(&self, longest: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut rung, _) =
            self.bell.wait_timeout_while(rung, longest, |rung| !*rung).unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}
