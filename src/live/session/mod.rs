//! One stay in the consumer group: from joining it to stopping, failing or being assigned anew.
//!
//! - [`start`]: until scores are live; [`assignment`] waits for the group
//! - [`batches`]: batches and sweeps in turn
//! - [`commit`]: what happens to one batch or one chunk of a sweep
//! - [`candidates`]: rulesets that are only tried
//! - [`rules`]: the ruleset at the start, and another one between two batches

mod assignment;
mod batches;
mod candidates;
mod commit;
mod rules;
mod start;

pub(super) use rules::Judges;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::encoder::Encoder;
use super::run::{Runner, backoff};
use super::status::HeldInput;
use crate::config::Clock;
use crate::engine::{Engine, Positions};
use crate::feature::FeatureError;
use crate::kafka::KafkaError;
use crate::kafka::client::{Assignment, RECONNECT};
use crate::kafka::consume::{Intake, Limits};
use crate::kafka::lag::{Hold, Lag};
use crate::kafka::parting::Parting;
use crate::kafka::watchdog::Watched;
use crate::telemetry::InternalEvent as _;
use crate::telemetry::kafka::{InputsHeldBack, LagMeasured};

/// Longest wait for a record, so that questions and sweeps get their turn.
const TURN: Duration = Duration::from_millis(20);
/// Questions answered between two batches.
const ANSWERS: usize = 16;
/// How often memory is cleared of what no question can see any more, and lag is measured.
const HOUSEKEEPING: Duration = Duration::from_secs(5);

/// What is said when all connections are gone.
const NO_BROKER: &str = "no broker is connected";

/// Why a session ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Stopped,
    Reassigned,
}

/// Why something did not go on.
#[derive(Debug)]
pub(super) enum Halt {
    Ended(Ended),
    Failed(KafkaError),
}

impl From<KafkaError> for Halt {
    fn from(error: KafkaError) -> Self {
        Self::Failed(error)
    }
}

impl From<FeatureError> for Halt {
    fn from(error: FeatureError) -> Self {
        Self::Failed(error.into())
    }
}

pub(super) struct Session<'a> {
    runner: &'a mut Runner,
    engine: Engine,
    intake: Parting<Intake>,
    outbox: Watched,
    encoder: Encoder,
    /// Where reading goes on after an abort or a restart.
    committed: Positions,
    /// Another ruleset on its way.
    change: Option<rules::Change>,
    /// Candidates beside the ruleset in force.
    seats: candidates::Seats,
    housekeeping_done: Instant,
}

impl Session<'_> {
    fn limits(&self, most: usize, until: Option<Timestamp>) -> Limits {
        let linger = self.runner.config.engine.batch_linger.unsigned_abs();
        // A change of the rules goes on at once when nothing else is to do.
        let wait = if self.change.is_some() { Duration::ZERO } else { TURN };
        Limits { most, linger, wait, until }
    }

    /// The instant at which time itself stands.
    fn now(&self) -> Timestamp {
        let seen = self.engine.as_of();
        match self.runner.config.engine.clock {
            Clock::Wall => seen.map_or_else(Timestamp::now, |seen| seen.max(Timestamp::now())),
            Clock::Log => seen.unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    fn between_batches(&mut self) -> Result<(), Halt> {
        stay(self.runner, &self.intake)?;
        let now = self.now();
        self.runner.queries.answer(&self.engine, now, ANSWERS);
        if self.housekeeping_done.elapsed() >= HOUSEKEEPING {
            self.housekeeping_done = Instant::now();
            self.measure_lag(Timestamp::now());
            if self.runner.config.engine.clock == Clock::Wall {
                self.engine.expire();
            }
        }
        // The client connects again by itself. Until then there is nothing to read, and nothing could be committed.
        let mut pauses = backoff();
        while self.intake.unreachable() {
            let again_in = pauses.next().unwrap_or(RECONNECT).min(RECONNECT);
            self.runner.unreached(NO_BROKER, again_in);
            self.runner.pause(again_in)?;
            stay(self.runner, &self.intake)?;
        }
        Ok(())
    }
}

impl Session<'_> {
    /// Tells how far it is behind, and what holds it back: scores are marked with that too.
    fn measure_lag(&mut self, now: Timestamp) {
        let lags = self.intake.lags(&self.committed, now);
        LagMeasured { lags: &lags, at: now }.emit(&self.runner.metrics);
        let (mut sources, mut inputs) = (BTreeSet::new(), Vec::new());
        for Lag { topic, source, partition, hold, .. } in lags {
            let Some(Hold { since, records, .. }) = hold.filter(|hold| hold.is_long(now)) else { continue };
            sources.insert(source);
            inputs.push(HeldInput { topic: topic.to_string(), partition, since, records });
        }
        if !inputs.is_empty() {
            InputsHeldBack { inputs: &inputs }.emit(&self.runner.metrics);
        }
        self.engine.hold_back(sources);
        self.runner.status.hold_back(inputs);
    }
}

/// Stays a member of the group, and says when to go.
fn stay(runner: &Runner, intake: &Intake) -> Result<(), Halt> {
    if watch(runner, intake)?.is_empty() { Ok(()) } else { Err(Halt::Ended(Ended::Reassigned)) }
}

/// What the group did since the last look. Tells when brokers go away and come back.
fn watch(runner: &Runner, intake: &Intake) -> Result<Vec<Assignment>, Halt> {
    runner.check_stop()?;
    let assignments = intake.serve()?;
    tell_of_brokers(runner, intake);
    Ok(assignments)
}

/// Says whether a broker is connected, as far as that is news.
fn tell_of_brokers(runner: &Runner, intake: &Intake) {
    match (intake.unreachable(), runner.status.is_cut_off()) {
        (true, false) => runner.unreached(NO_BROKER, RECONNECT),
        (false, true) => runner.reached(),
        _ => {}
    }
}
