//! The examination of a proposed change: what its check and cases found, and what it would do to the levels of now.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::guard::Caller;
use super::super::problem::Problem;
use super::super::{ApiResult, Shared, body};
use super::changes::{accepted, told, with_change};
use crate::store::change::{Change, ChangeState};

/// What was found, or that it is under way.
pub(in crate::http) async fn show(
    Extract(shared): Extract<Shared>,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    body(&with_change(&shared, id, |shared, change| view(shared, &change)).await?)
}

/// Has it made again, say because the engine was away.
pub(in crate::http) async fn again(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    let work = move |shared: &Shared, change: Change| {
        if change.state != ChangeState::Proposed {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "wrong_state",
                "待审批的变更方可检验",
                "changes are examined while they are proposed",
            ));
        }
        shared.store.forget_examination(change.id)?;
        told(shared, &caller, &change, "examination_asked")?;
        view(shared, &change)
    };
    let view = with_change(&shared, id, work).await?;
    shared.examinations.ring();
    accepted(&view)
}

fn view(shared: &Shared, change: &Change) -> Result<Value, Problem> {
    let examined = shared.store.examination(change.id)?;
    let is_stale = examined.as_ref().is_some_and(|examined| examined.content != change.content());
    let waits = change.state == ChangeState::Proposed && (examined.is_none() || is_stale);
    let state = match &examined {
        _ if waits => "waiting",
        None => "none",
        Some(examined) if examined.passed => "passed",
        Some(_) => "failed",
    };
    let examined = examined.filter(|_| !waits);
    Ok(json!({
        "state": state,
        "stale": is_stale && !waits,
        "at": examined.as_ref().map(|examined| examined.at),
        "report": examined.map(|examined| examined.report),
    }))
}
