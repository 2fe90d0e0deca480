//! What the engine gives, as Kafka records: CloudEvents in binary mode, keyed by operator.

use jiff::Timestamp;
use serde::Serialize;
use yujing_config::Topics;
use yujing_core::engine::Output;
use yujing_core::ruleset::archive::{RulesetBody, publication_key};
use yujing_core::ruleset::{Publication, Ruleset};
use yujing_core::source::Header;
use yujing_core::warning::{ScoreRecord, WarningEvent};
use yujing_kafka::names;
use yujing_kafka::producer_record::{ProducerRecord, header};

use super::{dead_letter, size_limit};

/// The header that names the candidate of a shadow warning.
pub const CANDIDATE: &str = "yujing.candidate";

/// Turns what the engine gives into records.
#[derive(Debug, Clone)]
pub struct Encoder {
    topics: Topics,
    /// The `ce_source` of everything that leaves.
    origin: String,
    message_max_bytes: usize,
}

impl Encoder {
    pub fn new(topics: Topics, group_id: &str, message_max_bytes: usize) -> Self {
        Self { topics, origin: format!("urn:yujing:engine:{group_id}"), message_max_bytes }
    }

    /// Everything of a batch or a sweep: warnings, scores and dead letters.
    pub fn output(&self, output: &Output) -> Vec<ProducerRecord> {
        let warnings = output.warnings.iter().map(|event| self.warning(event));
        let scores = output.scores.iter().map(|score| self.score(score));
        let dead = output.dead_letters.iter().map(|letter| {
            let topic = names::dead_letters(&self.topics, &letter.record.topic);
            dead_letter::encode(letter, topic, self.message_max_bytes)
        });
        warnings.chain(scores).chain(dead).collect()
    }

    fn score(&self, score: &ScoreRecord) -> ProducerRecord {
        let event = CloudEvent {
            id: format!("{}@{}", score.operator_id, score.as_of),
            kind: "cn.yujing.operator.score.v1",
            subject: &score.operator_id,
            time: Some(score.as_of),
        };
        size_limit::fit(self.event(&self.topics.scores, &event, &score.operator_id, score), self.message_max_bytes)
    }

    fn warning(&self, warning: &WarningEvent) -> ProducerRecord {
        let event = CloudEvent {
            id: format!("{}:{}", warning.warning_id, warning.sequence),
            kind: "cn.yujing.operator.warning.v1",
            subject: &warning.operator_id,
            time: Some(warning.as_of),
        };
        size_limit::fit(
            self.event(&self.topics.warnings, &event, &warning.operator_id, warning),
            self.message_max_bytes,
        )
    }

    /// A warning that a candidate would have raised.
    pub fn shadow(&self, candidate: &str, warning: &WarningEvent) -> ProducerRecord {
        let event = CloudEvent {
            id: format!("{candidate}:{}:{}", warning.warning_id, warning.sequence),
            kind: "cn.yujing.operator.warning.shadow.v1",
            subject: &warning.operator_id,
            time: Some(warning.as_of),
        };
        let mut record = self.event(&self.topics.shadow_warnings, &event, &warning.operator_id, warning);
        let value = Some(candidate.as_bytes().to_vec());
        record.headers.push(Header { name: CANDIDATE.to_owned(), value });
        size_limit::fit(record, self.message_max_bytes)
    }

    /// The ruleset's body under its hash, and behind it the publication that puts it in force.
    pub fn ruleset(&self, ruleset: &Ruleset, publication: &Publication) -> Vec<ProducerRecord> {
        let (topic, hash) = (&self.topics.rulesets, &ruleset.hash);
        let body = CloudEvent { id: hash.clone(), kind: "cn.yujing.ruleset.v1", subject: hash, time: None };
        let publishing = CloudEvent {
            id: format!("{hash}:{}", publication.sequence),
            kind: "cn.yujing.ruleset.publication.v1",
            subject: hash,
            time: Some(publication.published_at),
        };
        vec![
            self.event(topic, &body, hash, &RulesetBody::of(ruleset)),
            self.event(topic, &publishing, &publication_key(publication), publication),
        ]
    }

    /// The size of a ruleset's body, if no message may be so large.
    pub fn too_large(&self, ruleset: &Ruleset) -> Option<usize> {
        // Keys and headers are a few hundred bytes.
        const MARGIN: usize = 1_024;
        let size = serde_json::to_vec(&RulesetBody::of(ruleset)).map_or(0, |body| body.len());
        (size + MARGIN > self.message_max_bytes).then_some(size)
    }

    fn event(&self, topic: &str, event: &CloudEvent<'_>, key: &str, body: &impl Serialize) -> ProducerRecord {
        let time = event.time.map(|time| ("ce_time", time.to_string()));
        let attributes = [
            ("ce_specversion", "1.0".to_owned()),
            ("ce_id", event.id.clone()),
            ("ce_source", self.origin.clone()),
            ("ce_type", event.kind.to_owned()),
            ("ce_subject", event.subject.to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        ProducerRecord {
            topic: topic.to_owned(),
            key: Some(key.as_bytes().to_vec()),
            value: Some(serde_json::to_vec(body).expect("invariant: what leaves has text keys and finite numbers")),
            headers: attributes.into_iter().chain(time).map(|(name, value)| header(name, value)).collect(),
        }
    }
}

/// The CloudEvents attributes that differ from record to record.
struct CloudEvent<'a> {
    id: String,
    kind: &'static str,
    subject: &'a str,
    time: Option<Timestamp>,
}
