//! Why the process that tries a ruleset ended without an answer, as far as it shows from outside.

use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;
use yujing_base::language::say;
use yujing_core::ruleset::RulesetRefusal;

use super::{MOST_MEMORY, MOST_PROCESSOR_TIME};

/// How it ended.
#[derive(Debug)]
pub(super) enum ProcessFailure {
    /// It was ended because it took too long by the clock.
    TimedOut(Duration),
    /// It ended by itself, or the system ended it.
    Exited(ExitStatus),
    /// The system does not say.
    Unknown(io::Error),
}

impl fmt::Display for ProcessFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(timeout) => write!(f, "it took longer than {timeout:?}"),
            Self::Exited(status) => write!(f, "{status}"),
            Self::Unknown(error) => write!(f, "{error}"),
        }
    }
}

impl ProcessFailure {
    /// The answer to those who wrote the rules. `stderr` is what it wrote at last: the words of Rust's own runtime say
    /// what it ran out of.
    pub(super) fn refusal(&self, stderr: &str) -> RulesetRefusal {
        let by = |signal: Signal| matches!(self, Self::Exited(status) if status.signal() == Some(signal as i32));
        let reason = if stderr.contains("has overflowed its stack") {
            say!(
                "表达式嵌套过深或者过长，检查时栈空间耗尽；请拆分为几步",
                "an expression nests too deeply or is too long: the check ran out of stack; take it apart"
            )
        } else if stderr.contains("memory allocation of") || by(Signal::Kill) {
            let mebibytes = MOST_MEMORY / (1024 * 1024);
            say!(
                "检查所需内存超过 {mebibytes} MiB：规则、指标或者用例会生成过多数据",
                "the check needs more than {mebibytes} MiB of memory: a rule, feature or case makes too much data"
            )
        } else if let Self::TimedOut(timeout) = self {
            let seconds = timeout.as_secs();
            say!(
                "检查用时超过 {seconds} 秒：规则、指标或者用例计算量过大，或者机器繁忙",
                "the check takes longer than {seconds} seconds: a rule, feature or case computes too much, or the machine is busy"
            )
        } else if by(Signal::Xcpu) {
            let minutes = MOST_PROCESSOR_TIME.as_secs() / 60;
            say!(
                "检查用时过长（处理器时间超过 {minutes} 分钟）：规则、指标或者用例计算量过大",
                "the check takes too long (over {minutes} minutes of a processor): a rule, feature or case computes too much"
            )
        } else {
            say!(
                "检查规则的进程意外结束（{self}），详见日志",
                "the process that checks rules ended unexpectedly ({self}); the log tells more"
            )
        };
        RulesetRefusal::because(reason.zh, reason.en)
    }
}
