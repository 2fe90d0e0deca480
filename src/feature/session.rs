//! The DataFusion session in which feature files are planned, and the functions it knows.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::logical_expr::Volatility;
use datafusion::optimizer::{Optimizer, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::{SessionConfig, SessionContext};
use jiff::Timestamp;

use super::budget::{Budget, STEP_ROWS};
use super::cage::BudgetRule;
use super::episodes;
use super::function::{AsOf, scalar_functions};
use super::guard::ShortCircuit;
use super::local::ClockTimes;
use super::sum;

/// What one run may hold in memory; a run beyond it fails and is tried again with fewer operators. It counts what waits in
/// sorts and aggregates; what functions make is in the budget.
const MEMORY_LIMIT: usize = 1 << 29;

/// A session with our functions as of a fixed instant in China's time zone, set up as feature files are planned in it:
/// for tools that run a feature's SQL over tables of their own.
///
/// # Errors
/// If DataFusion refuses the set-up.
pub fn session(as_of: Timestamp) -> Result<SessionContext> {
    let cell = AsOf::default();
    cell.set(as_of);
    session_over(&cell, &Budget::default())
}

/// A session whose functions read `as_of` and charge `budget`.
pub(super) fn session_over(as_of: &AsOf, budget: &Budget) -> Result<SessionContext> {
    let mut config = SessionConfig::new().with_target_partitions(1).with_batch_size(STEP_ROWS);
    let options = config.options_mut();
    options.sql_parser.map_string_types_to_utf8view = false;
    options.execution.collect_statistics = false;
    options.optimizer.enable_dynamic_filter_pushdown = false;
    options.optimizer.enable_topk_dynamic_filter_pushdown = false;
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    options.execution.time_zone = Some(as_of.zone().to_string());
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_limit(MEMORY_LIMIT, 1.0)
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
        .build_arc()?;
    let mut state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_analyzer_rule(Arc::new(ClockTimes))
        .with_analyzer_rule(Arc::new(ShortCircuit))
        .with_analyzer_rule(Arc::new(BudgetRule { budget: budget.clone() }))
        .with_optimizer_rules(optimizer_rules())
        .with_physical_optimizer_rules(physical_optimizer_rules())
        .build();
    for function in scalar_functions(as_of) {
        state.register_udf(Arc::new(function))?;
    }
    state.register_udaf(Arc::new(sum::aggregate_function()))?;
    state.register_udaf(Arc::new(episodes::aggregate_function(as_of.zone())))?;
    Ok(SessionContext::new_with_state(state))
}

/// Every rule but the one that moves filters: next to another, or below a computation, a filter would be asked for rows
/// that the other was to keep from it.
fn optimizer_rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    Optimizer::new().rules.into_iter().filter(|rule| rule.name() != "push_down_filter").collect()
}

/// Every rule but those that move filters, and computations below them.
fn physical_optimizer_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let moves = |name: &str| name.starts_with("FilterPushdown") || name == "ProjectionPushdown";
    PhysicalOptimizer::new().rules.into_iter().filter(|rule| !moves(rule.name())).collect()
}

/// What a name in a call means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FunctionKind {
    /// One value a row, always the same for the same row and as-of.
    Scalar,
    /// One value a row that changes from call to call or with the wall clock.
    Nondeterministic,
    Aggregate,
    Window,
    Unknown,
}

/// Our functions that read the as-of cell: volatile towards DataFusion, yet the same for the same as-of.
const READING_AS_OF: [&str; 3] = ["as_of", "within", "days_since"];

/// The functions of a session, by name.
#[derive(Debug)]
pub(super) struct Functions {
    state: SessionState,
}

impl Functions {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { state: session_over(&AsOf::default(), &Budget::default())?.state() })
    }

    /// What a lower-case name means. An aggregate that is also a window function counts as an aggregate.
    pub(super) fn kind(&self, name: &str) -> FunctionKind {
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
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
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
