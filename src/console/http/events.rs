//! What changes, as server-sent events: each page hears of what its account may see, and how far behind everything is.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State as Extract;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, stream};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::Shared;
use super::guard::Caller;
use super::problem::Problem;
use crate::access::Permission;
use crate::feed::Change;
use crate::read_model::scope::Scope;
use crate::status::StreamState;

/// How long a page is told nothing after it was told something; what comes meanwhile is told together. Each time costs a look
/// at what the account may see, for every page that is open. Longer than pages wait for the end of a burst, so that a burst
/// without end does not keep them from asking.
const GATHER: Duration = Duration::from_millis(250);
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
    /// When it may be told the next change, and the next state.
    next_change: Instant,
    next_state: Instant,
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
    let (next_change, next_state) = (Instant::now(), Instant::now());
    let page = PageStream { shared, caller, changes, states, next_change, next_state, checks, has_ended: false };
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
                changed = changed_from(&mut self.states, self.next_state) => {
                    changed.ok()?;
                    self.next_state = Instant::now() + GATHER;
                    let state = self.states.borrow_and_update().clone();
                    return event("state", &state);
                }
                change = gathered(&mut self.changes, self.next_change) => match change {
                    Ok(change) => {
                        let visible = self.visible(change).await.unwrap_or_default();
                        self.next_change = Instant::now() + GATHER;
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

/// The newest state, not before an instant.
async fn changed_from(
    states: &mut watch::Receiver<StreamState>,
    not_before: Instant,
) -> Result<(), watch::error::RecvError> {
    sleep_until(not_before).await;
    states.changed().await
}

/// All that changed, not before an instant. When it is dropped while it waits, nothing is lost.
async fn gathered(changes: &mut broadcast::Receiver<Change>, not_before: Instant) -> Result<Change, RecvError> {
    sleep_until(not_before).await;
    let mut all = changes.recv().await?;
    loop {
        match changes.try_recv() {
            Ok(change) => all.join(change),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(all),
            Err(TryRecvError::Lagged(count)) => return Err(RecvError::Lagged(count)),
        }
    }
}

fn event(name: &str, data: &impl Serialize) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_operator(id: &str) -> Change {
        Change { operators: [id.to_owned()].into(), ..Change::default() }
    }

    #[tokio::test]
    async fn what_changes_while_a_page_is_told_nothing_is_told_together() {
        let (tell, mut changes) = broadcast::channel(8);
        let began = Instant::now();
        tell.send(of_operator("JY1")).expect("told");
        tell.send(Change { areas: true, ..of_operator("JY2") }).expect("told");
        let all = gathered(&mut changes, began + GATHER).await;
        assert_eq!(
            all,
            Ok(Change { operators: ["JY1".to_owned(), "JY2".to_owned()].into(), areas: true, ..Change::default() })
        );
        assert!(began.elapsed() >= GATHER, "not before");
        tell.send(of_operator("JY3")).expect("told");
        assert_eq!(gathered(&mut changes, began).await, Ok(of_operator("JY3")), "at once after a while");
    }

    #[tokio::test]
    async fn a_page_that_is_too_slow_for_all_changes_learns_so() {
        let (tell, mut changes) = broadcast::channel(2);
        for number in 0..5 {
            tell.send(of_operator(&number.to_string())).expect("told");
        }
        assert!(matches!(gathered(&mut changes, Instant::now()).await, Err(RecvError::Lagged(_))));
    }
}
