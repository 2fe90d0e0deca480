//! A ruleset that is built and proved, handed to the engine.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use yujing_core::ruleset::{Ruleset, Trigger};

use super::{ReloadEnding, RulesetDifference};

/// A ruleset for the engine to put in force.
#[derive(Debug)]
pub struct Proposal {
    /// The number of the attempt.
    pub attempt: u64,
    pub ruleset: Arc<Ruleset>,
    pub trigger: Trigger,
    /// Whether it is only asked what would change.
    pub dry_run: bool,
    /// What its files change; the engine adds what that means for operators.
    pub difference: RulesetDifference,
    /// What the engine did with it.
    pub reply: mpsc::Sender<ReloadEnding>,
}

/// The one proposal that waits for the engine, which takes it up between two batches, also after a restart of its
/// session.
#[derive(Debug, Default)]
pub struct ProposalSlot(Mutex<Option<Arc<Proposal>>>);

impl ProposalSlot {
    pub fn put(&self, proposal: Proposal) {
        *self.slot() = Some(Arc::new(proposal));
    }

    /// The proposal that waits for an answer.
    pub fn get(&self) -> Option<Arc<Proposal>> {
        self.slot().clone()
    }

    /// Answers the proposal, and makes room for the next.
    pub fn answer(&self, ending: ReloadEnding) {
        if let Some(proposal) = self.slot().take() {
            // Who asked may have gone since: then nobody needs the answer.
            let _ = proposal.reply.send(ending);
        }
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<Proposal>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
