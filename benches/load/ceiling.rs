//! The ceiling: how fast this machine and this broker let anybody read these records, decode them, and commit as many
//! records of the same size with the offsets. A bare consumer and producer, without the engine's own intake, store,
//! features, rules and records.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Header as ClientHeader, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{Offset, TopicPartitionList};
use yujing_core::source::Decoder;
use yujing_kafka::producer_record::ProducerRecord;
use yujing_kafka::{Clients, names};

use crate::common::{self, BATCH};
use crate::kafka::{create_topic, unique};
use crate::results::{Ceiling, Drain};
use crate::site::Site;

/// Between two looks whether records have arrived.
const NAP: Duration = Duration::from_micros(500);
const TIMEOUT: Duration = Duration::from_secs(30);
/// How often the same records are read: once is over too soon.
const PASSES: usize = 5;

/// The decoder of a topic's records and the name of their source.
type Decoders = BTreeMap<String, (String, Decoder)>;

/// Does the work of a drain without scoring.
pub fn measure(site: &Site<'_>, drain: &Drain) -> Ceiling {
    let mut own = site.config.kafka.clone();
    own.group_id = unique("ceiling");
    let clients = Clients::new(&own).expect("a configuration without secrets");
    let consumer: BaseConsumer = clients.follower(&own.group_id).create().expect("a consumer");
    let producer: BaseProducer = clients.transactional(60_000).create().expect("a producer");
    producer.init_transactions(TIMEOUT).expect("transactions can be made");
    let decoders: Decoders = site
        .sources
        .iter()
        .map(|(id, source)| {
            let topic = names::input(&site.config.topics, source).to_owned();
            (topic, (source.name.to_string(), Decoder::new(id, source.clone())))
        })
        .collect();
    let topics = [&site.config.topics.scores, &site.config.topics.warnings];
    let topics: BTreeMap<&str, String> = topics.map(|topic| (topic.as_str(), unique("ceiling"))).into();
    for topic in topics.values() {
        create_topic(topic, site.config.topics.partitions, &[]);
    }

    let mut bare = Bare { site, consumer, producer, decoders, topics };
    let began = Instant::now();
    for _ in 0..PASSES {
        bare.pass(drain);
    }
    Ceiling { events: drain.events * PASSES, took: began.elapsed() }
}

struct Bare<'a> {
    site: &'a Site<'a>,
    consumer: BaseConsumer,
    producer: BaseProducer,
    decoders: Decoders,
    /// Where the outputs of each of the engine's topics go.
    topics: BTreeMap<&'a str, String>,
}

impl Bare<'_> {
    /// Reads everything once.
    fn pass(&mut self, drain: &Drain) {
        let mut open = TopicPartitionList::new();
        for ((topic, partition), Range { start, .. }) in drain.span.iter().filter(|(_, span)| !span.is_empty()) {
            open.add_partition_offset(topic, *partition, Offset::Offset(*start)).expect("a valid offset");
        }
        self.consumer.assign(&open).expect("assigned");
        let (mut done, mut decided) = (0, 0);
        let mut positions = BTreeMap::new();
        while done < drain.events {
            match self.consumer.poll(Duration::from_millis(5)) {
                Some(Ok(message)) => {
                    self.decode(&message);
                    positions.insert((message.topic().to_owned(), message.partition()), message.offset() + 1);
                    done += 1;
                }
                Some(Err(KafkaError::PartitionEOF(_))) | None => {}
                Some(Err(error)) => panic!("the records cannot be read: {error}"),
            }
            if done - decided == BATCH || done == drain.events {
                let place = |events: usize| drain.outputs.len() * events / drain.events;
                self.commit(&drain.outputs[place(decided)..place(done)], &positions);
                decided = done;
            }
        }
    }

    fn decode(&self, message: &BorrowedMessage<'_>) {
        let (source, decoder) = &self.decoders[message.topic()];
        let key = String::from_utf8_lossy(message.key().unwrap_or_default());
        let timestamp = message.timestamp().to_millis().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let value = message.payload().unwrap_or_default().to_vec();
        let record = common::record(&self.site.sources, source, &key, value, timestamp.unwrap_or_default());
        std::hint::black_box(decoder.decode(&record).expect("the generator's documents are valid"));
    }

    fn commit(&self, outputs: &[ProducerRecord], positions: &BTreeMap<(String, i32), i64>) {
        self.producer.begin_transaction().expect("begun");
        for output in outputs {
            self.send(output);
        }
        let mut offsets = TopicPartitionList::new();
        for ((topic, partition), offset) in positions {
            offsets.add_partition_offset(topic, *partition, Offset::Offset(*offset)).expect("a valid offset");
        }
        let group = self.consumer.group_metadata().expect("the consumer has a group");
        self.producer.send_offsets_to_transaction(&offsets, &group, TIMEOUT).expect("offsets are taken");
        while self.producer.in_flight_count() > 0 {
            let before = self.producer.in_flight_count();
            // A poll that waits spins over the last millisecond.
            self.producer.poll(Duration::ZERO);
            if self.producer.in_flight_count() >= before {
                std::thread::sleep(NAP);
            }
        }
        self.producer.commit_transaction(TIMEOUT).expect("committed");
    }

    fn send(&self, output: &ProducerRecord) {
        let headers = output.headers.iter().fold(OwnedHeaders::new_with_capacity(8), |headers, header| {
            headers.insert(ClientHeader { key: &header.name, value: header.value.as_deref() })
        });
        // A dead letter would have no place here; the generator's documents are valid.
        let mut record = BaseRecord::<[u8], [u8]>::to(&self.topics[&*output.topic]).headers(headers);
        record.key = output.key.as_deref();
        record.payload = output.value.as_deref();
        self.producer.send(record).expect("the queue has room for a batch");
        self.producer.poll(Duration::ZERO);
    }
}
