//! Warnings: lists, one in full, its proof.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State as Extract};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::HandlingState;
use yujing_core::warning::handling::HandlingAction;
use yujing_live::reload::sandbox::STACK_SIZE;

use super::guard::Caller;
use super::problem::Problem;
use super::view::{AnswerView, area, level, page};
use super::{ApiResult, Shared, body, failed};
use crate::access::{Duty, Permission};
use crate::feed::Change;
use crate::proof::Proof;
use crate::read_model::query::warnings::{WarningFilter, WarningInFull, WarningOrder};
use crate::read_model::scope::Scope;
use crate::store::answer::AnswersOf;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    open: Option<bool>,
    level: Option<String>,
    state: Option<HandlingState>,
    overdue: Option<bool>,
    unrouted: Option<bool>,
    rule: Option<String>,
    post: Option<String>,
    operator_id: Option<String>,
    q: Option<String>,
    opened_from: Option<Timestamp>,
    opened_to: Option<Timestamp>,
    sub_district: Option<String>,
    community: Option<String>,
    grid: Option<String>,
    order: Option<WarningOrder>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Warnings that the account sees.
pub(super) async fn list(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    selection: Result<Query<Selection>, QueryRejection>,
) -> ApiResult {
    let Query(selection) = selection?;
    let part = page(selection.cursor.as_deref(), selection.limit)?;
    let filter = WarningFilter {
        open: selection.open,
        level: level(selection.level.as_deref())?,
        state: selection.state,
        overdue: selection.overdue,
        unrouted: selection.unrouted,
        rule: selection.rule,
        post: selection.post,
        operator_id: selection.operator_id,
        words: selection.q,
        opened_from: selection.opened_from,
        opened_to: selection.opened_to,
        area: area(selection.sub_district, selection.community, selection.grid),
        order: selection.order.unwrap_or_default(),
    };
    let scope = Scope::of(&caller.session.account.access);
    let listed = shared.blocking(move |shared| Ok(shared.read_model.warnings(&scope, &filter, part)?)).await?;
    body(&json!({ "total": listed.total, "warnings": listed.entries, "next": listed.next }))
}

/// What an account may do next.
#[derive(Debug, Serialize)]
struct PossibleAction {
    duty: Duty,
    action: HandlingAction,
}

/// One warning in full.
pub(super) async fn warning(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    let Path(id) = id?;
    let whole = shared.blocking(move |shared| in_full(shared, &caller, id)).await?;
    body(&whole)
}

fn in_full(shared: &Shared, caller: &Caller, id: Uuid) -> Result<Value, Problem> {
    let access = &caller.session.account.access;
    let found = shared.read_model.warning_in_full(&Scope::of(access), id)?.ok_or_else(Problem::not_found)?;
    shared.store.note(&caller.did("read_warning", id.to_string()), Timestamp::now())?;
    shared.store.note_seen(caller.id(), id, found.summary.sequence)?;
    let answers = shared.store.answers(AnswersOf::Warning(id))?;
    let answers = answers.into_iter().map(|answer| AnswerView::of(shared, answer, found.summary.ended_at));
    let answers = answers.collect::<Result<Vec<_>, _>>()?;
    let attachments = shared.store.attachments(caller.id(), id)?;
    let draft = shared.store.draft(caller.id(), id)?;
    let actions = if access.permits(Permission::Answer) { actions(shared, caller, &found) } else { Vec::new() };
    let dispositions = shared.read_model.dispositions(id)?;
    let WarningInFull { summary, events } = found;
    let handling = events.last().and_then(|event| event.get("handling")).cloned();
    Ok(json!({
        "summary": summary,
        "handling": handling,
        "events": events,
        "dispositions": dispositions,
        "answers": answers,
        "actions": actions,
        "attachments": attachments,
        "attaching": shared.attachments.as_ref().map(|place| place.limits),
        "draft": draft,
    }))
}

/// What the account may do by its duties, the state of handling and, once it was read, the ruleset; the engine has the
/// last word.
fn actions(shared: &Shared, caller: &Caller, found: &WarningInFull) -> Vec<PossibleAction> {
    let Some(state) = found.summary.state.filter(|_| found.summary.open) else { return Vec::new() };
    let Some(newest) = found.events.last() else { return Vec::new() };
    let access = &caller.session.account.access;
    let posts = concerned(newest);
    let ruleset = newest.get("ruleset").and_then(Value::as_str).and_then(|hash| known_ruleset(shared, hash, found));
    let permits = |duty: &Duty, action: HandlingAction| {
        let Some(ruleset) = &ruleset else { return true };
        let by_policy = ruleset.handling.as_ref().is_none_or(|policy| policy.permits(&duty.role, action));
        by_policy && ruleset.routing.as_ref().is_none_or(|routing| routing.has_role(&duty.post, &duty.role))
    };
    let is_asked = found.summary.extension_asked;
    let mut possible = Vec::new();
    for duty in access.duties.iter().filter(|duty| posts.contains(&duty.post)) {
        for action in HandlingAction::ALL {
            let decides = matches!(action, HandlingAction::ExtensionGranted | HandlingAction::ExtensionRefused);
            if action != HandlingAction::Delivered
                && action.follows(state)
                && (is_asked || !decides)
                && super::answers::role_permits(access, action)
                && permits(duty, action)
            {
                possible.push(PossibleAction { duty: duty.clone(), action });
            }
        }
    }
    possible
}

/// The ruleset of a warning. One that is not known yet is read meanwhile; then pages that show the warning ask again.
fn known_ruleset(shared: &Shared, hash: &str, found: &WarningInFull) -> Option<Arc<Ruleset>> {
    let known = shared.prover.known(hash);
    if known.is_none() {
        let (feed, id) = (shared.feed.clone(), found.summary.warning_id);
        let tell = move || feed.tell(Change { warnings: [id].into(), ..Change::default() });
        if let Err(error) = shared.prover.prepare(hash, tell) {
            tracing::warn!(%error, "no thread for reading a ruleset");
        }
    }
    known
}

/// The posts that an event concerns.
fn concerned(event: &Map<String, Value>) -> Vec<String> {
    let Some(handling) = event.get("handling") else { return Vec::new() };
    let lists = ["ladder", "passed", "copies"].into_iter().filter_map(|name| handling.get(name)?.as_array()).flatten();
    let posts = lists.chain(handling.get("assignee"));
    posts.filter_map(|post| post.get("id")?.as_str().map(str::to_owned)).collect()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProofSelection {
    sequence: Option<i64>,
}

/// Recomputes an event now.
pub(super) async fn proof(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    selection: Result<Query<ProofSelection>, QueryRejection>,
) -> ApiResult {
    let (Path(id), Query(ProofSelection { sequence })) = (id?, selection?);
    let proof = shared
        .blocking(move |shared| {
            let scope = Scope::of(&caller.session.account.access);
            let found = shared.read_model.warning_in_full(&scope, id)?.ok_or_else(Problem::not_found)?;
            let is_meant = |event: &Map<String, Value>| {
                sequence.is_none_or(|sequence| event.get("sequence").and_then(Value::as_i64) == Some(sequence))
            };
            let event = found.events.into_iter().rev().find(is_meant).ok_or_else(Problem::not_found)?;
            prove(shared, event)
        })
        .await?;
    body(&proof)
}

/// On a thread with the stack that building rulesets needs.
fn prove(shared: &Shared, event: Map<String, Value>) -> Result<Proof, Problem> {
    let prover = std::sync::Arc::clone(&shared.prover);
    let thread = std::thread::Builder::new().name("proof".to_owned()).stack_size(STACK_SIZE);
    let thread =
        thread.spawn(move || prover.prove(&event, Timestamp::now())).map_err(|error| failed(error.to_string()))?;
    thread.join().map_err(|_| failed("a proof ended by a defect".to_owned()))
}
