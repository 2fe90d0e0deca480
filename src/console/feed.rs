//! What changed, for pages that are open: gathered once for all of them. Each gets what its account may see.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Notify, broadcast};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::read_model::apply::Changed;
use crate::told::Told;

/// How long pages are told nothing after they were told something; what comes meanwhile is told together. Each time costs a look
/// at what accounts may see, and what pages ask anew. Longer than pages wait for the end of a burst, so that a burst without end
/// does not keep them from asking.
const GATHER: Duration = Duration::from_millis(250);
/// The same where nobody waits for it: scores change all the time.
const UNHURRIED: Duration = Duration::from_secs(2);
/// What waits for a page that takes it slowly; one that is slower is told to load anew.
const WAITING: usize = 16;
/// Most ids of a kind in one change.
const MOST_IDS: usize = 200;

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    pub warnings: BTreeSet<Uuid>,
    pub operators: BTreeSet<String>,
    /// Answers given here, of which something new is known.
    pub answers: BTreeSet<Uuid>,
    pub areas: bool,
    /// Further operators and warnings than those that are named.
    pub others: bool,
    /// The rules folder's changes, trials, or what is in force.
    pub rules: bool,
}

impl Change {
    /// Takes what a record changed.
    pub fn note(&mut self, changed: Changed<'_>) {
        match changed {
            Changed::Nothing => {}
            Changed::Operator(id) if self.operators.len() < MOST_IDS => {
                self.operators.insert(id.to_owned());
            }
            Changed::Warning(id) if self.warnings.len() < MOST_IDS => {
                self.warnings.insert(id);
            }
            Changed::Answer(id) => {
                self.answers.insert(id);
            }
            Changed::Operator(_) | Changed::Warning(_) => self.others = true,
            Changed::Areas => self.areas = true,
        }
    }

    /// Takes what another says beside.
    pub fn join(&mut self, other: Self) {
        let Self { warnings, operators, answers, areas, others, rules } = other;
        self.areas |= areas;
        self.others |= others;
        self.rules |= rules;
        self.answers.extend(answers);
        for id in warnings {
            self.note(Changed::Warning(id));
        }
        for id in &operators {
            self.note(Changed::Operator(id));
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether somebody waits for it: not for scores and roll-ups.
    fn is_urgent(&self) -> bool {
        let Self { warnings, answers, others, rules, operators: _, areas: _ } = self;
        !warnings.is_empty() || !answers.is_empty() || *others || *rules
    }
}

/// Where changes are told.
#[derive(Debug, Clone)]
pub struct Feed(Arc<Gathered>);

#[derive(Debug)]
struct Gathered {
    waiting: Mutex<Change>,
    /// Rung when something waits.
    bell: Notify,
    pages: broadcast::Sender<Arc<Told>>,
}

impl Feed {
    pub fn new() -> Self {
        let pages = broadcast::Sender::new(WAITING);
        Self(Arc::new(Gathered { waiting: Mutex::default(), bell: Notify::new(), pages }))
    }

    /// Tells every open page, with what else changes meanwhile.
    pub fn tell(&self, change: Change) {
        if !change.is_empty() {
            self.waiting().join(change);
            self.0.bell.notify_one();
        }
    }

    /// What is told from now on.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Told>> {
        self.0.pages.subscribe()
    }

    /// Tells what waits, until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let mut told_at: Option<Instant> = None;
        loop {
            let due = self.due(told_at);
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.bell.notified() => {}
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    let change = std::mem::take(&mut *self.waiting());
                    // Nobody has a page open: that is no error.
                    let _ = self.0.pages.send(Arc::new(Told::of(change)));
                    told_at = Some(Instant::now());
                }
            }
        }
    }

    /// When what waits is to be told; none: nothing waits.
    fn due(&self, told_at: Option<Instant>) -> Option<Instant> {
        let waiting = self.waiting();
        if waiting.is_empty() {
            return None;
        }
        let pause = if waiting.is_urgent() { GATHER } else { UNHURRIED };
        Some(told_at.map_or_else(Instant::now, |at| at + pause))
    }

    fn waiting(&self) -> MutexGuard<'_, Change> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Feed {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_operator(id: &str) -> Change {
        Change { operators: [id.to_owned()].into(), ..Change::default() }
    }

    fn of_warning(number: u128) -> Change {
        Change { warnings: [Uuid::from_u128(number)].into(), ..Change::default() }
    }

    #[tokio::test]
    async fn what_changes_while_pages_are_told_nothing_is_told_together() {
        let (feed, stop) = (Feed::new(), CancellationToken::new());
        let mut page = feed.listen();
        tokio::spawn(feed.clone().run(stop.clone()));
        let began = Instant::now();
        feed.tell(of_warning(1));
        assert_eq!(*page.recv().await.expect("told").change(), of_warning(1));
        assert!(began.elapsed() < UNHURRIED, "at once after a while");
        feed.tell(of_operator("JY1"));
        feed.tell(Change { areas: true, ..of_operator("JY2") });
        feed.tell(of_warning(2));
        let operators = ["JY1".to_owned(), "JY2".to_owned()].into();
        let together = Change { operators, areas: true, ..of_warning(2) };
        assert_eq!(*page.recv().await.expect("told").change(), together);
        assert!((GATHER..UNHURRIED).contains(&began.elapsed()), "{:?}", began.elapsed());
        stop.cancel();
    }

    #[tokio::test]
    async fn scores_are_told_less_often_than_warnings_and_keep_none_of_them_waiting() {
        let (feed, stop) = (Feed::new(), CancellationToken::new());
        let mut page = feed.listen();
        tokio::spawn(feed.clone().run(stop.clone()));
        let began = Instant::now();
        feed.tell(of_operator("JY1"));
        page.recv().await.expect("told");
        feed.tell(of_operator("JY2"));
        assert_eq!(*page.recv().await.expect("told").change(), of_operator("JY2"));
        assert!(began.elapsed() >= UNHURRIED, "{:?}", began.elapsed());
        let before = Instant::now();
        feed.tell(of_operator("JY3"));
        tokio::time::sleep(GATHER).await;
        feed.tell(of_warning(1));
        assert_eq!(
            *page.recv().await.expect("told").change(),
            Change { operators: ["JY3".to_owned()].into(), ..of_warning(1) }
        );
        assert!(before.elapsed() < UNHURRIED, "{:?}", before.elapsed());
        stop.cancel();
    }

    #[test]
    fn more_than_can_be_named_is_told_as_others() {
        let mut change = Change::default();
        for number in 0..=MOST_IDS {
            change.note(Changed::Operator(&number.to_string()));
        }
        assert_eq!((change.operators.len(), change.others, change.areas), (MOST_IDS, true, false));
    }
}
