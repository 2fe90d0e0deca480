//! What a change changes: file by file, by the names of rules and features, with the check of it.

use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Extract};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::super::{ApiResult, Shared, body};
use super::changes::found;
use super::{place, studio};
use crate::studio::folder::FileKind;
use crate::studio::moved::HowMoved;

/// A file of two versions.
#[derive(Debug, Serialize)]
pub(super) struct FileDifference {
    path: String,
    kind: FileKind,
    how: HowMoved,
    base: Option<String>,
    text: Option<String>,
}

impl FileDifference {
    /// Between two texts; none where they are the same.
    pub(super) fn between(path: &str, base: Option<&String>, text: Option<&String>) -> Option<Self> {
        let how = HowMoved::between(base, text)?;
        Some(Self { path: path.to_owned(), kind: FileKind::of(path), how, base: base.cloned(), text: text.cloned() })
    }
}

/// Names of files by what became of them.
#[derive(Debug, Default, Serialize)]
struct NameChanges {
    added: Vec<String>,
    changed: Vec<String>,
    removed: Vec<String>,
}

/// What a change changes.
pub(in crate::http) async fn difference(
    Extract(shared): Extract<Shared>,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    let studio = studio(&shared)?;
    let Path(id) = id?;
    let _place = place(&studio).await?;
    let (files, check) = shared
        .blocking(move |shared| {
            let change = found(shared, id)?;
            let check = studio.check(&studio.with_change(&change)?);
            let files = change.files.iter();
            let files =
                files.filter_map(|file| FileDifference::between(&file.path, file.base.as_ref(), file.text.as_ref()));
            Ok((files.collect::<Vec<_>>(), check))
        })
        .await?;
    let by_kind = names(&files);
    let of = |kind: FileKind| by_kind.get(&kind);
    let nothing = NameChanges::default();
    let settings: Vec<&String> =
        files.iter().filter(|file| file.kind == FileKind::Settings).map(|file| &file.path).collect();
    body(&json!({
        "rules": of(FileKind::Rule).unwrap_or(&nothing),
        "features": of(FileKind::Feature).unwrap_or(&nothing),
        "settings": settings,
        "check": check,
        "files": files,
    }))
}

/// The names of rules and of files of features.
fn names(files: &[FileDifference]) -> BTreeMap<FileKind, NameChanges> {
    let mut by_kind: BTreeMap<FileKind, NameChanges> = BTreeMap::new();
    for file in files {
        let names = by_kind.entry(file.kind).or_default();
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let name = name.rsplit_once('.').map_or(name, |(name, _)| name).to_owned();
        match file.how {
            HowMoved::Added => names.added.push(name),
            HowMoved::Changed => names.changed.push(name),
            HowMoved::Removed => names.removed.push(name),
        }
    }
    by_kind
}
