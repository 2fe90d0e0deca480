//! Versions that came into force: listed, compared, and gone back to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State as Extract};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use yujing_core::ruleset::{Archive, Files, Publication};

use super::super::guard::Caller;
use super::super::problem::Problem;
use super::super::{ApiResult, Shared, body};
use super::changes::{begun, check_reason, created, view};
use super::difference::FileDifference;
use super::studio;
use crate::store::change::{Change, ChangeState};
use crate::studio::content::ContentRequest;
use crate::studio::overlay::MOST_FILES;
use crate::studio::versions::back_to;

/// How many changes are searched for those that made versions.
const MOST_CHANGES: u32 = 1_000;
/// The folder, where a version is named.
const FOLDER: &str = "folder";
/// What is shown of a hash.
const SHORT_HASH: usize = 12;

/// Every version, the newest first.
pub(in crate::http) async fn list(Extract(shared): Extract<Shared>) -> ApiResult {
    studio(&shared)?;
    let versions = shared
        .blocking(|shared| {
            let archive = archive(shared)?;
            let changes = shared.store.changes(MOST_CHANGES)?;
            let made: BTreeMap<&str, &Change> = changes
                .iter()
                .rev()
                .filter(|change| change.state == ChangeState::InForce)
                .filter_map(|change| Some((change.ruleset.as_deref()?, change)))
                .collect();
            let kept = shared.store.kept_rulesets()?;
            let newest = archive.newest().map(|newest| newest.sequence);
            let versions = archive.publications().rev().map(|publication| {
                let is_in_force = Some(publication.sequence) == newest;
                let mut version = version(publication, is_in_force, &archive, made.get(&*publication.ruleset).copied());
                version["cases_kept"] = json!(kept.contains(&publication.ruleset));
                version
            });
            Ok(versions.collect::<Vec<_>>())
        })
        .await?;
    body(&json!({ "versions": versions }))
}

fn version(publication: &Publication, is_in_force: bool, archive: &Archive, made_by: Option<&Change>) -> Value {
    let Publication { sequence, ruleset, published_at, cause, change, .. } = publication;
    let made_by = made_by.map(|change| {
        json!({
            "id": change.id, "title": change.title, "reason": change.reason, "author": change.author.name,
            "approver": change.approver.as_deref().unwrap_or_default(),
        })
    });
    json!({
        "sequence": sequence,
        "ruleset": ruleset,
        "published_at": published_at,
        "cause": cause,
        "in_force": is_in_force,
        "available": archive.files(ruleset).is_some(),
        "rules": change.as_ref().map(|change| &change.rules),
        "features": change.as_ref().map(|change| &change.features),
        "settings": change.as_ref().map(|change| change.settings.clone()).unwrap_or_default(),
        "levels_moved": change.as_ref().map(yujing_core::ruleset::RulesetChange::moved),
        "change": made_by,
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CompareQuery {
    from: String,
    to: String,
}

/// Two versions, file by file.
pub(in crate::http) async fn compare(
    Extract(shared): Extract<Shared>,
    asked: Result<Query<CompareQuery>, QueryRejection>,
) -> ApiResult {
    studio(&shared)?;
    let Query(CompareQuery { from, to }) = asked?;
    let files = shared
        .blocking(move |shared| {
            let (from, to) = (files_of(shared, &from)?, files_of(shared, &to)?);
            let paths: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
            let files =
                paths.into_iter().filter_map(|path| FileDifference::between(path, from.get(path), to.get(path)));
            Ok(files.collect::<Vec<_>>())
        })
        .await?;
    body(&json!({ "files": files }))
}

/// The files of a version, or of the folder.
fn files_of(shared: &Shared, name: &str) -> Result<Files, Problem> {
    if name == FOLDER {
        let folder = studio(shared)?.folder().and_then(|folder| folder.texts());
        return Ok(folder?.files);
    }
    archive(shared)?.files(name).cloned().ok_or_else(Problem::not_found)
}

fn archive(shared: &Shared) -> Result<Arc<Archive>, Problem> {
    shared.versions.archive().map_err(|cause| Problem {
        cause: Some(cause),
        retry_after: Some(5),
        ..Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "away",
            "Kafka 暂不可用，无法读取历次版本",
            "Kafka does not answer: versions cannot be read",
        )
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RollbackRequest {
    /// Chosen by the page: asked for twice, a change is begun once.
    #[serde(default)]
    id: Option<Uuid>,
    reason: String,
}

/// Proposes a change back to a version.
pub(in crate::http) async fn roll_back(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    ruleset: Result<Path<String>, PathRejection>,
    given: Result<Json<RollbackRequest>, JsonRejection>,
) -> ApiResult {
    studio(&shared)?;
    let (Path(ruleset), Json(RollbackRequest { id, reason })) = (ruleset?, given?);
    if reason.trim().is_empty() {
        return Err(Problem::invalid("请写明理由", "say why: `reason`"));
    }
    check_reason(&reason)?;
    let view = shared
        .blocking(move |shared| {
            let version = archive(shared)?.files(&ruleset).cloned().ok_or_else(Problem::not_found)?;
            let folder = studio(shared)?.folder()?;
            let texts = folder.texts()?;
            let files = match shared.store.kept_folder(&ruleset)? {
                Some(whole) => back_to(&whole, &texts.all()),
                // It came from outside, and nobody kept its cases: they stay as they are.
                None => back_to(&version, &texts.files),
            };
            if files.is_empty() {
                return Err(Problem::invalid("规则文件夹就是这个版本", "the folder holds this version"));
            }
            if files.len() > MOST_FILES {
                return Err(Problem::invalid(
                    format!("与现有内容相差超过{MOST_FILES}个文件，请用 yujing rules rollback 回退"),
                    format!("more than {MOST_FILES} files differ: use `yujing rules rollback`"),
                ));
            }
            let title = format!("回退至版本 {}", ruleset.chars().take(SHORT_HASH).collect::<String>());
            let content = ContentRequest { title, reason, files }.on(&folder);
            let change = begun(shared, &caller, id, (&content, ChangeState::Proposed), "change_proposed")?;
            view(shared, &caller, change)
        })
        .await?;
    shared.examinations.ring();
    created(&view)
}
