//! Evidence (依据记录): the events that a feature's WHERE and FILTER kept.
//!
//! A column with several aggregates keeps the rows that at least one FILTER keeps; an aggregate without FILTER keeps
//! all that WHERE does. A condition inside an aggregate, as in `sum(CASE WHEN ... END)`, is not traced: write a FILTER.

use std::collections::BTreeSet;

use arrow::array::{Array as _, AsArray};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The columns that say which event a row is of: event id, publisher, time.
const EVENT_COLUMNS: usize = 3;

/// The rows that the WHERE of a file keeps, and for each of its columns whether their FILTERs keep them too
/// ([`Evidence::from_flags`]); `None` if a condition of some column fails.
pub type FileEvidence = Option<RecordBatch>;

/// The event ids behind a feature's value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Events of which the feature's WHERE and FILTER kept a row.
    pub total: u64,
    /// The newest of them, newest first: at most [`Evidence::NEWEST`] where it leaves.
    pub newest: Vec<EvidenceEvent>,
}

/// One event of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EvidenceEvent {
    pub source: String,
    pub publisher: String,
    pub event_id: String,
    pub occurred_at: Timestamp,
}

impl Evidence {
    pub const NEWEST: usize = 20;

    /// From the rows of an evidence query, with at most so many events; an event that was unfolded into several rows
    /// counts once.
    ///
    /// Shape: event id (Utf8), publisher (Utf8), time (Timestamp(µs)).
    pub fn from_rows(source: &str, rows: &RecordBatch, most: usize) -> Option<Self> {
        Self::of_rows(source, rows, 0..rows.num_rows(), most)
    }

    /// The same of the rows that a column of the file keeps.
    ///
    /// Shape: as [`Evidence::from_rows`], then for each column of the file whether the row counts for it (Boolean).
    pub fn from_flags(source: &str, rows: &RecordBatch, column: usize, most: usize) -> Option<Self> {
        let flags = rows.columns().get(EVENT_COLUMNS + column)?.as_boolean_opt()?;
        let counts = |row: &usize| flags.is_valid(*row) && flags.value(*row);
        Self::of_rows(source, rows, (0..rows.num_rows()).filter(counts), most)
    }

    fn of_rows(source: &str, rows: &RecordBatch, places: impl Iterator<Item = usize>, most: usize) -> Option<Self> {
        let event_ids = rows.column(0).as_string_opt::<i32>()?;
        let publishers = rows.column(1).as_string_opt::<i32>()?;
        let times = rows.column(2).as_primitive_opt::<TimestampMicrosecondType>()?;
        let events: BTreeSet<_> =
            places.map(|row| (times.value(row), event_ids.value(row), publishers.value(row))).collect();
        let newest = events.iter().rev().take(most).map(|(micros, event_id, publisher)| {
            Some(EvidenceEvent {
                source: source.to_owned(),
                publisher: (*publisher).to_owned(),
                event_id: (*event_id).to_owned(),
                occurred_at: Timestamp::from_microsecond(*micros).ok()?,
            })
        });
        Some(Self { total: events.len() as u64, newest: newest.collect::<Option<_>>()? })
    }
}
