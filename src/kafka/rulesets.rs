//! The `rulesets` topic, read to its end: every ruleset that was published, and what is in force.

use std::sync::Arc;

use rdkafka::message::{BorrowedMessage, Message as _};
use tokio_util::sync::CancellationToken;

use super::reader::Reader;
use super::restore::whole;
use super::session::Halt;
use super::{Clients, KafkaError};
use crate::config::Config;
use crate::reload::Archive;
use crate::telemetry::Metrics;

/// Reads the topic outside of the engine.
///
/// # Errors
/// If Kafka does not answer.
pub fn fetch(config: &Config, metrics: &Arc<Metrics>, stop: CancellationToken) -> Result<Archive, KafkaError> {
    let clients = Clients::new(&config.kafka)?;
    let reader = Reader::new(&clients, metrics, stop)?;
    read(&reader, &config.topics.rulesets, &mut || Ok(())).map_err(|halt| match halt {
        Halt::Failed(error) => error,
        Halt::Ended(_) => KafkaError::Gone,
    })
}

/// Reads the topic to its end. `tick` says now and then whether to go on.
pub(super) fn read(reader: &Reader, topic: &str, tick: &mut dyn FnMut() -> Result<(), Halt>) -> Result<Archive, Halt> {
    let mut archive = Archive::default();
    let mut keep = |message: &BorrowedMessage<'_>| {
        archive.keep(message.key().unwrap_or_default(), message.payload()).map_err(|reason| KafkaError::Ruleset {
            place: format!("{topic} partition {} offset {}", message.partition(), message.offset()),
            reason,
        })
    };
    reader.read(topic, &whole(reader, topic)?, |message| Ok(keep(message)?), |_| tick())?;
    Ok(archive)
}
