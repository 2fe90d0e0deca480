//! The only door through which a ruleset from outside comes into the running engine: it is built, checked and proved in
//! a process of its own, with limits of memory and time, before this process builds it. Whatever kills that process is
//! a refusal, and the ruleset in force goes on (I6).
//!
//! - here: a process for one ruleset
//! - [`warm`]: processes that are kept from one question to the next, for people who wait
//! - `process`: starting one, giving it tasks, reading its reports
//! - [`child`]: what the process does
//! - [`task`]: what it is given and what it reports
//! - [`limits`]: how long it may take for a task
//! - `failure`: why it ended without an answer; [`exhausted`]: what it ran out of

pub mod child;
pub mod exhausted;
mod failure;
pub mod limits;
mod process;
pub mod task;
pub mod warm;

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use yujing_core::ruleset::files::check_sizes;
use yujing_core::ruleset::{Files, Ruleset, RulesetRefusal};
use yujing_core::source::Sources;
use yujing_telemetry::reload::TrialFailed;
use yujing_telemetry::{InternalEvent as _, Metrics};
use yujing_workbench::rules_folder;

use self::failure::ProcessFailure;
use self::limits::TaskLimits;
use self::process::{SandboxProcess, TaskAnswer};
use self::task::{Question, Task};
use super::ReloadStage;

/// The hidden subcommand that is the process.
pub const SUBCOMMAND: &str = "try-rules";
/// The stack of threads that build rulesets in the engine's process. Those of the process that tries them have half of
/// it, so that what was built there has room here.
pub const STACK_SIZE: usize = 8 * 1024 * 1024;

/// Most memory that the process may use for data, in bytes: four times what the starter rules and their cases need.
const MOST_MEMORY: u64 = 1024 * 1024 * 1024;
/// Most time of a processor, all its threads and all its tasks together: what it may have used before it is given its
/// last task, and what that may take.
const MOST_PROCESSOR_TIME: Duration = Duration::from_mins(6);

/// Builds rulesets from texts that anybody may have written.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// This program.
    pub program: PathBuf,
    /// The folder of schemas: its examples give cases the fields that they leave out.
    pub schemas: PathBuf,
    pub sources: Arc<Sources>,
    pub metrics: Arc<Metrics>,
    pub stop: CancellationToken,
}

/// This program, also when its file has been replaced meanwhile.
///
/// # Errors
/// If the system does not say.
pub fn this_program() -> io::Result<PathBuf> {
    let link = Path::new("/proc/self/exe");
    if link.exists() { Ok(link.to_owned()) } else { std::env::current_exe() }
}

impl Sandbox {
    /// Builds what a folder holds, without its cases.
    ///
    /// # Errors
    /// What is wrong with it, or what became of the process that tried it.
    pub fn build_folder(&self, folder: &Path) -> Result<Arc<Ruleset>, RulesetRefusal> {
        self.build(folder, &rules_folder::read(folder)?.ruleset_files()?, None, &mut |_| {})
    }

    /// Builds the ruleset of some texts, and runs its cases if they are given. `folder` is for messages; `enter` is
    /// called with how far it is.
    ///
    /// # Errors
    /// What is wrong with it, or what became of the process that tried it.
    pub fn build(
        &self,
        folder: &Path,
        files: &Files,
        cases: Option<&Files>,
        enter: &mut dyn FnMut(ReloadStage),
    ) -> Result<Arc<Ruleset>, RulesetRefusal> {
        let limits = if cases.is_some() { TaskLimits::PROOF } else { TaskLimits::BUILD };
        self.run_task(&self.task(folder, files, cases, Question::Prove), limits, enter)?;
        let ruleset = Ruleset::from_files(folder, files.clone(), &self.sources)?;
        Ok(Arc::new(ruleset))
    }

    fn task<'a>(
        &'a self,
        folder: &'a Path,
        files: &'a Files,
        cases: Option<&'a Files>,
        question: Question,
    ) -> Task<'a> {
        Task {
            folder: Cow::Borrowed(folder),
            schemas: Cow::Borrowed(&self.schemas),
            sources: Cow::Borrowed(self.sources.files()),
            files: Cow::Borrowed(files),
            cases: cases.map(Cow::Borrowed),
            question,
        }
    }

    /// Lets a process of its own do a task. What it answers, if more is asked than whether the ruleset is in order.
    fn run_task(
        &self,
        task: &Task<'_>,
        limits: TaskLimits,
        enter: &mut dyn FnMut(ReloadStage),
    ) -> Result<Option<Value>, RulesetRefusal> {
        let task = written(task)?;
        let mut process = self.start()?;
        let answer = process.run(task, limits, &self.stop, enter);
        self.ended(process, answer)
    }

    fn start(&self) -> Result<SandboxProcess, RulesetRefusal> {
        SandboxProcess::start(&self.program).map_err(|error| not_started(&error))
    }

    /// Ends a process after its last task: what it answered, or why it could not.
    fn ended(
        &self,
        process: SandboxProcess,
        answer: Result<TaskAnswer, ProcessFailure>,
    ) -> Result<Option<Value>, RulesetRefusal> {
        let stderr = process.end();
        answer.unwrap_or_else(|failure| {
            TrialFailed { reason: &failure.to_string(), stderr: &stderr }.emit(&self.metrics);
            Err(failure.refusal(&stderr))
        })
    }
}

/// A task as a process is given it: one line.
fn written(task: &Task<'_>) -> Result<Vec<u8>, RulesetRefusal> {
    check_sizes(&task.folder, &task.files)?;
    let mut line = serde_json::to_vec(task).map_err(|error| not_started(&error.into()))?;
    line.push(b'\n');
    Ok(line)
}

fn not_started(error: &io::Error) -> RulesetRefusal {
    RulesetRefusal::because(
        format!("无法启动检查规则的进程：{error}"),
        format!("the process that checks rules cannot be started: {error}"),
    )
}
