//! Aggregates that are kept per operator and follow each row that comes, is taken back, begins to count or no longer
//! counts, without looking at the others again.
//!
//! A row counts for an aggregate during one interval of as-of instants. Retention, rows dated ahead and time conditions
//! of a FILTER are all that interval, so that time passing and rows leaving are one thing. Entries have no names: a row
//! that is replaced is taken back by the very interval and value that it was entered with.
//!
//! Each of these uses only those before it:
//!
//! - here: intervals, kinds and values
//! - [`expiry_queue`]: the entries that count, in the order in which they leave
//! - [`accumulator`]: entries with what is known of all of them together
//! - [`count`], [`distinct`], [`sum`], [`extreme`], [`truth`], [`episode`]: what that is, for each kind
//! - [`operator_aggregates`]: every aggregate of one file for one operator

mod accumulator;
mod count;
mod distinct;
mod episode;
mod expiry_queue;
mod extreme;
mod operator_aggregates;
mod sum;
mod truth;

use std::sync::Arc;

pub use operator_aggregates::OperatorAggregates;

/// The as-of instants for which a row counts, in microseconds since 1970: `from <= as_of < until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    pub from: i64,
    pub until: i64,
}

impl Interval {
    /// At every instant.
    pub const ALWAYS: Self = Self { from: i64::MIN, until: i64::MAX };

    /// Whether no instant lies in it.
    pub fn is_empty(self) -> bool {
        self.from >= self.until
    }

    /// The instants that lie in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }
}

/// What is computed of the values of the rows that count. Nulls are left out, but by `Count`, which counts every entry:
/// who counts a column makes no entry of its nulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateKind {
    Count,
    CountDistinct,
    /// Of whole numbers or decimals.
    Sum,
    Min,
    Max,
    BoolAnd,
    BoolOr,
    /// `episodes(time, gap)`: groups of times that lie further apart than the gap, in microseconds and not negative.
    Episodes {
        gap: i64,
    },
}

impl AggregateKind {
    /// Whether it is a number of rows, of values or of groups: none is zero.
    pub fn is_count(self) -> bool {
        matches!(self, Self::Count | Self::CountDistinct | Self::Episodes { .. })
    }
}

/// A value of a row, or of an aggregate. All values of one aggregate have one type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AggregateValue {
    Null,
    Bool(bool),
    Int(i64),
    /// Without its scale, which is that of the column.
    Decimal(i128),
    /// Microseconds since 1970.
    Time(i64),
    /// Days since 1970.
    Date(i32),
    Text(Arc<str>),
}

/// A sum that lies beyond 64 bits: SQL gives an error for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sum lies beyond 64 bits")]
pub struct SumOutOfRange;
