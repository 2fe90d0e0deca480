//! `yujing warnings`: lifecycle events of warnings as they are committed, one row each.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

use super::service::engine_failure;
use super::warning_row::{self, WarningRow};
use super::{Context, Failure, Language, output};
use crate::kafka::Clients;

/// How long Kafka may take to answer a question.
const PATIENCE: Duration = Duration::from_secs(15);

/// Arguments of `yujing warnings`.
#[derive(Debug, Args)]
pub struct Warnings {
    /// Begin with the oldest event that the topic keeps, not with the next one
    #[arg(long)]
    from_beginning: bool,
    /// End with the newest event instead of waiting for further ones
    #[arg(long)]
    no_follow: bool,
    /// Every event as it is, one JSON document a line
    #[arg(long)]
    json: bool,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

impl Warnings {
    /// # Errors
    /// If Kafka cannot be read.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        let clients = Clients::new(&config.kafka).map_err(|error| engine_failure(&error))?;
        let topic = &config.topics.warnings;
        let group = format!("{}-warnings", clients.group_id());
        let (consumer, mut open) = self.assigned(&clients.follower(&group), topic).map_err(|reason| {
            let servers = clients.servers();
            Failure::other(format!("{topic} at {servers} cannot be read: {reason}; does `yujing topics` find it?"))
        })?;
        if !self.json {
            output::line(&warning_row::header(self.lang))?;
        }
        while !(self.no_follow && open.is_empty()) {
            match consumer.poll(Duration::from_millis(500)) {
                None => {}
                Some(Ok(message)) => self.show(message.payload().unwrap_or_default())?,
                Some(Err(ClientError::PartitionEOF(partition))) => drop(open.remove(&partition)),
                Some(Err(error)) if error.rdkafka_error_code().is_some_and(is_passing) => {
                    output::problem(&format!("yujing: {error}; trying again"));
                }
                Some(Err(error)) => return Err(Failure::other(format!("{topic} cannot be read any more: {error}"))),
            }
        }
        Ok(())
    }

    /// A consumer of every partition of the topic, and the partitions whose end is still to come.
    fn assigned(&self, client: &ClientConfig, topic: &str) -> Result<(BaseConsumer, BTreeSet<i32>), String> {
        let begin = if self.from_beginning { Offset::Beginning } else { Offset::End };
        let consumer: BaseConsumer = client.create().map_err(|error: ClientError| error.to_string())?;
        let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).map_err(|error| error.to_string())?;
        let partitions: BTreeSet<i32> = metadata
            .topics()
            .iter()
            .flat_map(|topic| topic.partitions().iter().map(rdkafka::metadata::MetadataPartition::id))
            .collect();
        if partitions.is_empty() {
            return Err("there is no such topic".to_owned());
        }
        let mut assignment = TopicPartitionList::new();
        for partition in &partitions {
            assignment.add_partition_offset(topic, *partition, begin).map_err(|error| error.to_string())?;
        }
        consumer.assign(&assignment).map_err(|error| error.to_string())?;
        Ok((consumer, partitions))
    }

    fn show(&self, payload: &[u8]) -> Result<(), Failure> {
        if self.json {
            return output::line(&String::from_utf8_lossy(payload));
        }
        match WarningRow::parse(payload) {
            Ok(row) => output::line(&row.text(self.lang)),
            Err(reason) => {
                output::problem(&format!("yujing: a record is not a warning of this version: {reason}"));
                Ok(())
            }
        }
    }
}

/// Whether the client gets over it by itself.
fn is_passing(code: rdkafka::types::RDKafkaErrorCode) -> bool {
    use rdkafka::types::RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::AllBrokersDown | Code::BrokerTransportFailure | Code::OperationTimedOut | Code::LeaderNotAvailable
    )
}
