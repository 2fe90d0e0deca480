//! The folder or the object store in which photographs are.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig};
use yujing_config::{Console, bucket};

use crate::error::ConsoleError;

/// How long one request to an object store may take. With the one that follows it stays within what a page waits.
const PATIENCE: &str = "12s";
/// How long connecting may take.
const CONNECTING: &str = "5s";
/// For how long a request that failed is tried once more.
const RETRYING: Duration = Duration::from_secs(12);

/// Opens it: with what all keys begin with. An object store may be away; then it is asked again each time.
///
/// # Errors
/// If the folder cannot be made, or the object store's settings are refused.
pub(super) fn open(config: &Console) -> Result<(Arc<dyn ObjectStore>, Path), ConsoleError> {
    let refused = |reason: String| ConsoleError::AttachmentsPlace { place: config.attachments.clone(), reason };
    let Some((name, prefix)) = bucket(&config.attachments) else {
        std::fs::create_dir_all(&config.attachments).map_err(|error| refused(error.to_string()))?;
        let folder = LocalFileSystem::new_with_prefix(&config.attachments);
        return Ok((Arc::new(folder.map_err(|error| refused(error.to_string()))?), Path::default()));
    };
    let retry = RetryConfig { max_retries: 1, retry_timeout: RETRYING, backoff: BackoffConfig::default() };
    let mut store = AmazonS3Builder::from_env()
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), PATIENCE)
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::ConnectTimeout), CONNECTING)
        .with_retry(retry)
        .with_bucket_name(name);
    if !config.attachments_region.is_empty() {
        store = store.with_region(&config.attachments_region);
    }
    if !config.attachments_endpoint.is_empty() {
        let is_plain = config.attachments_endpoint.starts_with("http://");
        store = store.with_endpoint(&config.attachments_endpoint).with_allow_http(is_plain);
    }
    let store = store.build().map_err(|error| refused(error.to_string()))?;
    let prefix = Path::parse(prefix).map_err(|error| refused(error.to_string()))?;
    Ok((Arc::new(store), prefix))
}
