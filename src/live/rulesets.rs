//! The `rulesets` topic, read to its end: every ruleset that was published, and what is in force.

use std::sync::Arc;

use rdkafka::message::Message as _;
use tokio_util::sync::CancellationToken;
use yujing_config::Config;
use yujing_core::ruleset::Archive;
use yujing_kafka::{Clients, KafkaError, Reader, StrayRecords};
use yujing_telemetry::Metrics;

/// Reads the topic outside of the engine.
///
/// # Errors
/// If Kafka does not answer.
pub fn fetch(config: &Config, metrics: &Arc<Metrics>, stop: CancellationToken) -> Result<Archive, KafkaError> {
    let clients = Clients::new(&config.kafka)?;
    let reader = Reader::new(&clients, metrics, stop)?;
    read(&reader, &config.topics.rulesets, metrics, &mut || Ok(()))
}

/// Reads the topic to its end. `tick` says now and then whether to go on.
pub(super) fn read<E: From<KafkaError>>(
    reader: &Reader,
    topic: &str,
    metrics: &Metrics,
    tick: &mut dyn FnMut() -> Result<(), E>,
) -> Result<Archive, E> {
    let mut archive = Archive::default();
    let mut strays = StrayRecords::on(topic);
    reader.read(
        topic,
        &reader.whole(topic)?,
        |message| {
            strays.note(message, archive.keep(message.key().unwrap_or_default(), message.payload()));
            Ok(())
        },
        |_| tick(),
    )?;
    strays.report(metrics);
    Ok(archive)
}
