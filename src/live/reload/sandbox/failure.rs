//! Why the process that tries a ruleset ended without an answer, as far as it shows from outside.

use std::fmt;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use yujing_base::language::{Bilingual, say};
use yujing_core::ruleset::RulesetRefusal;

use super::exhausted::Exhausted;
use super::{MOST_MEMORY, MOST_PROCESSOR_TIME};

/// How it ended.
#[derive(Debug)]
pub(super) enum ProcessFailure {
    /// It was ended because a task took more of a processor than this.
    ComputedTooLong(Duration),
    /// It was ended because a task took longer by the clock than this.
    TimedOut(Duration),
    /// It ended by itself, or the system ended it.
    Exited(ExitStatus),
    /// The system does not say.
    Unknown(io::Error),
}

impl fmt::Display for ProcessFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ComputedTooLong(limit) => write!(f, "it computed for longer than {limit:?}"),
            Self::TimedOut(limit) => write!(f, "it took longer than {limit:?}"),
            Self::Exited(status) => write!(f, "{status}"),
            Self::Unknown(error) => write!(f, "{error}"),
        }
    }
}

impl ProcessFailure {
    /// The answer to those who wrote the rules. `stderr` is what it wrote at last.
    pub(super) fn refusal(&self, stderr: &str) -> RulesetRefusal {
        let status = if let Self::Exited(status) = self { Some(*status) } else { None };
        let reason = match (Exhausted::of(status, stderr), self) {
            (Some(Exhausted::Stack), _) => say!(
                "表达式嵌套过深或者过长，检查时栈空间耗尽；请拆分为几步",
                "an expression nests too deeply or is too long: the check ran out of stack; take it apart"
            ),
            (Some(Exhausted::Memory), _) => {
                let mebibytes = MOST_MEMORY / (1024 * 1024);
                say!(
                    "检查所需内存超过 {mebibytes} MiB：规则、指标或者用例会生成过多数据",
                    "the check needs more than {mebibytes} MiB of memory: a rule, feature or case makes too much data"
                )
            }
            (_, Self::ComputedTooLong(limit)) => computed_too_long(*limit),
            (Some(Exhausted::ProcessorTime), _) => computed_too_long(MOST_PROCESSOR_TIME),
            (None, Self::TimedOut(limit)) => {
                let seconds = limit.as_secs();
                say!(
                    "检查未能在 {seconds} 秒内完成：机器繁忙，请稍后再试",
                    "the check was not done within {seconds} seconds: the machine is busy; try again later"
                )
            }
            (None, _) => say!(
                "检查规则的进程意外结束（{self}），详见日志",
                "the process that checks rules ended unexpectedly ({self}); the log tells more"
            ),
        };
        RulesetRefusal::because(reason.zh, reason.en)
    }
}

fn computed_too_long(limit: Duration) -> Bilingual {
    let seconds = limit.as_secs();
    say!(
        "检查占用处理器的时间超过 {seconds} 秒：规则、指标或者用例的计算量过大；请简化，或者减少一次运行的用例",
        "the check takes more than {seconds} seconds of a processor: a rule, feature or case computes too much; make it \
         simpler, or run fewer cases at once"
    )
}
