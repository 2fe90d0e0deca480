//! Decide, send, settle: what the engine makes of records becomes visible in one transaction, and only then counts. While
//! it is under way the next batch is decided against the state that it leaves; an abort drops both.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use yujing_base::OperatorId;
use yujing_core::engine::{Engine, Mode, Pending, Positions, Staged};
use yujing_core::feature::FeatureError;
use yujing_core::source::SourceId;
use yujing_core::warning::Cause;
use yujing_kafka::KafkaError;
use yujing_kafka::backoff::Backoff;
use yujing_kafka::batch_consumer::BatchLimits;
use yujing_kafka::stamp::Stamps;
use yujing_kafka::transaction::{Transaction, TransactionError};
use yujing_kafka::transaction_worker::Outcome;
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::area::AreasChanged;
use yujing_telemetry::engine::{BatchDecided, WarningMoved};
use yujing_telemetry::kafka::{
    BatchFailed, Misrouted, RecordCut, RecordsStamped, TransactionAborted, TransactionCommitted,
};

use super::next_batch::DecodedBatch;
use super::{Session, assignment};
use crate::clock;
use crate::error::Stop;
use crate::size_limit;

/// A batch that cannot be decided this often in a row is no transient trouble.
const MAX_TRIES: u32 = 8;
/// Pause after a transaction that was aborted.
const ABORT_PAUSE: Duration = Duration::from_millis(200);

/// What was read for a decision.
#[derive(Debug, Default)]
struct Consumed {
    /// The next offset to read of every partition.
    positions: Positions,
    misrouted: BTreeMap<SourceId, u64>,
    stamps: BTreeMap<SourceId, Stamps>,
}

/// What a transaction under way carries, and what is told once it is committed.
#[derive(Debug)]
pub(super) struct InFlight {
    staged: Staged,
    consumed: Consumed,
    cut: Vec<RecordCut>,
}

impl Session<'_> {
    /// Re-scores all operators, a chunk at a time; says how many. Without `as_of`, each chunk as of now.
    pub(super) fn score_everyone(&mut self, cause: Cause, as_of: Option<Timestamp>) -> Result<usize, Stop> {
        let operators = self.engine.operators();
        for chunk in operators.chunks(self.chunk()) {
            let at = as_of.unwrap_or_else(|| self.now());
            while !self.sweep(chunk, at, cause)? {}
            assignment::keep(self.control, &self.consumer)?;
        }
        Ok(operators.len())
    }

    /// Whether the chunk was scored and committed; if not, it is worth another try.
    pub(super) fn sweep(&mut self, operators: &[OperatorId], as_of: Timestamp, cause: Cause) -> Result<bool, Stop> {
        if operators.is_empty() {
            return Ok(true);
        }
        self.decide_alone(|engine, positions| engine.sweep(operators, as_of, cause, positions))
    }

    /// Looks whether what is kept of all operators holds, a chunk at a time; says how many there are.
    pub(super) fn check_everyone(&mut self, as_of: Timestamp) -> Result<usize, Stop> {
        let operators = self.engine.operators();
        for chunk in operators.chunks(self.chunk()) {
            while !self.check(chunk, as_of)? {}
            assignment::keep(self.control, &self.consumer)?;
        }
        Ok(operators.len())
    }

    /// Whether the chunk was checked and what came of it committed; if not, it is worth another try.
    pub(super) fn check(&mut self, operators: &[OperatorId], as_of: Timestamp) -> Result<bool, Stop> {
        self.decide_alone(|engine, positions| engine.check(operators, as_of, positions))
    }

    /// Wakes a chunk of the operators that are due; whether it was committed.
    pub(super) fn wake(&mut self, as_of: Timestamp) -> Result<bool, Stop> {
        let chunk = self.chunk();
        self.decide_alone(|engine, positions| engine.wake(as_of, chunk, positions))
    }

    /// Decides without records, with no transaction under way before or after; whether it was committed.
    fn decide_alone(
        &mut self,
        mut ask: impl FnMut(&mut Engine, &Positions) -> Result<Pending, FeatureError>,
    ) -> Result<bool, Stop> {
        if !self.settle()? {
            return Ok(false);
        }
        self.detach_failed();
        let positions = self.committed.clone();
        let pending = self.decide(|engine| ask(engine, &positions))?;
        Ok(self.submit(pending, Consumed { positions, ..Consumed::default() })? && self.settle()?)
    }

    /// Decides records and sends what leaves on its way. If not, records came to nothing that were decided before these,
    /// and all of them come again.
    pub(super) fn decide_batch(&mut self, next: DecodedBatch, mode: Mode) -> Result<bool, Stop> {
        if next.is_empty() {
            return Ok(true);
        }
        let DecodedBatch { batch, decoded, decoding } = next;
        let positions = self.consumer.positions();
        let latest = clock::latest(self.config.engine.clock);
        let mut decoded = Some(decoded);
        let mut pending = self.decide(|engine| match decoded.take() {
            Some(decoded) => engine.apply_decoded(&batch.records, decoded, &positions, mode, latest),
            None => engine.apply_until(&batch.records, &positions, mode, latest),
        })?;
        pending.output.tally.stages.insert("decode", decoding);
        self.submit(pending, Consumed { positions, misrouted: batch.misrouted, stamps: batch.stamps })
    }

    /// Asks the engine, again after a while if no feature could be computed.
    fn decide(&mut self, mut ask: impl FnMut(&mut Engine) -> Result<Pending, FeatureError>) -> Result<Pending, Stop> {
        let mut backoff = Backoff::default();
        for _ in 1..MAX_TRIES {
            match ask(&mut self.engine) {
                Ok(pending) => return Ok(pending),
                Err(error) => {
                    let again_in = backoff.next_pause();
                    BatchFailed { reason: &error.to_string(), again_in }.emit(&self.control.metrics);
                    self.control.pause(again_in)?;
                }
            }
        }
        Ok(ask(&mut self.engine)?)
    }

    /// Sends everything of a pending on its way with the offsets, once the transaction before it is committed, and goes on
    /// as if it were committed too. If the one before was aborted, the pending is dropped, and the answer is no.
    fn submit(&mut self, mut pending: Pending, consumed: Consumed) -> Result<bool, Stop> {
        let began = Instant::now();
        let mut records = self.encoder.output(&pending.output);
        records.extend(self.shadow_records(&pending));
        let cut = records.iter().filter_map(size_limit::cut_of).collect();
        pending.output.tally.stages.insert("encode", began.elapsed());
        if !self.settle()? {
            return Ok(false);
        }
        // Nothing leaves when time passed and changed nothing but what is kept.
        let is_nothing = records.is_empty() && consumed.positions == self.committed;
        let positions = consumed.positions.clone();
        let in_flight = InFlight { staged: self.engine.stage(pending), consumed, cut };
        if is_nothing {
            self.install(in_flight);
        } else {
            self.transactions.begin(Transaction { records, positions, group: self.consumer.group() })?;
            self.in_flight = Some(in_flight);
        }
        Ok(true)
    }

    /// Waits until nothing is under way. Meanwhile the next batch is collected. If the transaction was aborted, the answer
    /// is no: what it carried never was, and reading has gone back to the committed offsets.
    pub(super) fn settle(&mut self) -> Result<bool, Stop> {
        loop {
            if let Some(is_committed) = self.settle_soon()? {
                return Ok(is_committed);
            }
            let limits = self.limits(self.config.engine.max_batch_records, None);
            self.meanwhile(limits)?;
        }
    }

    /// As [`settle`](Self::settle), if it is over within a few milliseconds.
    pub(super) fn settle_soon(&mut self) -> Result<Option<bool>, Stop> {
        let Some(in_flight) = self.in_flight.take() else { return Ok(Some(true)) };
        let Some(outcome) = self.transactions.outcome()? else {
            self.in_flight = Some(in_flight);
            return Ok(None);
        };
        if self.take_outcome(outcome)? {
            self.install(in_flight);
            return Ok(Some(true));
        }
        self.engine.abort_staged();
        // A change of the assignment makes transactions fail too, and leaves nothing to go back to.
        assignment::keep(self.control, &self.consumer)?;
        self.go_back()?;
        Ok(Some(false))
    }

    /// What a transaction carried is committed.
    fn install(&mut self, in_flight: InFlight) {
        let InFlight { staged, consumed, cut } = in_flight;
        let metrics = &self.control.metrics;
        for cut in cut {
            cut.emit(metrics);
        }
        BatchDecided { tally: &staged.output.tally, sources: self.sources, at: Timestamp::now() }.emit(metrics);
        AreasChanged { areas: &staged.output.areas }.emit(metrics);
        for event in &staged.output.warnings {
            WarningMoved { event }.emit(metrics);
        }
        self.note_misrouted(&consumed.misrouted);
        self.note_stamps(&consumed.stamps);
        self.note_shadows(&staged);
        self.engine.commit_staged();
        self.committed = consumed.positions;
    }

    /// Makes a transaction of its own, while none is under way. Whether it was committed; if not, it was aborted, and
    /// enough time has passed to try again.
    pub(super) fn transact(&mut self, transaction: Transaction) -> Result<bool, Stop> {
        self.transactions.begin(transaction)?;
        loop {
            if let Some(outcome) = self.transactions.outcome()? {
                return self.take_outcome(outcome);
            }
            let limits = self.limits(self.config.engine.max_batch_records, None);
            self.meanwhile(limits)?;
        }
    }

    /// What is done while a transaction is under way: the next batch is collected, and the group hears of this member.
    pub(super) fn meanwhile(&mut self, limits: BatchLimits) -> Result<(), Stop> {
        self.consumer.serve_callbacks()?;
        self.control.note_broker(&self.consumer);
        self.next_batch.top_up(&mut self.consumer, limits, &self.engine)?;
        // A request to stop waits for the batch under way, unless that waits for Kafka.
        if self.consumer.unreachable() { self.control.check_stop() } else { Ok(()) }
    }

    /// Whether a transaction was committed.
    fn take_outcome(&self, outcome: Outcome) -> Result<bool, Stop> {
        match outcome.result {
            Ok(()) => {
                TransactionCommitted { took: outcome.took }.emit(&self.control.metrics);
                Ok(true)
            }
            Err(TransactionError::Aborted(reason)) => {
                TransactionAborted { reason: &reason, again_in: ABORT_PAUSE }.emit(&self.control.metrics);
                self.control.pause(ABORT_PAUSE)?;
                Ok(false)
            }
            Err(error) => {
                // The group may know that another process has this one's place.
                self.consumer.serve_callbacks()?;
                Err(KafkaError::from(error).into())
            }
        }
    }

    fn note_stamps(&self, stamps: &BTreeMap<SourceId, Stamps>) {
        let accepted = &self.config.topics.accept_create_time;
        for (source, stamps) in stamps {
            let source = &*self.sources.get(*source).name;
            let accepted = accepted.iter().any(|name| name == source);
            let Stamps { by_publisher, ahead, furthest } = *stamps;
            RecordsStamped { source, by_publisher, ahead, furthest, accepted }.emit(&self.control.metrics);
        }
    }

    fn note_misrouted(&self, misrouted: &BTreeMap<SourceId, u64>) {
        for (source, records) in misrouted {
            let source = &self.sources.get(*source).name;
            Misrouted { source, records: *records }.emit(&self.control.metrics);
        }
    }
}
