//! The only door through which a ruleset from outside comes into the running engine: it is built, checked and proved in
//! a process of its own, with limits of memory and time, before this process builds it. Whatever kills that process is
//! a refusal, and the ruleset in force goes on (I6).
//!
//! - here: starting the process and reading its reports
//! - [`child`]: what the process does
//! - [`task`]: what it is given and what it reports
//! - `failure`: why it ended without an answer

pub mod child;
mod failure;
pub mod task;

use std::borrow::Cow;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use yujing_core::ruleset::files::check_sizes;
use yujing_core::ruleset::{Files, Ruleset, RulesetRefusal};
use yujing_core::source::Sources;
use yujing_telemetry::reload::TrialFailed;
use yujing_telemetry::{InternalEvent as _, Metrics};
use yujing_workbench::rules_folder;

use self::failure::ProcessFailure;
use self::task::{Question, Task, TaskReport};
use super::ReloadStage;

/// The hidden subcommand that is the process.
pub const SUBCOMMAND: &str = "try-rules";
/// The stack of threads that build rulesets in the engine's process. Those of the process that tries them have half of
/// it, so that what was built there has room here.
pub const STACK_SIZE: usize = 8 * 1024 * 1024;

/// Most memory that the process may use for data, in bytes: four times what the starter rules and their cases need.
const MOST_MEMORY: u64 = 1024 * 1024 * 1024;
/// Most time of a processor, all its threads together.
const MOST_PROCESSOR_TIME: Duration = Duration::from_mins(5);
/// How long it may take by the clock, on a machine that has little time for it, with cases and without.
const TIMEOUT: Duration = Duration::from_mins(15);
const TIMEOUT_WITHOUT_CASES: Duration = Duration::from_mins(2);
/// Most that is read of its standard output, in bytes.
const MOST_REPORT_BYTES: u64 = 16 * 1024 * 1024;
/// Most that is kept of its standard error, in bytes.
const MOST_STDERR_BYTES: u64 = 16 * 1024;
/// Longest sleep before looking whether to stop.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

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
        let timeout = if cases.is_some() { TIMEOUT } else { TIMEOUT_WITHOUT_CASES };
        self.run_task(&self.task(folder, files, cases, Question::Prove), timeout, enter)?;
        let ruleset = Ruleset::from_files(folder, files.clone(), &self.sources)?;
        Ok(Arc::new(ruleset))
    }

    /// Has some texts looked at within the same limits: what the process answers to a question, as JSON.
    ///
    /// # Errors
    /// Why there is no answer: what became of the process.
    pub fn ask(
        &self,
        folder: &Path,
        texts: (&Files, &Files),
        question: Question,
        timeout: Duration,
    ) -> Result<Value, RulesetRefusal> {
        let task = self.task(folder, texts.0, Some(texts.1), question);
        Ok(self.run_task(&task, timeout, &mut |_| {})?.unwrap_or_default())
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

    /// Lets the process do its task. What it answers, if more is asked than whether the ruleset is in order.
    fn run_task(
        &self,
        task: &Task<'_>,
        timeout: Duration,
        enter: &mut dyn FnMut(ReloadStage),
    ) -> Result<Option<Value>, RulesetRefusal> {
        check_sizes(&task.folder, &task.files)?;
        let task = serde_json::to_vec(task).map_err(|error| not_started(&error.into()))?;
        let mut process = Command::new(&self.program)
            .arg(SUBCOMMAND)
            .env_clear()
            // Memory that the allocator holds in reserve would count against the limit.
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let (sender, reports) = mpsc::channel();
        let mut stdin = process.stdin.take();
        let stdout = process.stdout.take();
        let stderr = process.stderr.take();
        std::thread::scope(|scope| {
            // Should the process end amid this, its end shows why.
            scope.spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(&task)));
            scope.spawn(move || stdout.map(|stdout| read_reports(stdout, &sender)));
            let stderr = scope.spawn(move || stderr.map(read_stderr).unwrap_or_default());
            let answer = self.await_answer(&mut process, &reports, timeout, enter);
            let stderr = stderr.join().unwrap_or_default();
            answer.unwrap_or_else(|failure| {
                TrialFailed { reason: &failure.to_string(), stderr: &stderr }.emit(&self.metrics);
                Err(failure.refusal(&stderr))
            })
        })
    }

    /// What the process answers, or how it ended without an answer.
    fn await_answer(
        &self,
        process: &mut Child,
        reports: &mpsc::Receiver<TaskReport>,
        timeout: Duration,
        enter: &mut dyn FnMut(ReloadStage),
    ) -> Result<Result<Option<Value>, RulesetRefusal>, ProcessFailure> {
        let began = Instant::now();
        let mut answer = None;
        loop {
            match reports.recv_timeout(POLL_INTERVAL) {
                Ok(TaskReport::Testing) => enter(ReloadStage::Testing),
                Ok(TaskReport::Proved) => answer = Some(Ok(None)),
                Ok(TaskReport::Answer(value)) => answer = Some(Ok(Some(value))),
                Ok(TaskReport::Refused(refusal)) => answer = Some(Err(refusal)),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) if self.stop.is_cancelled() => {
                    end(process)?;
                    return Ok(Err(RulesetRefusal::because("程序正在停止", "the program is stopping")));
                }
                Err(mpsc::RecvTimeoutError::Timeout) if began.elapsed() > timeout => {
                    end(process)?;
                    return Err(ProcessFailure::TimedOut(timeout));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
        // It has closed its output: what it does after that is of no account.
        let status = await_end(process)?;
        answer.ok_or(ProcessFailure::Exited(status))
    }
}

/// Waits a little for the process to end by itself.
fn await_end(process: &mut Child) -> Result<ExitStatus, ProcessFailure> {
    for _ in 0..50 {
        match process.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) => std::thread::sleep(POLL_INTERVAL),
            Err(error) => return Err(ProcessFailure::Unknown(error)),
        }
    }
    end(process)
}

/// Ends the process.
fn end(process: &mut Child) -> Result<ExitStatus, ProcessFailure> {
    process.kill().and_then(|()| process.wait()).map_err(ProcessFailure::Unknown)
}

/// Reads one report a line.
fn read_reports(stdout: impl Read, reports: &mpsc::Sender<TaskReport>) {
    for line in BufReader::new(stdout.take(MOST_REPORT_BYTES)).lines() {
        let Some(report) = line.ok().and_then(|line| serde_json::from_str(&line).ok()) else { return };
        if reports.send(report).is_err() {
            return;
        }
    }
}

/// What it wrote to standard error, at most so much; the rest is read too, so that it does not wait.
fn read_stderr(mut stderr: impl Read) -> String {
    let mut kept = Vec::new();
    let read = stderr.by_ref().take(MOST_STDERR_BYTES).read_to_end(&mut kept);
    let _ = read.and_then(|_| io::copy(&mut stderr, &mut io::sink()));
    String::from_utf8_lossy(&kept).into_owned()
}

fn not_started(error: &io::Error) -> RulesetRefusal {
    RulesetRefusal::because(
        format!("无法启动检查规则的进程：{error}"),
        format!("the process that checks rules cannot be started: {error}"),
    )
}
