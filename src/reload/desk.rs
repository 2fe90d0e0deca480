//! Where reloads are asked for, handed to the engine and told of: shared by the endpoints, the thread that builds, and
//! the engine's thread. Nobody waits here for anybody else's work.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use jiff::Timestamp;

use super::{Attempt, Difference, Outcome, Publication, Stage, Trigger};
use crate::engine::Ruleset;
use crate::ruleset::RulesetRefusal;
use crate::shadow::Candidates;

/// Most requests that wait for their turn; a further one is refused.
const WAITING: usize = 8;
/// Attempts that are remembered.
const REMEMBERED: usize = 32;

/// What is asked of the thread that builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Take the folder as it is.
    Reload { attempt: u64 },
    /// Go back to a published ruleset, named by its hash or the beginning of it.
    Rollback { attempt: u64, hash: String },
}

/// A ruleset for the engine to put in force.
#[derive(Debug)]
pub struct Proposal {
    pub attempt: u64,
    pub ruleset: Arc<Ruleset>,
    pub trigger: Trigger,
    pub dry_run: bool,
    /// What its files change; the engine adds what that means for operators.
    pub difference: Difference,
    pub reply: mpsc::Sender<Verdict>,
}

/// What the engine did with a proposal.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Applied(Difference),
    Projected(Difference),
    Refused(RulesetRefusal),
}

/// What is known to everyone.
#[derive(Debug, Default)]
struct Board {
    ruleset: Option<Arc<Ruleset>>,
    publication: Option<Publication>,
    folder_differs: bool,
    /// Operators that the ruleset in force has not judged yet.
    awaiting: usize,
    attempts: VecDeque<Attempt>,
    numbers: u64,
}

/// What is in force, and what became of the last attempt: one moment's view.
#[derive(Debug, Clone)]
pub struct View {
    pub ruleset: Arc<Ruleset>,
    pub publication: Option<Publication>,
    pub folder_differs: bool,
    pub awaiting: usize,
    pub last: Option<Attempt>,
}

/// The desk.
#[derive(Debug, Default)]
pub struct Desk {
    board: Mutex<Board>,
    requests: Mutex<VecDeque<Request>>,
    bell: Condvar,
    proposal: Mutex<Option<Arc<Proposal>>>,
    /// Rulesets that are only tried.
    pub candidates: Candidates,
}

impl Desk {
    pub fn new() -> Self {
        Self::default()
    }

    // For those who ask.

    /// Asks for a reload, or for a rollback to `hash`. The number of the attempt; `None` if too many wait already.
    pub fn ask(&self, trigger: Trigger, dry_run: bool, rollback: Option<String>) -> Option<u64> {
        let mut requests = self.requests();
        if requests.len() >= WAITING {
            return None;
        }
        let attempt = self.begin(trigger, dry_run);
        requests.push_back(match rollback {
            Some(hash) => Request::Rollback { attempt, hash },
            None => Request::Reload { attempt },
        });
        self.bell.notify_all();
        Some(attempt)
    }

    /// What is in force; `None` until the engine has found out.
    pub fn view(&self) -> Option<View> {
        let board = self.board();
        Some(View {
            ruleset: Arc::clone(board.ruleset.as_ref()?),
            publication: board.publication.clone(),
            folder_differs: board.folder_differs,
            awaiting: board.awaiting,
            last: board.attempts.back().cloned(),
        })
    }

    /// An attempt, as far as it is remembered.
    pub fn attempt(&self, number: u64) -> Option<Attempt> {
        self.board().attempts.iter().find(|attempt| attempt.number == number).cloned()
    }

    // For the thread that builds.

    /// The next request, waiting for it at most so long.
    pub fn next(&self, longest: Duration) -> Option<Request> {
        let waited = self.bell.wait_timeout_while(self.requests(), longest, |requests| requests.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.pop_front()
    }

    /// A new attempt. The number of it.
    pub fn begin(&self, trigger: Trigger, dry_run: bool) -> u64 {
        let mut board = self.board();
        board.numbers += 1;
        let attempt = Attempt::new(board.numbers, trigger, dry_run, Timestamp::now());
        if board.attempts.len() >= REMEMBERED {
            board.attempts.pop_front();
        }
        board.attempts.push_back(attempt);
        board.numbers
    }

    pub fn enter(&self, attempt: u64, stage: Stage) {
        self.change(attempt, |attempt| attempt.stage = stage);
    }

    /// The new ruleset is built.
    pub fn name(&self, attempt: u64, hash: &str) {
        self.change(attempt, |attempt| attempt.ruleset = Some(hash.to_owned()));
    }

    /// The end of an attempt. How it stands then.
    pub fn end(
        &self,
        attempt: u64,
        outcome: Outcome,
        difference: Option<Difference>,
        refusal: Option<RulesetRefusal>,
    ) -> Option<Attempt> {
        self.change(attempt, |attempt| {
            attempt.stage = Stage::Ended;
            attempt.outcome = Some(outcome);
            attempt.ended_at = Some(Timestamp::now());
            attempt.difference = difference;
            attempt.refusal = refusal;
        });
        self.attempt(attempt)
    }

    /// Whether the folder holds something else than what is in force.
    pub fn tell_folder(&self, differs: bool) {
        self.board().folder_differs = differs;
    }

    /// Hands a ruleset to the engine, which takes it between two batches, also after a restart of its session.
    pub fn propose(&self, proposal: Proposal) {
        *self.slot() = Some(Arc::new(proposal));
    }

    // For the engine's thread.

    /// The proposal that waits for an answer.
    pub fn proposal(&self) -> Option<Arc<Proposal>> {
        self.slot().clone()
    }

    /// Answers the proposal.
    pub fn answer(&self, verdict: Verdict) {
        if let Some(proposal) = self.slot().take() {
            // Who asked may have gone since: then nobody needs the answer.
            let _ = proposal.reply.send(verdict);
        }
    }

    /// A ruleset is in force from now on.
    pub fn put_in_force(&self, ruleset: &Arc<Ruleset>, publication: Option<Publication>) {
        let mut board = self.board();
        board.ruleset = Some(Arc::clone(ruleset));
        board.publication = publication;
    }

    /// So many operators are still to be judged by the ruleset in force.
    pub fn tell_awaiting(&self, operators: usize) {
        self.board().awaiting = operators;
    }

    /// The ruleset in force; `None` until the engine has found out.
    pub fn ruleset(&self) -> Option<Arc<Ruleset>> {
        self.board().ruleset.clone()
    }

    /// What put the ruleset in force.
    pub fn publication(&self) -> Option<Publication> {
        self.board().publication.clone()
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Attempt)) {
        if let Some(attempt) = self.board().attempts.iter_mut().find(|attempt| attempt.number == number) {
            change(attempt);
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn requests(&self) -> MutexGuard<'_, VecDeque<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<Proposal>>> {
        self.proposal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_requests_are_refused_and_the_others_keep_their_order() {
        let desk = Desk::new();
        let taken: Vec<Option<u64>> = (0..WAITING + 2).map(|_| desk.ask(Trigger::Api, false, None)).collect();
        assert_eq!(taken[WAITING..], [None, None]);
        assert_eq!(desk.next(Duration::ZERO), Some(Request::Reload { attempt: 1 }));
        assert_eq!(desk.ask(Trigger::Api, false, None), Some(WAITING as u64 + 1));
    }

    #[test]
    fn only_the_latest_attempts_are_remembered() {
        let desk = Desk::new();
        for _ in 0..=REMEMBERED {
            desk.begin(Trigger::Folder, false);
        }
        assert_eq!((desk.attempt(1), desk.attempt(2).map(|attempt| attempt.number)), (None, Some(2)));
    }
}
