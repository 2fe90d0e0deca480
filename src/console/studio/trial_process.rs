//! The process of a trial: what it reports, and why it ended without a result.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use yujing_base::language::{Bilingual, say};
use yujing_live::reload::sandbox::child::HISTORY_LIMITS;
use yujing_live::reload::sandbox::exhausted::{Exhausted, read_stderr};
use yujing_replay::trial::{SUBCOMMAND, TrialReport};

/// Most that is read of what the process reports, in bytes.
const MOST_REPORT_BYTES: u64 = 64 * 1024 * 1024;
/// How often it is looked whether it has ended, and how many times, once it says nothing any more.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
const MOST_LOOKS: u32 = 100;

/// A running process; it ends with this.
#[derive(Debug)]
pub(super) struct TrialProcess {
    process: Child,
    reports: mpsc::Receiver<TrialReport>,
    /// What it wrote to standard error, once it has ended.
    stderr: Option<JoinHandle<String>>,
}

impl TrialProcess {
    /// Lets `program` do a task, which is JSON.
    pub(super) fn start(program: &Path, task: Vec<u8>) -> std::io::Result<Self> {
        let mut process = Command::new(program)
            .arg(SUBCOMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (sender, reports) = mpsc::channel();
        let (stdin, stdout, stderr) = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        // All three end with the process.
        std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&task)));
        std::thread::spawn(move || stdout.map(|stdout| read_reports(stdout, &sender)));
        let stderr = Some(std::thread::spawn(move || stderr.map(read_stderr).unwrap_or_default()));
        Ok(Self { process, reports, stderr })
    }

    /// What it reports within some time; none: nothing.
    ///
    /// # Errors
    /// Why it will report nothing any more.
    pub(super) fn report(&mut self, within: Duration) -> Result<Option<TrialReport>, Bilingual> {
        match self.reports.recv_timeout(within) {
            Ok(report) => Ok(Some(report)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(self.why_it_ended()),
        }
    }

    fn why_it_ended(&mut self) -> Bilingual {
        for _ in 0..MOST_LOOKS {
            if let Ok(Some(status)) = self.process.try_wait() {
                let stderr = self.stderr.take().and_then(|stderr| stderr.join().ok());
                return why(status, &stderr.unwrap_or_default());
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
        Bilingual::new("回放进程的输出无法识别", "the process that replays says what cannot be read")
    }
}

impl Drop for TrialProcess {
    fn drop(&mut self) {
        // It has said what it had to say, or nobody wants to hear it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn why(status: ExitStatus, stderr: &str) -> Bilingual {
    match Exhausted::of(Some(status), stderr) {
        Some(Exhausted::ProcessorTime) => {
            let minutes = HISTORY_LIMITS.processor_time.as_secs() / 60;
            say!(
                "回放占用处理器的时间超过{minutes}分钟，已被系统终止：请缩短时段，或者简化规则与指标",
                "the replay took more than {minutes} minutes of a processor, and the system ended it: ask for fewer days, \
                 or make rules and features simpler"
            )
        }
        Some(Exhausted::Memory) => {
            let gibibytes = HISTORY_LIMITS.memory / (1024 * 1024 * 1024);
            say!(
                "回放所需内存超过{gibibytes} GiB，或者系统内存不足：请缩短时段",
                "the replay needs more than {gibibytes} GiB of memory, or the system has no more: ask for fewer days"
            )
        }
        Some(Exhausted::Stack) => Bilingual::new(
            "表达式嵌套过深或者过长，回放时栈空间耗尽：请拆分为几步",
            "an expression nests too deeply or is too long: the replay ran out of stack; take it apart",
        ),
        None => {
            say!("回放进程意外结束（{status}）", "the process that replays ended unexpectedly ({status})")
        }
    }
}

/// Reads one report a line.
fn read_reports(stdout: impl Read, reports: &mpsc::Sender<TrialReport>) {
    for line in BufReader::new(stdout.take(MOST_REPORT_BYTES)).lines() {
        let report = line.ok().and_then(|line| serde_json::from_str(&line).ok());
        let Some(report) = report else { return };
        if reports.send(report).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// What is told of a program that ends like this.
    fn told_of(script: &str) -> Bilingual {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("program");
        fs::write(&program, format!("#!/bin/sh\ncat > /dev/null\n{script}\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("executable");
        let mut process = TrialProcess::start(&program, b"{}".to_vec()).expect("started");
        loop {
            match process.report(Duration::from_mins(1)) {
                Ok(report) => assert_eq!(report, Some(TrialReport::Failed("so far".into()))),
                Err(why) => return why,
            }
        }
    }

    #[test]
    fn what_a_trial_ran_out_of_is_told() {
        let says = |script: &str, zh: &str, en: &str| {
            let told = told_of(script);
            assert!(told.zh.contains(zh) && told.en.contains(en), "{script}: {told:?}");
        };
        says("kill -XCPU $$", "处理器的时间超过120分钟", "more than 120 minutes of a processor");
        says("ulimit -S -t 1; while :; do :; done", "处理器的时间超过", "minutes of a processor");
        says("echo 'memory allocation of 64 bytes failed' >&2; kill -ABRT $$", "内存超过4 GiB", "more than 4 GiB");
        says("kill -KILL $$", "内存超过4 GiB", "the system has no more");
        says("echo 'thread main has overflowed its stack' >&2; kill -ABRT $$", "栈空间耗尽", "ran out of stack");
        says("exit 3", "意外结束（exit status: 3）", "unexpectedly (exit status: 3)");
        let report = r#"{"failed":{"zh":"so far","en":"so far"}}"#;
        says(&format!("echo '{report}'; kill -XCPU $$"), "处理器的时间", "of a processor");
        says("echo nonsense; exec sleep 60", "无法识别", "cannot be read");
    }
}
