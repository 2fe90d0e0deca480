//! What was made of texts, kept for the next time: somebody who writes changes one of many at a time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was made of the texts that were looked at last, by their paths.
#[derive(Debug)]
pub struct Kept<T>(Mutex<HashMap<PathBuf, Arc<T>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Kept<T> {
    /// What was made of the text at a path, if that would come out the same now.
    pub fn get(&self, path: &Path, is_same: impl FnOnce(&T) -> bool) -> Option<Arc<T>> {
        self.all().get(path).filter(|kept| is_same(kept)).cloned()
    }

    /// Keeps these and forgets all others.
    pub fn replace(&self, made: impl IntoIterator<Item = (PathBuf, Arc<T>)>) {
        *self.all() = made.into_iter().collect();
    }

    fn all(&self) -> MutexGuard<'_, HashMap<PathBuf, Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
