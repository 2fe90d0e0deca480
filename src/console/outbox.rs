//! Answers to Kafka, in the order in which they were given. Each was kept before; it is sent until Kafka says that it
//! has it. One that Kafka took without saying so is sent again: the engine knows it by its id, and counts it once.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;
use tokio::task::block_in_place;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yujing_kafka::client::ClientEvents;
use yujing_kafka::{Clients, KafkaError};
use yujing_telemetry::console::{AnswerSent, AnswerWaits};
use yujing_telemetry::kafka::KafkaClient;
use yujing_telemetry::{InternalEvent as _, Metrics};

use crate::error::ConsoleError;
use crate::feed::{Change, Feed};
use crate::read_model::apply::dead_letter::PUBLISHER;
use crate::store::Store;
use crate::store::answer::{KeptAnswer, SentAnswer};

/// How long Kafka may take to take an answer before it is tried again.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause after one that Kafka did not take.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// How often it is looked for answers that nobody told of.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// Sends answers.
pub struct Outbox {
    store: Arc<Store>,
    feed: Feed,
    metrics: Arc<Metrics>,
    producer: FutureProducer<ClientEvents>,
    topic: Arc<str>,
    /// Told when an answer was kept.
    kept: Arc<Notify>,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Outbox {
    /// # Errors
    /// If the client cannot be made.
    pub fn new(
        clients: &Clients,
        topic: Arc<str>,
        store: Arc<Store>,
        feed: Feed,
        metrics: Arc<Metrics>,
    ) -> Result<Self, ConsoleError> {
        let mut config: ClientConfig = clients.publisher();
        config.set("message.timeout.ms", SEND_TIMEOUT.as_millis().to_string());
        config.set("linger.ms", "0");
        let events = ClientEvents::new(KafkaClient::Producer, Arc::clone(&metrics));
        let producer =
            config.create_with_context(events).map_err(KafkaError::client("creating the producer of answers"))?;
        Ok(Self { store, feed, metrics, producer, topic, kept: Arc::default() })
    }

    /// To be told when an answer was kept.
    pub fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.kept)
    }

    /// Sends until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let wait = match self.send_next().await {
                Ok(true) => continue,
                Ok(false) => LOOK_INTERVAL,
                Err(error) => {
                    AnswerWaits { reason: &error.to_string() }.emit(&self.metrics);
                    RETRY_PAUSE
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.kept.notified(), if wait == LOOK_INTERVAL => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Sends the next answer; whether there was one.
    async fn send_next(&self) -> Result<bool, ConsoleError> {
        let Some(answer) = block_in_place(|| self.store.next_to_send())? else { return Ok(false) };
        let id = answer.request.id;
        let event = Value::Object(disposition(&answer)).to_string();
        let record = FutureRecord::to(&self.topic).key(&answer.operator_id).payload(&event);
        let delivery = self
            .producer
            .send(record, Timeout::After(SEND_TIMEOUT))
            .await
            .map_err(|(error, _)| KafkaError::client("sending an answer")(error))?;
        let sent = SentAnswer { at: Timestamp::now(), partition: delivery.partition, offset: delivery.offset };
        block_in_place(|| self.store.note_sent(id, sent))?;
        AnswerSent.emit(&self.metrics);
        self.tell(id);
        Ok(true)
    }

    fn tell(&self, answer: Uuid) {
        self.feed.tell(Change { answers: [answer].into(), ..Change::default() });
    }
}

/// An answer as an event of the `dispositions` source: the same bytes whenever it is made.
pub fn disposition(answer: &KeptAnswer) -> Map<String, Value> {
    let request = &answer.request;
    let event = json!({
        "event_id": request.id,
        "occurred_at": request.occurred_at.unwrap_or(answer.made_at),
        "operator_id": answer.operator_id,
        "publisher": PUBLISHER,
        "schema_version": "2",
        "warning_id": answer.warning_id,
        "action": request.action,
        "role": request.role,
        "post": request.post,
        "verdict": request.verdict,
        "measures": (!request.measures.is_empty()).then_some(&request.measures),
        "findings": request.findings,
        "extend_to": request.extend_to,
        "transfer_to": request.transfer_to,
        "attachments": (!answer.attachments.is_empty()).then_some(&answer.attachments),
        "result": request.result,
    });
    match event {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}
