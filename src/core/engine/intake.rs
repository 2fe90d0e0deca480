//! Records in: each is decoded, admitted into a delta, and counted exactly once (invariant I1).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::dispositions::Disposition;
use super::visibility::VisibleFrom;
use super::{DeadLetter, Engine, Newest, Tally};
use crate::source::{Record, Refusal, SourceId};
use crate::window::{Delta, EventOutcome};

/// What a batch of records came to.
#[derive(Debug, Default)]
pub(super) struct Intake {
    pub(super) events: Delta,
    pub(super) dead_letters: Vec<DeadLetter>,
    pub(super) tally: Tally,
    /// The greatest record timestamp, refused records included: time passes with them too.
    pub(super) newest_record: Option<Timestamp>,
    /// The newest record timestamp of each source that this batch has accepted records of, earlier batches included.
    pub(super) last_seen: BTreeMap<SourceId, Timestamp>,
    /// Dispositions among the accepted events.
    pub(super) dispositions: Vec<Disposition>,
    /// When accepted events become visible.
    pub(super) visible_from: Vec<VisibleFrom>,
}

impl Engine {
    /// Decodes and admits records.
    pub(super) fn ingest(&self, records: &[Record]) -> Intake {
        let mut intake = Intake::default();
        let consumed = records.len() as u64;
        for record in records {
            intake.newest_record = intake.newest_record.max(Some(record.timestamp));
            match self.admit(record, &mut intake) {
                Ok(outcome) => *intake.tally.outcomes.entry((record.source, outcome)).or_default() += 1,
                Err(refusal) => {
                    *intake.tally.refused.entry((record.source, refusal.code)).or_default() += 1;
                    intake.dead_letters.push(DeadLetter { record: record.clone(), refusal });
                }
            }
        }
        debug_assert_eq!(consumed, intake.tally.records(), "I1: every record is exactly one of the outcomes");
        intake
    }

    fn admit(&self, record: &Record, intake: &mut Intake) -> Result<EventOutcome, Refusal> {
        let event = self.decoders[usize::from(record.source.0)].decode(record)?;
        let (source, occurred_at, publisher) = (event.source, event.occurred_at, event.publisher.clone());
        let (unknown_fields, unknown_values, normalized) =
            (event.unknown_fields, event.unknown_values, event.normalized);
        let visible_from = VisibleFrom::of(&event);
        let disposition = self.disposition_source.as_ref().and_then(|source| source.read(&event));
        let outcome = self.store.admit(&mut intake.events, event);
        if outcome == EventOutcome::Conflict {
            return Err(Refusal::conflict());
        }
        if outcome == EventOutcome::Applied {
            intake.visible_from.extend(visible_from);
            intake.dispositions.extend(disposition);
        }
        count(&mut intake.tally.unknown_fields, source, unknown_fields);
        count(&mut intake.tally.unknown_values, source, unknown_values);
        count(&mut intake.tally.normalized, source, normalized);
        let this = Newest { occurred_at, received_at: record.timestamp };
        let newest = intake.tally.newest.entry((source, publisher)).or_insert(this);
        *newest = newest.or_newer(this);
        let known = self.last_seen.get(&source).copied();
        let last_seen = intake.last_seen.entry(source).or_insert_with(|| known.unwrap_or(record.timestamp));
        *last_seen = record.timestamp.max(*last_seen);
        Ok(outcome)
    }
}

/// Nothing to count leaves no entry.
fn count(counts: &mut BTreeMap<SourceId, u64>, source: SourceId, found: u32) {
    if found > 0 {
        *counts.entry(source).or_default() += u64::from(found);
    }
}
