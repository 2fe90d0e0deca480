//! The thread that makes rulesets of what is asked for, so that the engine's thread never waits for a file, a plan or a
//! case. One attempt at a time; what changes during one begins the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use yujing_base::language::Language;
use yujing_config::Config;
use yujing_core::ruleset::{Archive, Files, Ruleset, RulesetRefusal, Trigger, content_hash};
use yujing_telemetry::engine::RulesetWarning;
use yujing_telemetry::reload::{FolderCompared, FolderDiffers};
use yujing_telemetry::shadow::CandidateRefused;
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::folder::RulesFolder;
use super::proof::defect;
use super::shadow_folder::ShadowFolder;
use super::{
    Proposal, ReloadCoordinator, ReloadEnding, ReloadRequest, ReloadStage, ReloadTarget, RulesetDifference, Sandbox,
};
use crate::shadow::Candidates;

/// How often an attempt begins anew because files changed meanwhile. Afterwards the next attempt takes what changed.
const MOST_RESTARTS: usize = 5;
/// How often the folders are checked for changes.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);
/// Longest sleep before looking whether to stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// What the thread needs.
#[derive(Debug)]
pub struct ReloadWorker {
    pub config: Arc<Config>,
    pub sandbox: Sandbox,
    pub reloads: Arc<ReloadCoordinator>,
    /// Where rulesets go that are only tried.
    pub candidates: Arc<Candidates>,
    pub metrics: Arc<Metrics>,
    pub stop: CancellationToken,
    /// Reads what was ever published; an error says why that cannot be read.
    pub archive: fn(&Config, &Arc<Metrics>, CancellationToken) -> Result<Archive, String>,
    /// Of what is said about the ruleset in force.
    pub language: Language,
}

impl ReloadWorker {
    /// Works until asked to stop.
    pub fn run(self) {
        let mut folder = RulesFolder::new(&self.config.paths.rules);
        let shadows = self.config.engine.shadow.iter();
        let mut shadows: Vec<ShadowFolder> = shadows.map(|(name, path)| ShadowFolder::new(name, path)).collect();
        let mut checked_at = Instant::now();
        self.compare_at_start(&mut folder);
        self.build_shadows(&shadows);
        while !self.stop.is_cancelled() {
            if let Some(request) = self.reloads.requests.next(WATCH_INTERVAL.saturating_sub(checked_at.elapsed())) {
                self.attempt(&mut folder, &request);
                if request.target == ReloadTarget::Folder {
                    self.build_shadows(&shadows);
                }
            }
            if checked_at.elapsed() >= WATCH_INTERVAL {
                checked_at = Instant::now();
                if self.config.engine.watch_rules {
                    self.check_folders(&mut folder, &mut shadows);
                }
            }
        }
    }

    /// What was published runs already. If the folder holds something else, an attempt that changes nothing shows what
    /// that is worth.
    fn compare_at_start(&self, folder: &mut RulesFolder) {
        let Ok(in_force) = self.in_force(|| {}) else { return };
        for warning in &in_force.warnings(in_force.day_of(Timestamp::now())).bounded().0 {
            RulesetWarning { warning, language: self.language }.emit(&self.metrics);
        }
        // Who saved a file while the engine was starting meant it as at any other time.
        if self.config.engine.watch_rules && folder.has_changed() {
            return self.reload_if_needed(folder);
        }
        let _ = folder.read();
        self.publish_difference(folder);
        if folder.differs_from(&in_force.hash) {
            FolderDiffers { in_force: &in_force.hash }.emit(&self.metrics);
            let request = self.reloads.begin(ReloadTarget::Folder, Trigger::Start, true);
            self.attempt(folder, &request);
        }
    }

    fn check_folders(&self, folder: &mut RulesFolder, shadows: &mut [ShadowFolder]) {
        if folder.has_changed() {
            self.reload_if_needed(folder);
        }
        for shadow in shadows.iter_mut().filter_map(|shadow| shadow.has_settled().then_some(shadow)) {
            self.build_shadow(shadow);
        }
    }

    /// Makes an attempt of a change of the folder, if its files are other files.
    fn reload_if_needed(&self, folder: &mut RulesFolder) {
        folder.await_quiet(&self.stop);
        if folder.needs_reload() {
            let request = self.reloads.begin(ReloadTarget::Folder, Trigger::Folder, false);
            self.attempt(folder, &request);
        }
    }

    fn build_shadows(&self, shadows: &[ShadowFolder]) {
        for shadow in shadows {
            self.build_shadow(shadow);
        }
    }

    fn build_shadow(&self, shadow: &ShadowFolder) {
        let ShadowFolder { name, path, .. } = shadow;
        let built = shadow.build(&self.sandbox);
        if let Err(RulesetRefusal { reason, report, .. }) = &built {
            CandidateRefused { name, reason: &reason.en, report: &report.en }.emit(&self.metrics);
        }
        self.candidates.built(name, path, built);
    }

    /// Makes an attempt and publishes its end, whatever happens.
    fn attempt(&self, folder: &mut RulesFolder, request: &ReloadRequest) {
        let ended = catch_unwind(AssertUnwindSafe(|| match &request.target {
            ReloadTarget::Folder => self.reload(folder, request),
            ReloadTarget::Published { hash } => self.roll_back(hash, request),
            ReloadTarget::Given { files } => self.project(files, request),
        }));
        let ending = ended.unwrap_or_else(|_| Err(defect())).unwrap_or_else(ReloadEnding::Refused);
        // Whoever waits for the end finds the folder and the metrics as they are after it.
        self.publish_difference(folder);
        if let Some(attempt) = self.reloads.status.ended(request.attempt, &ending) {
            ending.report(&attempt, &self.metrics);
            self.reloads.status.end(attempt);
        }
    }

    /// Publishes whether the folder holds something else than what is in force.
    fn publish_difference(&self, folder: &RulesFolder) {
        let Some(in_force) = self.reloads.status.in_force() else { return };
        let differs = folder.differs_from(&in_force.ruleset.hash);
        self.reloads.status.set_folder_differs(differs);
        FolderCompared { differs }.emit(&self.metrics);
    }

    /// The folder as it is when nobody changes it.
    fn reload(&self, folder: &mut RulesFolder, request: &ReloadRequest) -> Result<ReloadEnding, RulesetRefusal> {
        let mut restarts = 0;
        loop {
            let built = self.build(folder, request);
            if folder.has_other_files() && restarts < MOST_RESTARTS && !self.stop.is_cancelled() {
                restarts += 1;
                folder.await_quiet(&self.stop);
                continue;
            }
            return match built? {
                None => Ok(ReloadEnding::Unchanged),
                Some(ruleset) => self.propose(ruleset, request),
            };
        }
    }

    /// The ruleset of the folder, proved; nothing if it is in force already.
    fn build(&self, folder: &mut RulesFolder, request: &ReloadRequest) -> Result<Option<Arc<Ruleset>>, RulesetRefusal> {
        let enter = |stage| self.reloads.status.enter(request.attempt, stage);
        enter(ReloadStage::Building);
        let texts = folder.read()?;
        self.reloads.status.set_hash(request.attempt, &texts.hash);
        if self.in_force(|| enter(ReloadStage::Waiting))?.hash == texts.hash {
            return Ok(None);
        }
        enter(ReloadStage::Building);
        let rules = &self.config.paths.rules;
        self.sandbox.build(rules, &texts.files, Some(&texts.cases), &mut |stage| enter(stage)).map(Some)
    }

    fn roll_back(&self, hash: &str, request: &ReloadRequest) -> Result<ReloadEnding, RulesetRefusal> {
        let enter = |stage| self.reloads.status.enter(request.attempt, stage);
        enter(ReloadStage::Building);
        let archive = (self.archive)(&self.config, &self.metrics, self.stop.clone()).map_err(|error| {
            RulesetRefusal::because(
                format!("无法读取规则集主题：{error}"),
                format!("the rulesets topic cannot be read: {error}"),
            )
        })?;
        let (hash, files) = archive.find(hash)?;
        self.take(hash, files, request)
    }

    /// What texts would change that stand nowhere yet. Whoever asks has run their cases.
    fn project(&self, files: &Files, request: &ReloadRequest) -> Result<ReloadEnding, RulesetRefusal> {
        self.take(&content_hash(files), files, request)
    }

    /// A ruleset without its cases.
    fn take(&self, hash: &str, files: &Files, request: &ReloadRequest) -> Result<ReloadEnding, RulesetRefusal> {
        let enter = |stage| self.reloads.status.enter(request.attempt, stage);
        self.reloads.status.set_hash(request.attempt, hash);
        if self.in_force(|| enter(ReloadStage::Waiting))?.hash == hash {
            return Ok(ReloadEnding::Unchanged);
        }
        enter(ReloadStage::Building);
        let ruleset = self.sandbox.build(&self.config.paths.rules, files, None, &mut |stage| enter(stage))?;
        self.propose(ruleset, request)
    }

    /// Hands a ruleset to the engine and waits for what it does with it.
    fn propose(&self, ruleset: Arc<Ruleset>, request: &ReloadRequest) -> Result<ReloadEnding, RulesetRefusal> {
        let ReloadRequest { attempt, trigger, dry_run, .. } = *request;
        ruleset.features.plan_evidence(self.config.engine.threads());
        self.reloads.status.enter(attempt, ReloadStage::Waiting);
        let difference = RulesetDifference::between(&*self.in_force(|| {})?, &ruleset);
        let (reply, answer) = mpsc::channel();
        self.reloads.proposal.put(Proposal { attempt, ruleset, trigger, dry_run, difference, reply });
        loop {
            match answer.recv_timeout(POLL_INTERVAL) {
                Ok(ending) => return Ok(ending),
                Err(_) => self.check_stop()?,
            }
        }
    }

    /// The ruleset in force, once the engine has found out; `waits` is called if that is not yet.
    fn in_force(&self, waits: impl Fn()) -> Result<Arc<Ruleset>, RulesetRefusal> {
        loop {
            if let Some(in_force) = self.reloads.status.in_force() {
                return Ok(in_force.ruleset);
            }
            waits();
            self.check_stop()?;
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    fn check_stop(&self) -> Result<(), RulesetRefusal> {
        if self.stop.is_cancelled() {
            return Err(RulesetRefusal::because("程序正在停止", "the program is stopping"));
        }
        Ok(())
    }
}
