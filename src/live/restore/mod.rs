//! Memory rebuilt from the log, in the order of decision 12 (ARCHITECTURE.md): standings from the `scores` topic, then
//! the window store from the inputs up to the committed offsets, the reference source first.
//!
//! - [`bounds`]: where reading stood
//! - [`scores`]: what the scores topic says of the time before
//! - [`decode_pool`]: records decoded while others are fetched and admitted

mod bounds;
mod decode_pool;
mod scores;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use rdkafka::message::Message as _;

pub(super) use bounds::{Bounds, await_stable};

use yujing_config::Config;
use yujing_core::engine::Engine;
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{DecodedRecord, Kind, Record, Sources};
use yujing_kafka::input_topic::InputTopic;
use yujing_kafka::{Gap, OffsetRange, Reader, StrayRecords, stamp};
use yujing_telemetry::engine::{LevelsRestored, RecordsRestored};
use yujing_telemetry::kafka::{GapAccepted, Restored};
use yujing_telemetry::{InternalEvent as _, Metrics};

use self::decode_pool::DecodePool;
use self::scores::PastScores;
use super::clock;
use super::control::Control;
use super::error::{RunError, Stop};
use super::status::State;

/// Records that are decoded and admitted at once.
const BATCH: usize = 4_096;

/// What a restore needs.
pub(super) struct Restore<'a> {
    pub(super) control: &'a Control,
    pub(super) config: &'a Config,
    pub(super) sources: &'a Arc<Sources>,
    pub(super) reader: &'a Reader,
    pub(super) inputs: &'a [InputTopic],
    pub(super) bounds: &'a Bounds,
    /// Keeps the group alive, and says whether to go on.
    pub(super) tick: &'a mut dyn FnMut() -> Result<(), Stop>,
}

impl Restore<'_> {
    /// Gives the engine back what it knew when the committed offsets were committed; `ruleset_of` gives the ruleset of
    /// a hash, as long as it can be built. Gaps that are not accepted end it.
    pub(super) fn run(
        mut self,
        engine: &mut Engine,
        ruleset_of: &mut dyn FnMut(&str) -> Option<Arc<Ruleset>>,
        accept_gap: bool,
    ) -> Result<(), Stop> {
        let began = Instant::now();
        let metrics = &*self.control.metrics;
        let scores = self.reader.whole(&self.config.topics.scores)?;
        let inputs = self.inputs.iter().flat_map(|topic| self.bounds.read_before(topic));
        let total = scores.iter().copied().chain(inputs).map(|each| each.len()).sum();
        let mut progress = Progress { control: self.control, done: 0, total };

        let past = self.read_scores(&scores, &mut progress)?;
        accept(self.gaps(&past), accept_gap, engine, metrics)?;
        let standings = past.len();
        // Nobody is counted at a level before the first score of this start.
        LevelsRestored { operators: &BTreeMap::new() }.emit(metrics);
        let (scores, in_future) = past.into_scores(|| clock::latest(self.config.engine.clock));
        for score in scores {
            let judged_by = ruleset_of(&score.ruleset);
            engine.restore_standing(score, judged_by);
        }
        if let Some(in_future) = in_future {
            in_future.emit(metrics);
        }
        let mut records = 0;
        for topic in reference_first(self.inputs, self.sources) {
            records += self.read_input(engine, topic, &mut progress)?;
        }
        engine.expire();
        Restored { records, standings, took: began.elapsed() }.emit(metrics);
        Ok(())
    }

    fn read_scores(&mut self, ranges: &[OffsetRange], progress: &mut Progress<'_>) -> Result<PastScores, Stop> {
        let topic = &self.config.topics.scores;
        let mut past = PastScores::default();
        let mut strays = StrayRecords::on(topic);
        self.reader.read(
            topic,
            ranges,
            |message| {
                let (key, value) = (message.key().unwrap_or_default(), message.payload());
                strays.note(message, past.keep(key, value));
                if !self.bounds.unread.is_empty() {
                    past.note_sources(value.unwrap_or_default());
                }
                Ok(())
            },
            |read| {
                progress.show(topic, read);
                (self.tick)()
            },
        )?;
        strays.report(&self.control.metrics);
        progress.add(ranges);
        Ok(past)
    }

    /// Where events are missing: what Kafka deleted unread, and topics of which the group knows nothing though scores
    /// rest on their events.
    fn gaps(&self, past: &PastScores) -> Vec<Gap> {
        let is_renewed = |topic: &&InputTopic| {
            self.bounds.unread.contains(&topic.source) && past.know(&self.sources.get(topic.source).name)
        };
        let renewed = self.inputs.iter().filter(is_renewed);
        let renewed = renewed.map(|topic| Gap::Renewed { topic: topic.name.to_string() });
        self.bounds.gaps.iter().cloned().chain(renewed).collect()
    }

    /// Takes the records of a topic into memory that were decided before. How many there were.
    fn read_input(
        &mut self,
        engine: &mut Engine,
        topic: &InputTopic,
        progress: &mut Progress<'_>,
    ) -> Result<u64, Stop> {
        let (control, clock, sources) = (self.control, self.config.engine.clock, self.sources);
        let decoders = Arc::clone(engine.decoders());
        let mut batch: Vec<Record> = Vec::with_capacity(BATCH);
        let mut admit = |decoded: Vec<DecodedRecord>| {
            let tally = engine.restore(decoded, clock::latest(clock));
            RecordsRestored { tally: &tally, sources }.emit(&control.metrics);
        };
        // The last timestamp of each partition that does not lie ahead.
        let mut before: BTreeMap<i32, Timestamp> = BTreeMap::new();
        let ranges = self.bounds.read_before(topic);
        let read = std::thread::scope(|scope| {
            let mut pool = DecodePool::start(scope, &decoders);
            let read = self.reader.read(
                &topic.name,
                &ranges,
                |message| {
                    let mut record = topic.record(message);
                    let latest = clock::latest(clock);
                    let instead = before.get(&record.partition).copied().unwrap_or(latest);
                    stamp::correct(&mut record, message.timestamp(), latest, instead);
                    before.insert(record.partition, record.timestamp.min(latest));
                    batch.push(record);
                    if batch.len() >= BATCH {
                        let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
                        pool.exchange(full).into_iter().for_each(&mut admit);
                    }
                    Ok::<(), Stop>(())
                },
                |read| {
                    progress.show(&topic.name, read);
                    (self.tick)()
                },
            )?;
            let oldest = pool.exchange(batch);
            oldest.into_iter().chain(pool).for_each(admit);
            Ok::<u64, Stop>(read)
        })?;
        progress.add(&ranges);
        Ok(read)
    }
}

/// Marks scores with what may be missing, if the user accepts it.
///
/// # Errors
/// The gaps, if they are not accepted.
fn accept(gaps: Vec<Gap>, accept_gap: bool, engine: &mut Engine, metrics: &Metrics) -> Result<(), RunError> {
    if gaps.is_empty() {
        return Ok(());
    }
    if !accept_gap {
        return Err(RunError::Gap(gaps));
    }
    for gap in &gaps {
        GapAccepted { gap: &gap.to_string() }.emit(metrics);
    }
    engine.accept_gap(gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
    Ok(())
}

fn reference_first<'a>(topics: &'a [InputTopic], sources: &Sources) -> Vec<&'a InputTopic> {
    let mut ordered: Vec<&InputTopic> = topics.iter().collect();
    ordered.sort_by_key(|topic| sources.get(topic.source).kind != Kind::Reference);
    ordered
}

/// How far a restore has come, in records.
struct Progress<'a> {
    control: &'a Control,
    done: u64,
    total: u64,
}

impl Progress<'_> {
    fn show(&self, topic: &str, read: u64) {
        let what = topic.to_owned();
        self.control.enter(State::Restoring { what, done: self.done + read, total: self.total });
    }

    fn add(&mut self, ranges: &[OffsetRange]) {
        self.done += ranges.iter().map(OffsetRange::len).sum::<u64>();
    }
}
