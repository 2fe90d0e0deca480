//! Changes tried live, beside the ruleset in force.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use yujing_base::language::{Bilingual, say};
use yujing_live::shadow::Comparison;

use super::super::guard::Caller;
use super::super::problem::Problem;
use super::super::{ApiResult, Shared, body};
use super::changes::{accepted, told, with_change};
use super::studio;
use crate::store::change::Change;
use crate::store::shadow::TriedLive;

/// Most operators that are named of a step.
const MOST_NAMED: usize = 50;

/// How a change does.
pub(in crate::http) async fn show(
    Extract(shared): Extract<Shared>,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    body(&with_change(&shared, id, |shared, change| view(shared, &change)).await?)
}

/// Puts it into the folder of the candidate.
pub(in crate::http) async fn start(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    let work = move |shared: &Shared, change: Change| {
        let studio = studio(shared)?;
        let Some(candidate) = studio.candidate() else { return Err(off()) };
        let ruleset = studio.try_live(&studio.with_change(&change)?).map_err(|error| {
            let (zh, en) = (
                format!("影子规则集的文件夹无法写入：{error}"),
                format!("the candidate's folder cannot be written: {error}"),
            );
            Problem::new(StatusCode::CONFLICT, "folder", zh, en)
        })?;
        let tried = TriedLive { change: change.id, ruleset, since: Timestamp::now() };
        shared.store.note_tried_live(candidate, &tried)?;
        told(shared, &caller, &change, "shadow_started")?;
        view(shared, &change)
    };
    accepted(&with_change(&shared, id, work).await?)
}

fn view(shared: &Shared, change: &Change) -> Result<Value, Problem> {
    let studio = studio(shared)?;
    let Some(candidate) = studio.candidate() else {
        return Ok(json!({
            "state": "off", "how": how(), "since": null, "ruleset": null, "refusal": null, "steps": [],
        }));
    };
    let tried = shared.store.tried_live(candidate)?;
    let Some(tried) = tried.as_ref().filter(|tried| tried.change == change.id) else {
        let was_tried = change_was_tried(shared, change)?;
        let state = if was_tried && tried.is_some() { "replaced" } else { "none" };
        return Ok(
            json!({ "state": state, "how": null, "since": null, "ruleset": null, "refusal": null, "steps": [] }),
        );
    };
    let (state, refusal) = condition(shared, candidate, tried);
    let steps = if state == "judging" { steps(shared, candidate, tried)? } else { Vec::new() };
    Ok(json!({
        "state": state, "how": null, "since": tried.since, "ruleset": tried.ruleset, "refusal": refusal, "steps": steps,
    }))
}

/// Whether a change stood in the folder before: the audit trail knows.
fn change_was_tried(shared: &Shared, change: &Change) -> Result<bool, Problem> {
    let filter = crate::store::audit::AuditFilter {
        action: Some("shadow_started".to_owned()),
        limit: 500,
        ..crate::store::audit::AuditFilter::default()
    };
    let (entries, _) = shared.store.audit(&filter)?;
    let id = change.id.to_string();
    Ok(entries.iter().any(|entry| entry.object.as_deref() == Some(id.as_str())))
}

/// What the engine says of the candidate.
fn condition(shared: &Shared, candidate: &str, tried: &TriedLive) -> (&'static str, Option<Bilingual>) {
    let Ok(all) = shared.engine.shadows() else { return ("starting", None) };
    let one = &all["candidates"][candidate];
    let is_this = one["hash"] == tried.ruleset.as_str();
    match one["condition"].as_str().unwrap_or_default() {
        "seated" if is_this => ("judging", None),
        "failed" => {
            let why = one["reason"].as_str().unwrap_or_default();
            ("refused", Some(say!("试评出错，已停止：{why}", "it failed while it judged: {why}")))
        }
        // It may be of what stood there before: the engine looks every second.
        "refused" if tried.since + jiff::SignedDuration::from_secs(5) < Timestamp::now() => {
            ("refused", serde_json::from_value(one["refusal"]["reason"].clone()).ok())
        }
        _ => ("starting", None),
    }
}

fn steps(shared: &Shared, candidate: &str, tried: &TriedLive) -> Result<Vec<Value>, Problem> {
    let compared = shared.shadows.compare(candidate, tried.since).map_err(|cause| Problem {
        cause: Some(cause),
        retry_after: Some(5),
        ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "away", "Kafka 暂不可用", "Kafka does not answer")
    })?;
    Ok(listed(&compared))
}

fn listed(compared: &Comparison) -> Vec<Value> {
    let steps = compared.steps.iter().map(|step| {
        let named = |operators: &[yujing_live::shadow::comparison::OneSided]| {
            json!(operators.iter().take(MOST_NAMED).collect::<Vec<_>>())
        };
        let members = [
            ("step", json!(step.step)),
            ("both", json!(step.counts.both)),
            ("only_in_force", json!(step.counts.only_in_force)),
            ("only_change", json!(step.counts.only_candidate)),
            ("only_in_force_operators", named(&step.only_in_force)),
            ("only_change_operators", named(&step.only_candidate)),
        ];
        Value::Object(Map::from_iter(members.map(|(name, value)| (name.to_owned(), value))))
    });
    steps.collect()
}

fn how() -> Bilingual {
    Bilingual::new(
        "未配置影子规则集：在 yujing.toml 的 [engine.shadow] 中写 studio = \"文件夹\"，再重启引擎和控制台",
        "no candidate is configured: write studio = \"FOLDER\" in [engine.shadow] of yujing.toml, and start engine and console again",
    )
}

fn off() -> Problem {
    let text = how();
    Problem::new(StatusCode::CONFLICT, "shadow_off", text.zh, text.en)
}
