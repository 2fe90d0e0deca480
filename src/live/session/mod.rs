//! One stay in the consumer group: from joining it to stopping, failing or being assigned anew.
//!
//! - [`connection`]: until all partitions are there, which [`assignment`] waits for; `start`: until scores are live
//! - [`initial_ruleset`]: the ruleset to begin with; [`past_rulesets`]: those that it followed
//! - `main_loop`: batches and sweeps in turn
//! - [`next_batch`]: collected and decoded while a transaction is under way
//! - [`commit`]: what happens to one batch or one chunk of a sweep
//! - `areas`: what adds up over areas
//! - [`shadows`]: rulesets that are only tried
//! - [`ruleset_change`]: another ruleset, between two batches

mod areas;
mod assignment;
mod commit;
mod connection;
mod initial_ruleset;
mod main_loop;
mod next_batch;
mod past_rulesets;
mod ruleset_change;
mod shadows;
mod start;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use yujing_config::{self as config, Clock};
use yujing_core::engine::{Engine, Positions};
use yujing_core::source::Sources;
use yujing_kafka::batch_consumer::{BatchConsumer, BatchLimits};
use yujing_kafka::drop_with_timeout::DropWithTimeout;
use yujing_kafka::lag::{Hold, Lag};
use yujing_kafka::transaction_worker::TransactionWorker;
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::kafka::{HeldPartition, InputsHeldBack, LagMeasured};

use super::QueryReceiver;
use super::clock;
use super::control::Control;
use super::encoder::Encoder;
use super::error::Stop;
use super::status::HeldInput;
use crate::reload::ReloadCoordinator;
use crate::shadow::Candidates;

/// Longest wait for a record, so that requests and sweeps get their turn.
const POLL_TIMEOUT: Duration = Duration::from_millis(20);
/// Requests answered between two batches.
const ANSWERS: usize = 16;
/// How often memory is cleared of what no question can see any more, and lag is measured.
const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(5);

pub(super) struct Session<'a> {
    control: &'a Control,
    config: &'a config::Config,
    sources: &'a Sources,
    queries: &'a mut QueryReceiver,
    reloads: &'a ReloadCoordinator,
    candidates: &'a Candidates,
    engine: Engine,
    consumer: DropWithTimeout<BatchConsumer>,
    transactions: TransactionWorker,
    encoder: Encoder,
    /// Where reading goes on after an abort or a restart: behind the last record that was decided.
    committed: Positions,
    /// The transaction that is under way: what it carries is decided upon.
    in_flight: Option<commit::InFlight>,
    /// What has come since.
    next_batch: next_batch::DecodedBatch,
    /// Another ruleset on its way.
    change: Option<ruleset_change::Change>,
    /// Rulesets that are only tried.
    shadows: shadows::Shadows,
    housekeeping_done: Instant,
}

impl Session<'_> {
    fn limits(&self, most: usize, until: Option<Timestamp>) -> BatchLimits {
        let linger = self.config.engine.batch_linger.unsigned_abs();
        // A change of the rules goes on at once when nothing else is to do.
        let wait = if self.change.is_some() { Duration::ZERO } else { POLL_TIMEOUT };
        BatchLimits { most, linger, wait, until }
    }

    /// The instant at which time stands.
    fn now(&self) -> Timestamp {
        clock::now(self.config.engine.clock, self.engine.as_of())
    }

    /// Operators that are scored at once.
    fn chunk(&self) -> usize {
        self.config.engine.sweep_chunk.max(1)
    }

    fn between_batches(&mut self) -> Result<(), Stop> {
        assignment::keep(self.control, &self.consumer)?;
        let is_due = self.housekeeping_done.elapsed() >= HOUSEKEEPING_INTERVAL;
        // What is decided but not committed is nobody's to see.
        if is_due || !self.queries.is_empty() {
            self.settle()?;
        }
        let now = self.now();
        self.queries.answer(&self.engine, now, ANSWERS);
        if is_due {
            self.housekeeping_done = Instant::now();
            self.measure_lag(Timestamp::now());
            if self.config.engine.clock == Clock::Wall {
                self.engine.expire();
            }
        }
        // Until it is connected again there is nothing to read, and nothing could be committed.
        self.control.await_broker(&self.consumer, || assignment::keep(self.control, &self.consumer))
    }

    /// How far the engine is behind, and what holds it back: scores are marked with that too.
    fn measure_lag(&mut self, now: Timestamp) {
        let lags = self.consumer.lags(&self.committed, now);
        let (mut sources, mut held) = (BTreeSet::new(), Vec::new());
        for Lag { topic, source, partition, records, seconds, hold } in &lags {
            let held_back = hold.map(|hold| now.duration_since(hold.since));
            LagMeasured { topic, partition: *partition, records: *records, seconds: *seconds, held_back }
                .emit(&self.control.metrics);
            let Some(Hold { since, records, .. }) = hold.filter(|hold| hold.is_long(now)) else { continue };
            sources.insert(*source);
            held.push(HeldPartition { topic, partition: *partition, since, records });
        }
        if !held.is_empty() {
            InputsHeldBack { inputs: &held }.emit(&self.control.metrics);
        }
        self.engine.hold_back(sources);
        self.control.status.hold_back(held.into_iter().map(HeldInput::from).collect());
    }
}
