//! One stay on Kafka: records are read and written to the read model in small batches, until something ends it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rdkafka::message::{BorrowedMessage, Message as _};
use rusqlite::Transaction;
use yujing_core::source::{Header, Positions};
use yujing_kafka::{Clients, Followed, KafkaError, Reader, headers};
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::console::{RecordUnreadable, RecordsMissed, RecordsTaken};

use super::Follower;
use crate::error::ConsoleError;
use crate::feed::Change;
use crate::read_model::apply::{ApplyError, TopicRecord};
use crate::status::KafkaState;

/// How long Kafka may take to answer before it counts as away.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most records of one write.
const MOST_RECORDS: usize = 1_000;
/// How long the first record of a batch waits for others.
const LINGER: Duration = Duration::from_millis(20);
/// How long to wait for a record before looking whether to go on.
const TICK: Duration = Duration::from_millis(100);
/// How often it is asked whether Kafka answers, while connections fail.
const PING_INTERVAL: Duration = Duration::from_secs(1);
/// How long after a failed connection that is.
const TROUBLE: Duration = Duration::from_secs(5);

/// One stay.
pub(super) struct Session<'a> {
    follower: &'a Follower,
    reader: Reader,
    /// Partitions whose end was not met yet since the start.
    ends_to_meet: usize,
    /// Records that waited when the stay began, as far as they were not read since.
    waiting: u64,
    pinged: Instant,
}

/// A record, out of the client's hands.
struct TakenRecord {
    topic: Arc<str>,
    partition: i32,
    offset: i64,
    at: Timestamp,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
    headers: Vec<Header>,
}

/// What came within a moment.
#[derive(Default)]
struct Batch {
    records: Vec<TakenRecord>,
    ends: usize,
}

impl<'a> Session<'a> {
    /// Reaches Kafka, and goes on where the read model was left.
    pub(super) fn start(follower: &'a Follower) -> Result<Self, ConsoleError> {
        let clients = Clients::new(&follower.config.kafka)?;
        let reader = Reader::new(&clients, &follower.metrics, follower.stop.clone())?;
        reader.ping(PATIENCE).map_err(KafkaError::client("reaching Kafka"))?;
        let mut session = Self { follower, reader, ends_to_meet: 0, waiting: 0, pinged: Instant::now() };
        let from = session.begin()?;
        session.ends_to_meet = from.len();
        session.reader.follow_all(&from)?;
        let waiting = session.waiting;
        follower.status.change(|state| {
            state.kafka = KafkaState::Connected;
            state.behind = true;
            state.waiting_records = waiting;
        });
        Ok(session)
    }

    /// Where each partition is to be read from. A topic that ends before what was read of it was made anew: then
    /// everything is read anew.
    fn begin(&mut self) -> Result<Positions, ConsoleError> {
        let read = self.follower.read_model.positions()?;
        let (mut from, mut waiting, mut is_anew) = (Positions::new(), 0, false);
        let mut first = Positions::new();
        for topic in self.follower.topics.names() {
            for range in self.reader.whole(topic)? {
                let place = (Arc::clone(topic), range.partition);
                let left = read.get(&place).copied();
                is_anew |= left.is_some_and(|left| left > range.to);
                if let Some(left) = left.filter(|left| *left < range.from) {
                    RecordsMissed { topic, partition: range.partition, from: left, to: range.from }
                        .emit(&self.follower.metrics);
                }
                let next = left.unwrap_or(range.from).max(range.from);
                waiting += u64::try_from(range.to - next).unwrap_or_default();
                first.insert(place.clone(), range.from);
                from.insert(place, next);
            }
        }
        if is_anew {
            self.follower.read_model.clear()?;
            return Ok(first);
        }
        self.waiting = waiting;
        Ok(from)
    }

    /// Follows until asked to stop.
    pub(super) fn run(&mut self) -> Result<(), ConsoleError> {
        while !self.follower.stop.is_cancelled() {
            let batch = self.collect()?;
            self.ends_to_meet = self.ends_to_meet.saturating_sub(batch.ends);
            let is_full = batch.records.len() >= MOST_RECORDS;
            self.waiting = self.waiting.saturating_sub(batch.records.len() as u64);
            let newest = batch.records.iter().map(|record| record.at).max();
            if !batch.records.is_empty() {
                self.write(&batch.records)?;
            }
            self.publish(newest, is_full);
            self.ask_whether_kafka_answers();
        }
        Ok(())
    }

    /// What comes within a moment.
    fn collect(&self) -> Result<Batch, ConsoleError> {
        let (mut batch, mut deadline) = (Batch::default(), Instant::now() + TICK);
        while batch.records.len() < MOST_RECORDS {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.reader.next_of_all(left)? {
                Followed::Record(message) => {
                    if batch.records.is_empty() {
                        deadline = Instant::now() + LINGER;
                    }
                    batch.records.push(TakenRecord::of(&message));
                }
                Followed::End => batch.ends += 1,
                Followed::Nothing if left.is_zero() => break,
                Followed::Nothing => {}
            }
        }
        Ok(batch)
    }

    /// Writes what came and how far it goes, then tells pages that are open.
    fn write(&self, records: &[TakenRecord]) -> Result<(), ConsoleError> {
        let mut positions = Positions::new();
        for record in records {
            positions.insert((Arc::clone(&record.topic), record.partition), record.offset + 1);
        }
        let change = self.follower.read_model.commit(&positions, |db| self.apply(db, records))?;
        RecordsTaken { records: records.len() as u64 }.emit(&self.follower.metrics);
        self.follower.feed.tell(change);
        Ok(())
    }

    fn apply(&self, db: &Transaction<'_>, records: &[TakenRecord]) -> Result<Change, rusqlite::Error> {
        let mut change = Change::default();
        for record in records {
            let TakenRecord { topic, partition, offset, at, key, value, headers } = record;
            let (partition, offset) = (*partition, *offset);
            let read = TopicRecord { key, value: value.as_deref(), at: *at, partition, offset };
            match self.follower.topics.apply(db, topic, read, headers) {
                Ok(changed) => change.note(changed),
                Err(ApplyError::Database(error)) => return Err(error),
                Err(ApplyError::Unreadable(reason)) => {
                    RecordUnreadable { topic, partition, offset, reason: &reason }.emit(&self.follower.metrics);
                }
            }
        }
        Ok(change)
    }

    fn publish(&self, newest: Option<Timestamp>, is_full: bool) {
        let behind = self.ends_to_meet > 0 || is_full;
        let waiting = if behind { self.waiting } else { 0 };
        self.follower.status.change(|state| {
            state.behind = behind || state.kafka == KafkaState::Away;
            state.waiting_records = waiting;
            state.read_at = state.read_at.max(newest);
        });
    }

    /// The client reconnects by itself; pages say meanwhile that Kafka is away.
    fn ask_whether_kafka_answers(&mut self) {
        let was_away = self.follower.status.get().kafka == KafkaState::Away;
        if self.pinged.elapsed() < PING_INTERVAL || !(was_away || self.reader.is_troubled(TROUBLE)) {
            return;
        }
        let kafka = if self.reader.ping(PATIENCE).is_ok() { KafkaState::Connected } else { KafkaState::Away };
        self.pinged = Instant::now();
        self.follower.status.change(|state| state.kafka = kafka);
    }
}

impl TakenRecord {
    fn of(message: &BorrowedMessage<'_>) -> Self {
        let at = message.timestamp().to_millis().and_then(|at| Timestamp::from_millisecond(at).ok());
        Self {
            topic: message.topic().into(),
            partition: message.partition(),
            offset: message.offset(),
            at: at.unwrap_or(Timestamp::UNIX_EPOCH),
            key: message.key().unwrap_or_default().to_vec(),
            value: message.payload().map(<[u8]>::to_vec),
            headers: headers::read(message),
        }
    }
}
