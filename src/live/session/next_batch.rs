//! The batch that comes next. While a transaction is under way nothing can be decided, because what it leaves is not
//! certain; but records can be collected, and decoded, which needs no state.

use std::time::{Duration, Instant};

use yujing_core::source::{DecodedRecord, Decoders};
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

    /// Takes further records that are there already, and decodes them.
    pub(super) fn top_up(
        &mut self,
        consumer: &mut BatchConsumer,
        most: usize,
        decoders: &Decoders,
    ) -> Result<(), KafkaError> {
        consumer.top_up(&mut self.batch, most)?;
        self.decode(decoders);
        Ok(())
    }

    fn decode(&mut self, decoders: &Decoders) {
        let began = Instant::now();
        self.decoded.extend(decoders.decode_all(&self.batch.records[self.decoded.len()..]));
        self.decoding += began.elapsed();
    }
}

impl Session<'_> {
    /// The next batch. What came while the last transaction was under way has waited long enough, and waits for no
    /// others.
    pub(super) fn collect(&mut self, limits: BatchLimits) -> Result<DecodedBatch, Stop> {
        let mut next = std::mem::take(&mut self.next_batch);
        if next.is_empty() {
            next.batch = self.consumer.collect(limits)?;
            next.decode(self.engine.decoders());
        } else {
            next.top_up(&mut self.consumer, limits.most, self.engine.decoders())?;
        }
        Ok(next)
    }

    /// Begins again at the committed offsets; what was collected behind them comes again.
    pub(super) fn go_back(&mut self) -> Result<(), Stop> {
        self.next_batch = DecodedBatch::default();
        Ok(self.consumer.seek(&self.committed)?)
    }
}
