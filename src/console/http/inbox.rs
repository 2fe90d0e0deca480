//! What the account's posts are to do.

use std::collections::{HashMap, HashSet};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Extract};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::guard::Caller;
use super::problem::Problem;
use super::view::AnswerView;
use super::{ApiResult, Shared, body};
use crate::read_model::query::inbox::{InboxItem, Relation};
use crate::store::answer::{AnswersOf, KeptAnswer};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    relation: Option<Relation>,
    overdue: Option<bool>,
}

/// An entry, with what this account has to do with it.
#[derive(Debug, Serialize)]
struct ItemView {
    #[serde(flatten)]
    item: InboxItem,
    unread: bool,
    draft: bool,
    /// The newest answer of the account.
    answer: Option<AnswerView>,
}

/// The inbox, the earliest due first.
pub(super) async fn inbox(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    selection: Result<Query<Selection>, QueryRejection>,
) -> ApiResult {
    let Query(Selection { relation, overdue }) = selection?;
    let items = shared
        .blocking(move |shared| {
            let mut items = entries(shared, &caller)?;
            items.retain(|view| {
                relation.is_none_or(|relation| view.item.relation == relation)
                    && overdue.is_none_or(|overdue| view.item.overdue == overdue)
            });
            Ok(items)
        })
        .await?;
    let count = |counted: fn(&ItemView) -> bool| items.iter().filter(|view| counted(view)).count();
    body(&json!({
        "total": items.len(),
        "unread": count(|view| view.unread),
        "overdue": count(|view| view.item.overdue),
        "items": items,
    }))
}

fn entries(shared: &Shared, caller: &Caller) -> Result<Vec<ItemView>, Problem> {
    let items = shared.read_model.inbox(&caller.session.account.access)?;
    let seen = shared.store.seen(caller.id())?;
    let drafts: HashSet<Uuid> = shared.store.drafts(caller.id())?.into_iter().map(|draft| draft.warning_id).collect();
    // The newest of each warning stays.
    let answers = shared.store.answers(AnswersOf::Account(caller.id()))?;
    let mut newest: HashMap<Uuid, KeptAnswer> = answers.into_iter().map(|answer| (answer.warning_id, answer)).collect();
    let view = |item: InboxItem| {
        let id = item.warning.warning_id;
        let answer = newest.remove(&id).map(|answer| AnswerView::of(shared, answer, item.warning.ended_at));
        Ok(ItemView {
            unread: seen.get(&id).is_none_or(|seen| *seen < item.warning.sequence),
            draft: drafts.contains(&id),
            answer: answer.transpose()?,
            item,
        })
    };
    items.into_iter().map(view).collect()
}
