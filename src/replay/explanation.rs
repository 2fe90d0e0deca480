//! A replay up to an instant, and one operator explained as of then: by what the engine would have known.

use std::sync::Arc;

use jiff::Timestamp;
use yujing_base::OperatorId;
use yujing_config::Config;
use yujing_core::engine::Explanation;
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;

use super::driver::{Driver, Schedule};
use super::history::{self, History};
use super::plan::Plan;
use super::results::Results;
use super::run::{answerer_of, drive, engine_of};
use super::{Progress, ReplayError};

/// Whom to explain, and when.
#[derive(Debug, Clone)]
pub struct ExplainRequest {
    pub operator: OperatorId,
    /// None: the end of the plan's history.
    pub as_of: Option<Timestamp>,
}

/// Explains an operator within a replay; `None` if nothing was known of it.
///
/// # Errors
/// If the inputs cannot be read or hold nothing.
pub fn explain(
    plan: &Plan,
    config: &Config,
    sources: &Arc<Sources>,
    ruleset: Arc<Ruleset>,
    request: &ExplainRequest,
    mut progress: impl FnMut(Progress),
) -> Result<Option<Explanation>, ReplayError> {
    let history = Arc::new(History::find(plan, config, sources, history::MEMORY_BYTES)?);
    let mut results = Results::new([Arc::clone(&ruleset)]);
    let rulesets = [(String::new(), ruleset)];
    let mut answerer = answerer_of(plan, sources, &rulesets)?;
    let mut engines = [engine_of(sources, &rulesets, plan.answers.is_some())];
    let to = request.as_of.or(plan.to);
    let schedule = Schedule { step: plan.step, from: plan.from, to };
    let driver = Driver::new(&mut engines, schedule, &mut results).with_answerer(answerer.as_mut());
    progress(Progress::Sorting);
    drive(driver, &history.survey(config.engine.threads())?, progress)?;
    let [engine] = engines;
    let end = to.or(engine.as_of()).ok_or(ReplayError::Empty)?;
    Ok(engine.explain(&request.operator, end)?)
}
