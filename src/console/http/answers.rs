//! Answers: kept first, then sent. What cannot be right is refused here with the reason; whether it is permitted the engine
//! decides.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;
use yujing_base::escape::is_hidden;
use yujing_core::source::personal::personal_traces;
use yujing_core::warning::handling::{Attachment, HandlingAction};

use super::attachments::{attachments, reference};
use super::guard::Caller;
use super::problem::Problem;
use super::view::AnswerView;
use super::{ApiResult, Shared, body};
use crate::access::{Access, Role};
use crate::read_model::query::warnings::WarningSummary;
use crate::read_model::scope::Scope;
use crate::store::answer::{AnswerRequest, AnswersOf, KeepOutcome};

/// Limits of the schema `dispositions`.
const LONGEST_POST: usize = yujing_core::warning::routing::LONGEST_ID;
const LONGEST_RESULT: usize = 200;
const MOST_FINDINGS: usize = 32;
/// How far ahead of this machine's clock something may be done.
const MOST_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Answers a warning.
pub(super) async fn answer(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    given: Result<Json<AnswerRequest>, JsonRejection>,
) -> ApiResult {
    let (Path(id), Json(request)) = (id?, given?);
    let view = shared.blocking(move |shared| keep(shared, &caller, id, &request, Timestamp::now())).await?;
    shared.kept.notify_one();
    let mut response = body(&view)?;
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

fn keep(
    shared: &Shared,
    caller: &Caller,
    warning_id: Uuid,
    request: &AnswerRequest,
    now: Timestamp,
) -> Result<AnswerView, Problem> {
    let access = &caller.session.account.access;
    let warning = shared.read_model.warning(&Scope::of(access), warning_id)?.ok_or_else(Problem::not_found)?;
    let is_known = shared.store.answer(request.id)?.is_some();
    if !is_known {
        may(access, request)?;
        is_sound(request, &warning, now)?;
        stands(shared, &warning, request)?;
    }
    let account = &caller.session.account;
    let operator = &warning.operator.operator_id;
    let action = request.action;
    let attachments = if is_known { Vec::new() } else { references(shared, warning_id, request)? };
    match shared.store.keep_answer(account, warning_id, operator, request, &attachments, now)? {
        KeepOutcome::Kept(answer) => {
            let mut event = caller.did("answer", warning_id.to_string());
            event.detail = Some(action.as_str().to_owned());
            shared.store.note(&event, now)?;
            Ok(AnswerView::of(shared, answer, warning.ended_at)?)
        }
        KeepOutcome::Known(answer) => Ok(AnswerView::of(shared, answer, warning.ended_at)?),
        KeepOutcome::IdTaken => {
            Err(conflict("id_taken", "该编号已用于另一项反馈", "the id was used for another answer"))
        }
        KeepOutcome::NotAttached => {
            let zh = "所选照片未上传成功或者已被清理，请重新添加";
            Err(conflict(
                "not_attached",
                zh,
                "a photograph is not attached to the warning, or was removed: add it again",
            ))
        }
    }
}

/// What the answer says of its photographs.
fn references(shared: &Shared, warning: Uuid, request: &AnswerRequest) -> Result<Vec<Attachment>, Problem> {
    if request.attachments.is_empty() {
        return Ok(Vec::new());
    }
    let place = attachments(shared)?;
    let most = place.limits.max_count;
    if request.attachments.len() > most {
        let (zh, en) = (format!("每次反馈最多附{most}张照片"), format!("an answer has at most {most} photographs"));
        return Err(Problem::invalid(zh, en));
    }
    if request.attachments.iter().collect::<BTreeSet<_>>().len() < request.attachments.len() {
        return Err(Problem::invalid("同一张照片只附一次", "`attachments` names each photograph once"));
    }
    Ok(request.attachments.iter().map(|sha256| reference(place, warning, sha256)).collect())
}

/// Whether the account acts so, and its roles permit such a step.
fn may(access: &Access, request: &AnswerRequest) -> Result<(), Problem> {
    if !access.has_duty(&request.post, &request.role) {
        let (zh, en) = ("该账号不在此岗位担任此角色", "the account has no such role at this post");
        return Err(Problem::new(StatusCode::FORBIDDEN, "foreign_duty", zh, en));
    }
    if role_permits(access, request.action) { Ok(()) } else { Err(Problem::forbidden()) }
}

/// Reviewing needs a reviewer, everything else an officer or a reviewer.
pub(super) fn role_permits(access: &Access, action: HandlingAction) -> bool {
    let reviews = matches!(
        action,
        HandlingAction::Reviewed
            | HandlingAction::Closed
            | HandlingAction::Returned
            | HandlingAction::Reopened
            | HandlingAction::ExtensionGranted
            | HandlingAction::ExtensionRefused
    );
    let has = |role| access.roles.contains(&role);
    has(Role::Reviewer) || (!reviews && has(Role::Officer))
}

/// Whether the request says what its action needs, within the limits of the schema.
fn is_sound(request: &AnswerRequest, warning: &WarningSummary, now: Timestamp) -> Result<(), Problem> {
    let refuse = |zh: &str, en: &str| Err(Problem::invalid(zh, en));
    if request.action == HandlingAction::Delivered {
        return refuse("送达回执由系统推送", "`delivered` is not given by people");
    }
    if request.post.chars().count() > LONGEST_POST || request.post.is_empty() {
        return refuse("岗位编号应为1至256个字符", "`post` has 1 to 256 characters");
    }
    match request.action {
        HandlingAction::Answered if request.verdict.is_none() => {
            return refuse("反馈须写明核查结论", "`answered` needs a `verdict`");
        }
        HandlingAction::ExtensionAsked if request.extend_to.is_none() => {
            return refuse("申请延期须写明延至何时", "`extension_asked` needs `extend_to`");
        }
        HandlingAction::Transferred if request.transfer_to.as_ref().is_none_or(String::is_empty) => {
            return refuse("转办须写明承接岗位", "`transferred` needs `transfer_to`");
        }
        _ => {}
    }
    let of_answers = request.verdict.is_some() || !request.measures.is_empty() || request.findings.is_some();
    if of_answers && request.action != HandlingAction::Answered {
        return refuse(
            "只有反馈可写核查结论、措施和触发情形",
            "`verdict`, `measures` and `findings` go with `answered`",
        );
    }
    if request.transfer_to.as_ref().is_some_and(|post| post.chars().count() > LONGEST_POST) {
        return refuse("岗位编号不超过256个字符", "`transfer_to` has at most 256 characters");
    }
    let findings = request.findings.as_deref().unwrap_or_default();
    if findings.len() > MOST_FINDINGS || findings.iter().any(|rule| !warning.rules.contains(rule)) {
        return refuse("所填触发情形不在这条预警之列", "`findings` are rules that the warning shows");
    }
    if let Some(result) = &request.result
        && (result.chars().count() > LONGEST_RESULT || result.chars().any(is_hidden))
    {
        return refuse(
            "处置结果不超过200个字符，不得含控制字符",
            "`result` has at most 200 characters, none of them hidden",
        );
    }
    if request.result.as_ref().is_some_and(|result| !personal_traces(result).is_empty()) {
        return Err(personal());
    }
    let latest = now.saturating_add(MOST_AHEAD).unwrap_or(Timestamp::MAX);
    if request.occurred_at.is_some_and(|at| at > latest) {
        return refuse("处置时间不得晚于当前时间", "`occurred_at` is in the future");
    }
    Ok(())
}

/// Whether the warning is still as the person saw it.
fn stands(shared: &Shared, warning: &WarningSummary, request: &AnswerRequest) -> Result<(), Problem> {
    if !warning.open {
        return Err(conflict("ended", "这条预警已经解除或者撤销", "the warning has ended"));
    }
    match request.seen_sequence {
        Some(seen) if shared.read_model.was_handled_since(warning.warning_id, seen)? => Err(conflict(
            "moved",
            "此后已有人处置过这条预警，请查看最新情况后再办",
            "somebody has done something about the warning since: look at it again",
        )),
        _ => Ok(()),
    }
}

/// The engine would take the answer and drop the text: who writes it learns so in time.
fn personal() -> Problem {
    let zh = "处置结果疑似含有姓名、电话、身份证号等个人信息，请删去后提交";
    let en = "`result` seems to have a name, a telephone number or the like in it: leave it out";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "personal", zh, en)
}

fn conflict(code: &'static str, zh: &str, en: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, zh, en)
}

/// Answers of the account, the newest first.
pub(super) async fn list(Extract(shared): Extract<Shared>, caller: Caller) -> ApiResult {
    let views = shared
        .blocking(move |shared| {
            let answers = shared.store.answers(AnswersOf::Account(caller.id()))?;
            let views = answers.into_iter().rev().map(|answer| view(shared, answer));
            views.collect::<Result<Vec<_>, Problem>>()
        })
        .await?;
    body(&json!({ "answers": views }))
}

/// How far an answer of the account is.
pub(super) async fn state(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    let Path(id) = id?;
    let view = shared
        .blocking(move |shared| {
            let own = shared.store.answer(id)?.filter(|answer| answer.account_id == caller.id());
            view(shared, own.ok_or_else(Problem::not_found)?)
        })
        .await?;
    body(&view)
}

fn view(shared: &Shared, answer: crate::store::answer::KeptAnswer) -> Result<AnswerView, Problem> {
    let ended_at = shared.read_model.ended_at(answer.warning_id)?;
    Ok(AnswerView::of(shared, answer, ended_at)?)
}
