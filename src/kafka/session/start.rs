//! From nothing to live scores: reach Kafka, end what an earlier process left, join the group, restore, catch up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Halt, PATIENCE, Session, stay};
use crate::config::Clock;
use crate::engine::{Engine, Mode, Positions};
use crate::kafka::client::{Assignment, message_max_bytes};
use crate::kafka::consume::{InputTopic, Intake, Order};
use crate::kafka::outgoing::Encoder;
use crate::kafka::produce::{KafkaTransactions, TransactionError, Transactions};
use crate::kafka::reader::Reader;
use crate::kafka::restore::{self, Bounds};
use crate::kafka::run::{Runner, backoff};
use crate::kafka::watchdog::Watched;
use crate::kafka::{Clients, Gap, KafkaError, names, topics};
use crate::server::status::State;
use crate::telemetry::InternalEvent as _;
use crate::telemetry::kafka::{Assigned, TopicDiffers, Unreachable};
use crate::warning::Cause;

impl<'a> Session<'a> {
    /// Reaches Kafka, joins the group, restores and catches up; returns when scores are live.
    pub(in crate::kafka) fn start<T: Transactions + Send + 'static>(
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
        let ruleset_is_known = restore::knows_ruleset(runner, &reader, &mut tick)?;

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
