//! The steps of a change: proposed, brought up to date, taken back, decided. Every step names the revision that its page
//! has read.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::super::guard::Caller;
use super::super::problem::Problem;
use super::super::{ApiResult, Shared, body};
use super::change_view::four_eyes;
use super::changes::{check_reason, found, told, view};
use super::{place, studio};
use crate::store::change::step::{PersonStep, StepOutcome, Taken};
use crate::store::change::{Change, ChangeState};
use crate::studio::content::{Conflict, ContentRequest};
use crate::studio::moved::moved;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct StepRequest {
    revision: i64,
    #[serde(default)]
    reason: Option<String>,
}

impl StepRequest {
    fn check(&self, needs_reason: bool) -> Result<(), Problem> {
        let reason = self.reason.as_deref().unwrap_or_default().trim();
        if needs_reason && reason.is_empty() {
            return Err(Problem::invalid("请写明理由", "say why: `reason`"));
        }
        check_reason(reason)
    }
}

/// Lays a draft over the folder as it is now.
pub(in crate::http) async fn rebase(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    given: Result<Json<StepRequest>, JsonRejection>,
) -> ApiResult {
    studio(&shared)?;
    let (Path(id), Json(request)) = (id?, given?);
    request.check(false)?;
    let view = shared
        .blocking(move |shared| {
            let folder = studio(shared)?.folder()?;
            let change = found(shared, id)?;
            let both = moved(&change, &folder).into_iter().filter(|file| file.touched);
            let both: Vec<String> = both.map(|file| file.path).collect();
            let reason = Some(both.join(", ")).filter(|paths| !paths.is_empty());
            let content = ContentRequest::of(&change).on(&folder);
            let account = &caller.session.account;
            let taken = Taken {
                by: account,
                revision: request.revision,
                reason: reason.as_deref(),
                without_projection: None,
                at: Timestamp::now(),
            };
            let change = done(shared.store.save_change(id, &content, "rebased", taken)?)?;
            told(shared, &caller, &change, "change_rebased")?;
            view(shared, &caller, change)
        })
        .await?;
    body(&view)
}

/// Asks for approval of what the check finds in order. All its cases are run then, which takes longer than an answer may.
pub(in crate::http) async fn propose(
    extract: Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    given: Result<Json<StepRequest>, JsonRejection>,
) -> ApiResult {
    let studio = studio(&extract.0)?;
    let (Path(id), Json(request)) = (id?, given?);
    let _place = place(&studio).await?;
    let check = move |shared: &Shared| {
        let change = found(shared, id)?;
        if change.files.is_empty() {
            return Err(Problem::invalid("没有任何改动", "it changes nothing"));
        }
        if studio.check(&studio.with_change(&change)?)["ok"] == true { Ok(()) } else { Err(has_errors()) }
    };
    extract.0.blocking(check).await?;
    let bell = extract.0.examinations.clone();
    let answer = step(extract.0, caller, id, request, PersonStep::Propose).await;
    bell.ring();
    answer
}

/// Takes it back.
pub(in crate::http) async fn withdraw(
    extract: Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    given: Result<Json<StepRequest>, JsonRejection>,
) -> ApiResult {
    asked(extract.0, caller, id, given, PersonStep::Withdraw).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ApprovalRequest {
    revision: i64,
    #[serde(default)]
    reason: Option<String>,
    /// Why it is approved although nobody knows what it would do to the levels of now.
    #[serde(default)]
    without_projection: Option<String>,
}

/// Approves what somebody else wrote, and what was examined as it stands.
pub(in crate::http) async fn approve(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    given: Result<Json<ApprovalRequest>, JsonRejection>,
) -> ApiResult {
    studio(&shared)?;
    let (Path(id), Json(ApprovalRequest { revision, reason, without_projection })) = (id?, given?);
    let without = without_projection.filter(|why| !why.trim().is_empty());
    check_reason(without.as_deref().unwrap_or_default())?;
    let bell = shared.approved.clone();
    let request = StepRequest { revision, reason };
    let answer = take(shared, caller, id, request, (PersonStep::Approve, without)).await;
    bell.ring();
    answer
}

/// Refuses it, with a reason.
pub(in crate::http) async fn refuse(
    extract: Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    given: Result<Json<StepRequest>, JsonRejection>,
) -> ApiResult {
    asked(extract.0, caller, id, given, PersonStep::Refuse).await
}

/// Takes a step that needs nothing but the request.
async fn asked(
    shared: Shared,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    given: Result<Json<StepRequest>, JsonRejection>,
    taken: PersonStep,
) -> ApiResult {
    studio(&shared)?;
    let (Path(id), Json(request)) = (id?, given?);
    step(shared, caller, id, request, taken).await
}

async fn step(shared: Shared, caller: Caller, id: Uuid, request: StepRequest, step: PersonStep) -> ApiResult {
    take(shared, caller, id, request, (step, None)).await
}

async fn take(
    shared: Shared,
    caller: Caller,
    id: Uuid,
    request: StepRequest,
    (step, without): (PersonStep, Option<String>),
) -> ApiResult {
    request.check(step == PersonStep::Refuse)?;
    let view = shared
        .blocking(move |shared| {
            if matches!(step, PersonStep::Propose | PersonStep::Approve) {
                refuse_outdated(shared, id)?;
            }
            let StepRequest { revision, reason } = request;
            // Without need nothing is said of it.
            let without = if step == PersonStep::Approve { needed(shared, &caller, id, without)? } else { None };
            let taken = Taken {
                by: &caller.session.account,
                revision,
                reason: reason.as_deref().map(str::trim),
                without_projection: without.as_deref(),
                at: Timestamp::now(),
            };
            let change = done(shared.store.step_change(id, step, taken)?)?;
            told(shared, &caller, &change, step.audited())?;
            if let Some(why) = without {
                let mut event = caller.did("change_approved_unprojected", change.id.to_string());
                event.detail = Some(why);
                shared.store.note(&event, Timestamp::now())?;
            }
            view(shared, &caller, change)
        })
        .await?;
    body(&view)
}

/// Refuses the approval of what was not examined as it stands, or of which nobody knows what it would do to the levels
/// of now, unless whoever approves says why without. That reason, where it is needed.
fn needed(shared: &Shared, caller: &Caller, id: Uuid, without: Option<String>) -> Result<Option<String>, Problem> {
    let change = found(shared, id)?;
    let is_decided_by_caller = change.state == ChangeState::Proposed && !change.is_of(caller.id());
    if !is_decided_by_caller {
        // What else is wrong is said first.
        return Ok(None);
    }
    let content = change.content();
    let examined = shared.store.examination(id)?.filter(|found| found.content == content && found.passed);
    let Some(examined) = examined else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "not_examined",
            "这项变更尚未通过检验：检查和全部用例运行完毕后方可批准",
            "the change has not been examined as it stands: it can be approved once the check and all cases have run",
        ));
    };
    if examined.report["projection"].is_object() {
        return Ok(None);
    }
    without.map(Some).ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "not_projected",
            "未能测算这项变更对现有等级的影响：请重新检验，或者写明未经测算仍予批准的理由",
            "nobody knows what the change would do to the levels of now: have it examined again, or say why you approve it without: `without_projection`",
        )
    })
}

/// Refuses a step of a change that is written against another folder.
fn refuse_outdated(shared: &Shared, id: Uuid) -> Result<(), Problem> {
    let change = found(shared, id)?;
    let folder = studio(shared)?.folder()?;
    let moved = moved(&change, &folder);
    let is_open = change.state.is_editable() || change.state == ChangeState::Proposed;
    if moved.is_empty() || !is_open {
        return Ok(());
    }
    Err(outdated(&Conflict { paths: moved.into_iter().map(|file| file.path).collect() }))
}

pub(super) fn outdated(conflict: &Conflict) -> Problem {
    let paths = conflict.paths.join(", ");
    Problem::new(
        StatusCode::CONFLICT,
        "outdated",
        format!("规则文件夹此后有改动：{paths}。请先基于现有内容更新这项变更"),
        format!("the folder was edited since: {paths}; lay the change over it first"),
    )
}

fn has_errors() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "has_errors",
        "检查发现错误，请先改正",
        "the check finds errors: mend them first",
    )
}

/// What a step came to, as an answer.
pub(super) fn done(outcome: StepOutcome) -> Result<Change, Problem> {
    let conflict = |code, zh: String, en: String| Problem::new(StatusCode::CONFLICT, code, zh, en);
    match outcome {
        StepOutcome::Done(change) => Ok(*change),
        StepOutcome::Missing => Err(Problem::not_found()),
        StepOutcome::Moved(change) => {
            let last = change.steps.last().map(|step| step.account.clone()).unwrap_or_default();
            Err(conflict(
                "moved",
                format!("此后 {last} 操作过这项变更，请查看最新内容后再办"),
                format!("{last} has done something to the change since: look at it again"),
            ))
        }
        StepOutcome::WrongState(_) => Err(conflict(
            "wrong_state",
            "这项变更目前的状态不能进行此项操作".to_owned(),
            "the change is not for this step as it stands".to_owned(),
        )),
        StepOutcome::Own => {
            let text = four_eyes();
            Err(Problem::new(StatusCode::FORBIDDEN, "own_change", text.zh, text.en))
        }
    }
}
