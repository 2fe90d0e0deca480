//! What was last read and takes a while to read: good for a moment, and whoever asks meanwhile waits for the same.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What was read last, and what it was asked for.
#[derive(Debug)]
pub struct Kept<K, T> {
    good_for: Duration,
    known: Mutex<Option<(Instant, K, Arc<T>)>>,
}

impl<K: PartialEq, T> Kept<K, T> {
    /// Nothing yet; what is read is good for so long.
    pub fn new(good_for: Duration) -> Self {
        Self { good_for, known: Mutex::default() }
    }

    /// What was read for `key`, or what `read` gives now. Blocks.
    ///
    /// # Errors
    /// What `read` says.
    pub fn get<E>(&self, key: K, read: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_good = |at: &Instant, of: &K| at.elapsed() < self.good_for && *of == key;
        if let Some((_, _, found)) = known.as_ref().filter(|(at, of, _)| is_good(at, of)) {
            return Ok(Arc::clone(found));
        }
        let found = Arc::new(read()?);
        *known = Some((Instant::now(), key, Arc::clone(&found)));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_read_once_and_another_or_what_is_old_anew() {
        let kept: Kept<&str, u32> = Kept::new(Duration::from_mins(1));
        assert_eq!(kept.get("a", || Err("away")), Err("away"));
        let read = |key, value| *kept.get(key, || Ok::<_, ()>(value)).expect("read");
        assert_eq!([read("a", 1), read("a", 2), read("b", 3), read("a", 4)], [1, 1, 3, 4]);
        let short: Kept<(), u32> = Kept::new(Duration::ZERO);
        let read = |value| *short.get((), || Ok::<_, ()>(value)).expect("read");
        assert_eq!([read(1), read(2)], [1, 2]);
    }
}
