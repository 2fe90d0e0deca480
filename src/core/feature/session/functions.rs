//! The functions that a feature file may call, by name.

use datafusion::common::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::Volatility;

use crate::feature::budget::Budget;
use crate::feature::function::as_of::AsOf;
use crate::feature::session::session_over;

/// What a name in a call means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    /// One value a row, always the same for the same row and as-of.
    Scalar,
    /// One value a row that changes from call to call or with the wall clock.
    Nondeterministic,
    Aggregate,
    Window,
    Unknown,
}

/// Our functions that read the as-of cell: volatile towards DataFusion, yet the same for the same as-of.
pub const READING_AS_OF: [&str; 3] = ["as_of", "within", "days_since"];

/// The functions of a session, by name.
#[derive(Debug)]
pub struct Functions {
    state: SessionState,
}

impl Functions {
    pub fn new() -> Result<Self> {
        Ok(Self { state: session_over(&AsOf::default(), &Budget::default())?.state() })
    }

    /// What a lower-case name means. An aggregate that is also a window function counts as an aggregate.
    pub fn kind(&self, name: &str) -> FunctionKind {
        if let Some(function) = self.state.scalar_functions().get(name) {
            let same_again = function.signature().volatility == Volatility::Immutable || READING_AS_OF.contains(&name);
            return if same_again { FunctionKind::Scalar } else { FunctionKind::Nondeterministic };
        }
        if self.state.aggregate_functions().contains_key(name) {
            FunctionKind::Aggregate
        } else if self.state.window_functions().contains_key(name) {
            FunctionKind::Window
        } else if self.state.higher_order_functions().contains_key(name) || name == "unnest" {
            FunctionKind::Scalar
        } else {
            FunctionKind::Unknown
        }
    }

    /// The names a call may use.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let scalar = self.state.scalar_functions().keys();
        let aggregate = self.state.aggregate_functions().keys();
        let higher_order = self.state.higher_order_functions().keys();
        scalar
            .chain(aggregate)
            .chain(higher_order)
            .map(String::as_str)
            .filter(|name| self.kind(name) != FunctionKind::Nondeterministic)
    }
}
