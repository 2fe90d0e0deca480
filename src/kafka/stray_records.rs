//! Records on the engine's own topics that no engine wrote: whoever may write to a topic can leave some. They are
//! passed over and reported. A later record of the same key in the same partition mends them; on a compacted topic one
//! without a value does.

use std::collections::BTreeMap;
use std::fmt;

use rdkafka::message::{BorrowedMessage, Message as _};
use xxhash_rust::xxh3::xxh3_128;
use yujing_telemetry::kafka::StraysFound;
use yujing_telemetry::{InternalEvent as _, Metrics};

/// Most characters that are shown of a key or of a reason: both are a stranger's.
const MOST_CHARACTERS: usize = 200;
/// So many are described; further ones are only counted. Anybody may leave any number of them, with keys of any length.
const MOST_DESCRIBED: usize = 1_000;

/// The strays of one topic, as far as it was read.
#[derive(Debug)]
pub struct StrayRecords {
    topic: String,
    /// By partition and the hash of the key.
    found: BTreeMap<(i32, u128), Option<StrayRecord>>,
}

/// One record that no engine wrote.
#[derive(Debug)]
pub struct StrayRecord {
    place: String,
    key: String,
    reason: String,
}

impl StrayRecords {
    /// None so far.
    pub fn on(topic: &str) -> Self {
        Self { topic: topic.to_owned(), found: BTreeMap::new() }
    }

    /// Notes a record by what reading it gave: why it is a stray, or that it mends what was under its key.
    pub fn note(&mut self, message: &BorrowedMessage<'_>, read: Result<(), String>) {
        let key = message.key().unwrap_or_default();
        let under = (message.partition(), xxh3_128(key));
        let Err(reason) = read else {
            self.found.remove(&under);
            return;
        };
        let stray = (self.found.len() < MOST_DESCRIBED).then(|| StrayRecord {
            place: format!("{} partition {} offset {}", self.topic, message.partition(), message.offset()),
            key: cut(&String::from_utf8_lossy(key)),
            reason: cut(&reason),
        });
        self.found.insert(under, stray);
    }

    pub fn topic(&self) -> &str {
        &self.topic
    }

    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// The first few of them, a sentence each.
    pub fn described(&self) -> Vec<String> {
        const MOST: usize = 5;
        self.found.values().flatten().take(MOST).map(StrayRecord::to_string).collect()
    }

    /// Logs and counts them.
    pub fn report(&self, metrics: &Metrics) {
        StraysFound { topic: &self.topic, count: self.count(), described: &self.described() }.emit(metrics);
    }
}

impl fmt::Display for StrayRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, reason } = self;
        write!(f, "{place} (key {key:?}) was passed over, because no engine wrote it: {reason}")
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_CHARACTERS).collect()
}
