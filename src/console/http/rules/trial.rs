//! Trials of changes on history.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::guard::Caller;
use super::super::problem::Problem;
use super::super::{ApiResult, Shared, body};
use super::changes::{accepted, told, with_change};
use crate::store::change::Change;
use crate::studio::trials::MOST_TRIALS;

/// How far back warnings count, in days, if nothing is said; and at most.
const USUAL_DAYS: u32 = 30;
const MOST_DAYS: u32 = 366;
/// Warnings of orange and red a day, if nothing is said; and at most.
const USUAL_BUDGET: u64 = 20;
const MOST_BUDGET: u64 = 100_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct TrialRequest {
    #[serde(default)]
    days: Option<u32>,
    #[serde(default)]
    budget: Option<u64>,
}

/// How far it is, or what it gave.
pub(in crate::http) async fn show(
    Extract(shared): Extract<Shared>,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    body(&with_change(&shared, id, |shared, change| view(shared, &change)).await?)
}

/// Asks for one.
pub(in crate::http) async fn start(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    given: Result<Json<TrialRequest>, JsonRejection>,
) -> ApiResult {
    let Json(request) = given?;
    let (days, budget) = (request.days.unwrap_or(USUAL_DAYS), request.budget.unwrap_or(USUAL_BUDGET));
    if !(1..=MOST_DAYS).contains(&days) || !(1..=MOST_BUDGET).contains(&budget) {
        return Err(Problem::invalid(
            "时段为1至366天，每日上限为1至100000件",
            "`days` is from 1 to 366, `budget` from 1 to 100000",
        ));
    }
    let work = move |shared: &Shared, change: Change| {
        if change.files.is_empty() {
            return Err(Problem::invalid("没有任何改动", "it changes nothing"));
        }
        let asked = json!({ "days": days, "budget": budget });
        if !shared.store.ask_trial(change.id, &change.content(), &asked, MOST_TRIALS)? {
            return Err(too_many());
        }
        told(shared, &caller, &change, "trial_started")?;
        view(shared, &change)
    };
    let view = with_change(&shared, id, work).await?;
    shared.trials.bell.ring();
    accepted(&view)
}

/// Stops it.
pub(in crate::http) async fn cancel(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    let work = move |shared: &Shared, change: Change| {
        shared.store.cancel_trial(change.id, Timestamp::now())?;
        told(shared, &caller, &change, "trial_cancelled")?;
        view(shared, &change)
    };
    body(&with_change(&shared, id, work).await?)
}

fn view(shared: &Shared, change: &Change) -> Result<Value, Problem> {
    let trial = shared.store.trial(change.id)?;
    let Some(trial) = trial else {
        return Ok(json!({
            "state": "none", "stale": false, "started_at": null, "ended_at": null, "progress": null, "failure": null,
            "result": null,
        }));
    };
    Ok(json!({
        "state": trial.state,
        "stale": trial.content != change.content(),
        "started_at": trial.started_at,
        "ended_at": trial.ended_at,
        "progress": shared.trials.progress.of(change.id),
        "failure": trial.failure,
        "result": trial.result,
    }))
}

fn too_many() -> Problem {
    let text = "等待试算的变更过多，请稍后再试";
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text, "too many trials wait: try again later");
    Problem { retry_after: Some(60), ..problem }
}
