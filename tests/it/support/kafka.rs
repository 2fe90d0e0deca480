//! A real Apache Kafka for the tests: one broker a test process, started at first use, gone with the process.
//!
//! `YUJING_TEST_KAFKA=host:port` uses a broker that runs already. Every test takes topic and group names from
//! [`unique`], so that all can share one broker.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};

/// How long a broker may take to start, or a request to be answered: generous, a slow machine is no failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// The broker's address. The first caller starts the broker and the others wait.
pub fn bootstrap() -> &'static str {
    static BROKER: OnceLock<Broker> = OnceLock::new();
    &BROKER.get_or_init(Broker::start).address
}

pub struct Broker {
    pub address: String,
    /// Open for as long as this process lives: when it closes, `run.sh` kills the broker and removes its folder.
    _lifeline: Option<ChildStdin>,
}

impl Broker {
    fn start() -> Self {
        if let Ok(address) = std::env::var("YUJING_TEST_KAFKA") {
            wait_until_ready(&address, None)
                .unwrap_or_else(|problem| panic!("YUJING_TEST_KAFKA={address} does not answer: {problem}"));
            return Self { address, _lifeline: None };
        }
        Self::start_own(None)
    }

    /// A broker of its own with all of these settings, in which `{port}`, `{controller}` and `{folder}` stand for what it
    /// gets.
    pub fn with_settings(settings: &str) -> Self {
        Self::start_own(Some(settings))
    }

    fn start_own(settings: Option<&str>) -> Self {
        let jars = fetch();
        let mut problem = String::new();
        // A port found free can be taken by another process before the broker binds it: then try others.
        for _ in 0..3 {
            match Self::launch(&jars, settings) {
                Ok(broker) => return broker,
                Err(reason) => problem = reason,
            }
        }
        panic!("the test broker did not start: {problem}");
    }

    fn launch(jars: &Path, settings: Option<&str>) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("yujing-kafka-").tempdir().expect("a temporary folder").keep();
        let (port, controller) = free_ports();
        if let Some(settings) = settings {
            let settings = settings
                .replace("{port}", &port.to_string())
                .replace("{controller}", &controller.to_string())
                .replace("{folder}", &folder.display().to_string());
            std::fs::write(folder.join("server.properties"), settings).expect("written");
        }
        let mut child = Command::new("sh")
            .arg(scripts().join("run.sh"))
            .arg(jars)
            .arg(&folder)
            .args([port.to_string(), controller.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh runs");
        let lifeline = child.stdin.take();
        let address = format!("127.0.0.1:{port}");
        wait_until_ready(&address, Some(&mut child)).map_err(|problem| {
            let log = |name| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            format!("{problem}\n{}\n{}", log("format.log"), log("broker.log"))
        })?;
        Ok(Self { address, _lifeline: lifeline })
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kafka")
}

/// The folder with the broker's jars, fetched if need be.
fn fetch() -> PathBuf {
    let output = Command::new("sh").arg(scripts().join("fetch.sh")).output().expect("sh runs");
    assert!(output.status.success(), "no Kafka to test with:\n{}", String::from_utf8_lossy(&output.stderr));
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("jars")
}

fn free_ports() -> (u16, u16) {
    let bind = || TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (one, other) = (bind(), bind());
    let port = |listener: &TcpListener| listener.local_addr().expect("a bound listener").port();
    (port(&one), port(&other))
}

/// Waits until the broker answers metadata requests: an open port is not a ready broker.
fn wait_until_ready(address: &str, mut child: Option<&mut Child>) -> Result<(), String> {
    let began = Instant::now();
    let client: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", address).set("log_level", "0").create().expect("a client");
    loop {
        match client.fetch_metadata(None, Duration::from_secs(2)) {
            Ok(metadata) if !metadata.brokers().is_empty() => return Ok(()),
            outcome if began.elapsed() > PATIENCE => {
                return Err(format!("not ready in {PATIENCE:?}: {:?}", outcome.err()));
            }
            _ => {}
        }
        if let Some(child) = child.as_deref_mut()
            && let Ok(Some(status)) = child.try_wait()
        {
            return Err(format!("it ended with {status}"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A name no other test uses: for topics, groups and transactional ids.
pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_micros();
    format!("{prefix}-{}-{started}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn client() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap());
    config
}

/// Creates a topic with the given properties.
pub fn create_topic(name: &str, partitions: i32, properties: &[(&str, &str)]) {
    let admin: AdminClient<DefaultClientContext> = client().create().expect("an admin client");
    let topic = properties
        .iter()
        .fold(NewTopic::new(name, partitions, TopicReplication::Fixed(1)), |topic, (key, value)| topic.set(key, value));
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
    let results = block_on(admin.create_topics([&topic], &options)).expect("the broker answers");
    for result in results {
        result.unwrap_or_else(|(topic, code)| panic!("topic {topic} was not created: {code}"));
    }
    // Brokers tell of a topic a little after they created it.
    eventually("a new topic", || {
        let metadata = admin.inner().fetch_metadata(None, PATIENCE).expect("metadata");
        metadata.topics().iter().any(|topic| topic.name() == name).then_some(())
    });
}

/// A record as tests write and read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestRecord {
    pub partition: i32,
    pub offset: i64,
    pub timestamp: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    /// Of headers with the same name the last.
    pub headers: BTreeMap<String, Vec<u8>>,
}

impl TestRecord {
    /// A record with a key and a text value; partition and timestamp are to be set.
    pub fn new(key: &str, value: impl Into<String>) -> Self {
        Self { key: Some(key.into()), value: Some(value.into().into_bytes()), ..Self::default() }
    }

    pub fn at(self, partition: i32, timestamp: i64) -> Self {
        Self { partition, timestamp, ..self }
    }

    /// A header as text; empty if it is not there.
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
    }
}

/// Writes records to a topic, each to its own partition, and waits until all are acknowledged.
pub fn produce(topic: &str, records: &[TestRecord]) {
    let producer: BaseProducer = client()
        .set("enable.idempotence", "true")
        .set("message.max.bytes", "20000000")
        .set("linger.ms", "1")
        .create()
        .expect("a producer");
    for record in records {
        let headers = record
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
        let mut message = BaseRecord::<[u8], [u8]>::to(topic).partition(record.partition).headers(headers);
        message.timestamp = (record.timestamp > 0).then_some(record.timestamp);
        message.key = record.key.as_deref();
        message.payload = record.value.as_deref();
        while let Err((error, back)) = producer.send(message) {
            assert_eq!(error.rdkafka_error_code(), Some(rdkafka::types::RDKafkaErrorCode::QueueFull), "{error}");
            producer.poll(Duration::from_millis(10));
            message = back;
        }
        producer.poll(Duration::ZERO);
    }
    producer.flush(PATIENCE).expect("all records are acknowledged");
}

/// Every record of a topic that a read-committed consumer sees now, by partition and offset.
pub fn read_committed(topic: &str) -> Vec<TestRecord> {
    read(topic, "read_committed")
}

/// Every record of a topic, those of open and aborted transactions too.
pub fn read_uncommitted(topic: &str) -> Vec<TestRecord> {
    read(topic, "read_uncommitted")
}

fn read(topic: &str, isolation: &str) -> Vec<TestRecord> {
    let consumer: BaseConsumer = client()
        .set("group.id", unique("reader"))
        .set("isolation.level", isolation)
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .set("fetch.message.max.bytes", "20000000")
        .create()
        .expect("a consumer");
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).expect("metadata");
    let partitions: Vec<i32> =
        metadata.topics()[0].partitions().iter().map(rdkafka::metadata::MetadataPartition::id).collect();
    assert!(!partitions.is_empty(), "topic {topic} is not there");
    let mut assignment = TopicPartitionList::new();
    for &partition in &partitions {
        assignment.add_partition_offset(topic, partition, Offset::Beginning).expect("a valid offset");
    }
    consumer.assign(&assignment).expect("assigned");
    let mut records = Vec::new();
    let mut at_end = std::collections::BTreeSet::new();
    let began = Instant::now();
    while at_end.len() < partitions.len() {
        assert!(began.elapsed() < PATIENCE, "topic {topic} was not read to its end in {PATIENCE:?}");
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => records.push(TestRecord {
                partition: message.partition(),
                offset: message.offset(),
                timestamp: message.timestamp().to_millis().unwrap_or_default(),
                key: message.key().map(<[u8]>::to_vec),
                value: message.payload().map(<[u8]>::to_vec),
                headers: message
                    .headers()
                    .map(|headers| {
                        headers
                            .iter()
                            .map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec()))
                            .collect()
                    })
                    .unwrap_or_default(),
            }),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                at_end.insert(partition);
            }
            // A broker that is busy is no failure: the loop's deadline is.
            Some(Err(_)) | None => {}
        }
    }
    records.sort_by_key(|record| (record.partition, record.offset));
    records
}

/// Waits until `condition` gives something.
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
