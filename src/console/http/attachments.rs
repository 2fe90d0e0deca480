//! Photographs of warnings: brought by who may answer, read by who may see the warning. A file comes as the body of a request;
//! what it is its bytes say.

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use futures::StreamExt as _;
use jiff::Timestamp;
use uuid::Uuid;
use yujing_core::warning::handling::Attachment;
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::console::ConsoleFailed;

use super::guard::Caller;
use super::problem::Problem;
use super::routes::PREFIX;
use super::{ApiResult, Shared, body};
use crate::attachments::{AttachmentLimits, Attachments, Lost, hash};
use crate::picture::{Picture, PictureRefusal};
use crate::read_model::scope::Scope;
use crate::store::attachment::StoredPicture;

/// A picture is nothing but a picture, also where it is opened by itself.
const PICTURE_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");
/// Kept by the browser alone, which asks each time whether it may show it.
const PRIVATELY: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A photograph of a warning.
type PictureOf = Path<(Uuid, String)>;

/// Attaches a photograph to a warning, for an answer that will name it.
pub(super) async fn attach(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    file: Body,
) -> ApiResult {
    let Path(warning) = id?;
    let asker = caller.clone();
    shared.blocking(move |shared| may_attach(shared, &asker, warning)).await?;
    let attachments = attachments(&shared)?;
    if !shared.rates.admits_file(caller.id()) {
        return Err(Problem::too_many());
    }
    let _room = attachments.room().await.ok_or_else(busy)?;
    let file = receive(file, attachments.limits).await?;
    let (stored, bytes) = shared.blocking(move |_| Ok(stripped(&file)?)).await?;
    let (noted, by) = (stored.clone(), caller.clone());
    let note = shared.blocking(move |shared| note_attached(shared, &by, warning, &noted));
    if !attachments.bring(&stored.sha256, bytes, note).await? {
        let (zh, en) =
            ("尚未提交的照片过多，请先提交或移除一些", "too many photographs wait to be sent: send or remove some");
        return Err(conflict("too_many_drafts", zh, en));
    }
    let kept = shared
        .blocking(move |shared| {
            shared.store.note_stored(&stored.sha256)?;
            Ok(shared.store.attachment(caller.id(), warning, &stored.sha256)?)
        })
        .await?;
    let mut response = body(&kept.ok_or_else(Problem::not_found)?)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// What of a file is kept.
fn stripped(file: &Bytes) -> Result<(StoredPicture, Bytes), PictureRefusal> {
    let Picture { format, width, height, bytes } = Picture::of(file)?;
    Ok((StoredPicture { sha256: hash(&bytes), format, size: bytes.len() as u64, width, height }, bytes))
}

/// Whether the account may answer the warning, as far as that is known before it does.
fn may_attach(shared: &Shared, caller: &Caller, warning: Uuid) -> Result<(), Problem> {
    let access = &caller.session.account.access;
    let warning = shared.read_model.warning(&Scope::of(access), warning)?.ok_or_else(Problem::not_found)?;
    if access.duties.is_empty() {
        let (zh, en) = ("该账号未在任何岗位任职", "the account acts at no post");
        return Err(Problem::new(StatusCode::FORBIDDEN, "foreign_duty", zh, en));
    }
    if !warning.open {
        return Err(conflict("ended", "这条预警已经解除或者撤销", "the warning has ended"));
    }
    Ok(())
}

fn note_attached(shared: &Shared, by: &Caller, warning: Uuid, picture: &StoredPicture) -> Result<bool, Problem> {
    let now = Timestamp::now();
    if !shared.store.attach(&by.session.account, warning, picture, now)? {
        return Ok(false);
    }
    note(shared, by, "attach", warning, &picture.sha256)?;
    Ok(true)
}

/// Takes one back that was not sent.
pub(super) async fn detach(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    picture: Result<PictureOf, PathRejection>,
) -> ApiResult {
    let Path((warning, sha256)) = picture?;
    let gone = sha256.clone();
    shared
        .blocking(move |shared| {
            if !shared.store.detach(caller.id(), warning, &gone)? {
                return Err(Problem::not_found());
            }
            note(shared, &caller, "detach", warning, &gone)
        })
        .await?;
    // Where the bytes cannot be removed now, they are at the next pruning.
    if let Some(attachments) = &shared.attachments
        && let Err(error) = attachments.remove_unused(&shared.store, &sha256).await
    {
        ConsoleFailed { reason: &error.to_string() }.emit(&shared.metrics);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Shows one, if it is still what was brought.
pub(super) async fn show(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    picture: Result<PictureOf, PathRejection>,
    headers: HeaderMap,
) -> ApiResult {
    let Path((warning, sha256)) = picture?;
    let asker = caller.clone();
    let kept = shared
        .blocking(move |shared| {
            let scope = Scope::of(&asker.session.account.access);
            shared.read_model.warning(&scope, warning)?.ok_or_else(Problem::not_found)?;
            shared.store.attachment(asker.id(), warning, &sha256)?.ok_or_else(Problem::not_found)
        })
        .await?;
    let picture = kept.picture;
    let tag = format!("\"{}\"", picture.sha256);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, shown_headers(&picture, &tag)).into_response());
    }
    let parts = attachments(&shared)?.read(&picture).await?.map_err(|why| lost(why, &picture))?;
    let seen = picture.sha256.clone();
    shared.blocking(move |shared| note(shared, &caller, "read_attachment", warning, &seen)).await?;
    let length = [(header::CONTENT_LENGTH, HeaderValue::from(picture.size))];
    Ok((shown_headers(&picture, &tag), length, Body::from_stream(parts)).into_response())
}

fn shown_headers(picture: &StoredPicture, tag: &str) -> [(HeaderName, HeaderValue); 6] {
    let text = |text: String| HeaderValue::try_from(text).expect("invariant: hashes and names of formats are plain");
    let name = format!("{}.{}", picture.sha256.get(..12).unwrap_or_default(), picture.format.ending());
    [
        (header::CONTENT_TYPE, HeaderValue::from_static(picture.format.media_type())),
        (header::CONTENT_DISPOSITION, text(format!("inline; filename=\"{name}\""))),
        (header::CONTENT_SECURITY_POLICY, PICTURE_POLICY),
        (header::CACHE_CONTROL, PRIVATELY),
        (header::ETAG, text(tag.to_owned())),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ]
}

fn note(shared: &Shared, by: &Caller, action: &'static str, warning: Uuid, sha256: &str) -> Result<(), Problem> {
    let mut event = by.did(action, warning.to_string());
    event.detail = Some(sha256.to_owned());
    Ok(shared.store.note(&event, Timestamp::now())?)
}

/// Reads a file that is not too large.
async fn receive(file: Body, limits: AttachmentLimits) -> Result<Bytes, Problem> {
    let most = limits.max_bytes;
    let mut read = Vec::new();
    let mut parts = file.into_data_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Problem::bad_request("the file did not come as a whole"))?;
        if (read.len() + part.len()) as u64 > most {
            let (zh, en) = (
                format!("照片过大：每张不超过 {}", size(most)),
                format!("the file is too large: a photograph has at most {}", size(most)),
            );
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", zh, en));
        }
        read.extend_from_slice(&part);
    }
    Ok(read.into())
}

/// A size for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KB", bytes / 1024),
        _ => format!("{} MB", bytes / 1_048_576),
    }
}

/// What an answer says of a photograph.
pub(super) fn reference(place: &Attachments, warning: Uuid, sha256: &str) -> Attachment {
    place.reference(&format!("{PREFIX}/warnings/{warning}/attachments/{sha256}"), sha256)
}

/// Where photographs are, if they can be attached.
pub(super) fn attachments(shared: &Shared) -> Result<&Attachments, Problem> {
    shared.attachments.as_deref().ok_or_else(|| {
        conflict(
            "attachments_off",
            "附件功能未开启：在 yujing.toml 的 [console] 中将 attachments 设为文件夹或 s3://存储桶，再重启控制台",
            "nothing can be attached: set `attachments` in [console] of yujing.toml to a folder or s3://BUCKET, and start the console again",
        )
    })
}

fn busy() -> Problem {
    Problem {
        retry_after: Some(2),
        ..Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "同时上传的照片过多，请稍后再试",
            "too many photographs are on their way: try again in a moment",
        )
    }
}

/// The bytes are gone, or are others: whoever looks after the folder has to know.
fn lost(why: Lost, picture: &StoredPicture) -> Problem {
    let (code, zh, en) = match why {
        Lost::Missing => (
            "attachment_missing",
            "照片原件已不在存储中，请联系系统管理员从备份恢复",
            "the photograph is not where it was stored: ask the administrator to restore it from the backup",
        ),
        Lost::Altered => (
            "attachment_altered",
            "照片原件与提交时不一致（哈希值不符），不予显示，请联系系统管理员",
            "the photograph is not what was sent (its hash differs) and is not shown: ask the administrator",
        ),
    };
    let problem = Problem::new(StatusCode::GONE, code, zh, en);
    Problem { cause: Some(format!("{code}: {}", picture.sha256)), ..problem }
}

fn conflict(code: &'static str, zh: &str, en: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, zh, en)
}

impl From<PictureRefusal> for Problem {
    fn from(refusal: PictureRefusal) -> Self {
        let text = refusal.text();
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code(), text.zh, text.en)
    }
}
