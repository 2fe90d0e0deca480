//! Changes: begun, written, proposed, decided. Every step names the revision that its page has read.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use yujing_base::escape::is_hidden;

use super::super::guard::Caller;
use super::super::problem::Problem;
use super::super::{ApiResult, Shared, body};
use super::change_view::{ChangeView, Viewer, four_eyes};
use super::{place, studio};
use crate::feed;
use crate::store::change::step::{PersonStep, StepOutcome, Taken};
use crate::store::change::{Change, ChangeAuthor, ChangeState};
use crate::studio::content::{Conflict, ContentRequest};
use crate::studio::folder::FolderState;
use crate::studio::moved::moved;
use crate::studio::overlay::{self, FileText};

/// Most changes of a list.
const MOST_LISTED: u32 = 200;
/// The longest title and reason, in characters.
const LONGEST_TITLE: usize = 100;
pub(super) const LONGEST_REASON: usize = 2_000;

/// The newest changes.
pub(in crate::http) async fn list(Extract(shared): Extract<Shared>, caller: Caller) -> ApiResult {
    studio(&shared)?;
    let summaries = shared
        .blocking(move |shared| {
            with_viewer(shared, &caller, |viewer| {
                let changes = shared.store.changes(MOST_LISTED)?.into_iter();
                Ok(changes.map(|change| viewer.summary(change)).collect::<Vec<_>>())
            })
        })
        .await?;
    body(&json!({ "changes": summaries }))
}

/// One of them.
pub(in crate::http) async fn one(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    studio(&shared)?;
    let Path(id) = id?;
    let view = shared
        .blocking(move |shared| {
            let change = found(shared, id)?;
            view(shared, &caller, change)
        })
        .await?;
    body(&view)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewChange {
    title: String,
    reason: String,
    #[serde(default)]
    files: Vec<FileText>,
}

/// Begins one on the folder as it is.
pub(in crate::http) async fn begin(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    given: Result<Json<NewChange>, JsonRejection>,
) -> ApiResult {
    studio(&shared)?;
    let Json(NewChange { title, reason, files }) = given?;
    check_words(&title, &reason)?;
    overlay::check(&files).map_err(|text| Problem::invalid(text.zh, text.en))?;
    let view = shared
        .blocking(move |shared| {
            let folder = studio(shared)?.folder()?;
            let content = ContentRequest { title, reason, files }.on(&folder);
            let now = Timestamp::now();
            let change = shared.store.add_change(&content, &author(&caller), ChangeState::Draft, now)?;
            told(shared, &caller, &change, "change_created")?;
            view(shared, &caller, change)
        })
        .await?;
    created(&view)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ChangeDraft {
    revision: i64,
    title: String,
    reason: String,
    files: Vec<FileText>,
}

/// Saves a draft.
pub(in crate::http) async fn save(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    given: Result<Json<ChangeDraft>, JsonRejection>,
) -> ApiResult {
    studio(&shared)?;
    let (Path(id), Json(ChangeDraft { revision, title, reason, files })) = (id?, given?);
    check_words(&title, &reason)?;
    overlay::check(&files).map_err(|text| Problem::invalid(text.zh, text.en))?;
    let view = shared
        .blocking(move |shared| {
            let folder = studio(shared)?.folder()?;
            let change = found(shared, id)?;
            let request = ContentRequest { title, reason, files };
            let content = request.over(&change, &folder).map_err(|conflict| outdated(&conflict))?;
            let taken = Taken { by: &caller.session.account, revision, reason: None, at: Timestamp::now() };
            let change = done(shared.store.save_change(id, &content, "saved", taken)?)?;
            told(shared, &caller, &change, "change_saved")?;
            view(shared, &caller, change)
        })
        .await?;
    body(&view)
}

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
            let taken =
                Taken { by: account, revision: request.revision, reason: reason.as_deref(), at: Timestamp::now() };
            let change = done(shared.store.save_change(id, &content, "rebased", taken)?)?;
            told(shared, &caller, &change, "change_rebased")?;
            view(shared, &caller, change)
        })
        .await?;
    body(&view)
}

/// Asks for approval of what the check finds in order.
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
        let folder = studio.folder()?;
        if change.files.is_empty() {
            return Err(Problem::invalid("没有任何改动", "it changes nothing"));
        }
        let texts = folder.texts()?.with_change(&change);
        if studio.check(&texts)["ok"] == true { Ok(()) } else { Err(has_errors()) }
    };
    extract.0.blocking(check).await?;
    step(extract.0, caller, id, request, PersonStep::Propose).await
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

/// Approves what somebody else wrote.
pub(in crate::http) async fn approve(
    extract: Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    given: Result<Json<StepRequest>, JsonRejection>,
) -> ApiResult {
    let bell = extract.0.approved.clone();
    let answer = asked(extract.0, caller, id, given, PersonStep::Approve).await;
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
    request.check(step == PersonStep::Refuse)?;
    let view = shared
        .blocking(move |shared| {
            if matches!(step, PersonStep::Propose | PersonStep::Approve) {
                refuse_outdated(shared, id)?;
            }
            let StepRequest { revision, reason } = request;
            let reason = reason.as_deref().map(str::trim);
            let taken = Taken { by: &caller.session.account, revision, reason, at: Timestamp::now() };
            let change = done(shared.store.step_change(id, step, taken)?)?;
            told(shared, &caller, &change, step.audited())?;
            view(shared, &caller, change)
        })
        .await?;
    body(&view)
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

fn outdated(conflict: &Conflict) -> Problem {
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
fn done(outcome: StepOutcome) -> Result<Change, Problem> {
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

fn check_words(title: &str, reason: &str) -> Result<(), Problem> {
    let is_title = !title.trim().is_empty() && title.chars().count() <= LONGEST_TITLE && !title.chars().any(is_hidden);
    if !is_title {
        return Err(Problem::invalid("标题应为1至100个字符", "`title` has 1 to 100 characters, none of them hidden"));
    }
    check_reason(reason)
}

/// Whether a reason may be kept: line ends are allowed.
pub(super) fn check_reason(reason: &str) -> Result<(), Problem> {
    let is_foreign = |letter: char| is_hidden(letter) && letter != '\n';
    if reason.chars().count() > LONGEST_REASON || reason.chars().any(is_foreign) {
        return Err(Problem::invalid(
            "理由不超过2000个字符，不得含控制字符",
            "`reason` has at most 2000 characters, none of them hidden",
        ));
    }
    Ok(())
}

pub(super) fn found(shared: &Shared, id: Uuid) -> Result<Change, Problem> {
    shared.store.change(id)?.ok_or_else(Problem::not_found)
}

pub(super) fn author(caller: &Caller) -> ChangeAuthor {
    let account = &caller.session.account;
    ChangeAuthor { id: account.id, name: account.name.clone(), display_name: account.display_name.clone() }
}

/// Writes a step into the audit trail, and tells open pages.
pub(super) fn told(shared: &Shared, caller: &Caller, change: &Change, action: &'static str) -> Result<(), Problem> {
    let mut event = caller.did(action, change.id.to_string());
    event.detail = Some(change.title.clone());
    shared.store.note(&event, Timestamp::now())?;
    shared.feed.tell(feed::Change { rules: true, ..feed::Change::default() });
    Ok(())
}

pub(super) fn view(shared: &Shared, caller: &Caller, change: Change) -> Result<ChangeView, Problem> {
    with_viewer(shared, caller, |viewer| Ok(viewer.view(change)))
}

fn with_viewer<T>(
    shared: &Shared,
    caller: &Caller,
    look: impl FnOnce(&Viewer<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let studio = studio(shared)?;
    let folder: FolderState = studio.folder()?;
    look(&Viewer { caller, folder: &folder, has_candidate: studio.candidate().is_some() })
}

/// An answer about something that is new.
pub(super) fn created(value: &impl Serialize) -> ApiResult {
    let mut response: Response = body(value)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}
