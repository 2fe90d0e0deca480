//! One operator's past, read from the topics and put through the same engine: what was known of it at an instant.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use rdkafka::message::Message as _;
use serde_json::Value;

use crate::OperatorId;
use crate::cli::follow::{Follower, From};
use crate::cli::service::engine_failure;
use crate::cli::{Failure, check, output};
use crate::config::Config;
use crate::engine::{Engine, Mode, Positions};
use crate::kafka::consume::{InputTopic, record};
use crate::kafka::{Clients, names};
use crate::source::{Decoder, Kind, Record, Source, SourceId};
use crate::warning::record::{PastWarning, RestoredScore};

/// Explains an operator as of an instant by the rules of the configuration's folder.
pub(super) fn explain(config: &Config, operator: &str, as_of: Timestamp) -> Result<Value, Failure> {
    let (sources, ruleset) = check::load(config)?;
    let clients = Clients::new(&config.kafka).map_err(|error| engine_failure(&error))?;
    let operator: OperatorId = operator.into();
    let mut records = Vec::new();
    for (id, source) in sources.iter() {
        records.extend(Past { clients: &clients, config, operator: &operator, as_of }.of(id, source)?);
    }
    let mut engine = Engine::new(Arc::clone(&sources), ruleset);
    let pending = engine.apply(records, &Positions::new(), Mode::Restore).map_err(|error| failed(&error))?;
    engine.commit(pending);
    if let Some(standing) = standing(&clients, config, &operator, as_of)? {
        engine.restore_standing(standing, None);
    }
    let explanation = engine.explain(&operator, as_of).map_err(|error| failed(&error))?;
    let explanation = explanation.ok_or_else(|| {
        Failure::other(format!("nothing was known of the operator `{operator}` at {as_of}: no reference row, no event"))
    })?;
    serde_json::to_value(explanation).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::other(format!("it cannot be explained: {error}"))
}

/// What is asked of the topics.
struct Past<'a> {
    clients: &'a Clients,
    config: &'a Config,
    operator: &'a OperatorId,
    as_of: Timestamp,
}

impl Past<'_> {
    /// The operator's records of one source up to the instant, and the source's newest record of anybody: it says how fresh
    /// the source was.
    fn of(&self, id: SourceId, source: &Arc<Source>) -> Result<Vec<Record>, Failure> {
        let name = names::input(&self.config.topics, source);
        let topic = InputTopic { name: name.into(), source: id, partitions: self.config.topics.partitions };
        let decoder = Decoder::new(id, Arc::clone(source));
        let mut follower = Follower::begin(self.clients, "explain", name, From::Beginning)?;
        let mut begins: BTreeMap<i32, (i64, Timestamp)> = BTreeMap::new();
        let mut newest: Option<Record> = None;
        let mut records = Vec::new();
        while let Some(message) = follower.next(false)? {
            let record = record(&message, &topic);
            begins.entry(message.partition()).or_insert((record.offset, record.timestamp));
            let Some(event) = decoder.decode(&record).ok().filter(|_| record.timestamp <= self.as_of) else { continue };
            if event.operator_id == *self.operator {
                records.push(record);
            } else if newest.as_ref().is_none_or(|newest| newest.timestamp < record.timestamp) {
                newest = Some(record);
            }
        }
        self.tell_of_deleted(source, &begins);
        records.extend(newest);
        Ok(records)
    }

    /// Says so if the topic no longer keeps everything that could count at the instant.
    fn tell_of_deleted(&self, source: &Source, begins: &BTreeMap<i32, (i64, Timestamp)>) {
        let needed_from = self.as_of.saturating_sub(source.retention).unwrap_or(Timestamp::MIN);
        let short = begins.values().any(|(offset, timestamp)| *offset > 0 && *timestamp > needed_from);
        if source.kind == Kind::Event && short {
            output::problem(&format!(
                "yujing: the topic of {} no longer keeps everything since {needed_from}; features may be too low",
                source.name
            ));
        }
    }
}

/// How the operator stood by its last lifecycle event up to the instant.
fn standing(
    clients: &Clients,
    config: &Config,
    operator: &OperatorId,
    as_of: Timestamp,
) -> Result<Option<RestoredScore>, Failure> {
    let mut follower = Follower::begin(clients, "explain", &config.topics.warnings, From::Beginning)?;
    let mut last: Option<PastWarning> = None;
    while let Some(message) = follower.next(false)? {
        if message.key() != Some(operator.as_bytes()) {
            continue;
        }
        let event = serde_json::from_slice::<PastWarning>(message.payload().unwrap_or_default());
        last = event.ok().filter(|event| event.as_of <= as_of).or(last);
    }
    Ok(last.map(PastWarning::left))
}
