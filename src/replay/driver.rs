//! The virtual clock. Records come in the order of arrival; what is scheduled for an instant happens when every record
//! up to it has been decided and none after it.

use std::iter::Peekable;
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use yujing_core::engine::{Engine, Layers, LeftOut, Mode, Pending, Positions};
use yujing_core::source::{DecodedRecord, Decoders, Record};
use yujing_core::warning::Cause;

use super::ReplayError;
use super::answers::Answerer;
use super::history::HistoryError;
use super::history::read_ahead::DecodedArrival;
use super::phase::Phase;
use super::query::{QueryAnswer, ScoreQuery};
use super::results::Results;

/// Most records decided together.
const MAX_BATCH_RECORDS: usize = 8_192;
/// Operators scored together.
const OPERATORS_PER_CHUNK: usize = 1_024;
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

/// Records that are decided together, with what each says.
#[derive(Debug, Default)]
struct Batch {
    records: Vec<Record>,
    decoded: Vec<DecodedRecord>,
}

impl Batch {
    /// Whether it began at this instant.
    fn is_of_one_instant(&self, arrival: Timestamp) -> bool {
        self.records.first().is_some_and(|first| first.timestamp == arrival)
    }
}

/// A running replay.
pub struct Driver<'a> {
    engine: &'a mut Engine,
    schedule: Schedule,
    /// Sorted by their instants.
    queries: &'a [ScoreQuery],
    without: &'a [Vec<LeftOut>],
    results: &'a mut Results,
    answerer: Option<&'a mut Answerer>,
    observer: Option<&'a mut dyn FnMut(&Pending)>,
    started: bool,
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
    pub fn new(engine: &'a mut Engine, schedule: Schedule, results: &'a mut Results) -> Self {
        Self {
            engine,
            schedule,
            queries: &[],
            without: &[],
            results,
            answerer: None,
            observer: None,
            started: schedule.from.is_none(),
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

    /// With officials who answer the warnings of the first ruleset, in place of the answers of history.
    #[must_use]
    pub fn with_answerer(mut self, answerer: Option<&'a mut Answerer>) -> Self {
        self.answerer = answerer;
        self
    }

    /// With an observer of everything that is decided, before it is committed.
    #[must_use]
    pub fn with_observer(mut self, observer: &'a mut dyn FnMut(&Pending)) -> Self {
        self.observer = Some(observer);
        self
    }

    /// What decodes the records that it is given.
    pub fn decoders(&self) -> Arc<Decoders> {
        Arc::clone(self.engine.decoders())
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
        Ok(self.answers)
    }

    /// When the next record within the span arrives; records beyond its end, and answers that others stand in for, are
    /// counted and dropped.
    fn next_arrival<I>(&mut self, records: &mut Peekable<I>) -> Result<Option<Timestamp>, ReplayError>
    where
        I: Iterator<Item = Result<DecodedArrival, HistoryError>>,
    {
        loop {
            let replaced = self.answerer.as_ref().map(|answerer| answerer.source());
            match records.peek() {
                None => return Ok(None),
                Some(Ok(DecodedArrival { record, .. })) if Some(record.source) == replaced => {
                    self.results.replaced_answers += 1;
                    records.next();
                }
                Some(Ok(DecodedArrival { record, .. })) if self.schedule.to.is_none_or(|to| record.timestamp <= to) => {
                    return Ok(Some(record.timestamp));
                }
                Some(Ok(_)) => {
                    self.results.beyond += 1;
                    records.next();
                }
                Some(Err(_)) => {
                    if let Some(Err(error)) = records.next() {
                        return Err(error.into());
                    }
                }
            }
        }
    }

    /// The records that are decided together: those of one step, up to the next action.
    fn batch<I>(&mut self, records: &mut Peekable<I>, until: Option<Timestamp>) -> Result<Batch, ReplayError>
    where
        I: Iterator<Item = Result<DecodedArrival, HistoryError>>,
    {
        let mut batch = Batch::default();
        // Before the first record nobody knows where the first boundary lies: it is taken alone.
        let most = if self.engine.as_of().is_some() { MAX_BATCH_RECORDS } else { 1 };
        let mut ends: Option<Timestamp> = None;
        while batch.records.len() < most {
            let Some(arrival) = self.next_arrival(records)? else { break };
            let end = *ends.get_or_insert_with(|| arrival.checked_add(self.schedule.step).unwrap_or(Timestamp::MAX));
            let fits = batch.records.is_empty() || arrival < end || batch.is_of_one_instant(arrival);
            if !fits || until.is_some_and(|until| arrival > until) {
                break;
            }
            if let Some(arrival) = records.next() {
                let DecodedArrival { record, decoded } = arrival?;
                self.results.record_arrival(&record);
                batch.records.push(record);
                batch.decoded.push(decoded);
            }
        }
        Ok(batch)
    }

    fn apply(&mut self, batch: Batch) -> Result<(), ReplayError> {
        let began = Instant::now();
        let mode = if self.started { Mode::Live } else { Mode::CatchUp };
        let Batch { records, decoded } = batch;
        let pending = self.engine.apply_decoded(&records, decoded, &Positions::new(), mode, Timestamp::MAX)?;
        self.commit(pending);
        self.expire();
        self.results.phases.add_since(Phase::Deciding, began);
        Ok(())
    }

    fn expire(&mut self) {
        if let Some(as_of) = self.engine.as_of()
            && as_of.duration_since(*self.last_expiry.get_or_insert(as_of)) >= EXPIRY_INTERVAL
        {
            self.last_expiry = Some(as_of);
            self.engine.expire();
        }
    }

    /// Whether the batches of a while can be decided together. Who observes sees them one after the other, and people
    /// answer warnings at instants of their own.
    fn looks_ahead(&self) -> bool {
        let is_alone = self.answerer.is_none() && self.observer.is_none();
        self.started && is_alone && self.engine.as_of().is_some()
    }

    /// Decides the batches up to the next action, or as many as are decided together: what is decided is the same.
    fn apply_ahead<I>(&mut self, records: &mut Peekable<I>, until: Option<Timestamp>) -> Result<(), ReplayError>
    where
        I: Iterator<Item = Result<DecodedArrival, HistoryError>>,
    {
        let reading = Instant::now();
        let (mut layers, mut count) = (Layers::default(), 0);
        let mut as_of = self.engine.as_of().unwrap_or(Timestamp::MIN);
        while count < MAX_BATCH_RECORDS {
            let Some(arrival) = self.next_arrival(records)? else { break };
            if until.is_some_and(|until| arrival > until) {
                break;
            }
            let Batch { records, decoded } = self.batch(records, until)?;
            count += records.len();
            as_of = records.iter().map(|record| record.timestamp).fold(as_of, Timestamp::max);
            layers.add(records, decoded, as_of);
        }
        self.results.phases.add_since(Phase::Reading, reading);

        let began = Instant::now();
        let mut refused = Vec::new();
        for layer in layers.into_layers() {
            let mut pending = self.engine.apply_layer(layer)?;
            refused.append(&mut pending.output.dead_letters);
            self.commit(pending);
        }
        refused.sort_unstable_by_key(|letter| letter.place);
        self.results.record_refused(&refused);
        self.results.phases.add_since(Phase::Deciding, began);
        self.pass_time(as_of)?;
        self.expire();
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
            Action::Start => self.start(at),
            Action::Query => {
                self.pass_time(at)?;
                self.answer_query(at)
            }
        }
    }

    /// Everyone is scored once, as the engine does after a start.
    fn start(&mut self, at: Timestamp) -> Result<(), ReplayError> {
        let began = Instant::now();
        self.started = true;
        for chunk in self.engine.operators().chunks(OPERATORS_PER_CHUNK) {
            let pending = self.engine.sweep(chunk, at, Cause::Start, &Positions::new())?;
            self.commit(pending);
        }
        self.results.phases.add_since(Phase::Deciding, began);
        Ok(())
    }

    /// Lets time pass up to an instant: whoever changes without events is evaluated exactly when, and whoever answers does so.
    fn pass_time(&mut self, until: Timestamp) -> Result<(), ReplayError> {
        let began = Instant::now();
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
                None => break,
            }
        }
        self.results.phases.add_since(Phase::Deciding, began);
        Ok(())
    }

    fn answer_warning(&mut self) -> Result<(), ReplayError> {
        let Some(record) = self.answerer.as_mut().and_then(|answerer| answerer.take()) else { return Ok(()) };
        let pending = self.engine.apply(&[record], &Positions::new(), Mode::Live)?;
        debug_assert!(pending.output.dead_letters.is_empty(), "only what is permitted is done");
        self.commit_answer(pending);
        Ok(())
    }

    fn answer_query(&mut self, at: Timestamp) -> Result<(), ReplayError> {
        let began = Instant::now();
        let query = &self.queries[self.answers.len()];
        let mut answer: QueryAnswer = self.results.rulesets.iter().map(|_| Vec::new()).collect();
        for chunk in query.operators.chunks(OPERATORS_PER_CHUNK) {
            let ablations = self.engine.ablations(chunk, at, self.without)?;
            for (all, more) in answer.iter_mut().zip(ablations) {
                all.extend(more);
            }
        }
        self.answers.push(answer);
        self.results.phases.add_since(Phase::Scoring, began);
        Ok(())
    }

    fn commit(&mut self, pending: Pending) {
        if let Some(observer) = &mut self.observer {
            observer(&pending);
        }
        self.results.record_decisions(&pending);
        self.install(pending);
    }

    /// As [`Driver::commit`], of an answer, which is no record of history.
    fn commit_answer(&mut self, pending: Pending) {
        if let Some(observer) = &mut self.observer {
            observer(&pending);
        }
        self.results.record_warnings(&pending);
        self.install(pending);
    }

    fn install(&mut self, pending: Pending) {
        if let Some(answerer) = &mut self.answerer {
            pending.output.warnings.iter().for_each(|event| answerer.note(event));
        }
        self.engine.commit(pending);
    }
}
