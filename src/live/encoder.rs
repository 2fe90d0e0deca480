//! What the engine gives, as Kafka records: CloudEvents in binary mode, keyed by operator.

use std::num::NonZeroUsize;
use std::sync::Arc;

use jiff::Timestamp;
use yujing_base::parallel;
use yujing_config::Topics;
use yujing_core::engine::Output;
use yujing_core::ruleset::archive::{RulesetBody, publication_key};
use yujing_core::ruleset::{Publication, Ruleset};
use yujing_core::warning::{ChangedArea, ScoreRecord, WarningEvent, WriteJson};
use yujing_kafka::names;
use yujing_kafka::producer_record::{ProducerHeader, ProducerRecord, RecordBytes};

use super::{dead_letter, size_limit};

/// The header that names the candidate of a shadow warning.
pub const CANDIDATE: &str = "yujing.candidate";

/// So many scores are worth a thread: it costs what a few of them do.
const SCORES_A_SHARE: NonZeroUsize = NonZeroUsize::new(128).unwrap();

/// Room for most scores, so that a record is not moved while it is written.
const USUAL_BYTES: usize = 4 * 1_024;

/// Turns what the engine gives into records.
#[derive(Debug, Clone)]
pub struct Encoder {
    /// Where dead letters go.
    topics: Topics,
    scores: Arc<str>,
    warnings: Arc<str>,
    shadow_warnings: Arc<str>,
    areas: Arc<str>,
    rulesets: Arc<str>,
    /// The `ce_source` of everything that leaves.
    origin: Arc<str>,
    message_max_bytes: usize,
    threads: NonZeroUsize,
}

impl Encoder {
    pub fn new(topics: Topics, group_id: &str, message_max_bytes: usize) -> Self {
        Self {
            scores: topics.scores.as_str().into(),
            warnings: topics.warnings.as_str().into(),
            shadow_warnings: topics.shadow_warnings.as_str().into(),
            areas: topics.areas.as_str().into(),
            rulesets: topics.rulesets.as_str().into(),
            topics,
            origin: format!("urn:yujing:engine:{group_id}").into(),
            message_max_bytes,
            threads: NonZeroUsize::MIN,
        }
    }

    /// Writes scores on so many threads, where there are that many that it is worth it.
    #[must_use]
    pub fn on_threads(self, threads: NonZeroUsize) -> Self {
        Self { threads, ..self }
    }

    /// Everything of a batch or a sweep: warnings, scores, areas and dead letters.
    pub fn output(&self, output: &Output) -> Vec<ProducerRecord> {
        let Output { scores, warnings, dead_letters, areas, .. } = output;
        let mut records = Vec::with_capacity(warnings.len() + scores.len() + areas.len() + dead_letters.len());
        records.extend(warnings.iter().map(|event| self.warning(event)));
        records.extend(parallel::map_shares(self.threads, scores, SCORES_A_SHARE, |share| self.scores(share)));
        records.extend(areas.iter().map(|changed| self.area(changed)));
        records.extend(dead_letters.iter().map(|letter| {
            let topic = names::dead_letters(&self.topics, &letter.record.topic);
            dead_letter::encode(letter, topic.into(), self.message_max_bytes)
        }));
        records
    }

    fn scores(&self, scores: &[ScoreRecord]) -> Vec<ProducerRecord> {
        let mut times = TimeTexts::default();
        scores.iter().map(|score| self.score(score, &mut times)).collect()
    }

    fn score(&self, score: &ScoreRecord, times: &mut TimeTexts) -> ProducerRecord {
        let time = times.text(score.as_of);
        let event = CloudEvent {
            id: [&*score.operator_id, "@", &time].concat().into(),
            kind: "cn.yujing.operator.score.v1",
            subject: Arc::clone(&score.operator_id),
            time: Some(time),
        };
        self.fit(self.event(&self.scores, event, written(score)))
    }

    fn warning(&self, warning: &WarningEvent) -> ProducerRecord {
        let event = CloudEvent {
            id: format!("{}:{}", warning.warning_id, warning.sequence).into(),
            kind: "cn.yujing.operator.warning.v1",
            subject: Arc::clone(&warning.operator_id),
            time: Some(warning.as_of.to_string().into()),
        };
        self.fit(self.event(&self.warnings, event, written(warning)))
    }

    /// The rollup of an area; without a value where nothing is counted in it any more.
    pub fn area(&self, changed: &ChangedArea) -> ProducerRecord {
        let key: Arc<str> = changed.area.key().into();
        let Some(rollup) = &changed.rollup else {
            let topic = Arc::clone(&self.areas);
            return ProducerRecord { topic, key: Some(key.into()), value: None, headers: Vec::new() };
        };
        let time: Arc<str> = rollup.as_of.to_string().into();
        let event = CloudEvent {
            id: [&*key, "@", &time].concat().into(),
            kind: "cn.yujing.area.rollup.v1",
            subject: key,
            time: Some(time),
        };
        let value = serde_json::to_vec(rollup).expect("invariant: what leaves has text keys and finite numbers");
        self.event(&self.areas, event, value)
    }

    /// A warning that a candidate would have raised.
    pub fn shadow(&self, candidate: &str, warning: &WarningEvent) -> ProducerRecord {
        let event = CloudEvent {
            id: format!("{candidate}:{}:{}", warning.warning_id, warning.sequence).into(),
            kind: "cn.yujing.operator.warning.shadow.v1",
            subject: Arc::clone(&warning.operator_id),
            time: Some(warning.as_of.to_string().into()),
        };
        let mut record = self.event(&self.shadow_warnings, event, written(warning));
        record.headers.push(ProducerHeader::new(CANDIDATE, candidate.to_owned()));
        self.fit(record)
    }

    fn fit(&self, record: ProducerRecord) -> ProducerRecord {
        size_limit::fit(record, self.message_max_bytes)
    }

    /// The ruleset's body under its hash, and behind it the publication that puts it in force.
    pub fn ruleset(&self, ruleset: &Ruleset, publication: &Publication) -> Vec<ProducerRecord> {
        let hash: Arc<str> = ruleset.hash.as_str().into();
        let kind = "cn.yujing.ruleset.v1";
        let body = CloudEvent { id: Arc::clone(&hash).into(), kind, subject: Arc::clone(&hash), time: None };
        let publishing = CloudEvent {
            id: format!("{hash}:{}", publication.sequence).into(),
            kind: "cn.yujing.ruleset.publication.v1",
            subject: hash,
            time: Some(publication.published_at.to_string().into()),
        };
        let json = "invariant: what leaves has text keys and finite numbers";
        let ruleset = serde_json::to_vec(&RulesetBody::of(ruleset)).expect(json);
        let key = Some(publication_key(publication).into());
        let publication = serde_json::to_vec(publication).expect(json);
        let publication = self.event(&self.rulesets, publishing, publication);
        vec![self.event(&self.rulesets, body, ruleset), ProducerRecord { key, ..publication }]
    }

    /// The size of a ruleset's body, if no message may be so large.
    pub fn too_large(&self, ruleset: &Ruleset) -> Option<usize> {
        // Keys and headers are a few hundred bytes.
        const MARGIN: usize = 1_024;
        let size = serde_json::to_vec(&RulesetBody::of(ruleset)).map_or(0, |body| body.len());
        (size + MARGIN > self.message_max_bytes).then_some(size)
    }

    /// A record whose key is the event's subject.
    fn event(&self, topic: &Arc<str>, event: CloudEvent, value: Vec<u8>) -> ProducerRecord {
        let CloudEvent { id, kind, subject, time } = event;
        // One more for what a record is cut of, and one for a candidate.
        let mut headers = Vec::with_capacity(9);
        headers.extend([
            ProducerHeader::new("ce_specversion", "1.0"),
            ProducerHeader::new("ce_id", id),
            ProducerHeader::new("ce_source", Arc::clone(&self.origin)),
            ProducerHeader::new("ce_type", kind),
            ProducerHeader::new("ce_subject", Arc::clone(&subject)),
            ProducerHeader::new("content-type", "application/json"),
        ]);
        headers.extend(time.map(|time| ProducerHeader::new("ce_time", time)));
        ProducerRecord { topic: Arc::clone(topic), key: Some(subject.into()), value: Some(value), headers }
    }
}

/// The CloudEvents attributes that differ from record to record.
struct CloudEvent {
    id: RecordBytes,
    kind: &'static str,
    subject: Arc<str>,
    time: Option<Arc<str>>,
}

/// Instants as texts: records of one batch mostly have the same one after the other.
#[derive(Default)]
struct TimeTexts {
    last: Option<(Timestamp, Arc<str>)>,
}

impl TimeTexts {
    fn text(&mut self, at: Timestamp) -> Arc<str> {
        match &self.last {
            Some((last, text)) if *last == at => Arc::clone(text),
            _ => {
                let text: Arc<str> = at.to_string().into();
                self.last = Some((at, Arc::clone(&text)));
                text
            }
        }
    }
}

fn written(body: &impl WriteJson) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    body.write_json(&mut bytes);
    bytes
}
