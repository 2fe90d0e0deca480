//! The folder of a candidate: built and proved as the rules folder is, again whenever it has changed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use yujing_core::ruleset::{Ruleset, RulesetRefusal};
use yujing_workbench::rules_folder;

use super::Sandbox;
use super::proof::defect;
use super::watch::Watch;

/// The folder of a candidate.
#[derive(Debug)]
pub(super) struct ShadowFolder {
    pub(super) name: String,
    pub(super) path: PathBuf,
    watch: Watch,
    /// Whether it changed at the last look, so that it is built once it is quiet.
    is_changing: bool,
}

impl ShadowFolder {
    pub(super) fn new(name: &str, path: &Path) -> Self {
        Self { name: name.to_owned(), path: path.to_owned(), watch: Watch::new(path), is_changing: false }
    }

    /// Whether it has changed and been quiet since the last look.
    pub(super) fn has_settled(&mut self) -> bool {
        let has_changed = self.watch.has_changed();
        std::mem::replace(&mut self.is_changing, has_changed) && !has_changed
    }

    /// Builds and proves what it holds now.
    pub(super) fn build(&self, sandbox: &Sandbox) -> Result<Arc<Ruleset>, RulesetRefusal> {
        let built = catch_unwind(AssertUnwindSafe(|| {
            let snapshot = rules_folder::read(&self.path)?;
            sandbox.build(&self.path, &snapshot.ruleset_files()?, Some(&snapshot.case_files()?), &mut |_| {})
        }));
        built.unwrap_or_else(|_| Err(defect()))
    }
}
