//! The rules folder, and what it was last found to hold.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use yujing_core::ruleset::{Files, RulesetRefusal, content_hash};
use yujing_workbench::rules_folder;

use super::watch::Watch;

/// How long the folder must be quiet before it is read: whoever saves several files is given time.
const QUIET_WINDOW: Duration = Duration::from_millis(500);
/// But not longer than this in all.
const LONGEST_UNREST: Duration = Duration::from_secs(10);
/// Longest sleep before looking whether to stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The rules folder.
#[derive(Debug)]
pub(super) struct RulesFolder {
    path: PathBuf,
    /// Begun before the folder was read, so that no change is missed.
    watch: Watch,
    /// Of its files when they were last read; `None` if they could not be.
    fingerprint: Option<u128>,
    /// The hash of its ruleset, in order or not; `None` if its texts could not be read.
    hash: Option<String>,
}

/// The texts of the folder at one moment.
pub(super) struct FolderTexts {
    pub(super) hash: String,
    pub(super) files: Files,
    pub(super) cases: Files,
}

impl RulesFolder {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), watch: Watch::new(path), fingerprint: None, hash: None }
    }

    /// Reads it, and notes what it holds.
    pub(super) fn read(&mut self) -> Result<FolderTexts, RulesetRefusal> {
        (self.fingerprint, self.hash) = (None, None);
        let snapshot = rules_folder::read(&self.path)?;
        self.fingerprint = Some(snapshot.fingerprint());
        let files = snapshot.ruleset_files()?;
        let hash = content_hash(&files);
        self.hash = Some(hash.clone());
        Ok(FolderTexts { hash, files, cases: snapshot.case_files()? })
    }

    /// Whether it was last found to hold another ruleset than this one.
    pub(super) fn differs_from(&self, hash: &str) -> bool {
        self.hash.as_deref() != Some(hash)
    }

    /// Whether something changed since the last look.
    pub(super) fn has_changed(&mut self) -> bool {
        self.watch.has_changed()
    }

    /// Whether its files are other files than those last read.
    pub(super) fn has_other_files(&self) -> bool {
        self.fingerprint_now() != self.fingerprint
    }

    /// Whether reading it gives something else than before: other files, or why it cannot be read.
    pub(super) fn needs_reload(&self) -> bool {
        self.fingerprint_now().is_none_or(|now| Some(now) != self.fingerprint)
    }

    /// Waits until it has been quiet for a while.
    pub(super) fn await_quiet(&mut self, stop: &CancellationToken) {
        let began = Instant::now();
        while began.elapsed() < LONGEST_UNREST && !stop.is_cancelled() {
            let quiet_since = Instant::now();
            while quiet_since.elapsed() < QUIET_WINDOW && !stop.is_cancelled() {
                std::thread::sleep(POLL_INTERVAL);
            }
            if !self.watch.has_changed() {
                return;
            }
        }
    }

    fn fingerprint_now(&self) -> Option<u128> {
        rules_folder::read(&self.path).ok().map(|snapshot| snapshot.fingerprint())
    }
}
