//! One stay in the consumer group: from joining it to stopping, failing or being assigned anew.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::client::{Assignment, message_max_bytes};
use super::consume::{Collected, InputTopic, Intake, Limits, Order};
use super::outgoing::Encoder;
use super::produce::{KafkaTransactions, Transaction, TransactionError, Transactions};
use super::reader::Reader;
use super::restore::{self, Bounds};
use super::run::{Runner, backoff};
use super::sweep::Rounds;
use super::watchdog::Watched;
use super::{Clients, Gap, KafkaError, names, topics};
use crate::OperatorId;
use crate::config::Clock;
use crate::engine::{Boundaries, Engine, Mode, Pending, Positions};
use crate::feature::FeatureError;
use crate::server::status::State;
use crate::source::SourceId;
use crate::telemetry::InternalEvent as _;
use crate::telemetry::engine::{BatchDecided, SweepCompleted, WarningMoved};
use crate::telemetry::kafka::{
    Assigned, BatchFailed, LagMeasured, Misrouted, RulesetPublished, TopicDiffers, TransactionAborted,
    TransactionCommitted, Unreachable,
};
use crate::warning::Cause;

/// How long one request at the start may take before it is told and tried again.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest wait for a record, so that questions and sweeps get their turn.
const TURN: Duration = Duration::from_millis(20);
/// Questions answered between two batches.
const ANSWERS: usize = 16;
/// How often memory is cleared of what no question can see any more, and lag is measured.
const HOUSEKEEPING: Duration = Duration::from_secs(5);
/// A batch that cannot be decided this often in a row is no passing trouble.
const TRIES: u32 = 8;

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
    intake: Intake,
    outbox: Watched,
    encoder: Encoder,
    /// Where reading goes on after an abort or a restart.
    committed: Positions,
    housekeeping_done: Instant,
}

impl<'a> Session<'a> {
    /// Reaches Kafka, joins the group, restores and catches up; returns when scores are live.
    pub(super) fn start<T: Transactions + Send + 'static>(
        runner: &'a mut Runner,
        clients: &Clients,
        wrap: &impl Fn(KafkaTransactions) -> T,
    ) -> Result<Self, Halt> {
        let reader = Reader::new(clients, &runner.metrics)?;
        reach(runner, clients, &reader)?;
        let mut gaps = check_topics(runner, clients)?;
        let inputs = input_topics(runner, &reader)?;

        let timeout = runner.config.engine.transaction_timeout.unsigned_abs();
        let transactions = KafkaTransactions::new(clients, timeout, &runner.metrics)?;
        fence(runner, clients, &transactions)?;

        let order = match runner.config.engine.clock {
            Clock::Wall => Order::Arrival,
            Clock::Log => Order::Timestamp,
        };
        let intake = Intake::join(clients, &inputs, order, &runner.metrics)?;
        await_assignment(runner, clients, &intake)?;

        let (bounds, deleted) = Bounds::ask(&reader, &inputs)?;
        gaps.extend(deleted);
        let mut engine = Engine::new(Arc::clone(&runner.sources), Arc::clone(&runner.ruleset));
        restore::accept(runner, &mut engine, gaps)?;
        let mut tick = || stay(runner, &intake);
        restore::restore(runner, &reader, &mut engine, &inputs, &bounds, &mut tick)?;
        let ruleset_is_known = knows_ruleset(runner, &reader, &mut tick)?;

        // The call's own patience, that of an abort after it, and a little for the answer to come back.
        let longest = timeout * 2 + Duration::from_secs(5);
        let limit = message_max_bytes(&clients.transactional(0));
        let mut session = Self {
            encoder: Encoder::new(runner.config.topics.clone(), clients.group_id(), limit),
            outbox: Watched::new(wrap(transactions), longest),
            committed: bounds.committed.clone(),
            housekeeping_done: Instant::now(),
            runner,
            engine,
            intake,
        };
        session.intake.seek(&bounds.committed)?;
        if !ruleset_is_known {
            session.publish_ruleset()?;
        }
        match order {
            Order::Arrival => {
                session.catch_up(&bounds.ends)?;
                session.score_everyone(Cause::Start, None)?;
            }
            // History is scored as it flows, so nobody waits to be scored, unless the rules are new.
            Order::Timestamp => {
                if let (false, Some(as_of)) = (ruleset_is_known, session.engine.as_of()) {
                    session.score_everyone(Cause::Start, Some(as_of))?;
                }
            }
        }
        session.runner.enter(State::Ready);
        Ok(session)
    }

    /// Batches and sweeps until something ends it.
    pub(super) fn live(&mut self) -> Result<Infallible, Halt> {
        match self.runner.config.engine.clock {
            Clock::Wall => self.live_by_wall_clock(),
            Clock::Log => self.live_by_log_clock(),
        }
    }

    fn live_by_wall_clock(&mut self) -> Result<Infallible, Halt> {
        let interval = self.runner.config.engine.sweep_interval.unsigned_abs();
        let mut rounds = Rounds::begin(interval, self.runner.config.engine.sweep_chunk, Instant::now());
        loop {
            self.between_batches()?;
            let limits = self.limits(self.runner.config.engine.max_batch_records, None);
            let collected = self.intake.collect(limits)?;
            self.batch(collected, Mode::Live)?;
            self.score_due()?;
            if !rounds.due(Instant::now()) {
                continue;
            }
            let operators = self.engine.operators();
            let Some(chunk) = rounds.next(&operators, Instant::now()) else { continue };
            self.sweep(chunk.operators, self.now(), Cause::Time)?;
            if chunk.last {
                SweepCompleted { operators: operators.len(), at: Timestamp::now() }.emit(&self.runner.metrics);
            }
        }
    }

    fn live_by_log_clock(&mut self) -> Result<Infallible, Halt> {
        let mut boundaries = Boundaries::every(self.runner.config.engine.sweep_interval);
        loop {
            self.between_batches()?;
            let until = self.engine.as_of().map(|as_of| boundaries.next(as_of));
            // Before the first record nobody knows where the first boundary lies: it is taken alone.
            let most = if until.is_some() { self.runner.config.engine.max_batch_records } else { 1 };
            let limits = self.limits(most, until);
            let collected = self.intake.collect(limits)?;
            let boundary = until.filter(|_| collected.boundary);
            if !self.batch(collected, Mode::Live)? {
                continue;
            }
            if let Some(at) = boundary {
                let operators = self.score_everyone(Cause::Time, Some(at))?;
                boundaries.passed(at);
                self.engine.expire();
                SweepCompleted { operators, at }.emit(&self.runner.metrics);
            }
        }
    }

    fn limits(&self, most: usize, until: Option<Timestamp>) -> Limits {
        let linger = self.runner.config.engine.batch_linger.unsigned_abs();
        Limits { most, linger, wait: TURN, until }
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
            LagMeasured { lags: self.intake.lags(Timestamp::now()) }.emit(&self.runner.metrics);
            if self.runner.config.engine.clock == Clock::Wall {
                self.engine.expire();
            }
        }
        let mut pauses = backoff();
        while self.intake.unreachable() {
            let again_in = pauses.next().unwrap_or(PATIENCE).min(Duration::from_secs(2));
            let servers = &self.runner.config.kafka.bootstrap_servers;
            Unreachable { servers, reason: "no broker is connected", again_in }.emit(&self.runner.metrics);
            self.runner.pause(again_in)?;
            stay(self.runner, &self.intake)?;
        }
        Ok(())
    }

    /// Everything that was there at the start, without scoring anybody.
    fn catch_up(&mut self, ends: &Positions) -> Result<(), Halt> {
        let behind = |positions: &Positions| -> u64 {
            let left = |(place, end): (_, &i64)| end - positions.get(place).copied().unwrap_or(*end);
            ends.iter().map(left).map(|left| u64::try_from(left).unwrap_or_default()).sum()
        };
        let total = behind(&self.committed);
        while !self.intake.reached(ends) {
            self.between_batches()?;
            let left = behind(&self.intake.positions());
            let what = "what came while the engine was away".to_owned();
            self.runner.enter(State::Restoring { what, done: total.saturating_sub(left), total });
            let collected = self.intake.collect(self.limits(self.runner.config.engine.max_batch_records, None))?;
            self.batch(collected, Mode::CatchUp)?;
        }
        Ok(())
    }

    /// Re-scores all operators, a chunk at a time; says how many. Without `as_of`, each chunk as of now.
    fn score_everyone(&mut self, cause: Cause, as_of: Option<Timestamp>) -> Result<usize, Halt> {
        let operators = self.engine.operators();
        for chunk in operators.chunks(self.runner.config.engine.sweep_chunk.max(1)) {
            let at = as_of.unwrap_or_else(|| self.now());
            while !self.sweep(chunk, at, cause)? {}
            stay(self.runner, &self.intake)?;
        }
        Ok(operators.len())
    }

    /// Scores operators of whom an event that lay ahead has come into sight. After an abort they are still due.
    fn score_due(&mut self) -> Result<(), Halt> {
        let now = self.now();
        for chunk in self.engine.due(now).chunks(self.runner.config.engine.sweep_chunk.max(1)) {
            self.sweep(chunk, now, Cause::Events)?;
        }
        Ok(())
    }

    /// Whether the chunk was scored and committed; if not, it is worth another try.
    fn sweep(&mut self, operators: &[OperatorId], as_of: Timestamp, cause: Cause) -> Result<bool, Halt> {
        if operators.is_empty() {
            return Ok(true);
        }
        let positions = self.intake.positions();
        let pending = self.decide(|engine| engine.sweep(operators, as_of, cause, &positions))?;
        self.commit(pending, positions)
    }

    /// Whether the records were decided and committed; if not, they come again.
    fn batch(&mut self, collected: Collected, mode: Mode) -> Result<bool, Halt> {
        if collected.records.is_empty() {
            return Ok(true);
        }
        let positions = self.intake.positions();
        let records = collected.records;
        let pending = self.decide(|engine| engine.apply(records.clone(), &positions, mode))?;
        let committed = self.commit(pending, positions)?;
        if committed {
            self.note_misrouted(&collected.misrouted);
        }
        Ok(committed)
    }

    /// Asks the engine, again after a while if no feature could be computed.
    fn decide(&self, ask: impl Fn(&Engine) -> Result<Pending, FeatureError>) -> Result<Pending, Halt> {
        let mut pauses = backoff();
        for _ in 1..TRIES {
            match ask(&self.engine) {
                Ok(pending) => return Ok(pending),
                Err(error) => {
                    let again_in = pauses.next().unwrap_or(PATIENCE);
                    BatchFailed { reason: &error.to_string(), again_in }.emit(&self.runner.metrics);
                    self.runner.pause(again_in)?;
                }
            }
        }
        Ok(ask(&self.engine)?)
    }

    /// Makes everything of a pending visible together with the offsets, then installs it. After an abort it is dropped,
    /// reading goes back to the committed offsets, and the answer is no.
    fn commit(&mut self, pending: Pending, positions: Positions) -> Result<bool, Halt> {
        let began = Instant::now();
        let transaction = Transaction {
            records: self.encoder.output(&pending.output),
            positions: positions.clone(),
            group: self.intake.group(),
        };
        if !self.transact(transaction)? {
            // A change of the assignment makes transactions fail too, and leaves nothing to go back to.
            stay(self.runner, &self.intake)?;
            self.intake.seek(&self.committed)?;
            return Ok(false);
        }
        let metrics = &self.runner.metrics;
        TransactionCommitted { took: began.elapsed() }.emit(metrics);
        BatchDecided { tally: &pending.output.tally, sources: &self.runner.sources }.emit(metrics);
        for event in &pending.output.warnings {
            WarningMoved { event }.emit(metrics);
        }
        self.engine.commit(pending);
        self.committed = positions;
        Ok(true)
    }

    /// Whether it was committed; if not, it was aborted, and enough time has passed to try again.
    fn transact(&mut self, transaction: Transaction) -> Result<bool, Halt> {
        const PAUSE: Duration = Duration::from_millis(200);
        match self.outbox.commit(transaction)? {
            Ok(()) => Ok(true),
            Err(TransactionError::Aborted(reason)) => {
                TransactionAborted { reason: &reason, again_in: PAUSE }.emit(&self.runner.metrics);
                self.runner.pause(PAUSE)?;
                Ok(false)
            }
            Err(TransactionError::Fatal(reason)) => Err(KafkaError::Transaction(reason).into()),
        }
    }

    fn publish_ruleset(&mut self) -> Result<(), Halt> {
        loop {
            let records = vec![self.encoder.ruleset(&self.runner.ruleset)];
            if self.transact(Transaction { records, positions: Positions::new(), group: None })? {
                RulesetPublished { hash: &self.runner.ruleset.hash }.emit(&self.runner.metrics);
                return Ok(());
            }
        }
    }

    fn note_misrouted(&self, misrouted: &BTreeMap<SourceId, u64>) {
        for (source, records) in misrouted {
            let source = &self.runner.sources.get(*source).name;
            Misrouted { source, records: *records }.emit(&self.runner.metrics);
        }
    }
}

/// Waits until Kafka answers.
fn reach(runner: &Runner, clients: &Clients, reader: &Reader) -> Result<(), Halt> {
    let mut pauses = backoff();
    loop {
        runner.check_stop()?;
        let Err(error) = reader.ping(PATIENCE.min(Duration::from_secs(3))) else { return Ok(()) };
        let again_in = pauses.next().unwrap_or(PATIENCE);
        let reason = error.to_string();
        Unreachable { servers: clients.servers(), reason: &reason, again_in }.emit(&runner.metrics);
        runner.pause(again_in)?;
    }
}

fn check_topics(runner: &Runner, clients: &Clients) -> Result<Vec<Gap>, KafkaError> {
    if !runner.check_topics {
        return Ok(Vec::new());
    }
    let reports = topics::inspect(clients, topics::plan(&runner.config, &runner.sources))?;
    let verdict = topics::judge(&reports)?;
    for difference in &verdict.remarks {
        TopicDiffers { difference }.emit(&runner.metrics);
    }
    Ok(verdict.gaps)
}

fn input_topics(runner: &Runner, reader: &Reader) -> Result<Vec<InputTopic>, KafkaError> {
    runner
        .sources
        .iter()
        .map(|(id, source)| {
            let name = names::input(&runner.config.topics, source);
            Ok(InputTopic { name: name.into(), source: id, partitions: reader.partitions(name)? })
        })
        .collect()
}

/// Ends whatever an earlier process left open.
fn fence(runner: &Runner, clients: &Clients, transactions: &KafkaTransactions) -> Result<(), Halt> {
    let mut pauses = backoff();
    loop {
        runner.check_stop()?;
        match transactions.fence(PATIENCE) {
            Ok(()) => return Ok(()),
            Err(TransactionError::Fatal(reason)) => return Err(KafkaError::Transaction(reason).into()),
            Err(TransactionError::Aborted(reason)) => {
                let again_in = pauses.next().unwrap_or(PATIENCE);
                Unreachable { servers: clients.servers(), reason: &reason, again_in }.emit(&runner.metrics);
                runner.pause(again_in)?;
            }
        }
    }
}

fn await_assignment(runner: &Runner, clients: &Clients, intake: &Intake) -> Result<(), Halt> {
    let all = intake.positions().len();
    loop {
        runner.check_stop()?;
        match intake.serve()?.pop() {
            Some(Assignment::Given(partitions)) if partitions.len() == all => {
                Assigned { partitions: all }.emit(&runner.metrics);
                return Ok(());
            }
            Some(Assignment::Given(partitions)) => {
                let group = clients.group_id().to_owned();
                return Err(KafkaError::Shared { group, assigned: partitions.len(), all }.into());
            }
            Some(Assignment::Taken) | None => runner.pause(Duration::from_millis(10))?,
        }
    }
}

/// Stays a member of the group, and says when to go.
fn stay(runner: &Runner, intake: &Intake) -> Result<(), Halt> {
    runner.check_stop()?;
    if intake.serve()?.is_empty() { Ok(()) } else { Err(Halt::Ended(Ended::Reassigned)) }
}

/// Whether the `rulesets` topic has this ruleset already.
fn knows_ruleset(runner: &Runner, reader: &Reader, tick: &mut dyn FnMut() -> Result<(), Halt>) -> Result<bool, Halt> {
    use rdkafka::message::Message as _;

    let topic = &runner.config.topics.rulesets;
    let mut stretches = Vec::new();
    for partition in 0..reader.partitions(topic)? {
        let (from, to) = reader.bounds(topic, partition)?;
        stretches.push(super::reader::Stretch { partition, from, to });
    }
    let mut known = false;
    let hash = runner.ruleset.hash.as_bytes();
    reader.read(
        topic,
        &stretches,
        |message| {
            known |= message.key() == Some(hash) && message.payload().is_some();
            Ok(())
        },
        |_| tick(),
    )?;
    Ok(known)
}
