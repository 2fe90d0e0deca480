//! Changes: listed, begun, written. Whoever writes names the revision that his page has read.

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
use super::change_view::{ChangeView, Viewer};
use super::steps::{done, outdated};
use super::studio;
use crate::feed;
use crate::store::change::step::Taken;
use crate::store::change::{Begun, Change, ChangeAuthor, ChangeContent, ChangeState};
use crate::studio::content::ContentRequest;
use crate::studio::folder::FolderState;
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
    body(&with_change(&shared, id, move |shared, change| view(shared, &caller, change)).await?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewChange {
    /// Chosen by the page: asked for twice, a change is begun once.
    #[serde(default)]
    id: Option<Uuid>,
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
    let Json(NewChange { id, title, reason, files }) = given?;
    check_words(&title, &reason)?;
    overlay::check(&files).map_err(|text| Problem::invalid(text.zh, text.en))?;
    let view = shared
        .blocking(move |shared| {
            let folder = studio(shared)?.folder()?;
            let content = ContentRequest { title, reason, files }.on(&folder);
            let change = begun(shared, &caller, id, (&content, ChangeState::Draft), "change_created")?;
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
            let taken = Taken {
                by: &caller.session.account,
                revision,
                reason: None,
                without_projection: None,
                at: Timestamp::now(),
            };
            let change = done(shared.store.save_change(id, &content, "saved", taken)?)?;
            told(shared, &caller, &change, "change_saved")?;
            view(shared, &caller, change)
        })
        .await?;
    body(&view)
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

/// What `work` makes of a change, if there is one.
pub(super) async fn with_change<T: Send + 'static>(
    shared: &Shared,
    id: Result<Path<Uuid>, PathRejection>,
    work: impl FnOnce(&Shared, Change) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    studio(shared)?;
    let Path(id) = id?;
    shared.blocking(move |shared| work(shared, found(shared, id)?)).await
}

/// Begins a change under an id, or gives back the one that the caller began under it before.
pub(super) fn begun(
    shared: &Shared,
    caller: &Caller,
    id: Option<Uuid>,
    (content, state): (&ChangeContent, ChangeState),
    audited: &'static str,
) -> Result<Change, Problem> {
    let id = id.unwrap_or_else(Uuid::new_v4);
    match shared.store.add_change(id, content, &author(caller), state, Timestamp::now())? {
        Begun::Now(change) => {
            told(shared, caller, &change, audited)?;
            Ok(*change)
        }
        Begun::Before(change) if change.author.id == caller.id() => Ok(*change),
        Begun::Before(_) => {
            let text = "这个 id 已属于另一项变更";
            Err(Problem::new(StatusCode::CONFLICT, "id_taken", text, "another change has this `id` already"))
        }
    }
}

fn author(caller: &Caller) -> ChangeAuthor {
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
    let has_passed = |change: &Change| shared.store.has_passed(change).unwrap_or_default();
    look(&Viewer { caller, folder: &folder, has_candidate: studio.candidate().is_some(), has_passed: &has_passed })
}

/// An answer about something that is new.
pub(super) fn created(value: &impl Serialize) -> ApiResult {
    with_status(value, StatusCode::CREATED)
}

/// An answer about something that has begun and will take a while.
pub(super) fn accepted(value: &impl Serialize) -> ApiResult {
    with_status(value, StatusCode::ACCEPTED)
}

fn with_status(value: &impl Serialize, status: StatusCode) -> ApiResult {
    let mut response: Response = body(value)?;
    *response.status_mut() = status;
    Ok(response)
}
