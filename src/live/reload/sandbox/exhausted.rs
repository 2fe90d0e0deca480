//! What a process with limits ran out of, as far as it shows from outside.

use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rustix::process::Signal;

/// Most that is kept of its standard error, in bytes.
const MOST_STDERR_BYTES: u64 = 16 * 1024;

/// What it ran out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    Stack,
    Memory,
    /// The system ended it for the time that it took of a processor.
    ProcessorTime,
}

impl Exhausted {
    /// `status` is how it ended, if the system says so, and `stderr` what it wrote at last: the words of Rust's own
    /// runtime.
    pub fn of(status: Option<ExitStatus>, stderr: &str) -> Option<Self> {
        let by = |signal: Signal| status.and_then(|status| status.signal()) == Some(signal as i32);
        if stderr.contains("has overflowed its stack") {
            Some(Self::Stack)
        } else if stderr.contains("memory allocation of") || by(Signal::Kill) {
            Some(Self::Memory)
        } else {
            by(Signal::Xcpu).then_some(Self::ProcessorTime)
        }
    }
}

/// What a process writes to standard error, at most so much; the rest is read too, so that it does not wait.
pub fn read_stderr(mut stderr: impl Read) -> String {
    let mut kept = Vec::new();
    let read = stderr.by_ref().take(MOST_STDERR_BYTES).read_to_end(&mut kept);
    let _ = read.and_then(|_| io::copy(&mut stderr, &mut io::sink()));
    String::from_utf8_lossy(&kept).into_owned()
}
