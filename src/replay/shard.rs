//! A part of the operators with an engine of its own. What is decided of an operator depends on no other, so operators
//! are shared out among several engines, and each decides on a thread of its own, as fast as it can. Only when batches
//! begin and end is the same for all.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use yujing_base::{OperatorId, parallel};
use yujing_core::engine::{Engine, Layers, LeftOut, Mode, Pending, Positions};
use yujing_core::feature::FeatureError;
use yujing_core::source::{DecodedRecord, Record};
use yujing_core::warning::Cause;
use yujing_kafka::partitioner::murmur2;

use super::answers::Answerer;
use super::phase::{Phase, PhaseTimes};
use super::query::QueryAnswer;
use super::results::Results;

/// Operators scored together.
const OPERATORS_PER_CHUNK: usize = 1_024;
/// How often memory is cleared of what no query can read any more.
const EXPIRY_INTERVAL: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So many orders wait for a shard; who gives more waits for it.
const WAITING: usize = 2;

/// Records that are decided together, with what each says.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    pub(super) decoded: Vec<DecodedRecord>,
}

impl Batch {
    /// Whether it began at this instant.
    pub(super) fn is_of_one_instant(&self, arrival: Timestamp) -> bool {
        self.records.first().is_some_and(|first| first.timestamp == arrival)
    }

    /// The records of each of some shards; the first has those of nobody as well.
    pub(super) fn shared_out(self, shards: usize) -> Vec<Self> {
        let mut parts: Vec<Self> = (0..shards).map(|_| Self::default()).collect();
        for (record, decoded) in self.records.into_iter().zip(self.decoded) {
            let place = decoded.event.as_ref().map_or(0, |event| place_of(&event.operator_id, shards));
            parts[place].records.push(record);
            parts[place].decoded.push(decoded);
        }
        parts
    }
}

/// The shard of an operator.
pub(super) fn place_of(operator: &OperatorId, shards: usize) -> usize {
    usize::try_from(murmur2(operator.as_bytes())).unwrap_or_default() % shards
}

/// Who sees everything that is decided, before it is committed.
pub(super) type Observer<'a> = &'a mut (dyn FnMut(&Pending) + Send);

/// What a shard is to do.
pub(super) enum Order {
    /// Everyone is scored once.
    Start(Timestamp),
    PassTime(Timestamp),
    /// Its part of a batch is decided as of an instant.
    Apply {
        batch: Batch,
        mode: Mode,
        as_of: Timestamp,
    },
    /// Its part of the batches of a while is decided, the last of them as of an instant.
    ApplyAhead {
        layers: Layers,
        as_of: Timestamp,
    },
    /// Some of its operators are scored, as of an instant.
    Score {
        operators: Vec<OperatorId>,
        at: Timestamp,
    },
}

/// What a shard did.
pub(super) struct Done {
    pub(super) results: Results,
    /// The answers to what it was asked, in their order.
    pub(super) answers: Vec<QueryAnswer>,
    pub(super) phases: PhaseTimes,
}

/// A shard at work.
pub(super) struct ShardThread<'scope> {
    orders: SyncSender<Order>,
    thread: ScopedJoinHandle<'scope, Result<Done, FeatureError>>,
}

impl ShardThread<'_> {
    /// Has it do something once it has done all before; nothing if it ended already, for an error.
    pub(super) fn order(&self, order: Order) -> Option<()> {
        self.orders.send(order).ok()
    }

    /// Waits until all is done.
    pub(super) fn end(self) -> Result<Done, FeatureError> {
        drop(self.orders);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// An engine, and what it decided of its operators.
pub(super) struct Shard<'a> {
    pub(super) engine: &'a mut Engine,
    results: Results,
    last_expiry: Option<Timestamp>,
    /// Who answers the warnings of the first ruleset.
    pub(super) answerer: Option<&'a mut Answerer>,
    pub(super) observer: Option<Observer<'a>>,
}

impl<'a> Shard<'a> {
    pub(super) fn new(engine: &'a mut Engine) -> Self {
        let results = Results::new(engine.rulesets().cloned());
        Self { engine, results, last_expiry: None, answerer: None, observer: None }
    }

    /// Begins to work on a thread of the scope. `without` are the parts of each ruleset that it also scores without.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn begin<'scope>(
        self,
        scope: &'scope thread::Scope<'scope, '_>,
        without: &'scope [Vec<LeftOut>],
    ) -> io::Result<ShardThread<'scope>>
    where
        'a: 'scope,
    {
        let (sender, orders) = sync_channel(WAITING);
        let thread = parallel::thread_named("shard").spawn_scoped(scope, move || self.work(&orders, without))?;
        Ok(ShardThread { orders: sender, thread })
    }

    fn work(mut self, orders: &Receiver<Order>, without: &[Vec<LeftOut>]) -> Result<Done, FeatureError> {
        let (mut answers, mut phases) = (Vec::new(), PhaseTimes::default());
        loop {
            let waiting = Instant::now();
            let Ok(order) = orders.recv() else { break };
            phases.add_since(Phase::Reading, waiting);
            let (phase, began) = (order.phase(), Instant::now());
            match order {
                Order::Start(at) => self.start(at)?,
                Order::PassTime(until) => self.pass_time(until)?,
                Order::Apply { batch, mode, as_of } => self.apply(batch, mode, as_of)?,
                Order::ApplyAhead { layers, as_of } => self.apply_ahead(layers, as_of)?,
                Order::Score { operators, at } => answers.push(self.scores(&operators, at, without)?),
            }
            phases.add_since(phase, began);
        }
        Ok(Done { results: self.results, answers, phases })
    }

    fn apply(&mut self, batch: Batch, mode: Mode, as_of: Timestamp) -> Result<(), FeatureError> {
        let Batch { records, decoded } = batch;
        if mode == Mode::Live {
            self.pass_time(as_of)?;
        }
        // As of the last record of the whole batch, whosever it is: what is dated later is not seen yet.
        self.engine.advance(as_of);
        if !records.is_empty() {
            let positions = &Positions::new();
            let pending = self.engine.apply_decoded(&records, decoded, positions, mode, Timestamp::MAX)?;
            self.commit(pending);
        }
        self.expire(as_of);
        Ok(())
    }

    /// Lets time pass up to the last of the batches as well.
    fn apply_ahead(&mut self, layers: Layers, as_of: Timestamp) -> Result<(), FeatureError> {
        for layer in layers.into_layers() {
            let pending = self.engine.apply_layer(layer)?;
            self.commit(pending);
        }
        self.pass_time(as_of)?;
        self.engine.advance(as_of);
        self.expire(as_of);
        Ok(())
    }

    fn expire(&mut self, as_of: Timestamp) {
        if as_of.duration_since(*self.last_expiry.get_or_insert(as_of)) >= EXPIRY_INTERVAL {
            self.last_expiry = Some(as_of);
            self.engine.expire();
        }
    }

    /// Everyone is scored once, as the engine does after a start.
    fn start(&mut self, at: Timestamp) -> Result<(), FeatureError> {
        for chunk in self.engine.operators().chunks(OPERATORS_PER_CHUNK) {
            let pending = self.engine.sweep(chunk, at, Cause::Start, &Positions::new())?;
            self.commit(pending);
        }
        Ok(())
    }

    /// Lets time pass up to an instant: whoever changes without events is evaluated exactly when, and whoever answers does so.
    fn pass_time(&mut self, until: Timestamp) -> Result<(), FeatureError> {
        loop {
            let answer = self.answerer.as_ref().and_then(|answerer| answerer.next()).filter(|at| *at <= until);
            let limit = answer.unwrap_or(until);
            match self.engine.next_instant().filter(|at| *at <= limit) {
                // What is decided at an instant may be answered before the next one.
                Some(at) => {
                    let latest = if self.answerer.is_some() { at } else { limit };
                    let pending = self.engine.wake(latest, OPERATORS_PER_CHUNK, &Positions::new())?;
                    self.commit(pending);
                }
                None if answer.is_some() => self.answer_warning()?,
                None => return Ok(()),
            }
        }
    }

    fn scores(
        &mut self,
        operators: &[OperatorId],
        at: Timestamp,
        without: &[Vec<LeftOut>],
    ) -> Result<QueryAnswer, FeatureError> {
        let mut answer: QueryAnswer = self.engine.rulesets().map(|_| Vec::new()).collect();
        for chunk in operators.chunks(OPERATORS_PER_CHUNK) {
            let ablations = self.engine.ablations(chunk, at, without)?;
            for (all, more) in answer.iter_mut().zip(ablations) {
                all.extend(more);
            }
        }
        Ok(answer)
    }

    fn answer_warning(&mut self) -> Result<(), FeatureError> {
        let Some(record) = self.answerer.as_mut().and_then(|answerer| answerer.take()) else { return Ok(()) };
        let pending = self.engine.apply(&[record], &Positions::new(), Mode::Live)?;
        debug_assert!(pending.output.dead_letters.is_empty(), "only what is permitted is done");
        self.observe(&pending);
        // An answer is no record of history.
        self.results.record_warnings(&pending);
        self.install(pending);
        Ok(())
    }

    fn commit(&mut self, pending: Pending) {
        self.observe(&pending);
        self.results.record_decisions(&pending);
        self.install(pending);
    }

    fn observe(&mut self, pending: &Pending) {
        if let Some(observer) = &mut self.observer {
            observer(pending);
        }
    }

    fn install(&mut self, pending: Pending) {
        if let Some(answerer) = &mut self.answerer {
            pending.output.warnings.iter().for_each(|event| answerer.note(event));
        }
        self.engine.commit(pending);
    }
}

impl Order {
    /// The part of a replay that it belongs to.
    fn phase(&self) -> Phase {
        match self {
            Self::Score { .. } => Phase::Scoring,
            Self::Start(_) | Self::PassTime(_) | Self::Apply { .. } | Self::ApplyAhead { .. } => Phase::Deciding,
        }
    }
}
