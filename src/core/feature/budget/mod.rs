//! What SQL may make of the rows it is given: a budget of bytes, which count its memory and its steps alike, charged
//! before the work is done. It knows neither clock nor machine, so the same rows give the same answer everywhere.
//!
//! What a run makes is the sum of what its rows make. So a feature within the budget for many operators together is
//! within it for each of them alone, and which operators are computed together changes no value.
//!
//! - here: the budget
//! - [`row_size`], [`arguments`]: what a call is given
//! - [`cost_model`]: what each function makes of that
//! - [`metered`]: functions that charge the budget
//! - [`rule`]: puts them into a plan, and refuses what has no known bound

pub mod arguments;
pub mod cost_model;
pub mod metered;
pub mod row_size;
pub mod rule;

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::common::{DataFusionError, Result};

/// Rows that are computed in one step. Texts written into SQL may stand in each of them.
pub const STEP_ROWS: usize = 2_048;

/// The budget of a plan: one cell a plan, charged whenever the plan runs.
#[derive(Debug, Clone, Default)]
pub struct Budget(Arc<AtomicU64>);

impl Budget {
    /// Bytes that one call may make of one row: 64 thousand elements of a list, 4 MiB of text, 2,048 times 2,048 bytes
    /// to compare.
    pub const CALL: u64 = 4 << 20;
    /// Bytes that one run may make of all its rows: 4 million elements of lists.
    pub const RUN: u64 = 256 << 20;

    /// Nothing is spent yet.
    pub fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Spends what `function` makes of some rows.
    ///
    /// # Errors
    /// [`OverBudget`], before anything is made.
    pub fn charge(&self, function: &str, rows: impl IntoIterator<Item = u64>) -> Result<()> {
        let mut sum: u64 = 0;
        for row in rows {
            if row > Self::CALL {
                return over(function, Scope::Call, row);
            }
            sum = sum.saturating_add(row);
        }
        let spent = self.0.fetch_add(sum, Ordering::Relaxed).saturating_add(sum);
        if spent > Self::RUN { over(function, Scope::Run, spent) } else { Ok(()) }
    }
}

fn over(function: &str, scope: Scope, bytes: u64) -> Result<()> {
    Err(DataFusionError::External(Box::new(OverBudget { function: function.to_owned(), scope, bytes })))
}

/// Two cells are the same if they are one: functions of different plans are different functions.
impl PartialEq for Budget {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Budget {}

impl Hash for Budget {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

/// What a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Call,
    Run,
}

impl Scope {
    const fn limit(self) -> u64 {
        match self {
            Self::Call => Budget::CALL,
            Self::Run => Budget::RUN,
        }
    }

    const fn of(self) -> &'static str {
        match self {
            Self::Call => "one row",
            Self::Run => "the rows of one operator",
        }
    }
}

/// SQL that would make more than it may.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{function}` would make {bytes} bytes of {}; at most {} are allowed", scope.of(), scope.limit())]
pub struct OverBudget {
    pub function: String,
    pub scope: Scope,
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_or_a_run_beyond_its_budget_is_refused_before_it_is_made() {
        let budget = Budget::default();
        assert!(budget.charge("repeat", [Budget::CALL; 64]).is_ok());
        let message = budget.charge("repeat", [1]).expect_err("the run has spent all").to_string();
        assert!(message.contains("`repeat` would make 268435457 bytes of the rows of one operator"), "{message}");
        budget.begin();
        assert!(budget.charge("repeat", [1]).is_ok());
        assert!(budget.charge("repeat", [Budget::CALL + 1]).is_err());
        assert!(budget.charge("repeat", [u64::MAX, u64::MAX]).is_err());
    }
}
