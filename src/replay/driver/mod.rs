//! The virtual clock. Records come in the order of arrival; what is scheduled for an instant happens when every record
//! up to it has been decided and none after it.
//!
//! - `batch`: which records are decided together

mod batch;

use std::iter::Peekable;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use yujing_base::{OperatorId, parallel};
use yujing_core::engine::{Engine, Layers, LeftOut, Mode, Pending};
use yujing_core::feature::FeatureError;
use yujing_core::source::Decoders;

use self::batch::MAX_BATCH_RECORDS;
use super::ReplayError;
use super::answers::Answerer;
use super::history::HistoryError;
use super::history::read_ahead::DecodedArrival;
use super::phase::Phase;
use super::query::{QueryAnswer, ScoreQuery};
use super::results::Results;
use super::shard::{Batch, Shard, place_of};

/// How often memory is cleared of what no query can read any more.
const EXPIRY_INTERVAL: SignedDuration = SignedDuration::from_hours(7 * 24);

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

/// A running replay.
pub struct Driver<'a> {
    /// One an engine.
    shards: Vec<Shard<'a>>,
    schedule: Schedule,
    /// Sorted by their instants.
    queries: &'a [ScoreQuery],
    without: &'a [Vec<LeftOut>],
    results: &'a mut Results,
    started: bool,
    /// The newest record so far.
    as_of: Option<Timestamp>,
    last_expiry: Option<Timestamp>,
    answers: Vec<QueryAnswer>,
}

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
            without: &[],
            results,
            started: schedule.from.is_none(),
            as_of: None,
            last_expiry: None,
            answers: Vec::new(),
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
        self.shards[0].answerer = answerer;
        self
    }

    /// With an observer of everything that is decided, before it is committed. There is one engine then.
    #[must_use]
    pub fn with_observer(mut self, observer: &'a mut (dyn FnMut(&Pending) + Send)) -> Self {
        debug_assert!(self.shards.len() == 1, "who observes sees batches one after the other");
        self.shards[0].observer = Some(observer);
        self
    }

    /// What decodes the records that it is given.
    pub fn decoders(&self) -> Arc<Decoders> {
        Arc::clone(self.shards[0].engine.decoders())
    }

    /// Applies all records and lets time pass; gives the answers in the order of the queries. `on_batch` gets the
    /// number of records so far, after each batch.
    ///
    /// # Errors
    /// If history cannot be read on, or no feature could be computed.
    pub fn run(
        mut self,
        records: impl Iterator<Item = Result<DecodedArrival, HistoryError>>,
        mut on_batch: impl FnMut(u64),
    ) -> Result<Vec<QueryAnswer>, ReplayError> {
        let mut records = records.peekable();
        loop {
            let reading = Instant::now();
            let next = self.next_arrival(&mut records)?;
            self.results.phases.add_since(Phase::Reading, reading);
            let Some(next) = next else { break };
            match self.next_action() {
                Some((at, action)) if at < next => self.perform(at, action)?,
                action => {
                    let until = action.map(|(at, _)| at);
                    if self.looks_ahead() {
                        self.apply_ahead(&mut records, until)?;
                    } else {
                        let reading = Instant::now();
                        let batch = self.batch(&mut records, until)?;
                        self.results.phases.add_since(Phase::Reading, reading);
                        if let Some(last) = batch.records.last() {
                            self.pass_time(last.timestamp)?;
                        }
                        self.apply(batch)?;
                    }
                    on_batch(self.results.records);
                }
            }
        }
        if let Some(to) = self.schedule.to {
            while let Some((at, action)) = self.next_action().filter(|(at, _)| *at <= to) {
                self.perform(at, action)?;
            }
            self.pass_time(to)?;
        }
        // Queries about days after the end are answered by what is known at the end.
        while let Some(query) = self.queries.get(self.answers.len()) {
            self.answer_query(query.at)?;
        }
        for shard in self.shards {
            self.results.absorb(shard.results);
        }
        Ok(self.answers)
    }

    fn apply(&mut self, batch: Batch) -> Result<(), ReplayError> {
        let Some(as_of) = self.as_of else { return Ok(()) };
        let mode = if self.started { Mode::Live } else { Mode::CatchUp };
        let parts = batch.shared_out(self.shards.len());
        self.decide(parts, |shard, part| shard.apply(part, mode, as_of))?;
        self.expire(as_of);
        Ok(())
    }

    fn expire(&mut self, as_of: Timestamp) {
        if as_of.duration_since(*self.last_expiry.get_or_insert(as_of)) >= EXPIRY_INTERVAL {
            self.last_expiry = Some(as_of);
            for shard in &mut self.shards {
                shard.engine.expire();
            }
        }
    }

    /// Whether the batches of a while can be decided together. Who observes sees them one after the other, and people
    /// answer warnings at instants of their own.
    fn looks_ahead(&self) -> bool {
        let are_alone = self.shards.iter().all(|shard| shard.answerer.is_none() && shard.observer.is_none());
        self.started && are_alone && self.as_of.is_some()
    }

    /// Decides the batches up to the next action, or as many as are decided together: what is decided is the same.
    fn apply_ahead<I>(&mut self, records: &mut Peekable<I>, until: Option<Timestamp>) -> Result<(), ReplayError>
    where
        I: Iterator<Item = Result<DecodedArrival, HistoryError>>,
    {
        let reading = Instant::now();
        let mut parts: Vec<Layers> = self.shards.iter().map(|_| Layers::default()).collect();
        let (mut count, mut as_of) = (0, self.as_of.unwrap_or(Timestamp::MIN));
        while count < MAX_BATCH_RECORDS {
            let Some(arrival) = self.next_arrival(records)? else { break };
            if until.is_some_and(|until| arrival > until) {
                break;
            }
            let batch = self.batch(records, until)?;
            count += batch.records.len();
            as_of = self.as_of.unwrap_or(as_of);
            for (layers, Batch { records, decoded }) in parts.iter_mut().zip(batch.shared_out(self.shards.len())) {
                layers.add(records, decoded, as_of);
            }
        }
        self.results.phases.add_since(Phase::Reading, reading);
        self.decide(parts, |shard, layers| shard.apply_ahead(layers, as_of))?;
        self.expire(as_of);
        Ok(())
    }

    /// The next scheduled action, and when.
    fn next_action(&self) -> Option<(Timestamp, Action)> {
        let start = self.schedule.from.filter(|_| !self.started).map(|from| (from, Action::Start));
        let query = self.queries.get(self.answers.len()).map(|query| (query.at, Action::Query));
        [start, query].into_iter().flatten().min()
    }

    fn perform(&mut self, at: Timestamp, action: Action) -> Result<(), ReplayError> {
        match action {
            Action::Start => {
                self.started = true;
                self.decide_each(|shard| shard.start(at))
            }
            Action::Query => {
                self.pass_time(at)?;
                self.answer_query(at)
            }
        }
    }

    fn pass_time(&mut self, until: Timestamp) -> Result<(), ReplayError> {
        self.decide_each(|shard| shard.pass_time(until))
    }

    fn answer_query(&mut self, at: Timestamp) -> Result<(), ReplayError> {
        let began = Instant::now();
        let operators = &self.queries[self.answers.len()].operators;
        let (without, count) = (self.without, self.shards.len());
        let mut parts: Vec<Vec<OperatorId>> = vec![Vec::new(); count];
        for operator in operators {
            parts[place_of(operator, count)].push(operator.clone());
        }
        let answers = self.on_each(parts, |shard, operators| shard.scores(&operators, at, without))?;
        let mut answers: Vec<_> =
            answers.into_iter().map(|answer| answer.into_iter().map(Vec::into_iter).collect::<Vec<_>>()).collect();
        let of_ruleset = |ruleset: usize| {
            let scores = operators.iter().map(|operator| answers[place_of(operator, count)][ruleset].next());
            scores.flatten().collect()
        };
        let answer = (0..self.results.rulesets.len()).map(of_ruleset).collect();
        self.answers.push(answer);
        self.results.phases.add_since(Phase::Scoring, began);
        Ok(())
    }

    /// Has each shard decide something.
    fn decide_each(
        &mut self,
        work: impl Fn(&mut Shard<'a>) -> Result<(), FeatureError> + Sync,
    ) -> Result<(), ReplayError> {
        self.decide(vec![(); self.shards.len()], |shard, ()| work(shard))
    }

    /// Has each shard decide its part of something.
    fn decide<T: Send>(
        &mut self,
        parts: Vec<T>,
        work: impl Fn(&mut Shard<'a>, T) -> Result<(), FeatureError> + Sync,
    ) -> Result<(), ReplayError> {
        let began = Instant::now();
        self.on_each(parts, work)?;
        self.results.phases.add_since(Phase::Deciding, began);
        Ok(())
    }

    /// What `work` makes of each shard and its part, each on a thread of its own.
    fn on_each<T: Send, R: Send>(
        &mut self,
        parts: Vec<T>,
        work: impl Fn(&mut Shard<'a>, T) -> Result<R, FeatureError> + Sync,
    ) -> Result<Vec<R>, FeatureError> {
        let threads = NonZeroUsize::new(self.shards.len()).unwrap_or(NonZeroUsize::MIN);
        let shards = self.shards.iter_mut().zip(parts);
        parallel::map(threads, shards, |(shard, part)| work(shard, part)).into_iter().collect()
    }
}
