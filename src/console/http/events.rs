//! What changes, as server-sent events: each page hears of what its account may see, and how far behind everything is.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State as Extract;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, stream};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::Shared;
use super::guard::Caller;
use crate::feed::Change;
use crate::status::StreamState;
use crate::told::Told;

/// How long a page is told no further state of the stream.
const STATE_PAUSE: Duration = Duration::from_millis(250);
/// How often it is looked whether the session has ended.
const SESSION_CHECK: Duration = Duration::from_secs(10);
/// How often something is sent, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The stream of one page.
struct PageStream {
    shared: Shared,
    caller: Caller,
    changes: broadcast::Receiver<Arc<Told>>,
    states: watch::Receiver<StreamState>,
    /// When it may be told the next state.
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
    let page = PageStream { shared, caller, changes, states, next_state: Instant::now(), checks, has_ended: false };
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
                    self.next_state = Instant::now() + STATE_PAUSE;
                    let state = self.states.borrow_and_update().clone();
                    return event("state", &state);
                }
                told = self.changes.recv() => match told {
                    Ok(told) => {
                        let (Shared { read_model, store, .. }, account) = (&self.shared, &self.caller.session.account);
                        let visible = told.visible(read_model, store, account).await.unwrap_or_else(everything);
                        if !visible.is_empty() {
                            return event("changed", &visible);
                        }
                    }
                    // Too slow for all of them.
                    Err(RecvError::Lagged(_)) => return event("changed", &everything()),
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

/// What is told where nobody knows what changed: pages ask for what they may see.
fn everything() -> Change {
    Change { areas: true, others: true, rules: true, ..Change::default() }
}

fn event(name: &str, data: &impl Serialize) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}
