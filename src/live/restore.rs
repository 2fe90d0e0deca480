//! Memory rebuilt from the log, in the order of the design's decision 12: standings from the `scores` topic, then the
//! window store from the inputs up to the committed offsets, the reference source first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rdkafka::message::Message as _;
use serde::Deserialize;

use super::run::Runner;
use super::session::{Halt, Judges};
use super::status::State;
use crate::engine::{Engine, Mode, Positions};
use crate::kafka::consume::{self, InputTopic};
use crate::kafka::{Gap, KafkaError, Reader, Strays, Stretch, stamp};
use crate::source::{Kind, Record, SourceId, Sources};
use crate::telemetry::InternalEvent as _;
use crate::telemetry::engine::{LevelsRestored, RecordsRestored};
use crate::telemetry::kafka::{GapAccepted, Restored, StandingsAhead, StraysFound};
use crate::warning::{Coverage, Freshness, RestoredScore};

/// Where reading stood and where it stands when the engine starts.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    /// The first offset that is still there.
    pub beginnings: Positions,
    /// The next offset to read: the committed one, or the beginning.
    pub committed: Positions,
    /// Behind the last record that is there now.
    pub ends: Positions,
    /// Where events are missing, or may be.
    pub gaps: Vec<Gap>,
    /// Sources of whose topics the group knows no offset, though it knows some of others.
    unread: BTreeSet<SourceId>,
}

impl Bounds {
    /// Asks Kafka, and finds what was deleted unread.
    pub(super) fn ask(reader: &Reader, unstable: &Reader, topics: &[InputTopic]) -> Result<Self, KafkaError> {
        let partitions: Vec<(Arc<str>, i32)> = topics
            .iter()
            .flat_map(|topic| (0..topic.partitions).map(|partition| (Arc::clone(&topic.name), partition)))
            .collect();
        let known = reader.committed(&partitions, unstable)?;
        let mut bounds = Self::default();
        if !known.is_empty() {
            let is_known = |topic: &InputTopic| known.keys().any(|(name, _)| *name == topic.name);
            bounds.unread = topics.iter().filter(|topic| !is_known(topic)).map(|topic| topic.source).collect();
        }
        for place in partitions {
            let (beginning, end) = reader.bounds(&place.0, place.1)?;
            let (topic, partition) = (place.0.to_string(), place.1);
            let mut committed = known.get(&place).copied().unwrap_or(beginning);
            if committed < beginning {
                bounds.gaps.push(Gap::Deleted { topic, partition, committed, beginning });
                committed = beginning;
            } else if committed > end {
                // Nothing that is there now has been read.
                bounds.gaps.push(Gap::Vanished { topic, partition, committed, end });
                committed = beginning;
            }
            bounds.beginnings.insert(place.clone(), beginning);
            bounds.committed.insert(place.clone(), committed);
            bounds.ends.insert(place, end);
        }
        Ok(bounds)
    }

    fn stretches(&self, topic: &InputTopic) -> Vec<Stretch> {
        (0..topic.partitions)
            .map(|partition| {
                let place = (Arc::clone(&topic.name), partition);
                Stretch { partition, from: self.beginnings[&place], to: self.committed[&place] }
            })
            .collect()
    }
}

/// Tells the engine what may be missing, if the user accepted it.
///
/// # Errors
/// The gaps, if they were not accepted.
fn accept(runner: &Runner, engine: &mut Engine, gaps: Vec<Gap>) -> Result<(), KafkaError> {
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
/// whether to go on. Gaps that were not accepted end it.
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
    let scores = reader.whole(&runner.config.topics.scores)?;
    let inputs = topics.iter().flat_map(|topic| bounds.stretches(topic));
    let mut progress =
        Progress { runner, done: 0, total: scores.iter().copied().chain(inputs).map(|each| each.len()).sum() };

    let mut remembered = Remembered::default();
    read_scores(runner, reader, &scores, &mut remembered, bounds, &mut progress, tick)?;
    let Remembered { standings, heard } = remembered;
    let renewed = topics.iter().filter(|topic| {
        bounds.unread.contains(&topic.source) && heard.contains(&*runner.sources.get(topic.source).name)
    });
    let renewed = renewed.map(|topic| Gap::Renewed { topic: topic.name.to_string() });
    accept(runner, engine, bounds.gaps.iter().cloned().chain(renewed).collect())?;
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

/// Makes sure that nothing on one of the engine's own topics stands behind an open transaction: the newest scores and
/// rulesets would not be seen. An earlier process was fenced, but the end of what it had open may come a moment later.
pub(super) fn settle(runner: &Runner, reader: &Reader, unstable: &Reader, topic: &str) -> Result<(), Halt> {
    const TRIES: usize = 50;
    const PAUSE: Duration = Duration::from_millis(100);
    for partition in 0..reader.partitions(topic)? {
        let (_, written) = unstable.bounds(topic, partition)?;
        let mut pauses = 0..TRIES;
        while reader.bounds(topic, partition)?.1 < written {
            if pauses.next().is_none() {
                return Err(KafkaError::HeldBack(format!("{topic} partition {partition}")).into());
            }
            runner.pause(PAUSE)?;
        }
    }
    Ok(())
}

/// What the scores topic says of the time before.
#[derive(Debug, Default)]
struct Remembered {
    /// The last score of every operator, by its key.
    standings: BTreeMap<Vec<u8>, RestoredScore>,
    /// Sources whose events scores knew of.
    heard: BTreeSet<String>,
}

impl Remembered {
    /// Takes one record: without a value it takes its operator's score away. The error says why it is no score.
    fn keep(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), String> {
        let Some(value) = value else {
            self.standings.remove(key);
            return Ok(());
        };
        let score: RestoredScore = serde_json::from_slice(value).map_err(|error| error.to_string())?;
        if score.operator_id.as_bytes() != key {
            return Err(format!("it is a score of {:?}", score.operator_id));
        }
        // Two partitions hold scores of one operator if the topic got more of them: the later one counts.
        if self.standings.get(key).is_none_or(|known| known.as_of <= score.as_of) {
            self.standings.insert(key.to_vec(), score);
        }
        Ok(())
    }

    /// Notes which sources a score knew events of.
    fn hear(&mut self, value: &[u8]) {
        #[derive(Deserialize)]
        struct Covered {
            coverage: Coverage,
        }
        let Ok(Covered { coverage }) = serde_json::from_slice(value) else { return };
        let heard = coverage.into_iter().filter(|(_, known)| matches!(known, Freshness::Fresh | Freshness::Stale));
        self.heard.extend(heard.map(|(source, _)| source));
    }
}

fn read_scores(
    runner: &Runner,
    reader: &Reader,
    stretches: &[Stretch],
    remembered: &mut Remembered,
    bounds: &Bounds,
    progress: &mut Progress<'_>,
    tick: &mut dyn FnMut() -> Result<(), Halt>,
) -> Result<(), Halt> {
    let topic = &runner.config.topics.scores;
    let mut strays = Strays::on(topic);
    reader.read(
        topic,
        stretches,
        |message| {
            let (key, value) = (message.key().unwrap_or_default(), message.payload());
            strays.note(message, remembered.keep(key, value));
            if !bounds.unread.is_empty() {
                remembered.hear(value.unwrap_or_default());
            }
            Ok(())
        },
        |read| {
            progress.show(topic, read);
            tick()
        },
    )?;
    StraysFound { strays: &strays }.emit(&runner.metrics);
    progress.done += stretches.iter().map(Stretch::len).sum::<u64>();
    Ok(())
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
    progress.done += stretches.iter().map(Stretch::len).sum::<u64>();
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
