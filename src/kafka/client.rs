//! How Kafka clients are configured: sane defaults, then the user's properties, then what guarantees rest on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::Message as _;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use rdkafka::statistics::Statistics;
use rdkafka::types::{RDKafkaConfRes, RDKafkaErrorCode, RDKafkaRespErr};
use rdkafka::{Offset, TopicPartitionList};
use yujing_config as config;
use yujing_telemetry::kafka::{ClientLine, ClientTrouble, KafkaClient};
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::KafkaError;
use super::lag::Watermarks;
use super::names;

/// Makes the configuration of every kind of client.
#[derive(Clone)]
pub struct Clients {
    servers: String,
    group_id: String,
    /// Never shown: some are secrets.
    properties: BTreeMap<String, String>,
    /// The most bytes that a topic takes at once, if known.
    largest_batch: Option<usize>,
}

impl std::fmt::Debug for Clients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clients")
            .field("servers", &self.servers)
            .field("group_id", &self.group_id)
            .finish_non_exhaustive()
    }
}

impl Clients {
    /// Reads the secrets among the properties, and sees whether the client takes each.
    ///
    /// # Errors
    /// If a secret cannot be read, or the client does not take a value.
    pub fn new(config: &config::Kafka) -> Result<Self, KafkaError> {
        let properties = config.client_properties().map_err(KafkaError::Configuration)?;
        for (name, value) in &properties {
            let refused = |reason| KafkaError::Configuration(format!("the Kafka property `{name}` {reason}"));
            try_property(name, value).map_err(refused)?;
        }
        let (servers, group_id) = (config.bootstrap_servers.clone(), config.group_id.clone());
        Ok(Self { servers, group_id, properties, largest_batch: None })
    }

    /// With a producer that sends no more at once than the topics take.
    #[must_use]
    pub fn within(self, largest_batch: Option<usize>) -> Self {
        Self { largest_batch, ..self }
    }

    /// Where Kafka is, for messages.
    pub fn servers(&self) -> &str {
        &self.servers
    }

    pub fn group_id(&self) -> &str {
        &self.group_id
    }

    /// For requests about topics.
    pub fn admin(&self) -> ClientConfig {
        self.configure(&[], &[])
    }

    /// A member of the consumer group. Offsets are committed by the producer, in its transactions.
    pub fn member(&self) -> ClientConfig {
        let identity = names::identity(&self.group_id);
        self.consumer(
            &[
                // A restarted process is known at once by its name: nobody waits for the session of the dead one to
                // end.
                ("group.instance.id", &identity),
                ("partition.assignment.strategy", "range"),
                ("session.timeout.ms", "15000"),
                // Per partition, because partitions have queues of their own.
                ("queued.min.messages", "10000"),
                ("queued.max.messages.kbytes", "8192"),
                ("fetch.wait.max.ms", "100"),
                ("fetch.message.max.bytes", "1048576"),
                ("statistics.interval.ms", "1000"),
                // Partitions that were added are read from then on.
                ("topic.metadata.refresh.interval.ms", "5000"),
            ],
            &self.group_id,
        )
    }

    /// Reads topics from and to given offsets; never joins the group, though it needs its name.
    pub fn reader(&self) -> ClientConfig {
        self.consumer(&[("fetch.wait.max.ms", "20"), ("queued.max.messages.kbytes", "16384")], &self.group_id)
    }

    /// As [`Clients::reader`], but sees what open transactions hold back.
    pub fn unstable_reader(&self) -> ClientConfig {
        let mut config = self.reader();
        config.set("isolation.level", "read_uncommitted");
        config
    }

    /// Reads history with a queue a partition; never joins the group, though it needs its name.
    pub fn history(&self) -> ClientConfig {
        self.consumer(&[("fetch.wait.max.ms", "20"), ("queued.max.messages.kbytes", "4096")], &self.group_id)
    }

    /// The transactional producer; `timeout_ms` is how long the broker lets a transaction be open.
    pub fn transactional(&self, timeout_ms: i64) -> ClientConfig {
        let identity = names::identity(&self.group_id);
        let timeout = timeout_ms.to_string();
        let mut config = self.configure(
            &[("linger.ms", "0"), ("compression.type", "lz4"), ("queue.buffering.max.kbytes", "262144")],
            &[
                ("transactional.id", &identity),
                ("transaction.timeout.ms", &timeout),
                ("enable.idempotence", "true"),
                ("partitioner", PARTITIONER),
                // Commits wait for one of these after each "still busy" of the coordinator.
                ("retry.backoff.ms", "10"),
            ],
        );
        let allowed = number(&config, "batch.size").unwrap_or(USUAL_BYTES);
        if let Some(largest) = self.largest_batch.filter(|largest| *largest < allowed) {
            config.set("batch.size", largest.to_string());
        }
        config
    }

    /// A producer for publishers: idempotent, keyed as the engine expects.
    pub fn publisher(&self) -> ClientConfig {
        self.configure(
            &[("linger.ms", "5"), ("compression.type", "lz4")],
            &[("enable.idempotence", "true"), ("partitioner", PARTITIONER)],
        )
    }

    /// A consumer that follows topics for a person who watches; nothing is committed for `group`.
    pub fn follower(&self, group: &str) -> ClientConfig {
        self.consumer(&[("fetch.wait.max.ms", "100")], group)
    }

    fn consumer(&self, defaults: &[(&str, &str)], group: &str) -> ClientConfig {
        let mut config = self.configure(&[defaults, &[FETCH_QUEUE_BACKOFF]].concat(), &READ);
        config.set("group.id", group);
        config
    }

    fn configure(&self, defaults: &[(&str, &str)], fixed: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("client.id", "yujing");
        config.set("reconnect.backoff.max.ms", RECONNECT.as_millis().to_string());
        for (name, value) in defaults {
            config.set(*name, *value);
        }
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        for (name, value) in fixed {
            config.set(*name, *value);
        }
        config.set("bootstrap.servers", &self.servers);
        config.set_log_level(RDKafkaLogLevel::Warning);
        config
    }
}

/// Whether the client takes a value of a property.
///
/// # Errors
/// The end of a sentence that begins with the property's name.
fn try_property(name: &str, value: &str) -> Result<(), &'static str> {
    let mut alone = ClientConfig::new();
    alone.set(name, value);
    match alone.create_native_config() {
        Ok(_) => Ok(()),
        Err(ClientError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)) => {
            Err("is none of the Kafka client's")
        }
        // What the client says of it may quote the value.
        Err(ClientError::ClientConfig(_, why, ..)) if why.contains("not supported in this build") => {
            Err("needs a build of this program with the feature `tls`")
        }
        Err(_) => Err("has a value that the Kafka client does not take"),
    }
}

const PARTITIONER: &str = "murmur2_random";

/// Longest pause before a client tries again to connect to a broker.
pub const RECONNECT: Duration = Duration::from_secs(2);

/// How soon more is fetched once a full queue has room again. The client's own second is longer than a queue lasts: a start
/// over a million events took 12.0 s with it, most of them idle, and 3.9 s with this.
const FETCH_QUEUE_BACKOFF: (&str, &str) = ("fetch.queue.backoff.ms", "20");

/// What every reading client has: it sees only committed records, hears of a partition's end, and never skips.
const READ: [(&str, &str); 6] = [
    // The newer protocol stalls in this version of librdkafka.
    ("group.protocol", "classic"),
    ("isolation.level", "read_committed"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
    // An offset that is gone is a gap, never a place to jump from.
    ("auto.offset.reset", "error"),
];

/// Largest message the producer takes, in bytes: the client's own limit, from the user's properties or its default.
pub fn message_max_bytes(config: &ClientConfig) -> usize {
    number(config, "message.max.bytes").unwrap_or(USUAL_BYTES)
}

/// The client's default for one message, and for a batch of them.
const USUAL_BYTES: usize = 1_000_000;

fn number(config: &ClientConfig, name: &str) -> Option<usize> {
    config.get(name).and_then(|value| value.trim().parse().ok())
}

/// Most callbacks served before something else has its turn.
const MAX_CALLBACKS: usize = 10_000;

/// What the group did with this member.
#[derive(Debug, Clone)]
pub enum Assignment {
    /// These partitions are to be read; they are paused until it is decided where to begin.
    Assigned(Vec<(String, i32)>),
    /// All partitions are gone.
    Revoked,
}

/// Takes what librdkafka reports in its callbacks.
#[derive(Debug)]
pub struct ClientEvents {
    client: KafkaClient,
    metrics: Arc<Metrics>,
    assignments: Mutex<Vec<Assignment>>,
    watermarks: Mutex<BTreeMap<(String, i32), Watermarks>>,
    unreachable: AtomicBool,
    /// When a connection last failed.
    cut_off: Mutex<Option<Instant>>,
    /// Callbacks so far.
    served: AtomicU64,
    /// The topic that last refused a record for its size.
    too_large_for: Mutex<Option<String>>,
}

impl ClientEvents {
    pub fn new(client: KafkaClient, metrics: Arc<Metrics>) -> Self {
        Self {
            client,
            metrics,
            assignments: Mutex::default(),
            watermarks: Mutex::default(),
            unreachable: AtomicBool::new(false),
            cut_off: Mutex::default(),
            served: AtomicU64::new(0),
            too_large_for: Mutex::default(),
        }
    }

    /// For a client of a command, whose metrics nobody asks for.
    pub(super) fn of_command(client: KafkaClient) -> Self {
        Self::new(client, Arc::new(Metrics::new()))
    }

    /// What the group did since the last call, in order.
    pub fn take_assignments(&self) -> Vec<Assignment> {
        std::mem::take(&mut self.assignments.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How far each partition goes; unknown ones are absent.
    pub fn watermarks(&self) -> BTreeMap<(String, i32), Watermarks> {
        self.watermarks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The topic that refused a record for its size since the last call.
    pub(super) fn take_too_large(&self) -> Option<String> {
        self.too_large_for.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether no broker was connected at the last statistics.
    pub fn unreachable(&self) -> bool {
        self.unreachable.load(Ordering::Relaxed)
    }

    /// Whether a connection failed within this time.
    pub fn cut_off_within(&self, time: Duration) -> bool {
        let cut_off = *self.cut_off.lock().unwrap_or_else(PoisonError::into_inner);
        self.unreachable() || cut_off.is_some_and(|at| at.elapsed() <= time)
    }

    /// Serves every callback that waits. A call of `poll` without patience serves one, and does not distinguish it from
    /// none: in an outage the client says so much that news would come late by that.
    pub(super) fn serve_all(&self, mut poll: impl FnMut()) {
        for _ in 0..MAX_CALLBACKS {
            let before = self.served.load(Ordering::Relaxed);
            poll();
            if self.served.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }

    fn note_served(&self) {
        self.served.fetch_add(1, Ordering::Relaxed);
    }

    fn note_cut_off(&self) {
        *self.cut_off.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn note_assignment(&self, assignment: Assignment) {
        self.assignments.lock().unwrap_or_else(PoisonError::into_inner).push(assignment);
    }
}

impl ClientContext for ClientEvents {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.note_served();
        let severe = level as i32 <= RDKafkaLogLevel::Error as i32;
        ClientLine { client: self.client, severe, facility, message }.emit(&self.metrics);
    }

    fn stats(&self, statistics: Statistics) {
        self.note_served();
        let known = statistics.brokers.values().filter(|broker| broker.nodeid >= 0);
        let mut states = known.map(|broker| broker.state == "UP").peekable();
        let down = states.peek().is_some() && !states.any(|up| up);
        self.unreachable.store(down, Ordering::Relaxed);
        if down {
            self.note_cut_off();
        }
        // The client's own lag knows nothing of offsets that a producer commits.
        let watermarks = statistics.topics.into_values().flat_map(|topic| {
            let name = topic.topic;
            let known = topic.partitions.into_values().filter(|one| one.partition >= 0 && one.ls_offset >= 0);
            known.map(move |one| {
                let high = one.hi_offset.max(one.ls_offset);
                let watermarks = Watermarks { next_fetch: one.next_offset, last_stable: one.ls_offset, high };
                ((name.clone(), one.partition), watermarks)
            })
        });
        *self.watermarks.lock().unwrap_or_else(PoisonError::into_inner) = watermarks.collect();
    }

    fn error(&self, error: ClientError, reason: &str) {
        self.note_served();
        // The end of a partition comes by this way too, and is none.
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::PartitionEOF) => return,
            Some(RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::AllBrokersDown) => self.note_cut_off(),
            _ => {}
        }
        ClientTrouble { client: self.client, error: &error.to_string(), reason }.emit(&self.metrics);
    }
}

impl ConsumerContext for ClientEvents {
    /// Takes the partitions at once, but paused: where they begin is decided by the restore.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, change: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        self.note_served();
        if change != RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            if let Err(error) = consumer.unassign() {
                self.error(error, "giving partitions back");
            }
            self.note_assignment(Assignment::Revoked);
            return;
        }
        let given = partitions.elements().iter().map(|each| (each.topic().to_owned(), each.partition())).collect();
        let taken = partitions
            .set_all_offsets(Offset::Beginning)
            .and_then(|()| consumer.assign(partitions))
            .and_then(|()| consumer.pause(partitions));
        if let Err(error) = taken {
            self.error(error, "taking partitions");
        }
        self.note_assignment(Assignment::Assigned(given));
    }
}

impl ProducerContext for ClientEvents {
    type DeliveryOpaque = ();

    /// A record that was not delivered makes its transaction fail, so only this needs to be noted here: the topics take
    /// less than was asked about, and the same records would be refused again.
    fn delivery(&self, result: &DeliveryResult<'_>, _opaque: Self::DeliveryOpaque) {
        if let Err((error, record)) = result
            && error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge)
        {
            let topic = record.topic().to_owned();
            *self.too_large_for.lock().unwrap_or_else(PoisonError::into_inner) = Some(topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_that_the_configuration_takes_is_the_clients() {
        let client = ClientConfig::new().create_native_config().expect("an empty configuration");
        for name in yujing_config::property::KNOWN.lines() {
            assert_ne!(try_property(name, "\u{1}"), Err("is none of the Kafka client's"), "{name}");
            drop(client.get(name));
        }
    }

    fn clients(name: &str, value: &str) -> Result<Clients, KafkaError> {
        let properties = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        Clients::new(&config::Kafka { properties, ..config::Kafka::default() })
    }

    #[test]
    fn what_the_client_does_not_take_is_shown_without_the_value() {
        for name in ["sasl.pasword", "security.protocol", "socket.timeout.ms", "compression.type"] {
            let refused = clients(name, "hunter2").expect_err("the client does not take it");
            let (shown, debugged) = (refused.to_string(), format!("{refused:?}"));
            assert!(shown.contains(name), "{shown}");
            assert!(!shown.contains("hunter2") && !debugged.contains("hunter2"), "{shown} {debugged}");
            assert!(matches!(refused, KafkaError::Configuration(_)), "{refused:?}");
        }
    }

    #[test]
    fn whoever_reads_fetches_more_as_soon_as_there_is_room_unless_the_user_says_otherwise() {
        let all = |clients: Clients| {
            let consumers = [clients.member(), clients.reader(), clients.history(), clients.follower("g")];
            consumers.map(|config| config.get("fetch.queue.backoff.ms").map(str::to_owned))
        };
        assert_eq!(all(clients("client.id", "x").expect("it is taken")), ["20"; 4].map(|it| Some(it.to_owned())));
        let own = all(clients("fetch.queue.backoff.ms", "300").expect("it is taken"));
        assert_eq!(own, ["300"; 4].map(|it| Some(it.to_owned())));
    }

    #[test]
    fn a_batch_is_no_larger_than_the_topics_take() {
        let size = |clients: Clients| clients.transactional(1).get("batch.size").map(str::to_owned);
        let usual = clients("client.id", "x").expect("it is taken");
        assert_eq!(size(usual.clone().within(Some(2_000_000))), None);
        assert_eq!(size(usual.within(Some(70_000))).as_deref(), Some("70000"));
        let own = clients("batch.size", "50000").expect("it is taken");
        assert_eq!(size(own.within(Some(70_000))).as_deref(), Some("50000"));
    }
}
