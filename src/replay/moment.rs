//! A replay up to an instant, and one operator explained as of then: by what the engine would have known.

use std::sync::Arc;

use jiff::Timestamp;

use super::drive::{Course, Drive};
use super::history::{self, History};
use super::ledger::Ledger;
use super::plan::Plan;
use super::run::engine_of;
use super::{Progress, ReplayError};
use crate::OperatorId;
use crate::config::Config;
use crate::engine::{Explanation, Ruleset};
use crate::source::Sources;

/// Explains an operator as of `as_of`, or as of the end of the plan's history; `None` if nothing was known of it.
///
/// # Errors
/// If the inputs cannot be read or hold nothing.
pub fn explain(
    plan: &Plan,
    config: &Config,
    sources: &Arc<Sources>,
    ruleset: Arc<Ruleset>,
    (operator, as_of): (&OperatorId, Option<Timestamp>),
    mut progress: impl FnMut(Progress),
) -> Result<Option<Explanation>, ReplayError> {
    let history = Arc::new(History::find(plan, config, sources, history::MEMORY)?);
    let mut ledger = Ledger::new([Arc::clone(&ruleset)]);
    let mut engine = engine_of(sources, &[(String::new(), ruleset)]);
    progress(Progress::Sorting);
    let (records, arrivals) = history.read()?;
    let total = || arrivals.as_ref().map_or(0, history::Arrivals::records) + history.records_of_topics();
    let to = as_of.or(plan.to);
    let course = Course { pace: plan.pace, from: plan.from, to };
    let drive = Drive::new(&mut engine, course, &[], &[], &mut ledger);
    drive.run(records, |done| progress(Progress::Replaying { done, of: total().max(done) }))?;
    let end = to.or(engine.as_of()).ok_or(ReplayError::Empty)?;
    Ok(engine.explain(operator, end)?)
}
