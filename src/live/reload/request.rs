//! Requests for another ruleset, in the order in which they came.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use yujing_core::ruleset::{Files, Trigger};

/// Most requests that wait for their turn; a further one is refused.
pub(super) const MOST_WAITING: usize = 8;

/// Which ruleset is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReloadTarget {
    /// That of the rules folder as it is.
    Folder,
    /// One that was published, named by its hash or the beginning of it.
    Published { hash: String },
    /// One that stands nowhere yet: it is only asked what it would change.
    Given { files: Files },
}

/// What is asked of the thread that builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReloadRequest {
    /// The number of the attempt that it begins.
    pub attempt: u64,
    pub target: ReloadTarget,
    pub trigger: Trigger,
    /// Whether it is only asked what would change.
    pub dry_run: bool,
}

/// Requests that wait for the thread that builds.
#[derive(Debug, Default)]
pub struct RequestQueue {
    waiting: Mutex<VecDeque<ReloadRequest>>,
    wakeup: Condvar,
}

impl RequestQueue {
    /// Adds the request that `begin` gives, unless too many wait. The number of its attempt.
    pub(super) fn push(&self, begin: impl FnOnce() -> ReloadRequest) -> Option<u64> {
        let mut waiting = self.waiting();
        if waiting.len() >= MOST_WAITING {
            return None;
        }
        let request = begin();
        let attempt = request.attempt;
        waiting.push_back(request);
        self.wakeup.notify_all();
        Some(attempt)
    }

    /// The next request, waiting for it at most so long.
    pub(super) fn next(&self, longest: Duration) -> Option<ReloadRequest> {
        let waited = self.wakeup.wait_timeout_while(self.waiting(), longest, |waiting| waiting.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.pop_front()
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<ReloadRequest>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
