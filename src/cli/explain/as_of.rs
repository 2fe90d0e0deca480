//! One operator's past, read from the topics and put through the same engine: what was known of it at an instant.

use std::sync::Arc;

use jiff::Timestamp;
use rdkafka::message::Message as _;
use serde_json::Value;
use yujing_base::OperatorId;
use yujing_config::Config;
use yujing_core::engine::{Engine, Mode, Positions};
use yujing_core::warning::record::{RestoredScore, RestoredWarning};
use yujing_kafka::{Clients, StartAt};

use super::operator_history::{OperatorHistory, Until};
use crate::follow::Follower;
use crate::{Failure, Language, check, output};

/// Explains an operator as of an instant by the rules of the configuration's folder.
pub(super) fn explain(config: &Config, operator: &str, as_of: Timestamp, lang: Language) -> Result<Value, Failure> {
    let (sources, ruleset) = check::load(config)?;
    let clients = Clients::new(&config.kafka)?;
    let operator = sources.operator_id(operator);
    let history = OperatorHistory { clients: &clients, config, operator: &operator, until: Until::Instant, as_of };
    let found = history.read(&sources)?;
    for truncated in &found.truncated {
        let so = lang.pick("指标可能偏低", "features may be too low");
        output::problem(&format!("yujing: {}; {so}", lang.of(&truncated.text())));
    }
    let mut engine = Engine::new(Arc::clone(&sources), ruleset);
    let pending = engine.apply(&found.records, &Positions::new(), Mode::Restore).map_err(|error| failed(&error))?;
    engine.commit(pending);
    if let Some(standing) = standing(&clients, config, &operator, as_of)? {
        engine.restore_standing(standing, None);
    }
    let explanation = engine.explain(&operator, as_of).map_err(|error| failed(&error))?;
    let explanation = explanation.ok_or_else(|| {
        Failure::user(format!("nothing was known of the operator `{operator}` at {as_of}: no reference row, no event"))
    })?;
    serde_json::to_value(explanation).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::internal(format!("it cannot be explained: {error}"))
}

/// How the operator stood by its last lifecycle event up to the instant.
fn standing(
    clients: &Clients,
    config: &Config,
    operator: &OperatorId,
    as_of: Timestamp,
) -> Result<Option<RestoredScore>, Failure> {
    let mut follower = Follower::begin(clients, "explain", &config.topics.warnings, StartAt::Beginning)?;
    let mut last: Option<RestoredWarning> = None;
    while let Some(message) = follower.next(false)? {
        if message.key() != Some(operator.as_bytes()) {
            continue;
        }
        let event = serde_json::from_slice::<RestoredWarning>(message.payload().unwrap_or_default());
        let is_meant = |event: &RestoredWarning| event.operator_id == **operator && event.as_of <= as_of;
        last = event.ok().filter(is_meant).or(last);
    }
    Ok(last.map(RestoredWarning::into_score))
}
