//! Trials on history, one at a time, each in a process of its own with limits of memory and time, which ends when
//! somebody cancels the trial or the console stops.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yujing_base::language::{Bilingual, say};
use yujing_config::Config;
use yujing_replay::trial::{TrialProgress, TrialReport, TrialTask};
use yujing_telemetry::console::ConsoleFailed;
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::trial_process::TrialProcess;
use super::{Bell, Studio};
use crate::error::ConsoleError;
use crate::feed::{self, Feed};
use crate::store::Store;
use crate::store::trial::{StoredTrial, TrialEnding};

/// Most trials that wait or run.
pub const MOST_TRIALS: u32 = 8;
/// How long one may take by the clock.
const TIMEOUT: Duration = Duration::from_hours(1);
/// How often it is looked whether something is to be done, beside the bell.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// Between two looks whether to go on.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// How far the trial under way is.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Mutex<Option<(Uuid, TrialProgress)>>>);

impl Progress {
    /// Of a change's trial, if that is under way.
    pub fn of(&self, change: Uuid) -> Option<TrialProgress> {
        let progress = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        progress.filter(|(of, _)| *of == change).map(|(_, progress)| progress)
    }

    fn set(&self, progress: Option<(Uuid, TrialProgress)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }
}

/// Runs trials, on a thread of its own.
#[derive(Debug)]
pub struct TrialRunner {
    pub config: Arc<Config>,
    /// This program.
    pub program: PathBuf,
    pub studio: Arc<Studio>,
    pub store: Arc<Store>,
    pub feed: Feed,
    pub bell: Bell,
    pub progress: Progress,
    pub metrics: Arc<Metrics>,
    pub stop: CancellationToken,
}

impl TrialRunner {
    /// Works until asked to stop.
    pub fn run(self) {
        if let Err(error) = self.store.requeue_trials() {
            self.failed(&error);
        }
        while !self.stop.is_cancelled() {
            match self.store.begin_trial(Timestamp::now()) {
                Ok(Some(trial)) => {
                    if let Err(error) = self.try_one(&trial) {
                        self.failed(&error);
                    }
                }
                Ok(None) => self.bell.wait(LOOK_INTERVAL),
                Err(error) => {
                    self.failed(&error);
                    self.bell.wait(LOOK_INTERVAL);
                }
            }
        }
    }

    fn failed(&self, error: &ConsoleError) {
        ConsoleFailed { reason: &error.to_string() }.emit(&self.metrics);
    }

    fn try_one(&self, trial: &StoredTrial) -> Result<(), ConsoleError> {
        self.tell();
        let ending = match self.task(trial)? {
            Ok(task) => self.run_task(trial.change, &task),
            Err(why) => Some(TrialEnding::Failed(why)),
        };
        self.progress.set(None);
        if let Some(ending) = ending {
            self.store.end_trial(trial.change, &ending, Timestamp::now())?;
        }
        self.tell();
        Ok(())
    }

    /// What is to be tried, or why nothing is.
    fn task(&self, trial: &StoredTrial) -> Result<Result<TrialTask, Bilingual>, ConsoleError> {
        let gone = || Bilingual::new("这项变更已不存在", "there is no such change any more");
        let Some(change) = self.store.change(trial.change)? else { return Ok(Err(gone())) };
        let texts = match self.studio.folder().and_then(|folder| folder.texts()) {
            Ok(texts) => texts,
            Err(refusal) => return Ok(Err(refusal.text())),
        };
        let asked = match serde_json::from_value(trial.asked.clone()) {
            Ok(asked) => asked,
            Err(error) => return Ok(Err(error.to_string().as_str().into())),
        };
        let in_force = texts.files.clone();
        let change = texts.with_change(&change).files;
        Ok(Ok(TrialTask { config: (*self.config).clone(), in_force, change, asked, now: Timestamp::now() }))
    }

    /// Lets a process do it; none: it is over for another reason, or goes on after the next start.
    fn run_task(&self, change: Uuid, task: &TrialTask) -> Option<TrialEnding> {
        let task = serde_json::to_vec(task).map_err(std::io::Error::from);
        match task.and_then(|task| TrialProcess::start(&self.program, task)) {
            Ok(process) => self.follow(change, process),
            Err(error) => {
                let why = say!("回放进程无法启动：{error}", "the process that replays cannot be started: {error}");
                Some(TrialEnding::Failed(why))
            }
        }
    }

    fn follow(&self, change: Uuid, mut process: TrialProcess) -> Option<TrialEnding> {
        let began = Instant::now();
        loop {
            match process.report(POLL_INTERVAL) {
                Ok(Some(TrialReport::Progress(progress))) => self.progress.set(Some((change, progress))),
                Ok(Some(TrialReport::Done(result))) => {
                    return Some(match serde_json::to_value(*result) {
                        Ok(result) => TrialEnding::Done(result),
                        Err(error) => TrialEnding::Failed(error.to_string().as_str().into()),
                    });
                }
                Ok(Some(TrialReport::Failed(why))) | Err(why) => return Some(TrialEnding::Failed(why)),
                Ok(None) => {}
            }
            if began.elapsed() > TIMEOUT {
                let minutes = TIMEOUT.as_secs() / 60;
                return Some(TrialEnding::Failed(say!(
                    "回放超过{minutes}分钟，已停止：请缩短时段",
                    "the replay took longer than {minutes} minutes and was stopped: ask for fewer days"
                )));
            }
            if self.stop.is_cancelled() || !self.is_wanted(change) {
                return None;
            }
        }
    }

    /// Whether nobody has cancelled it. A database that is locked cancels nothing.
    fn is_wanted(&self, change: Uuid) -> bool {
        self.store.trial(change).map_or(true, |trial| trial.is_some_and(|trial| trial.state.is_open()))
    }

    fn tell(&self) {
        self.feed.tell(feed::Change { rules: true, ..feed::Change::default() });
    }
}
