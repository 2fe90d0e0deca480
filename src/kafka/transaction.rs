//! One Kafka transaction for everything that leaves with a batch and for the offsets it came from.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::{Header as ClientHeader, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, PurgeConfig};
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};
use yujing_core::source::Positions;
use yujing_telemetry::Metrics;
use yujing_telemetry::kafka::KafkaClient;

use super::client::ClientEvents;
use super::producer_record::ProducerRecord;
use super::{Clients, KafkaError};

/// A transaction that fails so often for the size of a record does so because a topic takes less than it did.
const MAX_SIZE_REFUSALS: u32 = 3;

/// Pause before a call that the coordinator could not serve is tried again.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// The coordinator marks the partitions of a transaction a moment after it answered that it is committed. One that begins
/// within that moment is told to try again, and that waits for longer: back to back, small transactions took 13.5 ms
/// each, with this pause between them 2.8 ms (medians; Kafka 4.3, librdkafka 2.16, one machine).
const SETTLING_TIME: Duration = Duration::from_millis(2);

/// How long to sleep where there is nothing to take from the client. Its own poll must not wait: it rounds what is left of
/// its time down to milliseconds, and asks again and again over the last of them. With 1 ms for each poll that took a
/// whole core for as long as Kafka needed for its answers, often the core that the broker was waiting for.
const NAP: Duration = Duration::from_micros(500);

/// What is to become visible together.
pub struct Transaction {
    pub records: Vec<ProducerRecord>,
    /// The next offset to read of every partition; empty if nothing was consumed.
    pub positions: Positions,
    /// The member of the group that read them.
    pub group: Option<ConsumerGroupMetadata>,
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction")
            .field("records", &self.records.len())
            .field("positions", &self.positions)
            .finish_non_exhaustive()
    }
}

/// How a transaction failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// Nothing of it became or will become visible: it can be tried again.
    #[error("{0}")]
    Aborted(String),
    /// Nobody can say what became of it, or this producer cannot go on. A new producer of the same id settles it: then
    /// the committed offsets show it.
    #[error("{0}")]
    Lost(String),
    /// Another process has the transactional id now.
    #[error("{0}")]
    Fenced(String),
    /// It would be refused on every try. Nothing of it became or will become visible.
    #[error("{0}")]
    Refused(String),
}

/// Makes transactions, one at a time. [`KafkaTransactions`] is the real one.
pub trait Transactions {
    /// Returns when everything is committed.
    ///
    /// # Errors
    /// If it was aborted, or its outcome is not known.
    fn commit(&mut self, transaction: Transaction) -> Result<(), TransactionError>;
}

/// A transactional producer under a stable id.
pub struct KafkaTransactions {
    producer: BaseProducer<ClientEvents>,
    timeout: Duration,
    /// When the last transaction was committed.
    committed: Option<Instant>,
    /// Transactions in a row that failed because a topic refused a record for its size.
    refused_for_size: u32,
}

impl std::fmt::Debug for KafkaTransactions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaTransactions").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl KafkaTransactions {
    /// A producer that has not asked Kafka for anything yet. No transaction may take longer than `timeout`.
    ///
    /// # Errors
    /// If the configuration is refused.
    pub fn new(clients: &Clients, timeout: Duration, metrics: &Arc<Metrics>) -> Result<Self, KafkaError> {
        let milliseconds = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        let events = ClientEvents::new(KafkaClient::Producer, Arc::clone(metrics));
        let producer = BaseProducer::from_config_and_context(&clients.transactional(milliseconds), events)
            .map_err(KafkaError::client("creating the producer"))?;
        Ok(Self { producer, timeout, committed: None, refused_for_size: 0 })
    }

    /// Fences every earlier producer of the same id and ends what it left open: afterwards the committed offsets and
    /// records are final. Tries for at most `patience`; can be called again after an error that is not fatal.
    ///
    /// # Errors
    /// If the coordinator did not answer in time (worth another try), or refuses.
    pub fn fence(&self, patience: Duration) -> Result<(), TransactionError> {
        self.with_retries(Instant::now() + patience, |left| self.producer.init_transactions(left)).map_err(|failure| {
            match failure {
                Failure::Retriable(reason) | Failure::Abortable(reason) => TransactionError::Aborted(reason),
                Failure::Final(error) => error,
            }
        })
    }

    fn attempt(&self, transaction: &Transaction, deadline: Instant) -> Result<(), Failure> {
        // What the client had to say since the last transaction.
        self.producer.context().serve_all(|| self.producer.poll(Duration::ZERO));
        let settled = self.committed.map(|committed| committed + SETTLING_TIME);
        std::thread::sleep(settled.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now())));
        self.producer.begin_transaction().map_err(Failure::of)?;
        for record in &transaction.records {
            self.send(record, deadline)?;
        }
        if let (false, Some(group)) = (transaction.positions.is_empty(), &transaction.group) {
            let mut offsets = TopicPartitionList::new();
            for ((topic, partition), offset) in &transaction.positions {
                offsets.add_partition_offset(topic, *partition, Offset::Offset(*offset)).map_err(Failure::of)?;
            }
            self.with_retries(deadline, |left| self.producer.send_offsets_to_transaction(&offsets, group, left))?;
        }
        self.drain(deadline);
        Ok(())
    }

    /// Takes the reports of all records sent. The client's own flush naps for a tenth of a second at a time; this one
    /// does not.
    fn drain(&self, deadline: Instant) {
        while self.producer.in_flight_count() > 0 && Instant::now() < deadline {
            self.serve_or_nap();
        }
    }

    /// Takes what the client has to say; if nothing, a moment passes.
    fn serve_or_nap(&self) {
        let before = self.producer.in_flight_count();
        self.producer.poll(Duration::ZERO);
        if self.producer.in_flight_count() >= before {
            std::thread::sleep(NAP);
        }
    }

    fn send(&self, record: &ProducerRecord, deadline: Instant) -> Result<(), Failure> {
        let headers =
            record.headers.iter().fold(OwnedHeaders::new_with_capacity(record.headers.len()), |headers, header| {
                headers.insert(ClientHeader { key: &header.name, value: header.value.as_deref() })
            });
        let mut message = BaseRecord::<[u8], [u8]>::to(&record.topic).headers(headers);
        message.key = record.key.as_deref();
        message.payload = record.value.as_deref();
        loop {
            match self.producer.send(message) {
                Ok(()) => return Ok(()),
                Err((error, back)) => {
                    let full = error.rdkafka_error_code() == Some(Code::QueueFull);
                    if !full {
                        return Err(self.refusal(&error, record));
                    }
                    if Instant::now() >= deadline {
                        return Err(Failure::Abortable("the producer's queue stayed full".to_owned()));
                    }
                    self.serve_or_nap();
                    message = back;
                }
            }
        }
    }

    /// Calls until it is no longer a matter of trying again, or the time is up.
    fn with_retries(
        &self,
        deadline: Instant,
        mut call: impl FnMut(Duration) -> Result<(), ClientError>,
    ) -> Result<(), Failure> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match call(left.max(Duration::from_millis(1))).map_err(Failure::of) {
                Err(Failure::Retriable(_)) if Instant::now() + RETRY_INTERVAL < deadline => {
                    self.producer.poll(Duration::ZERO);
                    std::thread::sleep(RETRY_INTERVAL);
                }
                outcome => return outcome,
            }
        }
    }

    /// Why the client did not take a record.
    fn refusal(&self, error: &ClientError, record: &ProducerRecord) -> Failure {
        let key = record.key.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        let size = record.value.as_ref().map_or(0, Vec::len);
        let reason = format!("{} refused a record for key `{key}` of {size} bytes: {error}", record.topic);
        match error.rdkafka_error_code() {
            Some(Code::MessageSizeTooLarge) => Failure::Final(TransactionError::Refused(reason)),
            // Not the record's fault: the producer takes none any more.
            Some(Code::Fatal) => match self.producer.client().fatal_error() {
                Some((code, why)) => Failure::fatal(code, format!("{reason} ({why})")),
                None => Failure::Final(TransactionError::Lost(reason)),
            },
            Some(Code::UnknownTopic | Code::UnknownPartition) => Failure::Final(TransactionError::Lost(reason)),
            _ => Failure::Abortable(reason),
        }
    }

    fn abort(&self, reason: String) -> TransactionError {
        // A fresh deadline: what made the transaction fail may have used up the old one.
        let deadline = Instant::now() + self.timeout;
        // The abort itself waits for the reports of records under way, but does not take them.
        self.producer.purge(PurgeConfig::default().queue().inflight());
        self.drain(deadline);
        match self.with_retries(deadline, |left| self.producer.abort_transaction(left)) {
            Ok(()) => TransactionError::Aborted(reason),
            Err(Failure::Final(error)) => error,
            Err(Failure::Retriable(why) | Failure::Abortable(why)) => {
                TransactionError::Lost(format!("{reason}; aborting it failed: {why}"))
            }
        }
    }

    fn commit_within(&self, transaction: &Transaction, deadline: Instant) -> Result<(), TransactionError> {
        match self.attempt(transaction, deadline) {
            Ok(()) => {}
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Retriable(reason) | Failure::Abortable(reason)) => return Err(self.abort(reason)),
        }
        match self.with_retries(deadline, |left| self.producer.commit_transaction(left)) {
            Ok(()) => Ok(()),
            Err(Failure::Final(error)) => Err(error),
            Err(Failure::Abortable(reason)) => Err(self.abort(reason)),
            // It may or may not have been committed.
            Err(Failure::Retriable(reason)) => Err(TransactionError::Lost(reason)),
        }
    }
}

impl Transactions for KafkaTransactions {
    fn commit(&mut self, transaction: Transaction) -> Result<(), TransactionError> {
        let began = Instant::now();
        let outcome = self.commit_within(&transaction, began + self.timeout);
        if outcome.is_ok() {
            self.committed = Some(Instant::now());
        }
        let too_large_for = self.producer.context().take_too_large();
        self.refused_for_size = if too_large_for.is_some() { self.refused_for_size + 1 } else { 0 };
        match (outcome, too_large_for) {
            (Err(_), Some(topic)) if self.refused_for_size >= MAX_SIZE_REFUSALS => {
                Err(TransactionError::Lost(format!(
                    "{topic} refuses records as too large: how much it takes (max.message.bytes) is to be asked for anew"
                )))
            }
            // The coordinator itself gives up a transaction that is open for too long, and fences its producer by that.
            // Only before that time it must have been another process.
            (Err(TransactionError::Fenced(reason)), _) if began.elapsed() >= self.timeout => {
                Err(TransactionError::Lost(format!("open for longer than {:?}: {reason}", self.timeout)))
            }
            (outcome, _) => outcome,
        }
    }
}

/// What a failed call asks for.
enum Failure {
    /// The same call again.
    Retriable(String),
    /// An abort.
    Abortable(String),
    /// Nothing: this producer has done its last.
    Final(TransactionError),
}

impl Failure {
    fn of(error: ClientError) -> Self {
        let reason = error.to_string();
        match error {
            ClientError::Transaction(error) if error.is_fatal() => Self::fatal(error.code(), reason),
            ClientError::Transaction(error) if error.txn_requires_abort() => Self::Abortable(reason),
            ClientError::Transaction(error) if error.is_retriable() => Self::Retriable(reason),
            other => Self::fatal(other.rdkafka_error_code().unwrap_or(Code::Fail), reason),
        }
    }

    fn fatal(code: Code, reason: String) -> Self {
        Self::Final(match code {
            Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch => TransactionError::Fenced(reason),
            Code::TransactionalIdAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::InvalidTransactionTimeout
            | Code::UnsupportedForMessageFormat
            | Code::UnsupportedVersion
            | Code::UnsupportedFeature => TransactionError::Refused(reason),
            _ => TransactionError::Lost(reason),
        })
    }
}
