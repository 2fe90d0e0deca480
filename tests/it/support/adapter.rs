//! Clients, groups and transactions for tests.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use yujing_config::Config;
use yujing_core::engine::Positions;
use yujing_core::source::{NormalForm, SourceId};
use yujing_kafka::batch_consumer::{Batch, BatchConsumer, BatchLimits, Order};
use yujing_kafka::client::Assignment;
use yujing_kafka::input_topic::InputTopic;
use yujing_kafka::producer_record::ProducerRecord;
use yujing_kafka::transaction::KafkaTransactions;
use yujing_kafka::{Clients, Transaction};
use yujing_telemetry::Metrics;

use super::kafka::{bootstrap, eventually, unique};

/// A configuration for the shared broker, with a group and output topics of its own.
pub fn config() -> Config {
    config_on(bootstrap())
}

/// As [`config`], for the broker at this address.
pub fn config_on(servers: &str) -> Config {
    let mut config = Config::default();
    servers.clone_into(&mut config.kafka.bootstrap_servers);
    config.kafka.group_id = unique("group");
    config.topics.scores = unique("scores");
    config.topics.warnings = unique("warnings");
    config.topics.areas = unique("areas");
    config.topics.rulesets = unique("rulesets");
    config.topics.partitions = 2;
    config
}

pub fn clients(config: &Config) -> Clients {
    Clients::new(&config.kafka).expect("a configuration without secrets")
}

pub fn metrics() -> Arc<Metrics> {
    Arc::new(Metrics::new())
}

/// A transactional producer that has fenced its predecessors.
pub fn transactions(config: &Config) -> KafkaTransactions {
    let transactions = KafkaTransactions::new(&clients(config), Duration::from_secs(20), &metrics()).expect("created");
    transactions.fence(Duration::from_secs(30)).expect("fenced");
    transactions
}

/// A transaction of text records without offsets.
pub fn transaction(topic: &str, values: &[&str]) -> Transaction {
    let records = values
        .iter()
        .map(|value| ProducerRecord {
            topic: topic.into(),
            key: Some("JY21201030043213".into()),
            value: Some(value.as_bytes().to_vec()),
            headers: Vec::new(),
        })
        .collect();
    Transaction { records, positions: Positions::new(), group: None }
}

pub fn input(name: &str, source: u16, partitions: i32) -> InputTopic {
    InputTopic { name: name.into(), source: SourceId(source), partitions, key_form: Some(NormalForm::Code) }
}

/// A member of the group that begins at the start of every partition.
pub fn intake(config: &Config, topics: &[InputTopic], order: Order) -> BatchConsumer {
    let mut intake = BatchConsumer::join(&clients(config), topics, order, &metrics()).expect("joined");
    eventually("an assignment", || match intake.take_assignments().expect("served").pop() {
        Some(Assignment::Assigned(partitions)) => Some(partitions),
        _ => None,
    });
    let beginning = intake.positions();
    intake.seek(&beginning).expect("sought");
    intake
}

/// BatchLimits of a batch that waits long enough for everything that is there.
pub fn limits(most: usize) -> BatchLimits {
    BatchLimits { most, linger: Duration::from_millis(300), wait: Duration::from_secs(20), until: None }
}

/// The values of a batch as text, in order.
pub fn values(collected: &Batch) -> Vec<String> {
    let text = |value: &Option<Vec<u8>>| String::from_utf8_lossy(value.as_deref().unwrap_or_default()).into_owned();
    collected.records.iter().map(|record| text(&record.value)).collect()
}

/// The committed offset of a group, as any other client sees it.
pub fn committed_offset(config: &Config, topic: &str, partition: i32) -> Option<i64> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &config.kafka.bootstrap_servers)
        .set("group.id", &config.kafka.group_id)
        // Otherwise the answer waits for the end of transactions that a killed process left open.
        .set("isolation.level", "read_uncommitted")
        .create()
        .expect("a consumer");
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, partition);
    let list = consumer.committed_offsets(list, Duration::from_secs(30)).expect("an answer");
    list.elements()[0].offset().to_raw().filter(|offset| *offset >= 0)
}
