//! Photographs that officials attach to their answers (附件). Their bytes are in a folder or an object store such as S3, under
//! their hash, so that the same is there once; what is known of them is in [`crate::store::attachment`].
//!
//! - here: bringing, reading and removing them
//! - [`place`]: the folder or the object store

mod place;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{GetResult, ObjectStore, ObjectStoreExt as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::{RwLock, Semaphore, SemaphorePermit};
use yujing_base::digest::hex;
use yujing_config::Console;
use yujing_core::warning::handling::Attachment;

use crate::error::ConsoleError;
use crate::store::Store;
use crate::store::attachment::StoredPicture;

/// Files that are received at once: each is in memory as a whole, and twice for a moment.
const AT_ONCE: usize = 32;
/// How long a further one waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much may be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AttachmentLimits {
    /// The largest file, in bytes.
    pub max_bytes: u64,
    /// Most photographs of one answer.
    pub max_count: usize,
}

/// Where photographs are, and how much may be attached.
#[derive(Debug)]
pub struct Attachments {
    pub limits: AttachmentLimits,
    objects: Arc<dyn ObjectStore>,
    /// What all keys begin with.
    prefix: Path,
    /// What all addresses begin with.
    public_url: String,
    places: Semaphore,
    /// Shared while something is brought, alone while something is removed: so what is brought again at this moment stays.
    removal: RwLock<()>,
}

/// Why a photograph cannot be shown any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Nothing is there.
    Missing,
    /// Something else than was put there.
    Altered,
}

/// The bytes of a photograph, part by part.
pub type Parts = BoxStream<'static, Result<Bytes, object_store::Error>>;

impl Attachments {
    /// None: none can be attached.
    ///
    /// # Errors
    /// If the folder cannot be used, or the object store's settings are refused.
    pub fn of(config: &Console) -> Result<Option<Self>, ConsoleError> {
        if config.attachments.is_empty() {
            return Ok(None);
        }
        let (objects, prefix) = place::open(config)?;
        Ok(Some(Self {
            limits: AttachmentLimits {
                max_bytes: config.attachment_max_bytes,
                max_count: config.attachments_per_answer,
            },
            objects,
            prefix,
            public_url: config.public_url.trim_end_matches('/').to_owned(),
            places: Semaphore::new(AT_ONCE),
            removal: RwLock::default(),
        }))
    }

    /// Room for receiving a file; none: too many are under way.
    pub async fn room(&self) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(PATIENCE, self.places.acquire()).await.ok()?.ok()
    }

    /// What an answer says of a photograph that the console shows at a path: an address and a hash.
    pub fn reference(&self, path: &str, sha256: &str) -> Attachment {
        Attachment { uri: format!("{}{path}", self.public_url), sha256: sha256.to_owned() }
    }

    /// Notes a photograph by `note` and brings its bytes; whether `note` let it.
    ///
    /// # Errors
    /// What `note` says; if the bytes cannot be brought.
    pub async fn bring<E: From<ConsoleError>>(
        &self,
        sha256: &str,
        bytes: Bytes,
        note: impl Future<Output = Result<bool, E>>,
    ) -> Result<bool, E> {
        let _stays = self.removal.read().await;
        if !note.await? {
            return Ok(false);
        }
        self.objects.put(&self.key(sha256), bytes.into()).await.map_err(|error| failed(&error))?;
        Ok(true)
    }

    /// What is there, if it is what was put there. It is read twice, first for its hash: so that many who look at once, on slow
    /// lines, do not fill the memory.
    ///
    /// # Errors
    /// If the folder or the object store does not answer.
    pub async fn read(&self, picture: &StoredPicture) -> Result<Result<Parts, Lost>, ConsoleError> {
        let Some(found) = self.find(picture).await? else { return Ok(Err(Lost::Missing)) };
        // What is longer than it was is not read.
        if found.meta.size != picture.size {
            return Ok(Err(Lost::Altered));
        }
        let mut parts = found.into_stream();
        let mut digest = Sha256::new();
        while let Some(part) = parts.next().await {
            digest.update(part.map_err(|error| failed(&error))?);
        }
        if hex(&digest.finalize()) != picture.sha256 {
            return Ok(Err(Lost::Altered));
        }
        Ok(self.find(picture).await?.map(GetResult::into_stream).ok_or(Lost::Missing))
    }

    async fn find(&self, picture: &StoredPicture) -> Result<Option<GetResult>, ConsoleError> {
        match self.objects.get(&self.key(&picture.sha256)).await {
            Ok(found) => Ok(Some(found)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Removes the bytes of a photograph that is attached to nothing.
    ///
    /// # Errors
    /// If the database, the folder or the object store fails: then it is tried again at the next pruning.
    pub async fn remove_unused(&self, store: &Arc<Store>, sha256: &str) -> Result<(), ConsoleError> {
        let _alone = self.removal.write().await;
        let asked = sha256.to_owned();
        if !blocking(store, move |store| store.is_unused(&asked)).await? {
            return Ok(());
        }
        match self.objects.delete(&self.key(sha256)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(failed(&error)),
        }
        let gone = sha256.to_owned();
        blocking(store, move |store| store.forget_picture(&gone)).await
    }

    /// Removes all of these.
    ///
    /// # Errors
    /// As [`Self::remove_unused`].
    pub async fn prune(&self, store: &Arc<Store>) -> Result<(), ConsoleError> {
        for sha256 in blocking(store, Store::unused_pictures).await? {
            self.remove_unused(store, &sha256).await?;
        }
        Ok(())
    }

    /// In folders of their own by the hash's beginning: file systems are slow with very many in one.
    fn key(&self, sha256: &str) -> Path {
        self.prefix.clone().join(sha256.get(..2).unwrap_or_default()).join(sha256)
    }
}

/// The hash under which bytes are kept.
pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn failed(source: &object_store::Error) -> ConsoleError {
    ConsoleError::Attachments { reason: source.to_string() }
}

async fn blocking<T: Send + 'static>(
    store: &Arc<Store>,
    work: impl FnOnce(&Store) -> Result<T, ConsoleError> + Send + 'static,
) -> Result<T, ConsoleError> {
    let store = Arc::clone(store);
    let done = tokio::task::spawn_blocking(move || work(&store)).await;
    done.unwrap_or_else(|error| Err(ConsoleError::Attachments { reason: error.to_string() }))
}

#[cfg(test)]
#[path = "attachments_tests.rs"]
mod tests;
