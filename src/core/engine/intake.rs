//! Records in: each is decoded, which needs no state, then admitted into a delta and counted exactly once (invariant I1).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::dispositions::Disposition;
use super::pending::Delta;
use super::visibility::VisibleFrom;
use super::{DeadLetter, Engine, Newest, Tally};
use crate::source::{DecodedRecord, Event, Record, Refusal, SourceId};
use crate::window::EventOutcome;

/// What a batch of records came to.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// What it changes, the states of operators apart.
    pub(super) delta: Delta,
    pub(super) refused: Vec<RefusedRecord>,
    pub(super) tally: Tally,
    /// Dispositions among the accepted events.
    pub(super) dispositions: Vec<Disposition>,
}

/// A record of the batch that is not taken.
#[derive(Debug)]
pub(super) struct RefusedRecord {
    /// Its place in the batch.
    place: usize,
    refusal: Refusal,
}

impl RefusedRecord {
    /// `records` are those of the batch.
    pub(super) fn into_dead_letter(self, records: &[Record]) -> DeadLetter {
        DeadLetter { record: records[self.place].clone(), refusal: self.refusal }
    }
}

impl Engine {
    /// Admits the records of a batch, as of `latest` where their timestamps lie behind it.
    pub(super) fn admit_all(&self, decoded: Vec<DecodedRecord>, latest: Timestamp) -> Intake {
        let mut intake = Intake::default();
        intake.delta.as_of = self.as_of;
        let consumed = decoded.len() as u64;
        for (place, DecodedRecord { source, timestamp, event, .. }) in decoded.into_iter().enumerate() {
            // Time passes with refused records too.
            intake.delta.as_of = intake.delta.as_of.max(Some(timestamp.min(latest)));
            match event.and_then(|event| self.admit(event, &mut intake)) {
                Ok(outcome) => *intake.tally.outcomes.entry((source, outcome)).or_default() += 1,
                Err(refusal) => {
                    *intake.tally.refused.entry((source, refusal.code)).or_default() += 1;
                    intake.refused.push(RefusedRecord { place, refusal });
                }
            }
        }
        debug_assert_eq!(consumed, intake.tally.records(), "I1: every record is exactly one of the outcomes");
        let Delta { not_yet_visible, now_visible, as_of, .. } = &mut intake.delta;
        not_yet_visible.retain(|visible| Some(visible.at) > *as_of);
        *now_visible = as_of.iter().flat_map(|as_of| self.pending_visibility.due(*as_of)).cloned().collect();
        intake
    }

    fn admit(&self, event: Event, intake: &mut Intake) -> Result<EventOutcome, Refusal> {
        let (source, occurred_at, received_at) = (event.source, event.occurred_at, event.received_at);
        let publisher = event.publisher.clone();
        let (unknown_fields, unknown_values) = (event.unknown_fields, event.unknown_values);
        let (normalized, withheld) = (event.normalized, event.withheld);
        let visible_from = VisibleFrom::after(intake.delta.as_of, &event);
        let disposition = self.disposition_source.as_ref().and_then(|source| source.read(&event));
        let outcome = self.store.admit(&mut intake.delta.events, event);
        if outcome == EventOutcome::Conflict {
            return Err(Refusal::conflict());
        }
        if outcome == EventOutcome::Applied {
            intake.delta.not_yet_visible.extend(visible_from);
            intake.dispositions.extend(disposition);
        }
        count(&mut intake.tally.unknown_fields, source, unknown_fields);
        count(&mut intake.tally.unknown_values, source, unknown_values);
        count(&mut intake.tally.normalized, source, normalized);
        count(&mut intake.tally.withheld, source, withheld);
        let this = Newest { occurred_at, received_at };
        let newest = intake.tally.newest.entry((source, publisher)).or_insert(this);
        *newest = newest.or_newer(this);
        let known = self.last_seen.get(&source).copied();
        let last_seen = intake.delta.last_seen.entry(source).or_insert_with(|| known.unwrap_or(received_at));
        *last_seen = received_at.max(*last_seen);
        Ok(outcome)
    }
}

/// Nothing to count leaves no entry.
fn count(counts: &mut BTreeMap<SourceId, u64>, source: SourceId, found: u32) {
    if found > 0 {
        *counts.entry(source).or_default() += u64::from(found);
    }
}
