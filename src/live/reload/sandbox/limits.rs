//! What one task may take, of a processor and by the clock.

use std::process::Child;
use std::time::{Duration, Instant};

use super::failure::ProcessFailure;

/// What one task may take. The time of a processor decides: it does not depend on what else the machine does. The clock
/// ends what waits for a processor, or for anything else, longer than somebody would wait for the answer. Where the
/// system has no `/proc`, the clock alone decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskLimits {
    /// Time of a processor, all threads of the process together.
    pub processor_time: Duration,
    /// Time by the clock: far more than an honest task takes on a busy machine.
    pub wall_clock: Duration,
}

impl TaskLimits {
    /// For a ruleset without its cases: a hundred times what the starter rules take.
    pub const BUILD: Self = Self { processor_time: Duration::from_mins(2), wall_clock: Duration::from_mins(15) };
    /// For a ruleset and all its cases, for which nobody waits.
    pub const PROOF: Self = Self { processor_time: Duration::from_mins(5), wall_clock: Duration::from_mins(15) };

    /// The limit that a task is beyond, if it is.
    pub(super) fn exceeded_by(self, used: TimeUsed) -> Option<ProcessFailure> {
        let Self { processor_time, wall_clock } = self;
        if used.processor.is_some_and(|used| used > processor_time) {
            return Some(ProcessFailure::ComputedTooLong(processor_time));
        }
        (used.wall_clock > wall_clock).then_some(ProcessFailure::TimedOut(wall_clock))
    }
}

/// What a task has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeUsed {
    /// None: the system does not say.
    pub processor: Option<Duration>,
    pub wall_clock: Duration,
}

/// Measures one task of a process.
#[derive(Debug)]
pub(super) struct TaskTimer {
    began: Instant,
    processor_time_before: Option<Duration>,
}

impl TaskTimer {
    pub(super) fn begin(process: &Child) -> Self {
        Self { began: Instant::now(), processor_time_before: processor_time(process) }
    }

    pub(super) fn used(&self, process: &Child) -> TimeUsed {
        let before = self.processor_time_before;
        let processor = processor_time(process).zip(before).map(|(now, before)| now.saturating_sub(before));
        TimeUsed { processor, wall_clock: self.began.elapsed() }
    }
}

/// What a process has used of a processor since its start, in user and kernel mode, all its threads together.
#[cfg(target_os = "linux")]
fn processor_time(process: &Child) -> Option<Duration> {
    let pid = i32::try_from(process.id()).ok()?;
    let stat = procfs::process::Process::new(pid).and_then(|process| process.stat()).ok()?;
    Some(Duration::from_millis((stat.utime + stat.stime) * 1_000 / procfs::ticks_per_second()))
}

#[cfg(not(target_os = "linux"))]
fn processor_time(_: &Child) -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: TaskLimits =
        TaskLimits { processor_time: Duration::from_secs(2), wall_clock: Duration::from_mins(1) };

    fn exceeded(processor: Option<u64>, wall_clock: u64) -> Option<String> {
        let (processor, wall_clock) = (processor.map(Duration::from_secs), Duration::from_secs(wall_clock));
        LIMITS.exceeded_by(TimeUsed { processor, wall_clock }).map(|failure| failure.to_string())
    }

    #[test]
    fn the_time_of_a_processor_decides_and_the_clock_where_it_is_not_known() {
        assert_eq!(exceeded(Some(1), 59), None, "a busy machine");
        assert_eq!(exceeded(None, 59), None);
        assert_eq!(exceeded(Some(3), 3).as_deref(), Some("it computed for longer than 2s"));
        assert_eq!(exceeded(Some(1), 61).as_deref(), Some("it took longer than 60s"));
        assert_eq!(exceeded(None, 61).as_deref(), Some("it took longer than 60s"));
    }
}
