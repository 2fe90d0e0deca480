//! The rules folder as it is, what is in force, and what each rule was worth.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Extract};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use yujing_base::language::say;
use yujing_core::ruleset::Trigger;
use yujing_live::reload::{ReloadAttempt, ReloadOutcome};

use super::super::problem::Problem;
use super::super::{ApiResult, Shared, body};
use super::{place, studio};
use crate::engine::RulesetInForce;
use crate::read_model::query::quality::RuleWorth;
use crate::studio::folder::{FileKind, FolderState, hash};

/// Catalogue, what is in force, and what rules are worth.
pub(in crate::http) async fn catalogue(Extract(shared): Extract<Shared>) -> ApiResult {
    let (folder, said) = said(&shared).await?;
    let found = shared
        .blocking(move |shared| {
            let policy = folder.text(yujing_core::ruleset::files::POLICY).unwrap_or_default();
            let worth = shared.read_model.rule_worth(policy, Timestamp::now())?;
            let studio = studio(shared)?;
            Ok(document(&folder, &said, shared.engine.ruleset(), &worth, studio.candidate()))
        })
        .await?;
    body(&found)
}

/// What may be written.
pub(in crate::http) async fn vocabulary(Extract(shared): Extract<Shared>) -> ApiResult {
    let (folder, said) = said(&shared).await?;
    body(&json!({ "version": folder.version, "entries": said.get("vocabulary").unwrap_or(&json!([])) }))
}

/// The folder, and what there is to look up in it.
async fn said(shared: &Shared) -> Result<(FolderState, Arc<Value>), Problem> {
    let studio = studio(shared)?;
    let _place = place(&studio).await?;
    shared
        .blocking(move |_| {
            let folder = studio.folder()?;
            let said = studio.catalogue(&folder);
            Ok((folder, said))
        })
        .await
}

fn document(
    folder: &FolderState,
    said: &Value,
    in_force: Result<RulesetInForce, String>,
    worth: &BTreeMap<String, RuleWorth>,
    candidate: Option<&str>,
) -> Value {
    let catalogue = said.get("catalogue").filter(|catalogue| catalogue.is_object());
    let part = |name: &str| catalogue.and_then(|catalogue| catalogue.get(name)).cloned().unwrap_or(json!([]));
    let mut rules = part("rules");
    for rule in rules.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        let of_rule = rule.get("id").and_then(Value::as_str).and_then(|id| worth.get(id));
        rule.insert("quality".to_owned(), json!(of_rule));
    }
    let (in_force, engine) = match in_force {
        Ok(in_force) => (shown(in_force), None),
        Err(reason) => (Value::Null, Some(say!("引擎没有回答：{reason}", "the engine does not answer: {reason}"))),
    };
    let ruleset = catalogue.and_then(|catalogue| catalogue.get("ruleset"));
    let members = [
        ("version", json!(folder.version)),
        ("ruleset", json!(ruleset)),
        ("in_force", in_force),
        ("engine", json!(engine)),
        ("diagnostics", said["check"].get("diagnostics").cloned().unwrap_or(json!([]))),
        ("families", part("families")),
        ("rules", rules),
        ("features", part("features")),
        ("sources", part("sources")),
        ("shadow", json!(candidate)),
    ];
    Value::Object(Map::from_iter(members.map(|(name, value)| (name.to_owned(), value))))
}

fn shown(in_force: RulesetInForce) -> Value {
    let RulesetInForce { hash, publication, folder_differs, operators_not_judged_yet, last_attempt } = in_force;
    // What was only asked about says nothing of the folder, but for the look at the start.
    let is_of_folder = |attempt: &ReloadAttempt| !attempt.dry_run || attempt.trigger == Trigger::Start;
    let refused =
        last_attempt.filter(|attempt| attempt.outcome == Some(ReloadOutcome::Refused) && is_of_folder(attempt));
    let refusal = refused.and_then(|attempt| Some((attempt.ended_at, attempt.refusal?)));
    let refusal = refusal.map(|(at, refusal)| json!({ "at": at, "reason": refusal.reason, "report": refusal.report }));
    json!({
        "ruleset": hash,
        "sequence": publication.sequence,
        "published_at": publication.published_at,
        "cause": publication.cause,
        "folder_differs": folder_differs,
        "operators_waiting": operators_not_judged_yet,
        "refusal": refusal,
    })
}

/// The files of the folder.
pub(in crate::http) async fn files(Extract(shared): Extract<Shared>) -> ApiResult {
    let studio = studio(&shared)?;
    let folder = shared.blocking(move |_| studio.folder().map_err(Problem::from)).await?;
    body(&json!({ "version": folder.version, "files": folder.entries() }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct FileQuery {
    path: String,
}

/// One of them.
pub(in crate::http) async fn file(
    Extract(shared): Extract<Shared>,
    asked: Result<Query<FileQuery>, QueryRejection>,
) -> ApiResult {
    let studio = studio(&shared)?;
    let Query(FileQuery { path }) = asked?;
    let folder = shared.blocking(move |_| studio.folder().map_err(Problem::from)).await?;
    let text = folder.text(&path).ok_or_else(Problem::not_found)?;
    body(&json!({ "path": path, "kind": FileKind::of(&path), "hash": hash(text.as_bytes()), "text": text }))
}
