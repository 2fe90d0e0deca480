//! What is in force and how attempts go, published for everyone to read.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use yujing_core::ruleset::{Publication, Ruleset, Trigger};

use super::{ReloadAttempt, ReloadEnding, ReloadStage};

/// Attempts that are remembered.
const MOST_REMEMBERED: usize = 32;

/// What is in force, and what became of the last attempt: one moment's view.
#[derive(Debug, Clone)]
pub struct InForce {
    pub ruleset: Arc<Ruleset>,
    /// What put it in force.
    pub publication: Publication,
    /// Whether the rules folder holds something else.
    pub folder_differs: bool,
    /// Operators that the ruleset has not scored yet.
    pub unscored_operators: usize,
    pub last_attempt: Option<ReloadAttempt>,
}

/// Shared by those who ask, the thread that builds and the engine's thread.
#[derive(Debug, Default)]
pub struct ReloadStatus(Mutex<ReloadState>);

#[derive(Debug, Default)]
struct ReloadState {
    /// `None` until the engine has found out.
    in_force: Option<(Arc<Ruleset>, Publication)>,
    folder_differs: bool,
    unscored_operators: usize,
    /// The latest ones, oldest first.
    attempts: VecDeque<ReloadAttempt>,
    /// Attempts begun so far.
    begun: u64,
}

impl ReloadStatus {
    /// What is in force; `None` until the engine has found out.
    pub fn in_force(&self) -> Option<InForce> {
        let state = self.state();
        let (ruleset, publication) = state.in_force.clone()?;
        Some(InForce {
            ruleset,
            publication,
            folder_differs: state.folder_differs,
            unscored_operators: state.unscored_operators,
            last_attempt: state.attempts.back().cloned(),
        })
    }

    /// An attempt, as far as it is remembered.
    pub fn attempt(&self, number: u64) -> Option<ReloadAttempt> {
        self.state().attempts.iter().find(|attempt| attempt.number == number).cloned()
    }

    /// A new attempt. Its number.
    pub(super) fn begin(&self, trigger: Trigger, dry_run: bool) -> u64 {
        let mut state = self.state();
        state.begun += 1;
        let attempt = ReloadAttempt::new(state.begun, trigger, dry_run, Timestamp::now());
        if state.attempts.len() >= MOST_REMEMBERED {
            state.attempts.pop_front();
        }
        state.attempts.push_back(attempt);
        state.begun
    }

    pub fn enter(&self, attempt: u64, stage: ReloadStage) {
        self.update(attempt, |attempt| attempt.stage = stage);
    }

    /// The hash of the ruleset that is tried is known.
    pub(super) fn set_hash(&self, attempt: u64, hash: &str) {
        self.update(attempt, |attempt| attempt.ruleset = Some(hash.to_owned()));
    }

    /// How an attempt will stand that ends so.
    pub(super) fn ended(&self, number: u64, ending: &ReloadEnding) -> Option<ReloadAttempt> {
        let mut attempt = self.attempt(number)?;
        attempt.end(ending, Timestamp::now());
        Some(attempt)
    }

    /// The end of an attempt: whoever waits for it goes on.
    pub(super) fn end(&self, ended: ReloadAttempt) {
        self.update(ended.number, |attempt| *attempt = ended);
    }

    pub(super) fn set_folder_differs(&self, differs: bool) {
        self.state().folder_differs = differs;
    }

    /// A ruleset is in force from now on.
    pub fn put_in_force(&self, ruleset: &Arc<Ruleset>, publication: Publication) {
        self.state().in_force = Some((Arc::clone(ruleset), publication));
    }

    /// So many operators are still to be scored by the ruleset in force.
    pub fn set_unscored_operators(&self, operators: usize) {
        self.state().unscored_operators = operators;
    }

    fn update(&self, number: u64, change: impl FnOnce(&mut ReloadAttempt)) {
        if let Some(attempt) = self.state().attempts.iter_mut().find(|attempt| attempt.number == number) {
            change(attempt);
        }
    }

    fn state(&self) -> MutexGuard<'_, ReloadState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_attempts_are_remembered() {
        let status = ReloadStatus::default();
        for _ in 0..=MOST_REMEMBERED {
            status.begin(Trigger::Folder, false);
        }
        assert_eq!((status.attempt(1), status.attempt(2).map(|attempt| attempt.number)), (None, Some(2)));
    }
}
