//! What the endpoints, the thread that builds and the engine's thread share about reloads: requests, the one proposal
//! and what is in force. Nobody waits here for anybody else's work.

use yujing_core::ruleset::Trigger;

use super::proposal::ProposalSlot;
use super::request::{ReloadRequest, ReloadTarget, RequestQueue};
use super::status::ReloadStatus;

/// Brings those who ask for another ruleset, who builds it and who puts it in force together.
#[derive(Debug, Default)]
pub struct ReloadCoordinator {
    /// Asked for, to be built in turn.
    pub requests: RequestQueue,
    /// Built, for the engine to decide on.
    pub proposal: ProposalSlot,
    /// What is in force, and how attempts go.
    pub status: ReloadStatus,
}

impl ReloadCoordinator {
    /// Asks for another ruleset. The number of the attempt; `None` if too many wait already.
    pub fn request(&self, target: ReloadTarget, trigger: Trigger, dry_run: bool) -> Option<u64> {
        self.requests.push(|| self.begin(target, trigger, dry_run))
    }

    /// An attempt that nobody has to wait for.
    pub fn begin(&self, target: ReloadTarget, trigger: Trigger, dry_run: bool) -> ReloadRequest {
        ReloadRequest { attempt: self.status.begin(trigger, dry_run), target, trigger, dry_run }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::request::MOST_WAITING;
    use super::*;

    #[test]
    fn too_many_requests_are_refused_and_the_others_keep_their_order() {
        let reloads = ReloadCoordinator::default();
        let request = || reloads.request(ReloadTarget::Folder, Trigger::Api, false);
        let taken: Vec<Option<u64>> = (0..MOST_WAITING + 2).map(|_| request()).collect();
        assert_eq!(taken[MOST_WAITING..], [None, None]);
        assert_eq!(reloads.requests.next(Duration::ZERO).map(|request| request.attempt), Some(1));
        assert_eq!(request(), Some(MOST_WAITING as u64 + 1));
    }
}
