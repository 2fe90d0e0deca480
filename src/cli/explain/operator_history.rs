//! One operator's records as the topics still hold them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use yujing_base::OperatorId;
use yujing_base::language::{Bilingual, say};
use yujing_config::Config;
use yujing_core::source::{Decoder, Kind, Record, Source, SourceId, Sources};
use yujing_kafka::input_topic::InputTopic;
use yujing_kafka::{Clients, OffsetRange, StartAt, names};

use crate::Failure;
use crate::follow::Follower;

/// Reads what the topics hold of one operator.
pub(super) struct OperatorHistory<'a> {
    pub clients: &'a Clients,
    pub config: &'a Config,
    pub operator: &'a OperatorId,
    pub until: Until<'a>,
    /// The instant that is asked for: what counts then must still be there.
    pub as_of: Timestamp,
}

/// How far the topics are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until<'a> {
    /// Records of timestamps up to the instant.
    Instant,
    /// Records before these offsets, `topic:partition` → the next one.
    Offsets(&'a BTreeMap<String, i64>),
}

/// What the topics hold.
#[derive(Debug, Default)]
pub(super) struct HistoryRecords {
    pub records: Vec<Record>,
    /// Topics that no longer keep everything that could count.
    pub truncated: Vec<TruncatedTopic>,
}

/// A topic that no longer keeps everything that could count at the instant.
#[derive(Debug, Clone, Serialize)]
pub(super) struct TruncatedTopic {
    source: String,
    topic: String,
    /// Since when everything would be needed.
    needed_from: Timestamp,
}

impl TruncatedTopic {
    pub(super) fn text(&self) -> Bilingual {
        let Self { source, topic, needed_from } = self;
        say!(
            "日志已不完整：{source} 的主题 {topic} 不再保存 {needed_from} 以来的全部记录",
            "the log no longer reaches back far enough: {topic}, the topic of {source}, does not keep everything since {needed_from} any more"
        )
    }
}

impl OperatorHistory<'_> {
    /// The operator's records of every source, and each source's newest record of anybody: it says how fresh the source
    /// was.
    pub(super) fn read(&self, sources: &Sources) -> Result<HistoryRecords, Failure> {
        let mut found = HistoryRecords::default();
        for (id, source) in sources.iter() {
            self.read_source(id, source, &mut found)?;
        }
        Ok(found)
    }

    fn read_source(&self, id: SourceId, source: &Arc<Source>, found: &mut HistoryRecords) -> Result<(), Failure> {
        let name = names::input(&self.config.topics, source);
        let topic = InputTopic {
            name: name.into(),
            source: id,
            partitions: self.config.topics.partitions,
            key_form: source.operator_form(),
        };
        let decoder = Decoder::new(id, Arc::clone(source));
        let mut follower = Follower::begin(self.clients, "explain", name, StartAt::Beginning)?;
        let bounds = follower.bounds()?;
        let mut oldest: BTreeMap<i32, Timestamp> = BTreeMap::new();
        let mut newest: Option<Record> = None;
        while let Some(message) = follower.next(false)? {
            let record = topic.record(&message);
            oldest.entry(record.partition).or_insert(record.timestamp);
            let Some(event) = decoder.decode(&record).ok().filter(|_| self.reaches(&record)) else { continue };
            if event.operator_id == *self.operator {
                found.records.push(record);
            } else if newest.as_ref().is_none_or(|newest| newest.timestamp < record.timestamp) {
                newest = Some(record);
            }
        }
        found.records.extend(newest);
        let needed_from = self.as_of.saturating_sub(source.retention).unwrap_or(Timestamp::MIN);
        let is_cut = |OffsetRange { partition, from, to }: &OffsetRange| {
            let read_to = self.read_to(name, *partition);
            let deleted = *from > 0 && read_to.is_none_or(|next| next > 0);
            let needed = oldest.get(partition).is_none_or(|oldest| *oldest > needed_from);
            // An offset behind the end is one of a topic that was deleted and made anew.
            (deleted && needed) || read_to.is_some_and(|next| next > *to)
        };
        if source.kind == Kind::Event && bounds.iter().any(is_cut) {
            found.truncated.push(TruncatedTopic {
                source: source.name.to_string(),
                topic: name.to_owned(),
                needed_from,
            });
        }
        Ok(())
    }

    fn reaches(&self, record: &Record) -> bool {
        match self.until {
            Until::Instant => record.timestamp <= self.as_of,
            Until::Offsets(_) => self.read_to(&record.topic, record.partition).is_some_and(|next| record.offset < next),
        }
    }

    /// The offset before which records are taken, if offsets say which; a partition that they do not name was not read.
    fn read_to(&self, topic: &str, partition: i32) -> Option<i64> {
        match self.until {
            Until::Instant => None,
            Until::Offsets(offsets) => Some(offsets.get(&format!("{topic}:{partition}")).copied().unwrap_or_default()),
        }
    }
}
