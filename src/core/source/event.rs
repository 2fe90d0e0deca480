//! A decoded event: its identity, its place in time and its typed cells.

use std::sync::Arc;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_128;
use yujing_base::OperatorId;

use super::{Cell, SourceId};

/// What a record asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Take this as the event's content.
    Upsert,
    /// The event never was: take it out.
    Retract,
    /// A null value or a retract on a reference source: forget the operator's row, whatever its revision.
    Delete,
}

/// The 128-bit hash of (source, publisher, operator, event id): which event this is, whatever its revision.
/// For a reference source it is the hash of (source, operator).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity(pub u128);

impl Identity {
    /// Each part is hashed behind its length, so that no two different lists of parts collide by concatenation.
    pub fn of(source: &str, parts: &[&str]) -> Self {
        let mut bytes = Vec::with_capacity(128);
        for part in std::iter::once(&source).chain(parts) {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Self(xxh3_128(&bytes))
    }
}

/// One accepted-looking event: decoded and valid by itself. Whether it is new is the window store's to say.
#[derive(Debug, Clone)]
pub struct Event {
    pub source: SourceId,
    pub identity: Identity,
    pub operator_id: OperatorId,
    pub event_id: Arc<str>,
    pub publisher: Arc<str>,
    pub revision: i64,
    pub op: Op,
    pub occurred_at: Timestamp,
    pub reported_at: Timestamp,
    /// The record's Kafka timestamp: a tombstone is kept until this plus the retention.
    pub received_at: Timestamp,
    /// One cell a column of the source's Arrow schema, in its order; empty for a retract or a delete.
    pub cells: Box<[Cell]>,
    /// Hash of the content: distinguishes a duplicate from a conflict.
    pub content: u128,
    /// Pointers of fields the schema does not know: ignored, counted, never lost silently.
    pub unknown_fields: u32,
    /// Open enumerations whose value was unknown and became `other`.
    pub unknown_values: u32,
    /// Identifiers that came in another form than the one that `x-normalize` gave them.
    pub normalized: u32,
    /// Texts in which `x-check` found personal data, and which are therefore not kept.
    pub withheld: u32,
}
