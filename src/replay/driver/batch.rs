//! Which records are decided together: those of one step, up to what is scheduled next.

use std::iter::Peekable;

use jiff::Timestamp;

use super::{Arrival, Driver};
use crate::ReplayError;
use crate::history::read_ahead::DecodedArrival;
use crate::shard::Batch;

/// Most records decided together.
pub(super) const MAX_BATCH_RECORDS: usize = 8_192;

impl Driver<'_> {
    /// When the next record within the span arrives; records beyond its end, and answers that others stand in for, are
    /// counted and dropped.
    pub(super) fn next_arrival(
        &mut self,
        records: &mut Peekable<impl Iterator<Item = Arrival>>,
    ) -> Result<Option<Timestamp>, ReplayError> {
        loop {
            match records.peek() {
                None => return Ok(None),
                Some(Ok(DecodedArrival { record, .. })) if Some(record.source) == self.replaced => {
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

    /// The records that are decided together: those of one step, up to the next action. Before the start nothing is
    /// decided, and steps do not matter.
    pub(super) fn batch(
        &mut self,
        records: &mut Peekable<impl Iterator<Item = Arrival>>,
        until: Option<Timestamp>,
    ) -> Result<Batch, ReplayError> {
        let mut batch = Batch::default();
        // Before the first record nobody knows where the first boundary lies: it is taken alone.
        let most = if self.as_of.is_some() { MAX_BATCH_RECORDS } else { 1 };
        let mut ends: Option<Timestamp> = None;
        while batch.records.len() < most {
            let Some(arrival) = self.next_arrival(records)? else { break };
            let step = || arrival.checked_add(self.schedule.step).ok().filter(|_| self.started);
            let end = *ends.get_or_insert_with(|| step().unwrap_or(Timestamp::MAX));
            let fits = batch.records.is_empty() || arrival < end || batch.is_of_one_instant(arrival);
            if !fits || until.is_some_and(|until| arrival > until) {
                break;
            }
            if let Some(arrival) = records.next() {
                let DecodedArrival { record, decoded } = arrival?;
                self.results.record_arrival(&record);
                self.as_of = self.as_of.max(Some(record.timestamp));
                batch.records.push(record);
                batch.decoded.push(decoded);
            }
        }
        Ok(batch)
    }
}
