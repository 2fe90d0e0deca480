//! Requests to a broker, as any other client makes them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::{Offset, TopicPartitionList};
use yujing_kafka::headers;

use super::{PATIENCE, eventually, unique};

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

/// What a producer's records were refused for.
#[derive(Debug, Clone, Default)]
struct Refused(Arc<Mutex<Vec<String>>>);

impl ClientContext for Refused {}

impl ProducerContext for Refused {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            self.0.lock().expect("no panic").push(error.to_string());
        }
    }
}

/// A broker by its address.
#[derive(Debug, Clone, Copy)]
pub struct Kafka<'a>(pub &'a str);

impl Kafka<'_> {
    fn client(self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.0);
        config
    }

    /// Creates a topic with the given properties.
    pub fn create_topic(self, name: &str, partitions: i32, properties: &[(&str, &str)]) {
        let admin: AdminClient<DefaultClientContext> = self.client().create().expect("an admin client");
        let topic = properties
            .iter()
            .fold(NewTopic::new(name, partitions, TopicReplication::Fixed(1)), |topic, (key, value)| {
                topic.set(key, value)
            });
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

    /// Gives a topic more partitions: so many in all.
    pub fn add_partitions(self, name: &str, partitions: usize) {
        let admin: AdminClient<DefaultClientContext> = self.client().create().expect("an admin client");
        let more = NewPartitions::new(name, partitions);
        for result in block_on(admin.create_partitions([&more], &AdminOptions::new())).expect("the broker answers") {
            result.unwrap_or_else(|(topic, code)| panic!("{topic} has no more partitions: {code}"));
        }
        eventually("new partitions", || {
            let metadata = admin.inner().fetch_metadata(Some(name), PATIENCE).expect("metadata");
            metadata.topics().iter().any(|topic| topic.partitions().len() == partitions).then_some(())
        });
    }

    /// Deletes a topic, and waits until it is gone.
    pub fn delete_topic(self, name: &str) {
        let admin: AdminClient<DefaultClientContext> = self.client().create().expect("an admin client");
        for result in block_on(admin.delete_topics(&[name], &AdminOptions::new())).expect("the broker answers") {
            result.unwrap_or_else(|(topic, code)| panic!("topic {topic} was not deleted: {code}"));
        }
        eventually("a topic gone", || {
            let metadata = admin.inner().fetch_metadata(None, PATIENCE).expect("metadata");
            metadata.topics().iter().all(|topic| topic.name() != name).then_some(())
        });
    }

    /// Writes records to a topic, each to its own partition, and waits until all are acknowledged.
    pub fn produce(self, topic: &str, records: &[TestRecord]) {
        let refused = Refused::default();
        let producer: BaseProducer<Refused> = self
            .client()
            .set("enable.idempotence", "true")
            .set("message.max.bytes", "20000000")
            .set("linger.ms", "1")
            .create_with_context(refused.clone())
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
        let refused = refused.0.lock().expect("no panic");
        assert!(refused.is_empty(), "{topic} did not take all records: {refused:?}");
    }

    /// Every record of a topic that a read-committed consumer sees now, by partition and offset.
    pub fn read_committed(self, topic: &str) -> Vec<TestRecord> {
        self.read(topic, "read_committed")
    }

    /// Every record of a topic, those of open and aborted transactions too.
    pub fn read_uncommitted(self, topic: &str) -> Vec<TestRecord> {
        self.read(topic, "read_uncommitted")
    }

    fn read(self, topic: &str, isolation: &str) -> Vec<TestRecord> {
        let consumer: BaseConsumer = self
            .client()
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
                    headers: headers::read(&message)
                        .into_iter()
                        .map(|header| (header.name, header.value.unwrap_or_default()))
                        .collect(),
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
}
