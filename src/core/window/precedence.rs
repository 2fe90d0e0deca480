//! What an event is to what is known of the same identity: the rules that make the order of arrival irrelevant.

use crate::source::{Event, Kind, Op};

/// What became of one decoded event (invariant I1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventOutcome {
    /// New, or a higher revision of a known event: what SQL sees has changed.
    Applied,
    /// The same event, revision and content as before.
    Duplicate,
    /// A higher revision, or a retract of the same revision, is known already.
    Superseded,
    /// A retract (or a delete on a reference source) was taken: a tombstone stands for the event.
    Retracting,
    /// The same event and revision with other content: a dead letter.
    Conflict,
}

/// What remains of the events of one identity: the greatest revision, or a retract of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRevision {
    pub revision: i64,
    /// The low half of [`Event::content`]: it only distinguishes two contents of one identity and revision.
    pub content: u64,
    pub state: RevisionState,
}

impl KnownRevision {
    /// The same once its row is past the retention.
    #[must_use]
    pub fn without_row(self) -> Self {
        let state = match self.state {
            RevisionState::Live => RevisionState::Expired,
            state => state,
        };
        Self { state, ..self }
    }
}

/// What became of the greatest revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionState {
    /// Its row is kept.
    Live,
    /// Its row is past the retention, but an earlier revision of it may still come again.
    Expired,
    /// It was retracted: a tombstone.
    Retracted,
}

/// The part of [`Event::content`] that the store keeps.
#[expect(clippy::cast_possible_truncation, reason = "the low half of a hash is a hash")]
pub fn content_key(event: &Event) -> u64 {
    event.content as u64
}

/// The greatest revision wins; a retract beats an upsert of the same revision; the same again is a duplicate.
///
/// On a reference source the last record wins, whatever its revision: its topic is compacted and keeps just that one,
/// so a restore could not judge by any other.
pub fn decide(kind: Kind, known: Option<KnownRevision>, event: &Event) -> EventOutcome {
    let taken = match event.op {
        Op::Delete => return EventOutcome::Retracting,
        Op::Retract => EventOutcome::Retracting,
        Op::Upsert => EventOutcome::Applied,
    };
    let Some(known) = known else { return taken };
    if kind == Kind::Reference {
        let is_same = event.revision == known.revision && content_key(event) == known.content;
        return if is_same { EventOutcome::Duplicate } else { taken };
    }
    if event.revision > known.revision {
        return taken;
    }
    if event.revision < known.revision {
        return EventOutcome::Superseded;
    }
    match (event.op, known.state) {
        (Op::Upsert, RevisionState::Retracted) => EventOutcome::Superseded,
        (Op::Upsert, _) if content_key(event) == known.content => EventOutcome::Duplicate,
        (Op::Upsert, _) => EventOutcome::Conflict,
        (_, RevisionState::Retracted) => EventOutcome::Duplicate,
        (_, _) => EventOutcome::Retracting,
    }
}
