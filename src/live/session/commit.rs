//! Decide, commit, install: what the engine makes of records becomes visible in one transaction, and only then counts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use yujing_base::OperatorId;
use yujing_core::engine::{Engine, Mode, Pending, Positions};
use yujing_core::feature::FeatureError;
use yujing_core::source::SourceId;
use yujing_core::warning::Cause;
use yujing_kafka::KafkaError;
use yujing_kafka::stamp::Stamps;
use yujing_kafka::transaction::{Transaction, TransactionError};
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::area::AreasChanged;
use yujing_telemetry::engine::{BatchDecided, WarningMoved};
use yujing_telemetry::kafka::{
    BatchFailed, Misrouted, RecordCut, RecordsStamped, TransactionAborted, TransactionCommitted,
};

use super::next_batch::DecodedBatch;
use super::{Session, assignment};
use crate::backoff::Backoff;
use crate::clock;
use crate::error::Stop;
use crate::size_limit;

/// A batch that cannot be decided this often in a row is no transient trouble.
const MAX_TRIES: u32 = 8;
/// Pause after a transaction that was aborted.
const ABORT_PAUSE: Duration = Duration::from_millis(200);

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
        let positions = self.committed.clone();
        let pending = self.decide(|engine| engine.sweep(operators, as_of, cause, &positions))?;
        self.commit(pending, positions)
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
        let positions = self.committed.clone();
        let pending = self.decide(|engine| engine.check(operators, as_of, &positions))?;
        self.commit(pending, positions)
    }

    /// Wakes a chunk of the operators that are due; whether it was committed.
    pub(super) fn wake(&mut self, as_of: Timestamp) -> Result<bool, Stop> {
        let (chunk, positions) = (self.chunk(), self.committed.clone());
        let pending = self.decide(|engine| engine.wake(as_of, chunk, &positions))?;
        self.commit(pending, positions)
    }

    /// Whether the records were decided and committed; if not, they come again.
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
        let committed = self.commit(pending, positions)?;
        if committed {
            self.note_misrouted(&batch.misrouted);
            self.note_stamps(&batch.stamps);
        }
        Ok(committed)
    }

    /// Asks the engine, again after a while if no feature could be computed.
    fn decide(&mut self, mut ask: impl FnMut(&mut Engine) -> Result<Pending, FeatureError>) -> Result<Pending, Stop> {
        let mut backoff = Backoff::new();
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

    /// Makes everything of a pending visible together with the offsets, then installs it. After an abort it is dropped,
    /// reading goes back to the committed offsets, and the answer is no.
    fn commit(&mut self, pending: Pending, positions: Positions) -> Result<bool, Stop> {
        let began = Instant::now();
        let mut records = self.encoder.output(&pending.output);
        records.extend(self.shadow_records(&pending));
        let cut: Vec<RecordCut> = records.iter().filter_map(size_limit::cut_of).collect();
        // Nothing leaves when time passed and changed nothing but what is kept.
        if !records.is_empty() || positions != self.committed {
            let transaction = Transaction { records, positions: positions.clone(), group: self.consumer.group() };
            if !self.transact(transaction)? {
                // A change of the assignment makes transactions fail too, and leaves nothing to go back to.
                assignment::keep(self.control, &self.consumer)?;
                self.go_back()?;
                return Ok(false);
            }
            TransactionCommitted { took: began.elapsed() }.emit(&self.control.metrics);
        }
        let metrics = &self.control.metrics;
        for cut in cut {
            cut.emit(metrics);
        }
        BatchDecided { tally: &pending.output.tally, sources: self.sources }.emit(metrics);
        AreasChanged { areas: &pending.output.areas }.emit(metrics);
        for event in &pending.output.warnings {
            WarningMoved { event }.emit(metrics);
        }
        let failed = self.failed_shadows(&pending);
        self.engine.commit(pending);
        self.committed = positions;
        self.detach_failed(failed);
        Ok(true)
    }

    /// Whether it was committed; if not, it was aborted, and enough time has passed to try again. Meanwhile the next
    /// batch is collected.
    pub(super) fn transact(&mut self, transaction: Transaction) -> Result<bool, Stop> {
        let (control, consumer, next_batch) = (self.control, &mut self.consumer, &mut self.next_batch);
        let (most, decoders) = (self.config.engine.max_batch_records, self.engine.decoders());
        let outcome = self.transactions.commit(transaction, || {
            consumer.serve_callbacks()?;
            control.note_broker(consumer);
            next_batch.top_up(consumer, most, decoders)?;
            // A request to stop waits for the batch under way, unless that waits for Kafka.
            if consumer.unreachable() { control.check_stop() } else { Ok(()) }
        })?;
        match outcome {
            Ok(()) => Ok(true),
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
