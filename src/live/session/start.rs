//! From a member of the group to live scores: restore, catch up, score everyone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use yujing_config::{Clock, Config};
use yujing_core::engine::{Engine, Mode, Positions};
use yujing_core::source::{SourceId, Sources};
use yujing_core::warning::{Area, Cause};
use yujing_kafka::Clients;
use yujing_kafka::batch_consumer::Order;
use yujing_kafka::transaction::{KafkaTransactions, Transactions};
use yujing_kafka::transaction_worker::TransactionWorker;

use super::connection::Connection;
use super::initial_ruleset::{InitialRuleset, RulesetLoader};
use super::next_batch::DecodedBatch;
use super::past_rulesets::PastRulesets;
use super::shadows::Shadows;
use super::{Session, areas, assignment};
use crate::control::Control;
use crate::encoder::Encoder;
use crate::error::Stop;
use crate::restore::{Bounds, Restore};
use crate::rulesets;
use crate::run::Runner;
use crate::shadow::Candidates;
use crate::status::State;

/// What the topics say of the time before.
struct Memory {
    engine: Engine,
    initial: InitialRuleset,
    /// Whether some scores are of other rules than those in force.
    rules_changed: bool,
    shadows: Shadows,
    /// Areas of which the topic has records.
    areas: BTreeSet<Area>,
}

impl Memory {
    fn restore(
        control: &Control,
        config: &Config,
        sources: &Arc<Sources>,
        connection: &Connection,
        loader: &RulesetLoader<'_>,
        candidates: &Candidates,
        accept_gap: bool,
    ) -> Result<Self, Stop> {
        let Connection { reader, inputs, consumer, bounds, .. } = connection;
        let metrics = &control.metrics;
        let mut tick = || assignment::keep(control, consumer);
        let archive = rulesets::read(reader, &config.topics.rulesets, metrics, &mut tick)?;
        let initial = InitialRuleset::find(loader, &archive).or_else(|error| {
            // A request to stop ends the building of rulesets too.
            control.check_stop()?;
            Err(Stop::from(error))
        })?;
        let threads = config.engine.threads();
        initial.ruleset.features.plan_evidence(threads);
        let mut engine = Engine::new(Arc::clone(sources), Arc::clone(&initial.ruleset)).on_threads(threads);
        if config.engine.clock == Clock::Log {
            engine.wake_every(config.engine.sweep_interval);
        }
        let mut past = PastRulesets::new(loader, &archive, &initial.ruleset);
        let restore = Restore { control, config, sources, reader, inputs, bounds, tick: &mut tick };
        restore.run(&mut engine, &mut |hash| past.get(hash), accept_gap)?;
        let rules_changed = past.met_others();
        let shadows = Shadows::restore(config, candidates, reader, metrics, &mut tick)?;
        let areas = areas::known(reader, &config.topics.areas, metrics, &mut tick)?;
        Ok(Self { engine, initial, rules_changed, shadows, areas })
    }
}

impl<'a> Session<'a> {
    /// Reaches Kafka, joins the group, restores and catches up; returns when scores are live.
    pub(crate) fn start<T: Transactions + Send + 'static>(
        runner: &'a mut Runner,
        control: &'a Control,
        clients: &Clients,
        wrap: &impl Fn(KafkaTransactions) -> T,
    ) -> Result<Self, Stop> {
        let Runner { config, sources, origin, sandbox, queries, reloads, candidates, .. } = runner;
        let connection = Connection::open(control, config, sources, clients, runner.check_topics)?;
        let (folder, topic) = (config.paths.rules.as_path(), config.topics.rulesets.as_str());
        let known = reloads.status.in_force().map(|in_force| in_force.ruleset);
        let loader = RulesetLoader { known, origin, sandbox, folder, topic };
        let memory = Memory::restore(control, config, sources, &connection, &loader, candidates, runner.accept_gap)?;
        let Connection { order, consumer, transactions, bounds, message_max_bytes, .. } = connection;
        let Memory { engine, initial, rules_changed, shadows, areas } = memory;

        // The call's own timeout, that of an abort after it, and a little for the answer to come back.
        let longest = config.engine.transaction_timeout.unsigned_abs() * 2 + Duration::from_secs(5);
        let encoder = Encoder::new(config.topics.clone(), clients.group_id(), message_max_bytes);
        let mut session = Self {
            control,
            encoder: encoder.on_threads(config.engine.threads()),
            transactions: TransactionWorker::new(wrap(transactions), longest),
            committed: bounds.committed.clone(),
            in_flight: None,
            next_batch: DecodedBatch::default(),
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
        session.begin_areas(&areas)?;
        control.enter(State::Ready);
        Ok(session)
    }

    /// Reads what came while the engine was away and scores everyone.
    fn begin(
        &mut self,
        initial: InitialRuleset,
        bounds: &Bounds,
        order: Order,
        rules_changed: bool,
    ) -> Result<(), Stop> {
        self.go_back()?;
        self.begin_ruleset(initial)?;
        self.attach_shadows();
        match order {
            Order::Arrival => {
                self.catch_up(&bounds.ends)?;
                self.score_everyone(Cause::Start, None)?;
                self.shadows_scored_everyone();
            }
            // History is scored as it flows, so nobody waits to be scored, unless the rules are new; but everyone is
            // evaluated as of where it stands, which says until when the answers hold.
            Order::Timestamp => match self.engine.as_of() {
                Some(as_of) if rules_changed => {
                    self.score_everyone(Cause::Start, Some(as_of))?;
                }
                Some(as_of) => {
                    self.engine.schedule_all();
                    self.wake_until(as_of)?;
                }
                None => {}
            },
        }
        Ok(())
    }

    /// Everything that was there at the start: first without scoring anybody; then, once all facts are known, what
    /// people answered meanwhile, which is judged by how warnings stand.
    fn catch_up(&mut self, ends: &Positions) -> Result<(), Stop> {
        let answers = self.engine.decided_dispositions();
        let (answers, facts) = self.sources.iter().map(|(id, _)| id).partition(|id| Some(*id) == answers);
        self.catch_up_with(facts, ends, Mode::CatchUp)?;
        self.catch_up_with(answers, ends, Mode::Live)?;
        self.consumer.read_only(None);
        Ok(())
    }

    /// What was there at the start of some sources.
    fn catch_up_with(&mut self, sources: BTreeSet<SourceId>, ends: &Positions, mode: Mode) -> Result<(), Stop> {
        let behind = |positions: &Positions| -> u64 {
            let left = |(place, end): (_, &i64)| end - positions.get(place).copied().unwrap_or(*end);
            ends.iter().map(left).map(|left| u64::try_from(left).unwrap_or_default()).sum()
        };
        self.consumer.read_only(Some(sources));
        let total = behind(&self.committed);
        // What was under way last may come again.
        while !(self.next_batch.is_empty() && self.consumer.reached(ends) && self.settle()?) {
            self.between_batches()?;
            let left = behind(&self.committed);
            let what = "what came while the engine was away".to_owned();
            self.control.enter(State::Restoring { what, done: total.saturating_sub(left), total });
            let limits = self.limits(self.config.engine.max_batch_records, None);
            let batch = self.collect(limits)?;
            self.decide_batch(batch, mode)?;
        }
        Ok(())
    }
}
