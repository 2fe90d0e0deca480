//! Refused records to their topics again, byte for byte as they came, in the order in which they were asked for, each once.
//!
//! A record leaves in a transaction of its own, under an id that fences every earlier process: what such a one left open has
//! ended before anything is sent. Where the topic ended before the first try is kept; when a try did not say how it ended,
//! the records behind are searched for the header that names the dead letter, and only if none has it, it is sent again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rdkafka::message::BorrowedMessage;
use tokio_util::sync::CancellationToken;
use yujing_config::{Config, Kafka};
use yujing_kafka::backoff::{self, Backoff};
use yujing_kafka::producer_record::{ProducerHeader, ProducerRecord, RecordBytes};
use yujing_kafka::transaction::KafkaTransactions;
use yujing_kafka::{
    Clients, KafkaError, OffsetRange, Reader, Transaction, TransactionError, Transactions as _, headers, names,
};
use yujing_telemetry::console::RetryWaits;
use yujing_telemetry::{InternalEvent as _, Metrics};

use crate::dead_letters::{DeadLetters, RefusedRecord, read_one};
use crate::error::ConsoleError;
use crate::store::Store;
use crate::store::retry::{DeadLetterPlace, WaitingRetry};

/// The header that names the dead letter of a record that is sent again: its topic, partition and offset.
pub const RETRY_HEADER: &str = "yujing.retry.of";

/// How often it is looked for records to send.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// How long a transaction, and the fence before the first, may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long reading up to an end may take, which an open transaction of a publisher holds back.
const READ_PATIENCE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Sends refused records again.
#[derive(Debug)]
pub struct Retrier {
    pub config: Arc<Config>,
    pub dead_letters: DeadLetters,
    pub store: Arc<Store>,
    pub metrics: Arc<Metrics>,
    pub stop: CancellationToken,
}

/// Why a record waits.
#[derive(Debug, thiserror::Error)]
enum RetryError {
    #[error(transparent)]
    Console(#[from] ConsoleError),
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    #[error("the end of {topic} is not readable yet: a publisher's transaction is open")]
    HeldBack { topic: String },
}

/// One stay on Kafka, until something fails.
struct Session<'a> {
    retrier: &'a Retrier,
    reader: Reader,
    transactions: KafkaTransactions,
}

impl Retrier {
    /// Sends until `stop` is cancelled. Blocks: call it on a thread of its own.
    pub fn run(&self) {
        let mut waits = Backoff::up_to(LONGEST_PAUSE);
        while !self.stop.is_cancelled() {
            match self.send_all() {
                Ok(()) => waits = Backoff::up_to(LONGEST_PAUSE),
                Err(error) => {
                    RetryWaits { reason: &error.to_string() }.emit(&self.metrics);
                    backoff::pause(waits.next_pause(), &self.stop);
                }
            }
            backoff::pause(LOOK_INTERVAL, &self.stop);
        }
    }

    /// Sends what there is to send.
    fn send_all(&self) -> Result<(), RetryError> {
        let Some(mut next) = self.store.next_retry()? else { return Ok(()) };
        let mut session = Session::start(self)?;
        while !self.stop.is_cancelled() {
            session.send(&next)?;
            let Some(following) = self.store.next_retry()? else { return Ok(()) };
            next = following;
        }
        Ok(())
    }
}

impl<'a> Session<'a> {
    /// Reaches Kafka, and ends what an earlier process left open.
    fn start(retrier: &'a Retrier) -> Result<Self, RetryError> {
        let kafka = &retrier.config.kafka;
        let reader = Reader::new(&Clients::new(kafka)?, &retrier.metrics, retrier.stop.clone())?;
        // An id of the console's own: the engine's is the engine's.
        let own = Kafka { group_id: names::console_group(&kafka.group_id), ..kafka.clone() };
        let transactions = KafkaTransactions::new(&Clients::new(&own)?, TIMEOUT, &retrier.metrics)?;
        transactions.fence(TIMEOUT)?;
        Ok(Self { retrier, reader, transactions })
    }

    fn send(&mut self, waiting: &WaitingRetry) -> Result<(), RetryError> {
        let WaitingRetry { number, place, ends } = waiting;
        let store = &self.retrier.store;
        let mark = mark(&self.retrier.dead_letters, place);
        match ends {
            Some(ends) if self.was_sent(&place.topic, ends, &mark)? => {
                return Ok(store.note_retry_sent(*number, Timestamp::now())?);
            }
            Some(_) => {}
            None => store.note_retry_begun(*number, &self.ends(&place.topic)?)?,
        }
        let dead_letters = self.retrier.dead_letters.topic(&place.topic);
        let Some(refused) = read_one(&self.reader, &dead_letters, place.partition, place.offset)? else {
            return Ok(store.note_retry_gone(*number)?);
        };
        let records = vec![again(refused, &place.topic, &mark)];
        self.transactions.commit(Transaction { records, positions: BTreeMap::new(), group: None })?;
        Ok(store.note_retry_sent(*number, Timestamp::now())?)
    }

    /// Where the partitions of a topic end.
    fn ends(&self, topic: &str) -> Result<BTreeMap<i32, i64>, KafkaError> {
        Ok(self.reader.whole(topic)?.into_iter().map(|range| (range.partition, range.to)).collect())
    }

    /// Whether a record with this mark stands behind these offsets.
    fn was_sent(&self, topic: &str, ends: &BTreeMap<i32, i64>, mark: &str) -> Result<bool, RetryError> {
        let behind = self.reader.whole(topic)?.into_iter().map(|range| {
            let from = ends.get(&range.partition).copied().unwrap_or(range.from).max(range.from);
            OffsetRange { from, ..range }
        });
        let behind: Vec<_> = behind.collect();
        let (mut found, deadline) = (false, Instant::now() + READ_PATIENCE);
        let each = |message: &BorrowedMessage<'_>| {
            found |= headers::value(message, RETRY_HEADER).is_some_and(|value| value == mark.as_bytes());
            Ok(())
        };
        let tick = |_| {
            let is_late = Instant::now() > deadline;
            if is_late { Err(RetryError::HeldBack { topic: topic.to_owned() }) } else { Ok(()) }
        };
        self.reader.read(topic, &behind, each, tick)?;
        Ok(found)
    }
}

/// What names a dead letter: `complaints.dlq/0/17`.
fn mark(dead_letters: &DeadLetters, place: &DeadLetterPlace) -> String {
    format!("{}/{}/{}", dead_letters.topic(&place.topic), place.partition, place.offset)
}

/// The record as it came, with the header that names its dead letter.
fn again(refused: RefusedRecord, topic: &str, mark: &str) -> ProducerRecord {
    let RefusedRecord { key, value, headers } = refused;
    let kept = headers.iter().filter(|header| header.name != RETRY_HEADER).map(ProducerHeader::from);
    let named = ProducerHeader::new(RETRY_HEADER, mark.to_owned());
    ProducerRecord {
        topic: topic.into(),
        key: key.map(RecordBytes::from),
        value,
        headers: kept.chain([named]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use yujing_core::source::Header;

    use super::*;

    #[test]
    fn a_record_goes_again_as_it_came_and_names_its_newest_dead_letter() {
        let header = |name: &str, value: &[u8]| Header { name: name.to_owned(), value: Some(value.to_vec()) };
        let refused = RefusedRecord {
            key: Some(b"JY1".to_vec()),
            value: Some(b"\xff{".to_vec()),
            headers: vec![header("ce_source", b"12315"), header(RETRY_HEADER, b"complaints.dlq/0/1")],
        };
        let record = again(refused, "complaints", "complaints.dlq/0/2");
        assert_eq!(record.value.as_deref(), Some(b"\xff{".as_slice()), "byte for byte");
        let headers: Vec<_> = record.headers.iter().map(|header| (&*header.name, header.value.as_deref())).collect();
        let expected: [(&str, Option<&[u8]>); 2] =
            [("ce_source", Some(b"12315")), (RETRY_HEADER, Some(b"complaints.dlq/0/2"))];
        assert_eq!(headers, expected);
    }
}
