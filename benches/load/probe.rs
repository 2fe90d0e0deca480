//! Looks at the topics from outside, as any other client would: offsets, outputs, and warnings as they become readable.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value;
use yujing_config::Config;
use yujing_core::source::Sources;
use yujing_kafka::producer_record::{ProducerHeader, ProducerRecord};
use yujing_kafka::{Clients, names};

use crate::kafka::unique;

/// A partition of a topic.
pub type Place = (String, i32);
/// An offset of each partition.
pub type Offsets = BTreeMap<Place, i64>;

/// A warning, seen from outside.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its id and the number of its event.
    pub warning: (String, i64),
    /// When the engine's client was given it, to the millisecond.
    pub sent: Instant,
    /// When a consumer had it, once its transaction was committed.
    pub read: Instant,
}

const TIMEOUT: Duration = Duration::from_secs(30);

pub struct Probe {
    inputs: Vec<Place>,
    warnings: String,
    /// Asks for offsets.
    asking: BaseConsumer,
    /// Follows scores and warnings, committed ones only.
    following: BaseConsumer,
}

impl Probe {
    pub fn new(config: &Config, sources: &Sources) -> Self {
        let clients = Clients::new(&config.kafka).expect("a configuration without secrets");
        let partitions = |topic: &str| (0..config.topics.partitions).map(|number| (topic.to_owned(), number)).collect();
        let places: Vec<Vec<Place>> =
            sources.iter().map(|(_, source)| partitions(names::input(&config.topics, source))).collect();
        // Uncommitted, because otherwise the answer waits for the transaction under way.
        let asking = clients.reader().set("isolation.level", "read_uncommitted").create().expect("a consumer");
        let following: BaseConsumer = clients
            .follower(&unique("probe"))
            .set("fetch.wait.max.ms", "20")
            .set("fetch.message.max.bytes", "10000000")
            .create()
            .expect("a consumer");
        let outputs: [Vec<Place>; 2] = [partitions(&config.topics.scores), partitions(&config.topics.warnings)];
        following.assign(&list(outputs.iter().flatten(), |_| Offset::End)).expect("assigned");
        Self { inputs: places.concat(), warnings: config.topics.warnings.clone(), asking, following }
    }

    /// The offsets behind the last record of every input.
    pub fn ends(&self) -> Offsets {
        let end = |(topic, partition): &Place| {
            self.asking.fetch_watermarks(topic, *partition, TIMEOUT).expect("Kafka answers").1
        };
        self.inputs.iter().map(|place| (place.clone(), end(place))).collect()
    }

    /// The offsets that the engine has committed.
    pub fn committed(&self) -> Offsets {
        let asked = list(self.inputs.iter(), |_| Offset::Invalid);
        let known = self.asking.committed_offsets(asked, TIMEOUT).expect("Kafka answers");
        let offset = |offset: Offset| offset.to_raw().filter(|offset| *offset >= 0).unwrap_or_default();
        known
            .elements()
            .iter()
            .map(|element| ((element.topic().to_owned(), element.partition()), offset(element.offset())))
            .collect()
    }

    /// Everything that left since the last call.
    pub fn outputs(&self) -> Vec<ProducerRecord> {
        let mut outputs = Vec::new();
        self.follow(Duration::from_millis(500), |message| {
            outputs.push(outgoing(message));
            true
        });
        outputs
    }

    /// Forgets what left up to now.
    pub fn skip_outputs(&self) {
        self.follow(Duration::from_millis(500), |_| true);
    }

    /// When the warning that names each of these events among its evidence was sent, and when it could be read. Ends with
    /// the last of them, or at the deadline.
    pub fn watch(&self, events: &BTreeMap<String, usize>, deadline: Instant) -> BTreeMap<String, Seen> {
        let mut seen = BTreeMap::new();
        while seen.len() < events.len() && Instant::now() < deadline {
            self.follow(Duration::from_millis(100), |message| {
                let now = Instant::now();
                if message.topic() == self.warnings {
                    let sent = message.timestamp().to_millis().unwrap_or_default();
                    let under_way = u64::try_from(Timestamp::now().as_millisecond() - sent).unwrap_or_default();
                    let sent = now.checked_sub(Duration::from_millis(under_way)).unwrap_or(now);
                    let warning: Value =
                        serde_json::from_slice(message.payload().unwrap_or_default()).expect("a warning is JSON");
                    let seen_now = Seen { warning: identity(&warning), sent, read: now };
                    for event in evidence(&warning) {
                        if events.contains_key(&event) {
                            seen.entry(event).or_insert_with(|| seen_now.clone());
                        }
                    }
                }
                seen.len() < events.len() && now < deadline
            });
        }
        seen
    }

    /// Gives records until there has been none for `quiet`, or `each` says no.
    fn follow(&self, quiet: Duration, mut each: impl FnMut(&BorrowedMessage<'_>) -> bool) {
        let mut last = Instant::now();
        while last.elapsed() < quiet {
            match self.following.poll(Duration::from_millis(20)) {
                Some(Ok(message)) => {
                    last = Instant::now();
                    if !each(&message) {
                        return;
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) | None => {}
                Some(Err(error)) => panic!("the outputs cannot be read: {error}"),
            }
        }
    }
}

fn list<'a>(places: impl Iterator<Item = &'a Place>, offset: impl Fn(&Place) -> Offset) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for place in places {
        list.add_partition_offset(&place.0, place.1, offset(place)).expect("a valid offset");
    }
    list
}

fn identity(warning: &Value) -> (String, i64) {
    let id = warning["warning_id"].as_str().expect("a warning has an id");
    (id.to_owned(), warning["sequence"].as_i64().expect("its events are numbered"))
}

/// The ids of the events that a warning names as evidence.
fn evidence(warning: &Value) -> Vec<String> {
    let findings = warning["findings"].as_array().into_iter().flatten();
    let features =
        findings.filter_map(|finding| finding["evidence"].as_object()).flat_map(|features| features.values());
    let events = features.filter_map(|evidence| evidence["newest"].as_array()).flatten();
    events.filter_map(|event| event["event_id"].as_str()).map(str::to_owned).collect()
}

fn outgoing(message: &BorrowedMessage<'_>) -> ProducerRecord {
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        let header = |name: &str, value: Option<&[u8]>| ProducerHeader {
            name: name.to_owned().into(),
            value: value.map(|value| value.to_vec().into()),
        };
        headers.iter().map(|each| header(each.key, each.value)).collect()
    });
    ProducerRecord {
        topic: message.topic().into(),
        key: message.key().map(|key| key.to_vec().into()),
        value: message.payload().map(<[u8]>::to_vec),
        headers,
    }
}
