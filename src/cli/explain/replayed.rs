//! One operator explained within a replay: by the history of files or topics that a `replay.toml` names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use yujing_config::Config;
use yujing_replay::explanation::{self, ExplainRequest};
use yujing_replay::plan::{Plan, parse_instant};
use yujing_workbench::{rules_folder, schemas_folder};

use crate::progress::ReplayProgress;
use crate::{Failure, Language, check};

/// Explains an operator as of an instant of a replay, or of its end.
pub(super) fn explain(
    config: &Config,
    file: &Path,
    rules: Option<&PathBuf>,
    operator: &str,
    as_of: Option<&str>,
    lang: Language,
) -> Result<Value, Failure> {
    let plan = Plan::load(file, |of_plan| check::zone_of(rules.or(of_plan.first()).unwrap_or(&config.paths.rules)))?;
    let as_of = as_of.map(|text| parse_instant(text, &plan.zone, true)).transpose().map_err(Failure::user)?;
    let sources = Arc::new(schemas_folder::load(plan.schemas.as_ref().unwrap_or(&config.paths.schemas))?);
    let folder = rules.or(plan.rules.first()).unwrap_or(&config.paths.rules);
    let ruleset = Arc::new(rules_folder::load(folder, &sources)?);
    let bar = ReplayProgress::new(lang);
    let request = ExplainRequest { operator: operator.into(), as_of };
    let explained = explanation::explain(&plan, config, &sources, ruleset, &request, |progress| bar.show(progress));
    bar.clear();
    let explanation = explained?.ok_or_else(|| {
        Failure::user(format!(
            "nothing was known of the operator `{operator}` in this replay: no reference row, no event"
        ))
    })?;
    serde_json::to_value(explanation).map_err(|error| Failure::internal(error.to_string()))
}
