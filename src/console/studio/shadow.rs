//! A change tried live: it is put into the folder of a candidate (`engine.shadow`), which the engine watches; what it
//! would have warned of is on the topic of candidates.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rdkafka::message::Message as _;
use tokio_util::sync::CancellationToken;
use yujing_config::Config;
use yujing_core::ruleset::content_hash;
use yujing_kafka::{Clients, KafkaError, Reader, headers};
use yujing_live::encoder::CANDIDATE;
use yujing_live::shadow::{ComparedEvent, Comparison};
use yujing_telemetry::Metrics;
use yujing_workbench::rules_folder;

use super::Studio;
use super::folder::Texts;
use super::kept::Kept;
use super::writing::{Wanted, write};

/// How long a comparison is good for.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// Compares a candidate with the ruleset in force.
#[derive(Debug)]
pub struct ShadowReader {
    config: Arc<Config>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
    /// By the candidate, and since when it counts.
    known: Kept<(String, Timestamp), Comparison>,
}

impl ShadowReader {
    pub fn new(config: Arc<Config>, metrics: Arc<Metrics>, stop: CancellationToken) -> Self {
        Self { config, metrics, stop, known: Kept::new(GOOD_FOR) }
    }

    /// What a candidate did otherwise from an instant on. Blocks.
    ///
    /// # Errors
    /// Why the topics cannot be read.
    pub fn compare(&self, candidate: &str, from: Timestamp) -> Result<Arc<Comparison>, String> {
        self.known
            .get((candidate.to_owned(), from), || self.read_both(candidate, from).map_err(|error| error.to_string()))
    }

    fn read_both(&self, candidate: &str, from: Timestamp) -> Result<Comparison, KafkaError> {
        let clients = Clients::new(&self.config.kafka)?;
        let reader = Reader::new(&clients, &self.metrics, self.stop.clone())?;
        let in_force = events(&reader, &self.config.topics.warnings)?.remove("").unwrap_or_default();
        let shadow = events(&reader, &self.config.topics.shadow_warnings)?.remove(candidate).unwrap_or_default();
        Ok(Comparison::between(candidate, &in_force, &shadow, Some(from), None))
    }
}

/// The events of a topic of warnings, by candidate; those of the ruleset in force name none.
fn events(reader: &Reader, topic: &str) -> Result<BTreeMap<String, Vec<ComparedEvent>>, KafkaError> {
    let mut events: BTreeMap<String, Vec<ComparedEvent>> = BTreeMap::new();
    reader.read(
        topic,
        &reader.whole(topic)?,
        |message| {
            let name = headers::value(message, CANDIDATE).unwrap_or_default();
            // What no engine wrote is not compared.
            if let Ok(event) = ComparedEvent::parse(message.payload().unwrap_or_default()) {
                events.entry(String::from_utf8_lossy(&name).into_owned()).or_default().push(event);
            }
            Ok::<_, KafkaError>(())
        },
        |_| Ok(()),
    )?;
    Ok(events)
}

impl Studio {
    /// Puts texts into the folder of the candidate, in place of what stood there. The ruleset's hash.
    ///
    /// # Errors
    /// If there is no candidate, or its folder cannot be written.
    pub fn try_live(&self, texts: &Texts) -> io::Result<String> {
        let (_, folder) =
            self.candidate.as_ref().ok_or_else(|| io::Error::other("there is no candidate in `engine.shadow`"))?;
        fs::create_dir_all(folder)?;
        let before = rules_folder::walk(folder)?.files;
        let all = || texts.files.iter().chain(&texts.cases);
        let removed = before.keys().filter(|path| all().all(|(known, _)| known != *path));
        let removed = removed.map(|path| Wanted { path, text: None });
        let wanted: Vec<Wanted<'_>> =
            all().map(|(path, text)| Wanted { path, text: Some(text) }).chain(removed).collect();
        write(folder, &wanted)?;
        Ok(content_hash(&texts.files))
    }
}
