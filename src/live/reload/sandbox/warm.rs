//! Processes that are kept from one question to the next, for people who wait: what a start takes is saved. Each has the
//! limits of memory and time that any has; one that has done much is replaced, so that a question always has most of
//! them to itself. One that runs away, is killed or uses too much memory is replaced too, and whoever asked is told.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use yujing_core::ruleset::{Files, RulesetRefusal};

use super::failure::ProcessFailure;
use super::limits::TaskLimits;
use super::process::{SandboxProcess, TaskAnswer};
use super::task::Question;
use super::{Sandbox, written};

/// Most that are kept; a further one ends with its answer.
const MOST_KEPT: usize = 2;
/// After so many tasks, or so much time of a processor spent on them, a process is replaced: a sixth of what it may use
/// in all, so that the next task has what it may take.
const MOST_TASKS: u32 = 500;
const MOST_BUSY: Duration = Duration::from_mins(1);

/// A sandbox whose processes are kept.
#[derive(Debug)]
pub struct WarmSandbox {
    sandbox: Sandbox,
    idle: Mutex<Vec<SandboxProcess>>,
}

impl WarmSandbox {
    pub fn new(sandbox: Sandbox) -> Self {
        Self { sandbox, idle: Mutex::default() }
    }

    /// The sandbox itself.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Has some texts looked at: what a process answers to a question, as JSON. Blocks.
    ///
    /// # Errors
    /// Why there is no answer: what became of the process.
    pub fn ask(
        &self,
        folder: &Path,
        (files, cases): (&Files, &Files),
        question: Question,
        limits: TaskLimits,
    ) -> Result<Value, RulesetRefusal> {
        let task = written(&self.sandbox.task(folder, files, Some(cases), question))?;
        while let Some(mut process) = self.take_kept() {
            if process.has_ended() {
                process.end();
                continue;
            }
            let answer = process.run(task.clone(), limits, &self.sandbox.stop, &mut |_| {});
            // One that nobody needed for long, or that has grown, ends by itself, perhaps just now.
            if !matches!(&answer, Err(ProcessFailure::Exited(status)) if status.success()) {
                return self.answered(process, answer);
            }
            process.end();
        }
        let mut process = self.sandbox.start()?;
        let answer = process.run(task, limits, &self.sandbox.stop, &mut |_| {});
        self.answered(process, answer)
    }

    /// Keeps a process that is fit for more, ends another.
    fn answered(
        &self,
        process: SandboxProcess,
        answer: Result<TaskAnswer, ProcessFailure>,
    ) -> Result<Value, RulesetRefusal> {
        let is_fit = is_fit_for_more(process.given, process.busy) && !self.sandbox.stop.is_cancelled();
        let mut idle = self.idle();
        let answer = match answer {
            Ok(answer) if is_fit && idle.len() < MOST_KEPT => {
                idle.push(process);
                answer
            }
            answer => {
                drop(idle);
                self.sandbox.ended(process, answer)
            }
        };
        Ok(answer?.unwrap_or_default())
    }

    fn take_kept(&self) -> Option<SandboxProcess> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<SandboxProcess>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a process that was given so many tasks, and took so long for them, may be given another.
fn is_fit_for_more(given: u32, busy: Duration) -> bool {
    given < MOST_TASKS && busy < MOST_BUSY
}

#[cfg(test)]
#[path = "warm_tests.rs"]
mod tests;
