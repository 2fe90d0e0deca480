//! The DataFusion session in which feature files are planned, and the functions it knows.
//!
//! - here: the session
//! - [`functions`]: the functions that it knows, by name
//! - [`short_circuit`], [`clock_times`]: rules of ours for every plan

pub mod clock_times;
pub mod functions;
pub mod short_circuit;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::optimizer::{Optimizer, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::{SessionConfig, SessionContext};
use jiff::Timestamp;

use crate::feature::budget::rule::BudgetRule;
use crate::feature::budget::{Budget, STEP_ROWS};
use crate::feature::function::as_of::AsOf;
use crate::feature::function::scalar::scalar_functions;
use crate::feature::function::{episodes, sum};
use crate::feature::session::clock_times::ClockTimes;
use crate::feature::session::short_circuit::ShortCircuit;

/// What one run may hold in memory; a run beyond it fails and is tried again with fewer operators. It counts what waits
/// in sorts and aggregates; what functions make is in the budget.
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
pub fn session_over(as_of: &AsOf, budget: &Budget) -> Result<SessionContext> {
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
