//! Every version that came into force, from the rulesets topic.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use yujing_config::Config;
use yujing_core::ruleset::{Archive, Files};
use yujing_live::rulesets;
use yujing_telemetry::Metrics;

use super::kept::Kept;
use super::overlay::FileText;

/// How long what was read is good for.
const GOOD_FOR: Duration = Duration::from_secs(3);

/// Reads versions.
#[derive(Debug)]
pub struct Versions {
    config: Arc<Config>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
    known: Kept<(), Archive>,
}

impl Versions {
    pub fn new(config: Arc<Config>, metrics: Arc<Metrics>, stop: CancellationToken) -> Self {
        Self { config, metrics, stop, known: Kept::new(GOOD_FOR) }
    }

    /// Everything that was published. Blocks.
    ///
    /// # Errors
    /// Why the topic cannot be read.
    pub fn archive(&self) -> Result<Arc<Archive>, String> {
        let read =
            || rulesets::fetch(&self.config, &self.metrics, self.stop.clone()).map_err(|error| error.to_string());
        self.known.get((), read)
    }
}

/// What makes a folder hold the files of a version again.
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
