//! The thread that makes candidates, so that the engine's thread never waits for a file, a plan or a case. One attempt at
//! a time; what changes during one begins the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::candidate::{self, Refusal};
use super::desk::{Desk, Proposal, Request, Verdict};
use super::snapshot::Snapshot;
use super::trial::Trial;
use super::watch::Watch;
use super::{Archive, Difference, Outcome, Stage, Trigger};
use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::engine::Ruleset;
use crate::source::Sources;
use crate::telemetry::reload::{FolderCompared, ReloadEnded};
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
    pub sources: Arc<Sources>,
    pub desk: Arc<Desk>,
    pub metrics: Arc<Metrics>,
    pub stop: CancellationToken,
    /// Reads what was ever published; an error says why that cannot be read.
    pub archive: fn(&Config, &Arc<Metrics>, CancellationToken) -> Result<Archive, String>,
    /// The rules folder, and what it held when it was last read.
    pub folder: Folder,
}

/// What a folder was found to hold.
#[derive(Debug)]
pub struct Folder {
    /// Begun before the folder was read, so that no change is missed.
    watch: Watch,
    /// Of its files; `None` if it could not be read.
    fingerprint: Option<u128>,
    /// The hash of its ruleset; `None` if it is not in order.
    hash: Option<String>,
}

impl Folder {
    /// Reads a folder, and builds what it holds.
    pub fn read(folder: &Path, sources: &Sources) -> (Self, Result<Arc<Ruleset>, Diagnostics>) {
        let watch = Watch::new(folder);
        let (fingerprint, built) = match Snapshot::take(folder) {
            Ok(snapshot) => (Some(snapshot.fingerprint()), snapshot.build(sources).map(Arc::new)),
            Err(problems) => (None, Err(problems)),
        };
        let hash = built.as_ref().ok().map(|ruleset| ruleset.hash.clone());
        (Self { watch, fingerprint, hash }, built)
    }
}

/// What an attempt came to.
struct Ending {
    outcome: Outcome,
    difference: Option<Difference>,
    refusal: Option<Refusal>,
}

impl From<Refusal> for Ending {
    fn from(refusal: Refusal) -> Self {
        Self { outcome: Outcome::Refused, difference: None, refusal: Some(refusal) }
    }
}

impl Builder {
    /// Works until asked to stop.
    pub fn run(mut self) {
        let mut looked = Instant::now();
        let mut trials: Vec<Trial> = self.config.engine.shadow.iter().map(Trial::new).collect();
        for trial in &trials {
            trial.build(&self);
        }
        while !self.stop.is_cancelled() {
            match self.desk.next(ROUND.saturating_sub(looked.elapsed())) {
                None => {}
                Some(Request::Reload { attempt }) => {
                    let trigger = self.desk.attempt(attempt).map_or(Trigger::Api, |attempt| attempt.trigger);
                    self.attempt(attempt, |this| this.reload(attempt, trigger));
                    for trial in &trials {
                        trial.build(&self);
                    }
                }
                Some(Request::Rollback { attempt, hash }) => {
                    self.attempt(attempt, |this| this.roll_back(attempt, &hash));
                }
            }
            if self.config.engine.watch_rules && looked.elapsed() >= ROUND {
                looked = Instant::now();
                if self.folder.watch.has_changed() {
                    self.touched();
                }
                for trial in &mut trials {
                    trial.look(&self);
                }
            }
        }
    }

    /// A change of the folder is an attempt if its files are other files.
    fn touched(&mut self) {
        self.await_quiet();
        let found = Snapshot::take(&self.config.paths.rules).ok().map(|snapshot| snapshot.fingerprint());
        if found.is_some() && found == self.folder.fingerprint {
            return;
        }
        let attempt = self.desk.begin(Trigger::Folder, false);
        self.attempt(attempt, |this| this.reload(attempt, Trigger::Folder));
    }

    /// Makes an attempt and tells its end, whatever happens.
    fn attempt(&mut self, attempt: u64, work: impl FnOnce(&mut Self) -> Result<Ending, Refusal>) {
        let ending = catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|_| Err(defect()));
        let Ending { outcome, difference, refusal } = ending.unwrap_or_else(Ending::from);
        if let Some(attempt) = self.desk.end(attempt, outcome, difference, refusal) {
            ReloadEnded { attempt: &attempt }.emit(&self.metrics);
        }
        self.compare_folder();
    }

    fn compare_folder(&self) {
        let Some(in_force) = self.desk.ruleset() else { return };
        let differs = self.folder.hash.as_ref() != Some(&in_force.hash);
        self.desk.tell_folder(differs);
        FolderCompared { differs }.emit(&self.metrics);
    }

    /// The folder as it is when nobody changes it.
    fn reload(&mut self, attempt: u64, trigger: Trigger) -> Result<Ending, Refusal> {
        let mut anew = 0;
        loop {
            let (fingerprint, built) = self.build(attempt);
            let now = Snapshot::take(&self.config.paths.rules).ok().map(|snapshot| snapshot.fingerprint());
            if now != fingerprint && anew < ANEW && !self.stop.is_cancelled() {
                anew += 1;
                self.await_quiet();
                continue;
            }
            let hash = match &built {
                Ok(Built::Proved(ruleset) | Built::InForce(ruleset) | Built::Failing(ruleset, _)) => {
                    Some(ruleset.hash.clone())
                }
                Err(_) => None,
            };
            (self.folder.fingerprint, self.folder.hash) = (fingerprint, hash);
            return match built? {
                Built::InForce(_) => Ok(unchanged()),
                Built::Failing(_, refusal) => Err(refusal),
                Built::Proved(ruleset) => self.propose(attempt, ruleset, trigger),
            };
        }
    }

    /// Reads the folder once. The fingerprint of what was read, and what came of it.
    fn build(&self, attempt: u64) -> (Option<u128>, Result<Built, Refusal>) {
        self.desk.enter(attempt, Stage::Building);
        match Snapshot::take(&self.config.paths.rules) {
            Ok(snapshot) => (Some(snapshot.fingerprint()), self.build_from(attempt, &snapshot)),
            Err(problems) => (None, Err(problems.into())),
        }
    }

    fn build_from(&self, attempt: u64, snapshot: &Snapshot) -> Result<Built, Refusal> {
        let unpacked = snapshot.unpack()?;
        let ruleset = candidate::build(&unpacked, &self.sources)?;
        self.desk.name(attempt, &ruleset.hash);
        let in_force = self.in_force(attempt)?;
        if in_force.hash == ruleset.hash {
            return Ok(Built::InForce(ruleset));
        }
        self.desk.enter(attempt, Stage::Testing);
        match candidate::prove(&unpacked, &ruleset, &self.sources, &self.config.paths.schemas) {
            Ok(()) => Ok(Built::Proved(ruleset)),
            Err(refusal) => Ok(Built::Failing(ruleset, refusal)),
        }
    }

    fn roll_back(&mut self, attempt: u64, hash: &str) -> Result<Ending, Refusal> {
        self.desk.enter(attempt, Stage::Building);
        let archive = (self.archive)(&self.config, &self.metrics, self.stop.clone()).map_err(|error| {
            Refusal::because(
                format!("无法读取规则集主题：{error}"),
                format!("the rulesets topic cannot be read: {error}"),
            )
        })?;
        let (hash, files) = archive.find(hash)?;
        self.desk.name(attempt, hash);
        if self.in_force(attempt)?.hash == hash {
            return Ok(unchanged());
        }
        let ruleset = Ruleset::from_files(&self.config.paths.rules, files.clone(), &self.sources)?;
        self.propose(attempt, Arc::new(ruleset), Trigger::Rollback)
    }

    /// Hands a ruleset to the engine and waits for what it does with it.
    fn propose(&self, attempt: u64, ruleset: Arc<Ruleset>, trigger: Trigger) -> Result<Ending, Refusal> {
        self.desk.enter(attempt, Stage::Waiting);
        let in_force = self.in_force(attempt)?;
        let (reply, answer) = mpsc::channel();
        let dry_run = self.desk.attempt(attempt).is_some_and(|attempt| attempt.dry_run);
        let difference = Difference::between(&in_force, &ruleset);
        self.desk.propose(Proposal { attempt, ruleset, trigger, dry_run, difference, reply });
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

    /// The ruleset in force, once the engine has found out.
    fn in_force(&self, attempt: u64) -> Result<Arc<Ruleset>, Refusal> {
        loop {
            if let Some(ruleset) = self.desk.ruleset() {
                return Ok(ruleset);
            }
            self.desk.enter(attempt, Stage::Waiting);
            self.check_stop()?;
            std::thread::sleep(NAP);
        }
    }

    /// Waits until the folder has been quiet for a while.
    fn await_quiet(&mut self) {
        let began = Instant::now();
        while began.elapsed() < LONGEST_UNREST && !self.stop.is_cancelled() {
            let quiet_since = Instant::now();
            while quiet_since.elapsed() < QUIET && !self.stop.is_cancelled() {
                std::thread::sleep(NAP);
            }
            if !self.folder.watch.has_changed() {
                return;
            }
        }
    }

    fn check_stop(&self) -> Result<(), Refusal> {
        if self.stop.is_cancelled() {
            return Err(Refusal::because("程序正在停止", "the program is stopping"));
        }
        Ok(())
    }
}

/// What the folder gave.
enum Built {
    Proved(Arc<Ruleset>),
    /// Its cases do not hold.
    Failing(Arc<Ruleset>, Refusal),
    /// Nothing new: its cases are not run.
    InForce(Arc<Ruleset>),
}

/// What is told of a panic.
pub(super) fn defect() -> Refusal {
    Refusal::because(
        "程序在检查规则时出现缺陷，详见日志",
        "a defect of the program while it checked the rules; its log tells more",
    )
}

fn unchanged() -> Ending {
    Ending { outcome: Outcome::Unchanged, difference: None, refusal: None }
}
