//! The virtual clock. Records come in the order of arrival; what is due at an instant happens when every record up to it
//! has been decided and none after it.

use std::collections::BTreeMap;
use std::iter::Peekable;

use jiff::{SignedDuration, Timestamp};

use super::ReplayError;
use super::history::HistoryError;
use super::ledger::Ledger;
use super::plan::Pace;
use crate::OperatorId;
use crate::engine::{Boundaries, Engine, Mode, Opinions, Pending, Positions, Without};
use crate::source::Record;
use crate::warning::Cause;

/// Most records decided together.
const MOST_RECORDS: usize = 8_192;
/// Operators judged together.
const CHUNK: usize = 1_024;
/// How often memory is cleared of what no question can see any more.
const HOUSEKEEPING: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A question about some operators at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    pub at: Timestamp,
    /// Sorted, each once.
    pub operators: Vec<OperatorId>,
}

/// What every ruleset says: by ruleset, then in the order of the operators.
pub type Answer = Vec<Vec<Opinions>>;

/// When things happen.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    pub pace: Pace,
    /// Before it, events only fill the windows. None: from the first record.
    pub from: Option<Timestamp>,
    /// Time passes until here. None: until the last record.
    pub to: Option<Timestamp>,
}

/// What can be due at an instant, in the order in which it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Start,
    Sweep,
    SweepWarned,
    Ask,
}

/// One replay under way.
pub struct Drive<'a> {
    engine: &'a mut Engine,
    course: Course,
    /// Sorted by their instants.
    asks: &'a [Ask],
    without: &'a [Vec<Without>],
    ledger: &'a mut Ledger,
    watch: Option<&'a mut dyn FnMut(&Pending)>,
    started: bool,
    sweeps: Boundaries,
    warned_sweeps: Boundaries,
    cleared: Option<Timestamp>,
    answers: Vec<Answer>,
}

impl std::fmt::Debug for Drive<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drive").field("course", &self.course).field("started", &self.started).finish_non_exhaustive()
    }
}

impl<'a> Drive<'a> {
    pub fn new(
        engine: &'a mut Engine,
        course: Course,
        asks: &'a [Ask],
        without: &'a [Vec<Without>],
        ledger: &'a mut Ledger,
    ) -> Self {
        debug_assert!(asks.is_sorted_by_key(|ask| ask.at));
        Self {
            engine,
            course,
            asks,
            without,
            ledger,
            watch: None,
            started: course.from.is_none(),
            sweeps: Boundaries::every(course.pace.sweep),
            warned_sweeps: Boundaries::every(course.pace.sweep_warned),
            cleared: None,
            answers: Vec::with_capacity(asks.len()),
        }
    }

    /// Shows everything that is decided, before it is taken for done.
    #[must_use]
    pub fn watched_by(mut self, watch: &'a mut dyn FnMut(&Pending)) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Takes all records and lets time pass; gives the answers in the order of the asks. `seen` is told after each batch
    /// how many records there were so far.
    ///
    /// # Errors
    /// If history cannot be read on, or no feature could be computed.
    pub fn run(
        mut self,
        records: impl Iterator<Item = Result<Record, HistoryError>>,
        mut seen: impl FnMut(u64),
    ) -> Result<Vec<Answer>, ReplayError> {
        let mut records = records.peekable();
        while let Some(next) = self.next_arrival(&mut records)? {
            match self.next_due() {
                Some((at, due)) if at < next => self.happen(at, due)?,
                due => {
                    let batch = self.batch(&mut records, due.map(|(at, _)| at))?;
                    self.apply(batch)?;
                    seen(self.ledger.records);
                }
            }
        }
        while let Some((at, due)) = self.next_due() {
            let ends = self.course.to.is_some_and(|to| at <= to);
            if !ends && due != Due::Ask {
                break;
            }
            self.happen(at, due)?;
        }
        // Questions about days after the end are answered by what is known at the end.
        while let Some(ask) = self.asks.get(self.answers.len()) {
            self.answer(ask.at)?;
        }
        Ok(self.answers)
    }

    /// When the next record within the span arrives; records beyond its end are counted and dropped.
    fn next_arrival<I>(&mut self, records: &mut Peekable<I>) -> Result<Option<Timestamp>, ReplayError>
    where
        I: Iterator<Item = Result<Record, HistoryError>>,
    {
        loop {
            match records.peek() {
                None => return Ok(None),
                Some(Ok(record)) if self.course.to.is_none_or(|to| record.timestamp <= to) => {
                    return Ok(Some(record.timestamp));
                }
                Some(Ok(_)) => {
                    self.ledger.beyond += 1;
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

    /// The records that are decided together: those of one step, up to what is due next.
    fn batch<I>(&mut self, records: &mut Peekable<I>, until: Option<Timestamp>) -> Result<Vec<Record>, ReplayError>
    where
        I: Iterator<Item = Result<Record, HistoryError>>,
    {
        let mut batch = Vec::new();
        // Before the first record nobody knows where the first boundary lies: it is taken alone.
        let most = if self.engine.as_of().is_some() { MOST_RECORDS } else { 1 };
        let mut ends: Option<Timestamp> = None;
        while batch.len() < most {
            let Some(arrival) = self.next_arrival(records)? else { break };
            let end = *ends.get_or_insert_with(|| arrival.checked_add(self.course.pace.step).unwrap_or(Timestamp::MAX));
            let fits = batch.is_empty() || arrival < end || is_same_instant(&batch, arrival);
            if !fits || until.is_some_and(|until| arrival > until) {
                break;
            }
            if let Some(record) = records.next() {
                let record = record?;
                self.ledger.note_arrival(&record);
                batch.push(record);
            }
        }
        Ok(batch)
    }

    fn apply(&mut self, batch: Vec<Record>) -> Result<(), ReplayError> {
        let mode = if self.started { Mode::Live } else { Mode::CatchUp };
        let pending = self.engine.apply(batch, &Positions::new(), mode)?;
        self.take(pending);
        if let Some(as_of) = self.engine.as_of()
            && as_of.duration_since(*self.cleared.get_or_insert(as_of)) >= HOUSEKEEPING
        {
            self.cleared = Some(as_of);
            self.engine.expire();
        }
        Ok(())
    }

    /// What is due next, and when.
    fn next_due(&self) -> Option<(Timestamp, Due)> {
        let start = self.course.from.filter(|_| !self.started).map(|from| (from, Due::Start));
        let ask = self.asks.get(self.answers.len()).map(|ask| (ask.at, Due::Ask));
        let as_of = self.engine.as_of().filter(|_| self.started);
        let sweep = as_of.map(|as_of| (self.sweeps.next(as_of), Due::Sweep));
        let warned = as_of.map(|as_of| (self.warned_sweeps.next(as_of), Due::SweepWarned));
        [start, ask, sweep, warned].into_iter().flatten().min()
    }

    fn happen(&mut self, at: Timestamp, due: Due) -> Result<(), ReplayError> {
        match due {
            Due::Start => {
                self.started = true;
                let everyone = self.engine.operators();
                self.sweep(&everyone, at, Cause::Start)?;
            }
            Due::Sweep => {
                let everyone = self.engine.operators();
                self.sweep(&everyone, at, Cause::Time)?;
                self.sweeps.passed(at);
                // Who was swept with everyone needs no sweep of its own.
                if self.warned_sweeps.next(at) == at {
                    self.warned_sweeps.passed(at);
                }
            }
            Due::SweepWarned => {
                let pending = self.engine.sweep_warned(at, &Positions::new())?;
                self.take(pending);
                self.warned_sweeps.passed(at);
            }
            Due::Ask => self.answer(at)?,
        }
        Ok(())
    }

    fn sweep(&mut self, operators: &[OperatorId], at: Timestamp, cause: Cause) -> Result<(), ReplayError> {
        self.ledger.sweeps += u64::from(!operators.is_empty());
        for chunk in operators.chunks(CHUNK) {
            let pending = self.engine.sweep(chunk, at, cause, &Positions::new())?;
            self.take(pending);
        }
        Ok(())
    }

    fn answer(&mut self, at: Timestamp) -> Result<(), ReplayError> {
        let asked = &self.asks[self.answers.len()];
        let mut answer: Answer = self.ledger.lanes.iter().map(|_| Vec::new()).collect();
        for chunk in asked.operators.chunks(CHUNK) {
            let opinions = self.engine.opinions(chunk, at, self.without)?;
            for (all, more) in answer.iter_mut().zip(opinions) {
                all.extend(more);
            }
        }
        self.answers.push(answer);
        Ok(())
    }

    fn take(&mut self, pending: Pending) {
        if let Some(watch) = &mut self.watch {
            watch(&pending);
        }
        self.ledger.note(&pending);
        self.engine.commit(pending);
    }
}

/// Asks for the evening before each of some days: one ask an instant.
pub fn asks(questions: impl IntoIterator<Item = (Timestamp, OperatorId)>) -> Vec<Ask> {
    let mut by_instant: BTreeMap<Timestamp, Vec<OperatorId>> = BTreeMap::new();
    for (at, operator) in questions {
        by_instant.entry(at).or_default().push(operator);
    }
    by_instant
        .into_iter()
        .map(|(at, mut operators)| {
            operators.sort_unstable();
            operators.dedup();
            Ask { at, operators }
        })
        .collect()
}

fn is_same_instant(batch: &[Record], arrival: Timestamp) -> bool {
    batch.first().is_some_and(|first| first.timestamp == arrival)
}
