//! From nothing to live scores: reach Kafka, end what an earlier process left, join the group, restore, catch up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::assignment;
use super::candidates::Seats;
use super::rules::{Beginning, Judges};
use super::{Halt, Session, stay};
use crate::config::Clock;
use crate::engine::{Engine, Mode, Positions};
use crate::kafka::client::message_max_bytes;
use crate::kafka::consume::{InputTopic, Intake, Order};
use crate::kafka::parting::Parting;
use crate::kafka::produce::{KafkaTransactions, TransactionError, Transactions};
use crate::kafka::reader::Reader;
use crate::kafka::watchdog::Watched;
use crate::kafka::{Clients, Gap, KafkaError, names, topics};
use crate::live::encoder::Encoder;
use crate::live::restore::{self, Bounds};
use crate::live::rulesets;
use crate::live::run::{LONGEST_PAUSE, Runner, backoff};
use crate::live::status::State;
use crate::telemetry::InternalEvent as _;
use crate::telemetry::kafka::{InputsFound, TopicDiffers};
use crate::warning::Cause;

/// How long Kafka may take to answer before it is told, and tried again.
const PATIENCE: Duration = Duration::from_secs(5);

impl<'a> Session<'a> {
    /// Reaches Kafka, joins the group, restores and catches up; returns when scores are live.
    pub(in crate::live) fn start<T: Transactions + Send + 'static>(
        runner: &'a mut Runner,
        clients: &Clients,
        wrap: &impl Fn(KafkaTransactions) -> T,
    ) -> Result<Self, Halt> {
        let reader = Reader::new(clients, &runner.metrics, runner.stop.clone())?;
        reach(runner, &reader)?;
        let (gaps, most_bytes) = check_topics(runner, clients)?;
        let clients = &clients.clone().within(most_bytes);
        let inputs = input_topics(runner, &reader)?;
        InputsFound { inputs: &inputs }.emit(&runner.metrics);

        let timeout = runner.config.engine.transaction_timeout.unsigned_abs();
        let transactions = KafkaTransactions::new(clients, timeout, &runner.metrics)?;
        fence(runner, &transactions)?;

        let order = match runner.config.engine.clock {
            Clock::Wall => Order::Arrival,
            Clock::Log => Order::Timestamp,
        };
        let intake = Parting::new(Intake::join(clients, &inputs, order, &runner.metrics)?);
        assignment::wait(runner, clients, &reader, &intake)?;

        let unstable = Reader::unstable(clients, &runner.metrics, runner.stop.clone())?;
        let mut bounds = Bounds::ask(&reader, &unstable, &inputs)?;
        bounds.gaps.extend(gaps);
        for topic in [&runner.config.topics.scores, &runner.config.topics.rulesets] {
            restore::settle(runner, &reader, &unstable, topic)?;
        }
        drop(unstable);
        let mut tick = || stay(runner, &intake);
        let archive = rulesets::read(&reader, &runner.config.topics.rulesets, &runner.metrics, &mut tick)?;
        let beginning = Beginning::find(runner, &archive).or_else(|error| {
            // A request to stop ends the building of rulesets too.
            runner.check_stop()?;
            Err(Halt::from(error))
        })?;
        let mut engine = Engine::new(Arc::clone(&runner.sources), Arc::clone(&beginning.ruleset));
        let mut judges = Judges::new(runner, &archive, &beginning.ruleset);
        restore::restore(runner, &reader, &mut engine, &inputs, &bounds, &mut judges, &mut tick)?;
        let rules_changed = judges.met_others();
        let seats = Seats::restore(runner, &reader, &mut tick)?;

        // The call's own patience, that of an abort after it, and a little for the answer to come back.
        let longest = timeout * 2 + Duration::from_secs(5);
        let own = message_max_bytes(&clients.transactional(0));
        let limit = most_bytes.map_or(own, |most| most.min(own));
        let mut session = Self {
            encoder: Encoder::new(runner.config.topics.clone(), clients.group_id(), limit),
            outbox: Watched::new(wrap(transactions), longest),
            committed: bounds.committed.clone(),
            change: None,
            seats,
            housekeeping_done: Instant::now(),
            runner,
            engine,
            intake,
        };
        session.intake.seek(&bounds.committed)?;
        session.begin_ruleset(beginning)?;
        session.seat_candidates();
        match order {
            Order::Arrival => {
                session.catch_up(&bounds.ends)?;
                session.score_everyone(Cause::Start, None)?;
                session.trial_is_under_way();
            }
            // History is scored as it flows, so nobody waits to be scored, unless the rules are new.
            Order::Timestamp => {
                if let (true, Some(as_of)) = (rules_changed, session.engine.as_of()) {
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
            let limits = self.limits(self.runner.config.engine.max_batch_records, None);
            let collected = self.intake.collect(limits)?;
            self.batch(collected, Mode::CatchUp)?;
        }
        Ok(())
    }
}

/// Waits until Kafka answers.
fn reach(runner: &Runner, reader: &Reader) -> Result<(), Halt> {
    let mut pauses = backoff();
    loop {
        runner.check_stop()?;
        let Err(error) = reader.ping(PATIENCE) else {
            runner.reached();
            return Ok(());
        };
        let again_in = pauses.next().unwrap_or(LONGEST_PAUSE);
        runner.unreached(&error.to_string(), again_in);
        runner.pause(again_in)?;
    }
}

/// Inputs that forget too early, and how much the topics take at once.
fn check_topics(runner: &Runner, clients: &Clients) -> Result<(Vec<Gap>, Option<usize>), KafkaError> {
    if !runner.check_topics {
        return Ok((Vec::new(), None));
    }
    let reports = topics::inspect(clients, topics::plan(&runner.config, &runner.sources))?;
    let verdict = topics::judge(&reports)?;
    for difference in &verdict.remarks {
        TopicDiffers { difference }.emit(&runner.metrics);
    }
    Ok((verdict.gaps, verdict.most_bytes))
}

fn input_topics(runner: &Runner, reader: &Reader) -> Result<Vec<InputTopic>, KafkaError> {
    runner
        .sources
        .iter()
        .map(|(id, source)| {
            let name = names::input(&runner.config.topics, source);
            Ok(InputTopic {
                name: name.into(),
                source: id,
                partitions: reader.partitions(name)?,
                key_form: source.operator_form(),
            })
        })
        .collect()
}

/// Ends whatever an earlier process left open.
fn fence(runner: &Runner, transactions: &KafkaTransactions) -> Result<(), Halt> {
    let mut pauses = backoff();
    loop {
        runner.check_stop()?;
        match transactions.fence(PATIENCE) {
            Ok(()) => {
                runner.reached();
                return Ok(());
            }
            Err(TransactionError::Aborted(reason)) => {
                let again_in = pauses.next().unwrap_or(LONGEST_PAUSE);
                runner.unreached(&reason, again_in);
                runner.pause(again_in)?;
            }
            Err(error) => return Err(KafkaError::from(error).into()),
        }
    }
}
