//! The thread that makes candidates, so that the engine's thread never waits for a file, a plan or a case. One attempt at
//! a time; what changes during one begins the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::candidate::defect;
use super::desk::{Desk, Proposal, Request, Verdict};
use super::snapshot::Snapshot;
use super::trial::Trial;
use super::watch::Watch;
use super::{Archive, Cage, Difference, Outcome, Stage, Trigger};
use crate::config::Config;
use crate::engine::ruleset::content_hash;
use crate::engine::{Files, Ruleset};
use crate::language::Language;
use crate::ruleset::RulesetRefusal;
use crate::telemetry::engine::RulesetWarning;
use crate::telemetry::reload::{FolderCompared, FolderDiffers};
use crate::telemetry::{InternalEvent as _, Metrics};

/// How long the folder must be quiet before it is read: whoever saves several files is given time.
const QUIET: Duration = Duration::from_millis(500);
/// But not longer than this in all.
const LONGEST_UNREST: Duration = Duration::from_secs(10);
/// How often an attempt begins anew because files changed meanwhile. Afterwards the next attempt takes what changed.
const ANEW: usize = 5;
/// How often the folder is looked at.
const ROUND: Duration = Duration::from_secs(1);
/// Longest sleep before looking whether to stop.
const NAP: Duration = Duration::from_millis(50);

/// What the thread needs.
#[derive(Debug)]
pub struct Builder {
    pub config: Arc<Config>,
    pub cage: Cage,
    pub desk: Arc<Desk>,
    pub metrics: Arc<Metrics>,
    pub stop: CancellationToken,
    /// Reads what was ever published; an error says why that cannot be read.
    pub archive: fn(&Config, &Arc<Metrics>, CancellationToken) -> Result<Archive, String>,
    /// Of what is said about the ruleset in force.
    pub language: Language,
}

/// The thread at work.
#[derive(Debug)]
struct Work {
    builder: Builder,
    /// The rules folder.
    folder: Folder,
}

/// What the rules folder was found to hold.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Begun before the folder was read, so that no change is missed.
    watch: Watch,
    /// Of its files; `None` if they could not be read.
    fingerprint: Option<u128>,
    /// The hash of its ruleset, in order or not; `None` if its texts could not be read.
    hash: Option<String>,
}

/// The texts of the folder at one moment.
struct Found {
    files: Files,
    cases: Files,
}

impl Folder {
    fn new(path: PathBuf) -> Self {
        Self { watch: Watch::new(&path), path, fingerprint: None, hash: None }
    }

    /// Reads it, and notes what it holds.
    fn read(&mut self) -> Result<Found, RulesetRefusal> {
        (self.fingerprint, self.hash) = (None, None);
        let snapshot = Snapshot::take(&self.path)?;
        self.fingerprint = Some(snapshot.fingerprint());
        let files = snapshot.ruleset()?;
        self.hash = Some(content_hash(&files));
        Ok(Found { files, cases: snapshot.cases()? })
    }

    /// Of its files as they are now.
    fn fingerprint_now(&self) -> Option<u128> {
        Snapshot::take(&self.path).ok().map(|snapshot| snapshot.fingerprint())
    }
}

/// What an attempt came to.
struct Ending {
    outcome: Outcome,
    difference: Option<Difference>,
    refusal: Option<RulesetRefusal>,
}

impl From<RulesetRefusal> for Ending {
    fn from(refusal: RulesetRefusal) -> Self {
        Self { outcome: Outcome::Refused, difference: None, refusal: Some(refusal) }
    }
}

impl Builder {
    /// Works until asked to stop.
    pub fn run(self) {
        let folder = Folder::new(self.config.paths.rules.clone());
        Work { builder: self, folder }.run();
    }
}

impl Work {
    fn run(mut self) {
        let mut looked = Instant::now();
        let mut trials: Vec<Trial> = self.builder.config.engine.shadow.iter().map(Trial::new).collect();
        self.look_at_the_start();
        for trial in &trials {
            trial.build(&self.builder);
        }
        while !self.builder.stop.is_cancelled() {
            match self.builder.desk.next(ROUND.saturating_sub(looked.elapsed())) {
                None => {}
                Some(Request::Reload { attempt }) => {
                    let trigger = self.builder.desk.attempt(attempt).map_or(Trigger::Api, |attempt| attempt.trigger);
                    self.attempt(attempt, |this| this.reload(attempt, trigger));
                    for trial in &trials {
                        trial.build(&self.builder);
                    }
                }
                Some(Request::Rollback { attempt, hash }) => {
                    self.attempt(attempt, |this| this.roll_back(attempt, &hash));
                }
            }
            if self.builder.config.engine.watch_rules && looked.elapsed() >= ROUND {
                looked = Instant::now();
                if self.folder.watch.has_changed() {
                    self.touched();
                }
                for trial in &mut trials {
                    trial.look(&self.builder);
                }
            }
        }
    }

    /// What was published runs already. If the folder holds something else, an attempt that changes nothing tells what
    /// that is worth.
    fn look_at_the_start(&mut self) {
        let Ok(in_force) = self.in_force(|| {}) else { return };
        for warning in &in_force.warnings(in_force.day_of(Timestamp::now())).bounded().0 {
            RulesetWarning { warning, language: self.builder.language }.emit(&self.builder.metrics);
        }
        // Who saved a file while the engine was starting meant it as at any other time.
        if self.builder.config.engine.watch_rules && self.folder.watch.has_changed() {
            return self.touched();
        }
        let _ = self.folder.read();
        self.compare_folder();
        if self.folder.hash.as_ref() == Some(&in_force.hash) {
            return;
        }
        FolderDiffers { in_force: &in_force.hash }.emit(&self.builder.metrics);
        let attempt = self.builder.desk.begin(Trigger::Start, true);
        self.attempt(attempt, |this| this.reload(attempt, Trigger::Start));
    }

    /// A change of the folder is an attempt if its files are other files.
    fn touched(&mut self) {
        self.await_quiet();
        let found = self.folder.fingerprint_now();
        if found.is_some() && found == self.folder.fingerprint {
            return;
        }
        let attempt = self.builder.desk.begin(Trigger::Folder, false);
        self.attempt(attempt, |this| this.reload(attempt, Trigger::Folder));
    }

    /// Makes an attempt and tells its end, whatever happens.
    fn attempt(&mut self, attempt: u64, work: impl FnOnce(&mut Self) -> Result<Ending, RulesetRefusal>) {
        let ending = catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|_| Err(defect()));
        let Ending { outcome, difference, refusal } = ending.unwrap_or_else(Ending::from);
        if let Some(attempt) = self.builder.desk.end(attempt, outcome, difference, refusal) {
            attempt.report(&self.builder.metrics);
        }
        self.compare_folder();
    }

    fn compare_folder(&self) {
        let Some(in_force) = self.builder.desk.ruleset() else { return };
        let differs = self.folder.hash.as_ref() != Some(&in_force.hash);
        self.builder.desk.tell_folder(differs);
        FolderCompared { differs }.emit(&self.builder.metrics);
    }

    /// The folder as it is when nobody changes it.
    fn reload(&mut self, attempt: u64, trigger: Trigger) -> Result<Ending, RulesetRefusal> {
        let mut anew = 0;
        loop {
            self.builder.desk.enter(attempt, Stage::Building);
            let built = self.folder.read().and_then(|found| self.build(attempt, &found));
            let is_other = self.folder.fingerprint_now() != self.folder.fingerprint;
            if is_other && anew < ANEW && !self.builder.stop.is_cancelled() {
                anew += 1;
                self.await_quiet();
                continue;
            }
            return match built? {
                None => Ok(unchanged()),
                Some(ruleset) => self.propose(attempt, ruleset, trigger),
            };
        }
    }

    /// The ruleset of the folder, proved; nothing if it is in force already.
    fn build(&self, attempt: u64, found: &Found) -> Result<Option<Arc<Ruleset>>, RulesetRefusal> {
        let hash = content_hash(&found.files);
        self.builder.desk.name(attempt, &hash);
        if self.in_force(|| self.wait(attempt))?.hash == hash {
            return Ok(None);
        }
        self.builder.desk.enter(attempt, Stage::Building);
        let mut enter = |stage| self.builder.desk.enter(attempt, stage);
        let built = self.builder.cage.build(&self.folder.path, &found.files, Some(&found.cases), &mut enter);
        built.map(Some)
    }

    fn roll_back(&self, attempt: u64, hash: &str) -> Result<Ending, RulesetRefusal> {
        let Builder { desk, config, metrics, stop, archive, cage, .. } = &self.builder;
        desk.enter(attempt, Stage::Building);
        let archive = archive(config, metrics, stop.clone()).map_err(|error| {
            RulesetRefusal::because(
                format!("无法读取规则集主题：{error}"),
                format!("the rulesets topic cannot be read: {error}"),
            )
        })?;
        let (hash, files) = archive.find(hash)?;
        desk.name(attempt, hash);
        if self.in_force(|| self.wait(attempt))?.hash == hash {
            return Ok(unchanged());
        }
        let ruleset = cage.build(&self.folder.path, files, None, &mut |stage| desk.enter(attempt, stage))?;
        self.propose(attempt, ruleset, Trigger::Rollback)
    }

    /// Hands a ruleset to the engine and waits for what it does with it.
    fn propose(&self, attempt: u64, ruleset: Arc<Ruleset>, trigger: Trigger) -> Result<Ending, RulesetRefusal> {
        let desk = &self.builder.desk;
        self.wait(attempt);
        let in_force = self.in_force(|| {})?;
        let (reply, answer) = mpsc::channel();
        let dry_run = desk.attempt(attempt).is_some_and(|attempt| attempt.dry_run);
        let difference = Difference::between(&in_force, &ruleset);
        desk.propose(Proposal { attempt, ruleset, trigger, dry_run, difference, reply });
        let ending = |outcome, difference| Ok(Ending { outcome, difference: Some(difference), refusal: None });
        loop {
            match answer.recv_timeout(NAP) {
                Ok(Verdict::Applied(difference)) => return ending(Outcome::Applied, difference),
                Ok(Verdict::Projected(difference)) => return ending(Outcome::Projected, difference),
                Ok(Verdict::Refused(refusal)) => return Err(refusal),
                Err(_) => self.check_stop()?,
            }
        }
    }

    /// The ruleset in force, once the engine has found out; `waits` is called if that is not yet.
    fn in_force(&self, waits: impl Fn()) -> Result<Arc<Ruleset>, RulesetRefusal> {
        loop {
            if let Some(ruleset) = self.builder.desk.ruleset() {
                return Ok(ruleset);
            }
            waits();
            self.check_stop()?;
            std::thread::sleep(NAP);
        }
    }

    fn wait(&self, attempt: u64) {
        self.builder.desk.enter(attempt, Stage::Waiting);
    }

    /// Waits until the folder has been quiet for a while.
    fn await_quiet(&mut self) {
        let began = Instant::now();
        while began.elapsed() < LONGEST_UNREST && !self.builder.stop.is_cancelled() {
            let quiet_since = Instant::now();
            while quiet_since.elapsed() < QUIET && !self.builder.stop.is_cancelled() {
                std::thread::sleep(NAP);
            }
            if !self.folder.watch.has_changed() {
                return;
            }
        }
    }

    fn check_stop(&self) -> Result<(), RulesetRefusal> {
        if self.builder.stop.is_cancelled() {
            return Err(RulesetRefusal::because("程序正在停止", "the program is stopping"));
        }
        Ok(())
    }
}

fn unchanged() -> Ending {
    Ending { outcome: Outcome::Unchanged, difference: None, refusal: None }
}
