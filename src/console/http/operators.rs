//! Operators: search, and the file of one.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State as Extract};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::guard::Caller;
use super::problem::Problem;
use super::view::{area, level, page};
use super::{ApiResult, Shared, body};
use crate::engine::{EngineAnswer, FeatureTitle, TOKEN_REFUSED};
use crate::read_model::query::operators::{OperatorFilter, OperatorOrder};
use crate::read_model::query::page::{MOST, Page};
use crate::read_model::query::warnings::{WarningFilter, WarningOrder};
use crate::read_model::scope::Scope;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    q: Option<String>,
    level: Option<String>,
    business_form: Option<String>,
    protected_group: Option<String>,
    sub_district: Option<String>,
    community: Option<String>,
    grid: Option<String>,
    order: Option<OperatorOrder>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Operators that the account sees.
pub(super) async fn list(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    selection: Result<Query<Selection>, QueryRejection>,
) -> ApiResult {
    let Query(selection) = selection?;
    let part = page(selection.cursor.as_deref(), selection.limit)?;
    let filter = OperatorFilter {
        level: level(selection.level.as_deref())?,
        words: selection.q,
        business_form: selection.business_form,
        protected_group: selection.protected_group,
        area: area(selection.sub_district, selection.community, selection.grid),
        order: selection.order.unwrap_or_default(),
    };
    let scope = Scope::of(&caller.session.account.access);
    let listed = shared.blocking(move |shared| Ok(shared.read_model.operators(&scope, &filter, part)?)).await?;
    body(&json!({ "total": listed.total, "operators": listed.entries, "next": listed.next }))
}

/// One operator: card, score, warnings.
pub(super) async fn operator(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> ApiResult {
    let Path(id) = id?;
    let whole = shared
        .blocking(move |shared| {
            let scope = Scope::of(&caller.session.account.access);
            let found = shared.read_model.operator(&scope, &id)?.ok_or_else(Problem::not_found)?;
            shared.store.note(&caller.did("read_operator", id.clone()), Timestamp::now())?;
            let filter =
                WarningFilter { operator_id: Some(id), order: WarningOrder::Newest, ..WarningFilter::default() };
            let warnings = shared.read_model.warnings(&scope, &filter, Page { offset: 0, limit: MOST })?;
            Ok(json!({ "summary": found.summary, "score": found.score, "warnings": warnings.entries }))
        })
        .await?;
    body(&whole)
}

/// Its score over time.
pub(super) async fn scores(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> ApiResult {
    let Path(id) = id?;
    let scores = shared
        .blocking(move |shared| {
            seen(shared, &caller, &id)?;
            Ok(shared.read_model.scores(&id)?)
        })
        .await?;
    body(&json!({ "scores": scores }))
}

/// What the engine says now, with what the features are called.
pub(super) async fn explanation(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> ApiResult {
    let Path(id) = id?;
    let answer = shared
        .blocking(move |shared| {
            seen(shared, &caller, &id)?;
            Ok(match shared.engine.explain(&id) {
                EngineAnswer::Found(mut explanation) => {
                    explanation.insert("titles".to_owned(), titles(shared.engine.feature_titles()));
                    EngineAnswer::Found(explanation)
                }
                other => other,
            })
        })
        .await?;
    match answer {
        EngineAnswer::Found(explanation) => body(&explanation),
        EngineAnswer::Unknown => Err(Problem::not_found()),
        EngineAnswer::TokenRefused => {
            let zh = "评分引擎不接受本系统的令牌，请联系系统管理员";
            let en = "the engine does not take the token of this system: tell the administrator";
            Err(unavailable("engine_token", zh, en, TOKEN_REFUSED.to_owned()))
        }
        EngineAnswer::Away(cause) => {
            let (zh, en) = ("评分引擎暂无应答，请稍后再试", "the engine does not answer: ask again later");
            Err(unavailable("engine_away", zh, en, cause))
        }
    }
}

fn unavailable(code: &'static str, zh: &str, en: &str, cause: String) -> Problem {
    Problem { cause: Some(cause), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, zh, en) }
}

/// What features are called, by name.
fn titles(features: Vec<FeatureTitle>) -> Value {
    let titles = features.into_iter().map(|FeatureTitle { name, zh, en }| (name, json!({ "zh": zh, "en": en })));
    Value::Object(titles.collect())
}

/// Nothing, unless the account sees the operator.
pub(super) fn seen(shared: &Shared, caller: &Caller, id: &str) -> Result<(), Problem> {
    let scope = Scope::of(&caller.session.account.access);
    if shared.read_model.sees_operator(&scope, id)? { Ok(()) } else { Err(Problem::not_found()) }
}
