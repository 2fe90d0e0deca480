//! What changes, as server-sent events: each page hears of what its account may see, and how far behind everything is.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State as Extract;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, stream};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Shared;
use super::guard::Caller;
use super::problem::Problem;
use crate::access::Permission;
use crate::feed::Change;
use crate::read_model::scope::Scope;
use crate::status::StreamState;

/// How often it is looked whether the session has ended.
const SESSION_CHECK: Duration = Duration::from_secs(10);
/// How often something is sent, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The stream of one page.
struct PageStream {
    shared: Shared,
    caller: Caller,
    changes: broadcast::Receiver<Change>,
    states: watch::Receiver<StreamState>,
    checks: Interval,
    has_ended: bool,
}

/// Opens a stream.
pub(super) async fn events(Extract(shared): Extract<Shared>, caller: Caller) -> Response {
    let mut states = shared.status.listen();
    // Said at once.
    states.mark_changed();
    let mut checks = interval(SESSION_CHECK);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let changes = shared.feed.listen();
    let page = PageStream { shared, caller, changes, states, checks, has_ended: false };
    Sse::new(page.stream()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

impl PageStream {
    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut page| async move {
            let event = page.next().await?;
            Some((Ok(event), page))
        })
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Event> {
        if self.has_ended {
            return None;
        }
        loop {
            tokio::select! {
                () = self.shared.stop.cancelled() => return None,
                changed = self.states.changed() => {
                    changed.ok()?;
                    let state = self.states.borrow_and_update().clone();
                    return event("state", &state);
                }
                change = self.changes.recv() => match change {
                    Ok(change) => {
                        let visible = self.visible(change).await.unwrap_or_default();
                        if !visible.is_empty() {
                            return event("changed", &visible);
                        }
                    }
                    // Too slow for all of them: everything may have changed.
                    Err(RecvError::Lagged(_)) => return event("changed", &Change { areas: true, ..Change::default() }),
                    Err(RecvError::Closed) => return None,
                },
                _ = self.checks.tick() => {
                    if !self.is_logged_in().await {
                        self.has_ended = true;
                        return event("ended", &());
                    }
                }
            }
        }
    }

    async fn visible(&self, change: Change) -> Result<Change, Problem> {
        let (id, access) = (self.caller.id(), self.caller.session.account.access.clone());
        self.shared
            .blocking(move |shared| {
                let rules = change.rules && access.permits(Permission::Rules);
                if !access.permits(Permission::Read) {
                    return Ok(Change { rules, ..Change::default() });
                }
                let scope = Scope::of(&access);
                let mut answers = change.answers;
                let mut own = std::collections::BTreeSet::new();
                while let Some(answer) = answers.pop_first() {
                    if shared.store.answer(answer)?.is_some_and(|kept| kept.account_id == id) {
                        own.insert(answer);
                    }
                }
                Ok(Change {
                    warnings: shared.read_model.visible_warnings(&scope, change.warnings)?,
                    operators: shared.read_model.visible_operators(&scope, change.operators)?,
                    answers: own,
                    areas: change.areas,
                    rules,
                })
            })
            .await
    }

    async fn is_logged_in(&self) -> bool {
        let id = self.caller.id();
        let asked = self.shared.blocking(move |shared| Ok(shared.store.has_session(id, Timestamp::now())?)).await;
        // A database that is locked logs nobody out.
        asked.unwrap_or(true)
    }
}

fn event(name: &str, data: &impl Serialize) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}
