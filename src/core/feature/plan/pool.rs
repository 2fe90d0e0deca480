//! Plans for several threads: a plan holds state, so whoever runs one has it to himself meanwhile.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What nobody uses just now of several of the same. There are as many as were in use at once.
#[derive(Debug)]
pub struct Pool<T>(Mutex<Vec<T>>);

/// One out of a pool, which it goes back to.
#[derive(Debug)]
pub struct Pooled<'a, T> {
    pool: &'a Pool<T>,
    taken: Option<T>,
}

impl<T> Pool<T> {
    pub fn new(first: T) -> Self {
        Self(Mutex::new(vec![first]))
    }

    /// One that nobody uses, or else what `make` gives.
    pub fn take(&self, make: impl FnOnce() -> T) -> Pooled<'_, T> {
        let idle = self.lock().pop();
        Pooled { pool: self, taken: Some(idle.unwrap_or_else(make)) }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Deref for Pooled<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.taken.as_ref().expect("invariant: it goes back only when this is dropped")
    }
}

impl<T> DerefMut for Pooled<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.taken.as_mut().expect("invariant: it goes back only when this is dropped")
    }
}

impl<T> Drop for Pooled<'_, T> {
    fn drop(&mut self) {
        self.pool.lock().extend(self.taken.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_are_in_use_at_once() {
        let (pool, mut made) = (Pool::new(0), 0);
        let mut take = || {
            pool.take(|| {
                made += 1;
                made
            })
        };
        drop(take());
        let (first, mut second) = (take(), take());
        assert_eq!((*first, *second), (0, 1));
        *second = 10;
        drop((first, second));
        let mut taken = [take(), take(), take()].map(|one| *one);
        taken.sort_unstable();
        assert_eq!(taken, [0, 2, 10]);
    }
}
