//! librdkafka properties: which are the program's own to set, and where a secret value is read from.

use std::collections::BTreeMap;

use super::Kafka;

/// Properties that other keys set, or that a guarantee of the engine rests on.
const OWN: [(&str, &str); 12] = [
    ("bootstrap.servers", "kafka.bootstrap_servers sets it"),
    ("metadata.broker.list", "kafka.bootstrap_servers sets it"),
    ("group.id", "kafka.group_id sets it"),
    ("transactional.id", "it follows from kafka.group_id"),
    ("transaction.timeout.ms", "engine.transaction_timeout sets it"),
    ("enable.auto.commit", "offsets are committed in transactions"),
    ("enable.auto.offset.store", "offsets are committed in transactions"),
    ("enable.idempotence", "transactions need it"),
    ("isolation.level", "only committed records are read"),
    ("auto.offset.reset", "where reading starts decides what is lost"),
    ("partitioner", "records are placed by murmur2 of the operator id"),
    ("group.protocol", "only the classic protocol is supported"),
];

/// Whether a property may be given, and its value be found.
///
/// # Errors
/// The end of a sentence that begins with the property's name.
pub fn check(name: &str, value: &str) -> Result<(), String> {
    if let Some((_, reason)) = OWN.iter().find(|(own, _)| *own == name) {
        return Err(format!("cannot be set here: {reason}"));
    }
    resolve(value).map(|_| ())
}

impl Kafka {
    /// The properties to pass to librdkafka, with `file:` and `env:` values read. Never log the values.
    ///
    /// # Errors
    /// A sentence that names the property whose value cannot be read.
    pub fn client_properties(&self) -> Result<BTreeMap<String, String>, String> {
        self.properties
            .iter()
            .map(|(name, value)| match resolve(value) {
                Ok(resolved) => Ok((name.clone(), resolved)),
                Err(reason) => Err(format!("the Kafka property `{name}` {reason}")),
            })
            .collect()
    }
}

/// A value as librdkafka gets it; a newline at the end of a secret's file is not part of the secret.
fn resolve(value: &str) -> Result<String, String> {
    if let Some(file) = value.strip_prefix("file:") {
        let text = std::fs::read_to_string(file).map_err(|error| format!("is to be read from `{file}`: {error}"))?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    if let Some(variable) = value.strip_prefix("env:") {
        return std::env::var(variable)
            .map_err(|_| format!("is to be read from the environment variable `{variable}`, which is not set"));
    }
    Ok(value.to_owned())
}
