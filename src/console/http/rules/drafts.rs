//! Drafts laid over the folder as it is: the check and the cases. Nothing is written.

use axum::Json;
use axum::extract::State as Extract;
use axum::extract::rejection::JsonRejection;
use serde::Deserialize;
use serde_json::json;
use yujing_workbench::template::{NewRule, TemplateLanguage};

use super::super::problem::Problem;
use super::super::{ApiResult, Shared, body};
use super::{place, studio};
use crate::studio::folder::Texts;
use crate::studio::overlay::{self, FileText};

/// The longest filter of cases, in characters.
const LONGEST_FILTER: usize = 200;
/// The longest name in a new rule, in characters, and most features that it reads.
const LONGEST_NAME: usize = 64;
const MOST_READS: usize = 16;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CheckRequest {
    files: Vec<FileText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CasesRequest {
    files: Vec<FileText>,
    #[serde(default)]
    filter: Option<String>,
}

/// What the check finds.
pub(in crate::http) async fn check(
    Extract(shared): Extract<Shared>,
    given: Result<Json<CheckRequest>, JsonRejection>,
) -> ApiResult {
    let studio = studio(&shared)?;
    let Json(CheckRequest { files }) = given?;
    let texts = laid_over(&shared, files).await?;
    let _place = place(&studio).await?;
    body(&shared.blocking(move |_| Ok(studio.check(&texts))).await?)
}

/// How cases go.
pub(in crate::http) async fn cases(
    Extract(shared): Extract<Shared>,
    given: Result<Json<CasesRequest>, JsonRejection>,
) -> ApiResult {
    let studio = studio(&shared)?;
    let Json(CasesRequest { files, filter }) = given?;
    let filter = filter.unwrap_or_default();
    if filter.chars().count() > LONGEST_FILTER {
        return Err(Problem::invalid("筛选条件过长", "`filter` is too long"));
    }
    let texts = laid_over(&shared, files).await?;
    let _place = place(&studio).await?;
    body(&shared.blocking(move |_| Ok(studio.run_cases(&texts, &filter))).await?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct TemplateRequest {
    id: String,
    family: String,
    #[serde(default)]
    reads: Vec<String>,
    #[serde(default)]
    lang: TemplateLanguage,
}

/// A rule to begin with.
pub(in crate::http) async fn template(
    Extract(shared): Extract<Shared>,
    given: Result<Json<TemplateRequest>, JsonRejection>,
) -> ApiResult {
    let studio = studio(&shared)?;
    let Json(TemplateRequest { id, family, reads, lang }) = given?;
    let is_long = |name: &String| name.chars().count() > LONGEST_NAME;
    if [&id, &family].into_iter().chain(&reads).any(is_long) || reads.len() > MOST_READS {
        return Err(Problem::invalid("名称过长，或者指标过多", "a name is too long, or `reads` has too many"));
    }
    let texts = laid_over(&shared, Vec::new()).await?;
    let _place = place(&studio).await?;
    let new = NewRule { id, family, reads, lang };
    let files = shared
        .blocking(move |_| studio.begin_rule(&texts, new).map_err(|why| Problem::invalid(why.zh, why.en)))
        .await?;
    body(&json!({ "files": files }))
}

/// The folder with files laid over it.
async fn laid_over(shared: &Shared, files: Vec<FileText>) -> Result<Texts, Problem> {
    overlay::check(&files).map_err(|text| Problem::invalid(text.zh, text.en))?;
    let studio = studio(shared)?;
    shared
        .blocking(move |_| {
            let texts = studio.folder().and_then(|folder| folder.texts())?;
            Ok(texts.with(&files))
        })
        .await
}
