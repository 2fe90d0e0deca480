//! Memory rebuilt from the log, in the order of the design's decision 12: standings from the `scores` topic, then the
//! window store from the inputs up to the committed offsets, the reference source first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use rdkafka::message::{BorrowedMessage, Message as _};

use super::consume::{self, InputTopic};
use super::reader::{Reader, Stretch};
use super::run::Runner;
use super::session::{Halt, Judges};
use super::{Gap, KafkaError, stamp};
use crate::engine::{Engine, Mode, Positions};
use crate::server::status::State;
use crate::source::{Kind, Record, Sources};
use crate::telemetry::InternalEvent as _;
use crate::telemetry::engine::{LevelsRestored, RecordsRestored};
use crate::telemetry::kafka::{GapAccepted, Restored, StandingsAhead};
use crate::warning::record::RestoredScore;

/// Where reading stood and where it stands when the engine starts.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    /// The first offset that is still there.
    pub beginnings: Positions,
    /// The next offset to read: the committed one, or the beginning.
    pub committed: Positions,
    /// Behind the last record that is there now.
    pub ends: Positions,
}

impl Bounds {
    /// Asks Kafka, and finds what was deleted unread.
    pub(super) fn ask(
        reader: &Reader,
        unstable: &Reader,
        topics: &[InputTopic],
    ) -> Result<(Self, Vec<Gap>), KafkaError> {
        let partitions: Vec<(Arc<str>, i32)> = topics
            .iter()
            .flat_map(|topic| (0..topic.partitions).map(|partition| (Arc::clone(&topic.name), partition)))
            .collect();
        let known = reader.committed(&partitions, unstable)?;
        let mut bounds = Self::default();
        let mut gaps = Vec::new();
        for place in partitions {
            let (beginning, end) = reader.bounds(&place.0, place.1)?;
            let committed = known.get(&place).copied().unwrap_or(beginning);
            if committed < beginning {
                gaps.push(Gap::Deleted { topic: place.0.to_string(), partition: place.1, committed, beginning });
            }
            bounds.beginnings.insert(place.clone(), beginning);
            // An end before the committed offset happens when the topic was emptied: there is nothing to read then.
            bounds.committed.insert(place.clone(), committed.max(beginning));
            bounds.ends.insert(place, end);
        }
        Ok((bounds, gaps))
    }

    fn stretches(&self, topic: &InputTopic) -> Vec<Stretch> {
        (0..topic.partitions)
            .map(|partition| {
                let place = (Arc::clone(&topic.name), partition);
                let to = self.committed[&place].min(self.ends[&place]);
                Stretch { partition, from: self.beginnings[&place], to }
            })
            .collect()
    }
}

/// Tells the engine what may be missing, if the user accepted it.
///
/// # Errors
/// The gaps, if they were not accepted.
pub(super) fn accept(runner: &Runner, engine: &mut Engine, gaps: Vec<Gap>) -> Result<(), KafkaError> {
    if gaps.is_empty() {
        return Ok(());
    }
    if !runner.accept_gap {
        return Err(KafkaError::Gap(gaps));
    }
    for gap in &gaps {
        GapAccepted { gap }.emit(&runner.metrics);
    }
    engine.accept_gap(gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
    Ok(())
}

/// Gives the engine back what it knew when the committed offsets were committed. `tick` keeps the group alive and says
/// whether to go on.
pub(super) fn restore(
    runner: &Runner,
    reader: &Reader,
    engine: &mut Engine,
    topics: &[InputTopic],
    bounds: &Bounds,
    judges: &mut Judges<'_>,
    tick: &mut dyn FnMut() -> Result<(), Halt>,
) -> Result<(), Halt> {
    let began = Instant::now();
    let scores = whole(reader, &runner.config.topics.scores)?;
    let length = |stretch: &Stretch| u64::try_from(stretch.to - stretch.from).unwrap_or_default();
    let inputs = topics.iter().flat_map(|topic| bounds.stretches(topic));
    let mut progress =
        Progress { runner, done: 0, total: scores.iter().copied().chain(inputs).map(|each| length(&each)).sum() };

    let standings = read_standings(runner, reader, &scores, &mut progress, tick)?;
    let count = standings.len();
    // Nobody is counted at a level before the first score of this start.
    LevelsRestored { operators: &BTreeMap::new() }.emit(&runner.metrics);
    let mut ahead = StandingsAhead::default();
    for mut score in standings.into_values() {
        let judged_by = judges.get(&score.ruleset);
        ahead.settle(&mut score.as_of, runner.latest());
        engine.restore_standing(score, judged_by);
    }
    ahead.emit(&runner.metrics);
    let mut records = 0;
    for topic in reference_first(topics, &runner.sources) {
        records += read_input(runner, reader, engine, topic, &bounds.stretches(topic), &mut progress, tick)?;
    }
    engine.expire();
    Restored { records, standings: count, took: began.elapsed() }.emit(&runner.metrics);
    Ok(())
}

/// Everything that a topic has now.
pub(super) fn whole(reader: &Reader, topic: &str) -> Result<Vec<Stretch>, KafkaError> {
    (0..reader.partitions(topic)?)
        .map(|partition| reader.bounds(topic, partition).map(|(from, to)| Stretch { partition, from, to }))
        .collect()
}

/// The last score of every operator.
fn read_standings(
    runner: &Runner,
    reader: &Reader,
    stretches: &[Stretch],
    progress: &mut Progress<'_>,
    tick: &mut dyn FnMut() -> Result<(), Halt>,
) -> Result<BTreeMap<Vec<u8>, RestoredScore>, Halt> {
    let topic = &runner.config.topics.scores;
    let mut standings = BTreeMap::new();
    reader.read(
        topic,
        stretches,
        |message| {
            let key = message.key().unwrap_or_default().to_vec();
            match message.payload() {
                None => standings.remove(&key),
                Some(value) => standings.insert(key, parse_score(topic, message, value)?),
            };
            Ok(())
        },
        |read| {
            progress.show(topic, read);
            tick()
        },
    )?;
    progress.done += stretches.iter().map(|each| u64::try_from(each.to - each.from).unwrap_or_default()).sum::<u64>();
    Ok(standings)
}

fn parse_score(topic: &str, message: &BorrowedMessage<'_>, value: &[u8]) -> Result<RestoredScore, KafkaError> {
    serde_json::from_slice(value).map_err(|error| KafkaError::Standing {
        place: format!("{topic} partition {} offset {}", message.partition(), message.offset()),
        reason: error.to_string(),
    })
}

fn reference_first<'a>(topics: &'a [InputTopic], sources: &Sources) -> Vec<&'a InputTopic> {
    let mut ordered: Vec<&InputTopic> = topics.iter().collect();
    ordered.sort_by_key(|topic| sources.get(topic.source).kind != Kind::Reference);
    ordered
}

fn read_input(
    runner: &Runner,
    reader: &Reader,
    engine: &mut Engine,
    topic: &InputTopic,
    stretches: &[Stretch],
    progress: &mut Progress<'_>,
    tick: &mut dyn FnMut() -> Result<(), Halt>,
) -> Result<u64, Halt> {
    let most = runner.config.engine.max_batch_records;
    let mut batch: Vec<Record> = Vec::with_capacity(most);
    // The last timestamp of each partition that does not lie ahead.
    let mut before: BTreeMap<i32, Timestamp> = BTreeMap::new();
    let read = reader.read(
        &topic.name,
        stretches,
        |message| {
            let mut record = consume::record(message, topic);
            let latest = runner.latest();
            let instead = before.get(&record.partition).copied().unwrap_or(latest);
            stamp::settle(&mut record, message.timestamp(), latest, instead);
            before.insert(record.partition, record.timestamp.min(latest));
            batch.push(record);
            if batch.len() >= most {
                remember(runner, engine, std::mem::take(&mut batch))?;
            }
            Ok(())
        },
        |read| {
            progress.show(&topic.name, read);
            tick()
        },
    )?;
    remember(runner, engine, batch)?;
    progress.done += stretches.iter().map(|each| u64::try_from(each.to - each.from).unwrap_or_default()).sum::<u64>();
    Ok(read)
}

/// Takes records into memory; nothing leaves, because it left before.
fn remember(runner: &Runner, engine: &mut Engine, records: Vec<Record>) -> Result<(), KafkaError> {
    if records.is_empty() {
        return Ok(());
    }
    let pending = engine.apply_until(records, &Positions::new(), Mode::Restore, runner.latest())?;
    RecordsRestored { tally: &pending.output.tally, sources: &runner.sources }.emit(&runner.metrics);
    engine.commit(pending);
    Ok(())
}

struct Progress<'a> {
    runner: &'a Runner,
    done: u64,
    total: u64,
}

impl Progress<'_> {
    fn show(&self, topic: &str, read: u64) {
        let what = topic.to_owned();
        self.runner.enter(State::Restoring { what, done: self.done + read, total: self.total });
    }
}
