//! librdkafka properties: which there are, which are the program's own to set, and where a secret value is read from.
//! Any value may be a secret, also one whose property is misspelt: none is ever shown.

use std::collections::BTreeMap;
use std::path::Path;

use yujing_base::diagnostic::suggest;
use yujing_base::files;
use yujing_base::language::{Bilingual, say};

use super::Kafka;

/// Every property that the client knows and a text can set, as its documentation lists them.
pub const KNOWN: &str = include_str!("properties.txt");

/// The property that bounds one message.
const LARGEST_MESSAGE: &str = "message.max.bytes";

/// The least that one message may hold, in bytes, on every topic: no cut makes a score or a warning smaller.
pub const LEAST_MESSAGE: usize = 64 * 1024;

/// The longest secret, in bytes: a chain of certificates is shorter.
const LONGEST_SECRET: usize = 64 * 1024;

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
    if !KNOWN.lines().any(|known| known == name) {
        let unknown = Bilingual::new("不是 Kafka 客户端的属性", "is none of the Kafka client's");
        let Some(Bilingual { zh, en }) = suggest::did_you_mean(name, KNOWN.lines()) else { return Err(unknown) };
        let Bilingual { zh: begin_zh, en: begin_en } = unknown;
        return Err(say!("{begin_zh}，{zh}", "{begin_en}: {en}"));
    }
    let resolved = resolve(value)?;
    let is_enough = |bytes: &str| bytes.trim().parse::<usize>().is_ok_and(|bytes| bytes >= LEAST_MESSAGE);
    if name == LARGEST_MESSAGE && !is_enough(&resolved) {
        let least = LEAST_MESSAGE;
        return Err(say!("至少应为 {least}", "must be at least {least}"));
    }
    Ok(())
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

/// A value that may stand elsewhere: `file:PATH` is read from that file, `env:NAME` from that variable. A newline at the
/// end of a secret's file is not part of the secret.
///
/// # Errors
/// The end of a sentence that begins with what the value is of.
pub fn resolve(value: &str) -> Result<String, Bilingual> {
    if let Some(file) = value.strip_prefix("file:") {
        let text = files::text(Path::new(file), LONGEST_SECRET).map_err(|refused| {
            let Bilingual { zh, en } = refused.reason();
            say!("应从文件 `{file}` 读取，未能读取：{zh}", "is to be read from `{file}`: {en}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_so_that_it_is_easy_to_compare() {
        assert!(KNOWN.lines().is_sorted());
    }

    #[test]
    fn a_misspelt_property_is_refused_with_the_nearest_name_and_without_its_value() {
        let refusal = check("sasl.pasword", "hunter2-secret").expect_err("there is no such property");
        assert_eq!(refusal.zh, "不是 Kafka 客户端的属性，是否应为 `sasl.password`？");
        assert_eq!(refusal.en, "is none of the Kafka client's: did you mean `sasl.password`?");
        let far = check("zzz", "hunter2-secret").expect_err("there is no such property");
        assert_eq!(far.en, "is none of the Kafka client's");
        assert!(check("message.max.bytes", "1000").is_err());
        assert!(check("message.max.bytes", "2000000").is_ok());
    }
}
