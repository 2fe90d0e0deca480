//! What the account's posts are to do.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Extract};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::guard::Caller;
use super::problem::Problem;
use super::view::{AnswerView, page};
use super::{ApiResult, Shared, body};
use crate::read_model::query::inbox::{Inbox, InboxFilter, InboxItem, Relation};
use crate::read_model::query::page::Page;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    relation: Option<Relation>,
    overdue: Option<bool>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// A part of the inbox, with what there is altogether.
#[derive(Debug, Serialize)]
struct InboxView {
    total: i64,
    unread: usize,
    overdue: usize,
    items: Vec<ItemView>,
    next: Option<String>,
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
    let Query(Selection { relation, overdue, limit, cursor }) = selection?;
    let part = page(cursor.as_deref(), limit)?;
    let filter = InboxFilter { relation, overdue };
    body(&shared.blocking(move |shared| view(shared, &caller, filter, part)).await?)
}

fn view(shared: &Shared, caller: &Caller, filter: InboxFilter, part: Page) -> Result<InboxView, Problem> {
    let seen = shared.store.seen(caller.id())?;
    let Inbox { entries, part } = shared.read_model.inbox(&caller.session.account.access, filter, part)?;
    let is_unread = |id: Uuid, sequence: i64| seen.get(&id).is_none_or(|seen| *seen < sequence);
    let shown: Vec<Uuid> = part.entries.iter().map(|item| item.warning.warning_id).collect();
    let drafts = shared.store.drafted(caller.id(), &shown)?;
    let mut answers = shared.store.newest_answers(caller.id(), &shown)?;
    let item = |item: InboxItem| {
        let id = item.warning.warning_id;
        let answer = answers.remove(&id).map(|answer| AnswerView::of(shared, answer, item.warning.ended_at));
        let (unread, draft) = (is_unread(id, item.warning.sequence), drafts.contains(&id));
        Ok(ItemView { unread, draft, answer: answer.transpose()?, item })
    };
    Ok(InboxView {
        total: part.total,
        unread: entries.iter().filter(|entry| is_unread(entry.warning_id, entry.sequence)).count(),
        overdue: entries.iter().filter(|entry| entry.overdue).count(),
        items: part.entries.into_iter().map(item).collect::<Result<_, Problem>>()?,
        next: part.next,
    })
}
