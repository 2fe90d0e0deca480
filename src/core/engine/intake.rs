//! Records in: each is decoded, which needs no state, then admitted into a delta and counted exactly once (invariant I1).
//! Dispositions that are decided by how warnings stand are only taken down; they are admitted at their turn
//! (`dispositions`).

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::disposition_source::DispositionAction;
use super::dispositions::UndecidedDisposition;
use super::pending::Delta;
use super::visibility::VisibleFrom;
use super::{DeadLetter, Engine, Mode, Newest, Tally};
use crate::source::{DecodedRecord, Event, Record, Refusal, SourceId};
use crate::warning::DispositionRecord;
use crate::window::EventOutcome;

/// What a batch of records came to.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// What it changes, the states of operators apart.
    pub(super) delta: Delta,
    pub(super) refused: Vec<RefusedRecord>,
    /// Dispositions among the accepted events.
    pub(super) actions: Vec<DispositionAction>,
    /// Dispositions that have not had their turn, by their place in the batch.
    pub(super) undecided: BTreeMap<usize, UndecidedDisposition>,
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
        DeadLetter { record: records[self.place].clone(), refusal: self.refusal, place: self.place }
    }
}

impl Engine {
    /// Admits the records of a batch, as of `latest` where their timestamps lie behind it.
    pub(super) fn admit_all(
        &self,
        decoded: Vec<DecodedRecord>,
        latest: Timestamp,
        mode: Mode,
        tally: &mut Tally,
    ) -> Intake {
        let mut intake = Intake::default();
        intake.delta.as_of = self.as_of;
        // A disposition is decided at its own instant, and none of an operator before one that stands before it.
        let mut turns: HashMap<OperatorId, Timestamp> = HashMap::new();
        for (place, DecodedRecord { source, partition, offset, timestamp, event }) in decoded.into_iter().enumerate() {
            // Time passes with refused records too.
            let heard_at = timestamp.min(latest);
            intake.delta.as_of = intake.delta.as_of.max(Some(heard_at));
            let admitted = match event {
                Ok(event) if self.decided_dispositions() == Some(source) => {
                    let record = DispositionRecord::new(partition, offset, event.identity, event.revision);
                    match mode {
                        Mode::Live => {
                            let turn = turns.entry(event.operator_id.clone()).or_insert(heard_at);
                            *turn = heard_at.max(*turn).max(self.as_of.unwrap_or(heard_at));
                            let undecided = UndecidedDisposition { at: *turn, heard_at, record, event };
                            intake.undecided.insert(place, undecided);
                            continue;
                        }
                        Mode::CatchUp => self.admit(event, &mut intake, tally),
                        Mode::Restore => self.admit_again(record, event, &mut intake, tally),
                    }
                }
                event => event.and_then(|event| self.admit(event, &mut intake, tally)),
            };
            intake.note(place, source, admitted, tally);
        }
        let Delta { not_yet_visible, now_visible, as_of, .. } = &mut intake.delta;
        not_yet_visible.retain(|visible| Some(visible.at) > *as_of);
        *now_visible = as_of.iter().flat_map(|as_of| self.pending_visibility.due(*as_of)).cloned().collect();
        intake
    }

    /// Says what an event is to the store; takes it in if it is new.
    pub(super) fn admit(&self, event: Event, intake: &mut Intake, tally: &mut Tally) -> Result<EventOutcome, Refusal> {
        let (source, occurred_at, received_at) = (event.source, event.occurred_at, event.received_at);
        let publisher = event.publisher.clone();
        let (unknown_fields, unknown_values) = (event.unknown_fields, event.unknown_values);
        let (normalized, withheld) = (event.normalized, event.withheld);
        let visible_from = VisibleFrom::after(intake.delta.as_of, &event);
        let action = self.disposition_source.as_ref().and_then(|source| source.action(&event));
        let outcome = self.store.admit(&mut intake.delta.events, event);
        if outcome == EventOutcome::Conflict {
            return Err(Refusal::conflict());
        }
        if outcome == EventOutcome::Applied {
            intake.delta.not_yet_visible.extend(visible_from);
            intake.actions.extend(action);
        }
        count(&mut tally.unknown_fields, source, unknown_fields);
        count(&mut tally.unknown_values, source, unknown_values);
        count(&mut tally.normalized, source, normalized);
        count(&mut tally.withheld, source, withheld);
        let this = Newest { occurred_at, received_at };
        let newest = tally.newest.entry((source, publisher)).or_insert(this);
        *newest = newest.or_newer(this);
        let known = self.last_seen.get(&source).copied();
        let last_seen = intake.delta.last_seen.entry(source).or_insert_with(|| known.unwrap_or(received_at));
        *last_seen = received_at.max(*last_seen);
        Ok(outcome)
    }
}

impl Intake {
    /// Counts a record by what became of it.
    pub(super) fn note(
        &mut self,
        place: usize,
        source: SourceId,
        admitted: Result<EventOutcome, Refusal>,
        tally: &mut Tally,
    ) {
        match admitted {
            Ok(outcome) => *tally.outcomes.entry((source, outcome)).or_default() += 1,
            Err(refusal) => {
                *tally.refused.entry((source, refusal.code)).or_default() += 1;
                self.refused.push(RefusedRecord { place, refusal });
            }
        }
    }
}

/// Nothing to count leaves no entry.
fn count(counts: &mut BTreeMap<SourceId, u64>, source: SourceId, found: u32) {
    if found > 0 {
        *counts.entry(source).or_default() += u64::from(found);
    }
}
