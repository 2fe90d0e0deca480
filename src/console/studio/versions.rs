//! Every version that came into force, from the rulesets topic.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use yujing_config::Config;
use yujing_core::ruleset::{Archive, Files};
use yujing_live::rulesets;
use yujing_telemetry::Metrics;

use super::overlay::FileText;

/// How long what was read is good for.
const KEPT: Duration = Duration::from_secs(3);

/// Reads versions.
#[derive(Debug)]
pub struct Versions {
    config: Arc<Config>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
    known: Mutex<Option<(Instant, Arc<Archive>)>>,
}

impl Versions {
    pub fn new(config: Arc<Config>, metrics: Arc<Metrics>, stop: CancellationToken) -> Self {
        Self { config, metrics, stop, known: Mutex::default() }
    }

    /// Everything that was published. Blocks.
    ///
    /// # Errors
    /// Why the topic cannot be read.
    pub fn archive(&self) -> Result<Arc<Archive>, String> {
        // Whoever comes meanwhile waits for the same.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, archive)) = known.as_ref().filter(|(read_at, _)| read_at.elapsed() < KEPT) {
            return Ok(Arc::clone(archive));
        }
        let archive = rulesets::fetch(&self.config, &self.metrics, self.stop.clone());
        let archive = Arc::new(archive.map_err(|error| error.to_string())?);
        *known = Some((Instant::now(), Arc::clone(&archive)));
        Ok(archive)
    }
}

/// What makes a folder hold a version again. Cases are no part of a version: they stay as they are.
pub fn back_to(version: &Files, folder: &Files) -> Vec<FileText> {
    let changed = version.iter().filter(|(path, text)| folder.get(*path) != Some(text));
    let changed = changed.map(|(path, text)| FileText { path: path.clone(), text: Some(text.clone()) });
    let removed = folder.keys().filter(|path| !version.contains_key(*path));
    let removed = removed.map(|path| FileText { path: path.clone(), text: None });
    changed.chain(removed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_back_puts_changes_and_takes_away() {
        let files = |all: &[(&str, &str)]| -> Files {
            all.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
        };
        let version = files(&[("a.rhai", "1"), ("b.rhai", "2"), ("c.rhai", "3")]);
        let folder = files(&[("a.rhai", "1"), ("b.rhai", "9"), ("d.rhai", "4")]);
        let wanted: Vec<(String, Option<String>)> =
            back_to(&version, &folder).into_iter().map(|file| (file.path, file.text)).collect();
        let expected = [("b.rhai", Some("2")), ("c.rhai", Some("3")), ("d.rhai", None)];
        assert_eq!(wanted, expected.map(|(path, text)| (path.to_owned(), text.map(str::to_owned))));
        assert!(back_to(&version, &version).is_empty());
    }
}
