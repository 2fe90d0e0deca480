//! What is kept of one file for one operator.

use std::sync::Arc;

use super::Hold;
use crate::feature::aggregate::{AggregateKind, OperatorAggregates};
use crate::feature::file_features::FileFeatures;
use crate::feature::lowered::Contribution;

/// What is kept of one file for one operator.
#[derive(Debug)]
pub struct KeptOperator {
    /// The instant up to which the aggregates have gone on.
    pub as_of: i64,
    /// What its rows give to the aggregates; none while they give nothing.
    pub aggregates: Option<Box<OperatorAggregates>>,
    /// Whether the row stage fails on its rows: until these change, the plan gives every column.
    pub is_failing: bool,
    /// When the rows that it was made of are others, because one begins to be seen or no longer is; only where that
    /// matters to all of them.
    pub rows_until: i64,
    /// Until when the columns that are computed in stages hold.
    pub staged: Hold,
    /// Until when the columns that the plan gives hold.
    pub planned: Hold,
    /// None where they are those of an operator without rows.
    pub features: Option<Arc<FileFeatures>>,
}

/// Whether a row comes or is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Added,
    Removed,
}

impl KeptOperator {
    /// Of an operator whose rows have not been read yet.
    pub fn new(as_of: i64) -> Self {
        Self {
            as_of,
            aggregates: None,
            is_failing: false,
            rows_until: i64::MAX,
            staged: Hold::NONE,
            planned: Hold::NONE,
            features: None,
        }
    }

    /// Enters what a row gives, or takes it back: no answer holds any longer.
    pub fn apply(&mut self, change: Change, given: Contribution, kinds: &Arc<[AggregateKind]>) {
        let Contribution { aggregate, interval, value, .. } = given;
        (self.staged, self.planned) = (Hold::NONE, Hold::NONE);
        match (change, &mut self.aggregates) {
            (Change::Added, aggregates) => {
                let as_of = self.as_of;
                let new = || Box::new(OperatorAggregates::new(Arc::clone(kinds), as_of));
                aggregates.get_or_insert_with(new).insert(aggregate, interval, value);
            }
            (Change::Removed, Some(aggregates)) => aggregates.remove(aggregate, interval, value),
            (Change::Removed, None) => {}
        }
    }

    /// Goes on to an instant.
    pub fn advance(&mut self, as_of: i64) {
        self.as_of = as_of;
        if let Some(aggregates) = &mut self.aggregates {
            aggregates.advance(as_of);
            if aggregates.is_empty() {
                self.aggregates = None;
            }
        }
    }

    /// How long an answer holds of which it is not known.
    pub fn unknown_hold(&self, as_of: i64) -> Hold {
        Hold::unknown(as_of).and(Hold { ask_again: self.next_change(), ..Hold::FOREVER })
    }

    /// When an aggregate changes by itself, or the rows become others.
    pub fn next_change(&self) -> i64 {
        self.aggregates.as_ref().map_or(i64::MAX, |aggregates| aggregates.next_change()).min(self.rows_until)
    }
    /// The same but for rows that leave aggregates which only count, as long as there is a row; `counts` says of each
    /// aggregate whether it does, and the first counts the rows.
    pub fn next_change_beside(&self, counts: &[bool]) -> i64 {
        let of_aggregates = self
            .aggregates
            .as_ref()
            .map_or(i64::MAX, |aggregates| aggregates.next_change_beside(counts).min(aggregates.falls_below(0, 1)));
        of_aggregates.min(self.rows_until)
    }
}
