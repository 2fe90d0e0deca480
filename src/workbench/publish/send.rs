//! An idempotent producer: keyed by operator, partitioned as Java does, nothing lost without a word.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};
use yujing_base::error::{Classified, ErrorDomain, Retry};

use super::CheckedDocument;

/// How long Kafka may take to say whether a topic is there.
const METADATA_TIMEOUT: Duration = Duration::from_secs(15);

/// Why documents cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("the producer cannot be made: {0}")]
    Create(KafkaError),
    #[error("{servers} does not answer: {source}; is Kafka running there (kafka.bootstrap_servers)?")]
    Unreachable { servers: String, source: KafkaError },
    #[error("there is no topic `{0}`; make it with `yujing topics --create`")]
    NoTopic(String),
    #[error("topic `{topic}`: {message}")]
    Deliver { topic: String, message: String },
    #[error("{undelivered} records were not confirmed within {seconds} s; the broker may be down")]
    Unconfirmed { undelivered: u64, seconds: u64 },
}

impl Classified for SendError {
    fn domain(&self) -> ErrorDomain {
        ErrorDomain::External
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Unreachable { .. } | Self::Unconfirmed { .. } => Retry::WithBackoff,
            Self::Create(_) | Self::NoTopic(_) | Self::Deliver { .. } => Retry::Never,
        }
    }
}

#[derive(Debug, Default)]
struct Deliveries {
    confirmed: AtomicU64,
    failure: Mutex<Option<String>>,
}

#[derive(Debug, Clone, Default)]
struct Context(Arc<Deliveries>);

impl ClientContext for Context {
    /// Nothing: who sends learns by what comes of it that Kafka is away, once.
    fn error(&self, _: KafkaError, _: &str) {}

    /// The same in the client's own words.
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}
}

impl ProducerContext for Context {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): Self::DeliveryOpaque) {
        match result {
            Ok(_) => drop(self.0.confirmed.fetch_add(1, Ordering::Relaxed)),
            Err((error, _)) => {
                if let Ok(mut failure) = self.0.failure.lock() {
                    failure.get_or_insert_with(|| error.to_string());
                }
            }
        }
    }
}

/// Asks first: a producer alone would take half a minute to say the same in other words.
fn find(producer: &ThreadedProducer<Context>, client: &ClientConfig, topic: &str) -> Result<(), SendError> {
    let metadata = producer.client().fetch_metadata(Some(topic), METADATA_TIMEOUT).map_err(|source| {
        let servers = client.get("bootstrap.servers").unwrap_or_default().to_owned();
        SendError::Unreachable { servers, source }
    })?;
    let is_there = metadata.topics().iter().any(|found| found.name() == topic && !found.partitions().is_empty());
    if is_there { Ok(()) } else { Err(SendError::NoTopic(topic.to_owned())) }
}

/// Sends checked documents to one topic.
pub struct Sender {
    producer: ThreadedProducer<Context>,
    deliveries: Arc<Deliveries>,
    topic: String,
    limiter: Option<DefaultDirectRateLimiter>,
    sent: u64,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("topic", &self.topic).field("sent", &self.sent).finish_non_exhaustive()
    }
}

impl Sender {
    /// A sender of at most `rate` records a second, once Kafka has answered that the topic is there.
    ///
    /// # Errors
    /// If librdkafka refuses the configuration, Kafka does not answer, or there is no such topic.
    pub fn new(client: &ClientConfig, topic: &str, rate: Option<NonZeroU32>) -> Result<Self, SendError> {
        let context = Context::default();
        let deliveries = Arc::clone(&context.0);
        let producer: ThreadedProducer<Context> = client.create_with_context(context).map_err(SendError::Create)?;
        find(&producer, client, topic)?;
        let limiter = rate.map(|rate| RateLimiter::direct(Quota::per_second(rate)));
        Ok(Self { producer, deliveries, topic: topic.to_owned(), limiter, sent: 0 })
    }

    /// Hands one document to the producer; waits while its queue is full or the rate is spent.
    ///
    /// # Errors
    /// If the broker refused this document or one before.
    pub fn send(&mut self, document: &CheckedDocument) -> Result<(), SendError> {
        self.wait_for_rate();
        loop {
            self.failed()?;
            let record = BaseRecord::to(&self.topic)
                .key(&*document.operator_id)
                .payload(&document.json)
                .timestamp(document.timestamp.as_millisecond());
            match self.producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err((error, _)) => return Err(self.deliver_error(error.to_string())),
            }
        }
        self.sent += 1;
        Ok(())
    }

    /// Records confirmed by the broker so far.
    pub fn confirmed(&self) -> u64 {
        self.deliveries.confirmed.load(Ordering::Relaxed)
    }

    /// Waits until the broker has confirmed everything.
    ///
    /// # Errors
    /// If a record failed, or not all were confirmed within the time.
    pub fn finish(self, within: Duration) -> Result<u64, SendError> {
        let flushed = self.producer.flush(within);
        self.failed()?;
        let undelivered = self.sent.saturating_sub(self.confirmed());
        if flushed.is_err() || undelivered > 0 {
            return Err(SendError::Unconfirmed { undelivered, seconds: within.as_secs() });
        }
        Ok(self.sent)
    }

    fn wait_for_rate(&self) {
        let Some(limiter) = &self.limiter else { return };
        while let Err(not_yet) = limiter.check() {
            std::thread::sleep(not_yet.wait_time_from(DefaultClock::default().now()));
        }
    }

    fn failed(&self) -> Result<(), SendError> {
        let failure = self.deliveries.failure.lock().ok().and_then(|failure| failure.clone());
        failure.map_or(Ok(()), |message| Err(self.deliver_error(message)))
    }

    fn deliver_error(&self, message: String) -> SendError {
        SendError::Deliver { topic: self.topic.clone(), message }
    }
}
