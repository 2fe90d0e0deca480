//! Aggregates that are kept from event to event: every row counts for an aggregate during one interval of as-of
//! instants, so that expiry, rows dated ahead, `within` and retention are one thing. No DataFusion in here.

use std::sync::Arc;

/// The as-of instants for which a row counts, in microseconds since 1970: from the first up to, and without, the second.
/// Empty unless `from < until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interval {
    pub from: i64,
    pub until: i64,
}

/// What an aggregate makes of the rows that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateKind {
    Count,
    CountDistinct,
    Sum,
    Min,
    Max,
    BoolAnd,
    BoolOr,
    /// Groups of times that lie further apart than the gap in microseconds.
    Episodes {
        gap: i64,
    },
}

/// A value that goes into an aggregate or comes out of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AggregateValue {
    Null,
    Bool(bool),
    Int(i64),
    Decimal(i128),
    /// Microseconds since 1970.
    Time(i64),
    /// Days since 1970.
    Date(i32),
    Text(Arc<str>),
}
