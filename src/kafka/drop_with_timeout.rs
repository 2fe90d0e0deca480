//! A client that is let go of: closing one can wait for Kafka for ever, which must not keep anybody else waiting.

use std::ops::{Deref, DerefMut};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// How long a client may take to close before nobody waits for it any more.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

/// Drops its value on a thread of its own and waits for that, but not for long.
#[derive(Debug)]
pub struct DropWithTimeout<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> DropWithTimeout<T> {
    pub fn new(value: T) -> Self {
        Self(Some(value))
    }
}

const THERE: &str = "invariant: the value is taken only when this is dropped";

impl<T: Send + 'static> Deref for DropWithTimeout<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect(THERE)
    }
}

impl<T: Send + 'static> DerefMut for DropWithTimeout<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect(THERE)
    }
}

impl<T: Send + 'static> Drop for DropWithTimeout<T> {
    fn drop(&mut self) {
        let Some(value) = self.0.take() else { return };
        let (done, is_done) = sync_channel(1);
        let closing = std::thread::Builder::new().name("closing".to_owned()).spawn(move || {
            drop(value);
            // Nobody may be waiting any more.
            let _ = done.send(());
        });
        if closing.is_ok() {
            // Neither a value that takes too long nor one that panics when dropped is anybody else's trouble.
            let _ = is_done.recv_timeout(CLOSE_TIMEOUT);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    use super::*;

    struct Slow {
        takes: Duration,
        gone: Arc<AtomicBool>,
    }

    impl Drop for Slow {
        fn drop(&mut self) {
            std::thread::sleep(self.takes);
            self.gone.store(true, Ordering::SeqCst);
        }
    }

    fn drop_slow(takes: Duration) -> (bool, Duration) {
        let gone = Arc::new(AtomicBool::new(false));
        let value = DropWithTimeout::new(Slow { takes, gone: Arc::clone(&gone) });
        let began = Instant::now();
        drop(value);
        (gone.load(Ordering::SeqCst), began.elapsed())
    }

    #[test]
    fn what_closes_at_once_is_gone_at_once() {
        let (gone, _) = drop_slow(Duration::ZERO);
        assert!(gone);
    }

    #[test]
    fn what_does_not_close_keeps_nobody_waiting() {
        let (gone, waited) = drop_slow(Duration::from_mins(2));
        assert!(!gone && waited < Duration::from_mins(1), "{waited:?}");
    }
}
