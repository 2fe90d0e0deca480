//! A process that tries rulesets, one task after the other: it ends when there are no more.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use yujing_core::ruleset::RulesetRefusal;

use super::exhausted::read_stderr;
use super::failure::ProcessFailure;
use super::limits::{TaskLimits, TaskTimer};
use super::task::TaskReport;
use super::{ReloadStage, SUBCOMMAND};

/// Most that is read of one report, in bytes.
const MOST_REPORT_BYTES: u64 = 16 * 1024 * 1024;
/// Longest sleep before looking whether to stop.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What came of a task: the answer, if more was asked than whether the ruleset is in order.
pub(super) type TaskAnswer = Result<Option<Value>, RulesetRefusal>;

/// A running process.
#[derive(Debug)]
pub(super) struct SandboxProcess {
    process: Child,
    /// To the thread that writes to its standard input.
    tasks: mpsc::Sender<Vec<u8>>,
    reports: mpsc::Receiver<TaskReport>,
    stderr: JoinHandle<String>,
    /// Tasks that it was given, and the time of a processor that it took for them; by the clock, where that is not known.
    pub(super) given: u32,
    pub(super) busy: Duration,
}

impl SandboxProcess {
    pub(super) fn start(program: &Path) -> io::Result<Self> {
        let mut process = Command::new(program)
            .arg(SUBCOMMAND)
            .env_clear()
            // Memory that the allocator holds in reserve would count against the limit.
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdin, stdout, stderr) = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (tasks, to_write) = mpsc::channel();
        let (sender, reports) = mpsc::channel();
        // All three end with the process.
        std::thread::spawn(move || stdin.map(|stdin| write_tasks(stdin, &to_write)));
        std::thread::spawn(move || stdout.map(|stdout| read_reports(stdout, &sender)));
        let stderr = std::thread::spawn(move || stderr.map(read_stderr).unwrap_or_default());
        Ok(Self { process, tasks, reports, stderr, given: 0, busy: Duration::ZERO })
    }

    /// Gives it a task: what it answers, or how it ended without an answer. Blocks.
    pub(super) fn run(
        &mut self,
        task: Vec<u8>,
        limits: TaskLimits,
        stop: &CancellationToken,
        enter: &mut dyn FnMut(ReloadStage),
    ) -> Result<TaskAnswer, ProcessFailure> {
        self.given += 1;
        let timer = TaskTimer::begin(&self.process);
        // Should it have ended, its reports show so.
        let _ = self.tasks.send(task);
        let answer = self.await_answer(&timer, limits, stop, enter);
        let used = timer.used(&self.process);
        self.busy += used.processor.unwrap_or(used.wall_clock);
        answer
    }

    fn await_answer(
        &mut self,
        timer: &TaskTimer,
        limits: TaskLimits,
        stop: &CancellationToken,
        enter: &mut dyn FnMut(ReloadStage),
    ) -> Result<TaskAnswer, ProcessFailure> {
        loop {
            match self.reports.recv_timeout(POLL_INTERVAL) {
                Ok(TaskReport::Testing) => enter(ReloadStage::Testing),
                Ok(TaskReport::Proved) => return Ok(Ok(None)),
                Ok(TaskReport::Answer(value)) => return Ok(Ok(Some(value))),
                Ok(TaskReport::Refused(refusal)) => return Ok(Err(refusal)),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(ProcessFailure::Exited(await_end(&mut self.process)?));
                }
                Err(mpsc::RecvTimeoutError::Timeout) if stop.is_cancelled() => {
                    end(&mut self.process)?;
                    return Ok(Err(RulesetRefusal::because("程序正在停止", "the program is stopping")));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    if let Some(failure) = limits.exceeded_by(timer.used(&self.process)) {
                        end(&mut self.process)?;
                        return Err(failure);
                    }
                }
            }
        }
    }

    /// Whether it has ended, by itself or not.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }

    /// There are no more tasks: ends it. What it wrote to standard error.
    pub(super) fn end(self) -> String {
        let Self { mut process, tasks, reports, stderr, .. } = self;
        drop((tasks, reports));
        // If the system does not say how it ended, nobody needs to know any more.
        let _ = await_end(&mut process);
        stderr.join().unwrap_or_default()
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

/// Writes one task a line, until there are no more or nobody reads them.
fn write_tasks(mut stdin: ChildStdin, tasks: &mpsc::Receiver<Vec<u8>>) {
    for task in tasks {
        if stdin.write_all(&task).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}

/// Reads one report a line.
fn read_reports(stdout: impl Read, reports: &mpsc::Sender<TaskReport>) {
    let mut stdout = BufReader::new(stdout);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = stdout.by_ref().take(MOST_REPORT_BYTES).read_until(b'\n', &mut line);
        let Some(report) = read.ok().and_then(|_| serde_json::from_slice(&line).ok()) else { return };
        if reports.send(report).is_err() {
            return;
        }
    }
}
