//! From nothing to live scores: reach Kafka, end what an earlier process left, join the group, restore, catch up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::initial_ruleset::{InitialRuleset, RulesetLoader};
use super::shadows::Shadows;
use super::{PastRulesets, Session, assignment};
use crate::control::Control;
use crate::encoder::Encoder;
use crate::error::Stop;
use crate::restore::{self, Bounds, Restore};
use crate::rulesets;
use crate::run::Runner;
use crate::status::State;
use yujing_config::{Clock, Config};
use yujing_core::engine::{Engine, Mode, Positions};
use yujing_core::source::Sources;
use yujing_core::warning::Cause;
use yujing_kafka::batch_consumer::{BatchConsumer, Order};
use yujing_kafka::client::message_max_bytes;
use yujing_kafka::drop_with_timeout::DropWithTimeout;
use yujing_kafka::input_topic::InputTopic;
use yujing_kafka::topics::{self, TopicCheck};
use yujing_kafka::transaction::{KafkaTransactions, TransactionError, Transactions};
use yujing_kafka::transaction_worker::TransactionWorker;
use yujing_kafka::{Clients, KafkaError, Reader, names};
use yujing_telemetry::kafka::{InputFound, TopicDiffers};
use yujing_telemetry::{InternalEvent as _, Metrics};

/// How long Kafka may take to answer before it is reported, and tried again.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

impl<'a> Session<'a> {
    /// Reaches Kafka, joins the group, restores and catches up; returns when scores are live.
    pub(crate) fn start<T: Transactions + Send + 'static>(
        runner: &'a mut Runner,
        control: &'a Control,
        clients: &Clients,
        wrap: &impl Fn(KafkaTransactions) -> T,
    ) -> Result<Self, Stop> {
        let Runner { config, sources, origin, sandbox, metrics, queries, reloads, candidates, .. } = runner;
        let (accept_gap, check_topics) = (runner.accept_gap, runner.check_topics);
        let reader = Reader::new(clients, metrics, control.stop.clone())?;
        control.reach(|| Ok(reader.ping(ANSWER_TIMEOUT).map_err(|error| error.to_string())))?;
        let checked =
            if check_topics { checked_topics(config, sources, clients, metrics)? } else { TopicCheck::default() };
        let clients = &clients.clone().within(checked.most_bytes);
        let inputs = input_topics(config, sources, &reader)?;
        for InputTopic { name, partitions, .. } in &inputs {
            InputFound { topic: name, partitions: *partitions }.emit(metrics);
        }

        let timeout = config.engine.transaction_timeout.unsigned_abs();
        let transactions = KafkaTransactions::new(clients, timeout, metrics)?;
        fence(control, &transactions)?;
        let order = match config.engine.clock {
            Clock::Wall => Order::Arrival,
            Clock::Log => Order::Timestamp,
        };
        let consumer = DropWithTimeout::new(BatchConsumer::join(clients, &inputs, order, metrics)?);
        assignment::wait(control, clients.group_id(), &reader, &consumer)?;
        let mut bounds = bounds(control, config, clients, &reader, &inputs)?;
        bounds.gaps.extend(checked.gaps);

        let mut tick = || assignment::keep(control, &consumer);
        let archive = rulesets::read(&reader, &config.topics.rulesets, metrics, &mut tick)?;
        let (folder, topic) = (config.paths.rules.as_path(), config.topics.rulesets.as_str());
        let loader = RulesetLoader { origin, sandbox, folder, topic };
        let known = reloads.status.in_force().map(|in_force| in_force.ruleset);
        let initial = InitialRuleset::find(&loader, &archive, known.as_ref()).or_else(|error| {
            // A request to stop ends the building of rulesets too.
            control.check_stop()?;
            Err(Stop::from(error))
        })?;
        let mut engine = Engine::new(Arc::clone(sources), Arc::clone(&initial.ruleset));
        let mut past = PastRulesets::new(&loader, &archive, &initial.ruleset);
        let restore =
            Restore { control, config, sources, reader: &reader, inputs: &inputs, bounds: &bounds, tick: &mut tick };
        restore.run(&mut engine, &mut past, accept_gap)?;
        let rules_changed = past.met_others();
        let shadows = Shadows::restore(config, candidates, &reader, metrics, &mut tick)?;

        // The call's own timeout, that of an abort after it, and a little for the answer to come back.
        let longest = timeout * 2 + Duration::from_secs(5);
        let own = message_max_bytes(&clients.transactional(0));
        let limit = checked.most_bytes.map_or(own, |most| most.min(own));
        let mut session = Self {
            control,
            encoder: Encoder::new(config.topics.clone(), clients.group_id(), limit),
            transactions: TransactionWorker::new(wrap(transactions), longest),
            committed: bounds.committed.clone(),
            change: None,
            shadows,
            housekeeping_done: Instant::now(),
            config,
            sources,
            queries,
            reloads,
            candidates,
            engine,
            consumer,
        };
        session.begin(initial, &bounds, order, rules_changed)?;
        Ok(session)
    }

    /// Reads what came while the engine was away and scores everyone; then scores are live.
    fn begin(
        &mut self,
        initial: InitialRuleset,
        bounds: &Bounds,
        order: Order,
        rules_changed: bool,
    ) -> Result<(), Stop> {
        self.consumer.seek(&bounds.committed)?;
        self.begin_ruleset(initial)?;
        self.attach_shadows();
        match order {
            Order::Arrival => {
                self.catch_up(&bounds.ends)?;
                self.score_everyone(Cause::Start, None)?;
                self.shadows_scored_everyone();
            }
            // History is scored as it flows, so nobody waits to be scored, unless the rules are new.
            Order::Timestamp => {
                if let (true, Some(as_of)) = (rules_changed, self.engine.as_of()) {
                    self.score_everyone(Cause::Start, Some(as_of))?;
                }
            }
        }
        self.control.enter(State::Ready);
        Ok(())
    }

    /// Everything that was there at the start, without scoring anybody.
    fn catch_up(&mut self, ends: &Positions) -> Result<(), Stop> {
        let behind = |positions: &Positions| -> u64 {
            let left = |(place, end): (_, &i64)| end - positions.get(place).copied().unwrap_or(*end);
            ends.iter().map(left).map(|left| u64::try_from(left).unwrap_or_default()).sum()
        };
        let total = behind(&self.committed);
        while !self.consumer.reached(ends) {
            self.between_batches()?;
            let left = behind(&self.consumer.positions());
            let what = "what came while the engine was away".to_owned();
            self.control.enter(State::Restoring { what, done: total.saturating_sub(left), total });
            let limits = self.limits(self.config.engine.max_batch_records, None);
            let batch = self.consumer.collect(limits)?;
            self.decide_batch(batch, Mode::CatchUp)?;
        }
        Ok(())
    }
}

/// The topics compared with their plan.
fn checked_topics(
    config: &Config,
    sources: &Sources,
    clients: &Clients,
    metrics: &Metrics,
) -> Result<TopicCheck, KafkaError> {
    let reports = topics::inspect(clients, topics::plan(config, sources))?;
    let check = topics::check(&reports)?;
    for difference in &check.remarks {
        TopicDiffers { difference }.emit(metrics);
    }
    Ok(check)
}

fn input_topics(config: &Config, sources: &Sources, reader: &Reader) -> Result<Vec<InputTopic>, KafkaError> {
    sources
        .iter()
        .map(|(id, source)| {
            let name = names::input(&config.topics, source);
            let partitions = reader.partitions(name)?;
            Ok(InputTopic { name: name.into(), source: id, partitions, key_form: source.operator_form() })
        })
        .collect()
}

/// Ends whatever an earlier process left open.
fn fence(control: &Control, transactions: &KafkaTransactions) -> Result<(), Stop> {
    control.reach(|| match transactions.fence(ANSWER_TIMEOUT) {
        Ok(()) => Ok(Ok(())),
        Err(TransactionError::Aborted(reason)) => Ok(Err(reason)),
        Err(error) => Err(KafkaError::from(error).into()),
    })
}

/// Where reading stood, once nothing of an earlier process is open any more.
fn bounds(
    control: &Control,
    config: &Config,
    clients: &Clients,
    reader: &Reader,
    inputs: &[InputTopic],
) -> Result<Bounds, Stop> {
    let unstable = Reader::unstable(clients, &control.metrics, control.stop.clone())?;
    let bounds = Bounds::ask(reader, &unstable, inputs)?;
    for topic in [&config.topics.scores, &config.topics.rulesets] {
        restore::await_stable(control, reader, &unstable, topic)?;
    }
    Ok(bounds)
}
