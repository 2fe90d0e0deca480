//! Wakes a thread that waits for something to do.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Rung by whoever has something to be done.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<(Mutex<bool>, Condvar)>);

impl Bell {
    /// Wakes whoever waits, or will wait next.
    pub fn ring(&self) {
        let (rung, wakeup) = &*self.0;
        *rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        wakeup.notify_all();
    }

    /// Waits until it is rung, at most so long.
    pub fn wait(&self, longest: Duration) {
        let (rung, wakeup) = &*self.0;
        let rung = rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = wakeup.wait_timeout_while(rung, longest, |rung| !*rung);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}
