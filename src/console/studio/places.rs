//! How many processes look at drafts at once: each may use much memory. A few more wait, not long; others are refused.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Most at once, and most that wait.
const MOST: usize = 2;
const MOST_WAITING: usize = 16;
/// How long one waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// Places for those that are looked at.
#[derive(Debug)]
pub struct Places {
    free: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Places {
    fn default() -> Self {
        Self { free: Arc::new(Semaphore::new(MOST)), waiting: Arc::new(Semaphore::new(MOST + MOST_WAITING)) }
    }
}

impl Places {
    /// A place, free again when it is dropped; none if there are too many already.
    pub async fn take(&self) -> Option<OwnedSemaphorePermit> {
        let _waiting = self.waiting.try_acquire().ok()?;
        timeout(PATIENCE, Arc::clone(&self.free).acquire_owned()).await.ok()?.ok()
    }
}
