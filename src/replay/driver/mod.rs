//! The virtual clock. Records come in the order of arrival; what is scheduled for an instant happens when every record
//! up to it has been decided and none after it.
//!
//! - `batch`: which records are decided together

mod batch;

use std::iter::Peekable;
use std::sync::Arc;
use std::thread;

use jiff::{SignedDuration, Timestamp};
use yujing_base::OperatorId;
use yujing_core::engine::{Engine, Layers, LeftOut, Mode, Pending};
use yujing_core::source::{Decoders, SourceId};

use self::batch::MAX_BATCH_RECORDS;
use super::ReplayError;
use super::answers::Answerer;
use super::history::HistoryError;
use super::history::read_ahead::DecodedArrival;
use super::phase::PhaseTimes;
use super::query::{QueryAnswer, ScoreQuery};
use super::results::Results;
use super::shard::{Batch, Order, Shard, ShardThread, place_of};

/// When things happen.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Events that arrive within so long are decided together, as of the last of them.
    pub step: SignedDuration,
    /// Before it, events only fill the windows. None: from the first record.
    pub from: Option<Timestamp>,
    /// Time passes until here. None: until the last record.
    pub to: Option<Timestamp>,
}

/// What is scheduled for an instant, in the order in which it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Start,
    Query,
}

/// A running replay: it reads history and says what each shard is to do next.
pub struct Driver<'a> {
    /// One an engine.
    shards: Vec<Shard<'a>>,
    schedule: Schedule,
    /// Sorted by their instants.
    queries: &'a [ScoreQuery],
    /// How many of them were asked.
    asked: usize,
    without: &'a [Vec<LeftOut>],
    /// Answers of history in whose place others are given.
    replaced: Option<SourceId>,
    /// Whether the batches of a while are decided together. Who observes sees them one after the other, and people answer
    /// warnings at instants of their own.
    looks_ahead: bool,
    results: &'a mut Results,
    started: bool,
    /// The newest record so far.
    as_of: Option<Timestamp>,
}

/// What history gives next.
type Arrival = Result<DecodedArrival, HistoryError>;

/// Why no more is to be done: the error, or none where a shard ended, which says why itself.
type Halt = Option<ReplayError>;

impl std::fmt::Debug for Driver<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver")
            .field("schedule", &self.schedule)
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}

impl<'a> Driver<'a> {
    /// Shares operators out among engines that are alike; there is one at least.
    pub fn new(engines: &'a mut [Engine], schedule: Schedule, results: &'a mut Results) -> Self {
        Self {
            shards: engines.iter_mut().map(Shard::new).collect(),
            schedule,
            queries: &[],
            asked: 0,
            without: &[],
            replaced: None,
            looks_ahead: true,
            results,
            started: schedule.from.is_none(),
            as_of: None,
        }
    }

    /// With queries, sorted by their instants, and the parts of each ruleset that they are also to be answered without.
    #[must_use]
    pub fn with_queries(mut self, queries: &'a [ScoreQuery], without: &'a [Vec<LeftOut>]) -> Self {
        debug_assert!(queries.is_sorted_by_key(|query| query.at));
        self.queries = queries;
        self.without = without;
        self
    }

    /// With officials who answer the warnings of the first ruleset, in place of the answers of history. There is one
    /// engine then.
    #[must_use]
    pub fn with_answerer(mut self, answerer: Option<&'a mut Answerer>) -> Self {
        debug_assert!(
            answerer.is_none() || self.shards.len() == 1,
            "people answer at instants between the batches of all"
        );
        self.replaced = answerer.as_ref().map(|answerer| answerer.source());
        self.looks_ahead &= answerer.is_none();
        self.shards[0].answerer = answerer;
        self
    }

    /// With an observer of everything that is decided, before it is committed. There is one engine then.
    #[must_use]
    pub fn with_observer(mut self, observer: &'a mut (dyn FnMut(&Pending) + Send)) -> Self {
        debug_assert!(self.shards.len() == 1, "who observes sees batches one after the other");
        self.looks_ahead = false;
        self.shards[0].observer = Some(observer);
        self
    }

    /// What decodes the records that it is given.
    pub fn decoders(&self) -> Arc<Decoders> {
        Arc::clone(self.shards[0].engine.decoders())
    }

    /// Applies all records and lets time pass; gives the answers in the order of the queries. `on_batch` gets the
    /// number of records so far, before each batch is decided.
    ///
    /// # Errors
    /// If history cannot be read on, or no feature could be computed.
    pub fn run(
        mut self,
        records: impl Iterator<Item = Arrival>,
        on_batch: impl FnMut(u64),
    ) -> Result<Vec<QueryAnswer>, ReplayError> {
        let (shards, without) = (std::mem::take(&mut self.shards), self.without);
        let done = thread::scope(|scope| {
            let begin = |shard: Shard<'a>| shard.begin(scope, without).map_err(HistoryError::Runtime);
            let threads = shards.into_iter().map(begin).collect::<Result<Vec<_>, _>>()?;
            let directed = self.direct(&threads, records, on_batch);
            let done = threads.into_iter().map(ShardThread::end).collect::<Result<Vec<_>, _>>()?;
            match directed {
                Err(Some(error)) => Err(error),
                // A shard that ended early gave its error.
                Ok(()) | Err(None) => Ok(done),
            }
        })?;
        let phases: Vec<PhaseTimes> = done.iter().map(|done| done.phases.clone()).collect();
        self.results.phases.add(&PhaseTimes::mean(&phases));
        let mut of_shards = Vec::new();
        for done in done {
            self.results.absorb(done.results);
            of_shards.push(done.answers.into_iter());
        }
        let rulesets = self.results.rulesets.len();
        let answer = |query: &ScoreQuery| {
            let parts = of_shards.iter_mut().filter_map(Iterator::next).collect();
            joined(&query.operators, parts, rulesets)
        };
        Ok(self.queries[..self.asked].iter().map(answer).collect())
    }

    /// Says what is to be done, from the first record to the end.
    fn direct(
        &mut self,
        threads: &[ShardThread<'_>],
        records: impl Iterator<Item = Arrival>,
        mut on_batch: impl FnMut(u64),
    ) -> Result<(), Halt> {
        let mut records = records.peekable();
        while let Some(next) = self.next_arrival(&mut records)? {
            match self.next_action() {
                Some((at, action)) if at < next => self.perform(threads, at, action)?,
                action => {
                    let until = action.map(|(at, _)| at);
                    if self.started && self.looks_ahead && self.as_of.is_some() {
                        self.apply_ahead(threads, &mut records, until)?;
                    } else {
                        self.apply(threads, &mut records, until)?;
                    }
                    on_batch(self.results.records);
                }
            }
        }
        if let Some(to) = self.schedule.to {
            while let Some((at, action)) = self.next_action().filter(|(at, _)| *at <= to) {
                self.perform(threads, at, action)?;
            }
            self.pass_time(threads, to)?;
        }
        // Queries about days after the end are answered by what is known at the end.
        while let Some(query) = self.queries.get(self.asked) {
            self.ask(threads, query)?;
        }
        Ok(())
    }

    fn apply(
        &mut self,
        threads: &[ShardThread<'_>],
        records: &mut Peekable<impl Iterator<Item = Arrival>>,
        until: Option<Timestamp>,
    ) -> Result<(), Halt> {
        let batch = self.batch(records, until)?;
        let Some(as_of) = self.as_of else { return Ok(()) };
        let mode = if self.started { Mode::Live } else { Mode::CatchUp };
        let parts = batch.shared_out(threads.len()).into_iter();
        order(threads, parts.map(|batch| Order::Apply { batch, mode, as_of }))
    }

    /// Has the batches up to the next action decided, or as many as are decided together: what is decided is the same.
    fn apply_ahead(
        &mut self,
        threads: &[ShardThread<'_>],
        records: &mut Peekable<impl Iterator<Item = Arrival>>,
        until: Option<Timestamp>,
    ) -> Result<(), Halt> {
        let mut parts: Vec<Layers> = threads.iter().map(|_| Layers::default()).collect();
        let (mut count, mut as_of) = (0, self.as_of.unwrap_or(Timestamp::MIN));
        while count < MAX_BATCH_RECORDS {
            let Some(arrival) = self.next_arrival(records)? else { break };
            if until.is_some_and(|until| arrival > until) {
                break;
            }
            let batch = self.batch(records, until)?;
            count += batch.records.len();
            as_of = self.as_of.unwrap_or(as_of);
            for (layers, Batch { records, decoded }) in parts.iter_mut().zip(batch.shared_out(threads.len())) {
                layers.add(records, decoded, as_of);
            }
        }
        order(threads, parts.into_iter().map(|layers| Order::ApplyAhead { layers, as_of }))
    }

    /// The next scheduled action, and when.
    fn next_action(&self) -> Option<(Timestamp, Action)> {
        let start = self.schedule.from.filter(|_| !self.started).map(|from| (from, Action::Start));
        let query = self.queries.get(self.asked).map(|query| (query.at, Action::Query));
        [start, query].into_iter().flatten().min()
    }

    fn perform(&mut self, threads: &[ShardThread<'_>], at: Timestamp, action: Action) -> Result<(), Halt> {
        match action {
            Action::Start => {
                self.started = true;
                order(threads, threads.iter().map(|_| Order::Start(at)))
            }
            Action::Query => {
                self.pass_time(threads, at)?;
                self.queries.get(self.asked).map_or(Ok(()), |query| self.ask(threads, query))
            }
        }
    }

    /// Before the start nobody is scored, whatever the instant at which an event becomes visible.
    fn pass_time(&self, threads: &[ShardThread<'_>], until: Timestamp) -> Result<(), Halt> {
        let started = threads.iter().filter(|_| self.started);
        order(threads, started.map(|_| Order::PassTime(until)))
    }

    fn ask(&mut self, threads: &[ShardThread<'_>], query: &ScoreQuery) -> Result<(), Halt> {
        self.asked += 1;
        let mut parts: Vec<Vec<OperatorId>> = vec![Vec::new(); threads.len()];
        for operator in &query.operators {
            parts[place_of(operator, threads.len())].push(operator.clone());
        }
        order(threads, parts.into_iter().map(|operators| Order::Score { operators, at: query.at }))
    }
}

/// Gives each shard its order.
fn order(threads: &[ShardThread<'_>], orders: impl Iterator<Item = Order>) -> Result<(), Halt> {
    threads.iter().zip(orders).try_for_each(|(thread, order)| thread.order(order).ok_or(None))
}

/// The answer to a query about some operators, of what each shard said of its own.
fn joined(operators: &[OperatorId], parts: Vec<QueryAnswer>, rulesets: usize) -> QueryAnswer {
    let count = parts.len();
    let mut parts: Vec<_> =
        parts.into_iter().map(|part| part.into_iter().map(Vec::into_iter).collect::<Vec<_>>()).collect();
    let of_ruleset = |ruleset: usize| {
        let scores = operators.iter().map(|operator| parts[place_of(operator, count)][ruleset].next());
        scores.flatten().collect()
    };
    (0..rulesets).map(of_ruleset).collect()
}
