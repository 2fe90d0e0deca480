//! The batch that comes next. While a transaction is under way records are collected, and decoded, which needs no state.
//! A full batch is decided at once; one that is not goes on filling until the transaction is over, because it could not
//! leave before.

use std::time::{Duration, Instant};

use yujing_core::engine::Engine;
use yujing_core::source::DecodedRecord;
use yujing_kafka::KafkaError;
use yujing_kafka::batch_consumer::{Batch, BatchConsumer, BatchLimits};

use super::Session;
use crate::error::Stop;

/// Collected records with what decoding gave of each.
#[derive(Debug, Default)]
pub(super) struct DecodedBatch {
    pub(super) batch: Batch,
    pub(super) decoded: Vec<DecodedRecord>,
    pub(super) decoding: Duration,
}

impl DecodedBatch {
    pub(super) fn is_empty(&self) -> bool {
        self.batch.records.is_empty()
    }

    /// Whether nothing more is to be added.
    fn is_full(&self, limits: BatchLimits) -> bool {
        self.batch.boundary || self.batch.records.len() >= limits.most
    }

    /// Takes further records that are there already, and decodes them.
    pub(super) fn top_up(
        &mut self,
        consumer: &mut BatchConsumer,
        limits: BatchLimits,
        engine: &Engine,
    ) -> Result<(), KafkaError> {
        consumer.top_up(&mut self.batch, limits)?;
        self.decode(engine);
        Ok(())
    }

    fn decode(&mut self, engine: &Engine) {
        let began = Instant::now();
        let records = &self.batch.records[self.decoded.len()..];
        self.decoded.extend(engine.decoders().decode_on_threads(records, engine.threads()));
        self.decoding += began.elapsed();
    }
}

impl Session<'_> {
    /// The next batch; an empty one after an abort. What came while a transaction was under way has waited long enough,
    /// and waits for no others.
    pub(super) fn collect(&mut self, limits: BatchLimits) -> Result<DecodedBatch, Stop> {
        while self.in_flight.is_some() && !self.next_batch.is_full(limits) {
            match self.settle_soon()? {
                Some(true) => break,
                Some(false) => return Ok(DecodedBatch::default()),
                None => self.meanwhile(limits)?,
            }
        }
        let mut next = std::mem::take(&mut self.next_batch);
        if next.is_empty() {
            next.batch = self.consumer.collect(limits)?;
            next.decode(&self.engine);
        } else {
            next.top_up(&mut self.consumer, limits, &self.engine)?;
        }
        Ok(next)
    }

    /// Begins again at the committed offsets; what was collected behind them comes again.
    pub(super) fn go_back(&mut self) -> Result<(), Stop> {
        self.next_batch = DecodedBatch::default();
        Ok(self.consumer.seek(&self.committed)?)
    }
}
