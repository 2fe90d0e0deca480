//! librdkafka properties: which are the program's own to set, and where a secret value is read from.

use std::collections::BTreeMap;

use super::Kafka;
use crate::language::{Bilingual, say};

/// Properties that other keys set, or that a guarantee of the engine rests on.
const OWN: [(&str, &str, &str); 12] = [
    ("bootstrap.servers", "由 kafka.bootstrap_servers 设定", "kafka.bootstrap_servers sets it"),
    ("metadata.broker.list", "由 kafka.bootstrap_servers 设定", "kafka.bootstrap_servers sets it"),
    ("group.id", "由 kafka.group_id 设定", "kafka.group_id sets it"),
    ("transactional.id", "由 kafka.group_id 得出", "it follows from kafka.group_id"),
    ("transaction.timeout.ms", "由 engine.transaction_timeout 设定", "engine.transaction_timeout sets it"),
    ("enable.auto.commit", "位点在事务中提交", "offsets are committed in transactions"),
    ("enable.auto.offset.store", "位点在事务中提交", "offsets are committed in transactions"),
    ("enable.idempotence", "事务须以其为前提", "transactions need it"),
    ("isolation.level", "只读取已提交的记录", "only committed records are read"),
    ("auto.offset.reset", "从何处读起关系到是否丢失数据", "where reading starts decides what is lost"),
    ("partitioner", "记录按监管对象编号以 murmur2 分区", "records are placed by murmur2 of the operator id"),
    ("group.protocol", "只支持 classic 协议", "only the classic protocol is supported"),
];

/// Whether a property may be given, and its value be found.
///
/// # Errors
/// The end of a sentence that begins with the property's name.
pub fn check(name: &str, value: &str) -> Result<(), Bilingual> {
    if let Some((_, zh, en)) = OWN.iter().find(|(own, ..)| *own == name) {
        return Err(say!("不能在此设置：{zh}", "cannot be set here: {en}"));
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
                Err(reason) => Err(format!("the Kafka property `{name}` {}", reason.en)),
            })
            .collect()
    }
}

/// A value as librdkafka gets it; a newline at the end of a secret's file is not part of the secret.
fn resolve(value: &str) -> Result<String, Bilingual> {
    if let Some(file) = value.strip_prefix("file:") {
        let text = std::fs::read_to_string(file).map_err(|error| {
            say!("应从文件 `{file}` 读取，未能读取：{error}", "is to be read from `{file}`: {error}")
        })?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    if let Some(variable) = value.strip_prefix("env:") {
        return std::env::var(variable).map_err(|_| {
            say!(
                "应从环境变量 `{variable}` 读取，该变量未设置",
                "is to be read from the environment variable `{variable}`, which is not set"
            )
        });
    }
    Ok(value.to_owned())
}
