//! A candidate's folder: built and proved as the rules folder is, again whenever it has changed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use super::Snapshot;
use super::builder::Builder;
use super::candidate::defect;
use super::watch::Watch;
use crate::telemetry::InternalEvent as _;
use crate::telemetry::shadow::CandidateRefused;

/// A candidate's folder.
#[derive(Debug)]
pub(super) struct Trial {
    name: String,
    path: PathBuf,
    watch: Watch,
    /// Whether it changed at the last look, so that it is built once it is quiet.
    is_restless: bool,
}

impl Trial {
    pub(super) fn new((name, path): (&String, &PathBuf)) -> Self {
        Self { name: name.clone(), path: path.clone(), watch: Watch::new(path), is_restless: false }
    }

    /// Builds it when it has changed and been quiet since the last look.
    pub(super) fn look(&mut self, builder: &Builder) {
        let has_changed = self.watch.has_changed();
        if std::mem::replace(&mut self.is_restless, has_changed) && !has_changed {
            self.build(builder);
        }
    }

    /// Builds it, and tells the engine or those who ask.
    pub(super) fn build(&self, builder: &Builder) {
        let built = catch_unwind(AssertUnwindSafe(|| {
            let snapshot = Snapshot::take(&self.path)?;
            builder.cage.build(&self.path, &snapshot.ruleset()?, Some(&snapshot.cases()?), &mut |_| {})
        }));
        let built = built.unwrap_or_else(|_| Err(defect()));
        if let Err(refusal) = &built {
            CandidateRefused { name: &self.name, reason: &refusal.reason.en, report: &refusal.report.en }
                .emit(&builder.metrics);
        }
        builder.desk.candidates.found(&self.name, &self.path.display().to_string(), built);
    }
}
