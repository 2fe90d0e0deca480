//! How long threads and processes were on a processor, and how long they waited for one: what a wait goes by that a busy
//! machine is not to end.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::kafka::PATIENCE;
use super::program::EngineProcess;

/// How long something was on a processor, and how long it was kept waiting for one.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessorTime {
    pub used: Duration,
    pub waited: Duration,
}

impl ProcessorTime {
    /// Of the thread that asks.
    pub fn of_this_thread() -> Self {
        Self::of(Path::new("/proc/thread-self")).expect("Linux says")
    }

    /// Of a thread, unless it has ended.
    fn of(thread: &Path) -> Option<Self> {
        let stat = std::fs::read_to_string(thread.join("schedstat")).ok()?;
        let mut nanoseconds = stat.split_whitespace().map(|field| field.parse().ok());
        let mut next = || nanoseconds.next().flatten().map(Duration::from_nanos);
        Some(Self { used: next()?, waited: next()? })
    }
}

/// The processes that a process has started and that have not ended.
pub fn children(process: u32) -> Vec<u32> {
    let lists = threads(process).filter_map(|(_, thread)| std::fs::read_to_string(thread.join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

/// The threads of a process: none, if it has ended.
fn threads(process: u32) -> impl Iterator<Item = (u32, PathBuf)> {
    let folder = std::fs::read_dir(format!("/proc/{process}/task"));
    let entries = folder.into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
}

/// Threads of processes, and of those that these start, as they were seen last.
#[derive(Default)]
struct Seen(HashMap<u32, ProcessorTime>);

impl Seen {
    /// Looks again, and gives the sum: of threads that have ended too.
    fn again(&mut self, processes: &[u32]) -> ProcessorTime {
        let mut left = processes.to_vec();
        while let Some(process) = left.pop() {
            let found = threads(process).filter_map(|(thread, path)| Some((thread, ProcessorTime::of(&path)?)));
            self.0.extend(found);
            left.extend(children(process));
        }
        self.0.values().fold(ProcessorTime::default(), |sum, thread| ProcessorTime {
            used: sum.used + thread.used,
            waited: sum.waited + thread.waited,
        })
    }
}

/// As [`eventually`](super::kafka::eventually), for what processes do, also by those that they start with a low priority:
/// as long as they wait for a processor nothing is held against them. It fails once they have done without the answer
/// what they could: been on a processor for [`PATIENCE`], or had that time and not wanted one.
pub fn eventually_by<T>(processes: &[&EngineProcess], what: &str, condition: impl FnMut() -> Option<T>) -> T {
    let processes: Vec<u32> = processes.iter().map(|process| process.id()).collect();
    done_by(&processes, PATIENCE, condition).unwrap_or_else(|why| panic!("{what}: {why}"))
}

fn done_by<T>(processes: &[u32], patience: Duration, mut condition: impl FnMut() -> Option<T>) -> Result<T, String> {
    let (began, mut seen) = (Instant::now(), Seen::default());
    let before = seen.again(processes);
    loop {
        if let Some(found) = condition() {
            return Ok(found);
        }
        let now = seen.again(processes);
        let elapsed = began.elapsed();
        let (used, waited) = (now.used.saturating_sub(before.used), now.waited.saturating_sub(before.waited));
        if used >= patience || elapsed >= patience + waited {
            return Err(format!("not within {elapsed:?}: {used:?} on a processor, {waited:?} waiting for one"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

mod slow {
    use std::process::Command;

    use super::*;

    fn runs(command: &str) -> EngineProcess {
        EngineProcess::of(Command::new("sh").args(["-c", command]).spawn().expect("sh runs"))
    }

    #[test]
    fn what_waits_for_a_processor_is_waited_for_and_what_sleeps_or_had_its_time_is_not() {
        const BUSY: &str = "while :; do :; done";
        const PATIENCE: Duration = Duration::from_secs(1);
        let asleep = runs("sleep 60");
        assert!(done_by(&[asleep.id()], PATIENCE, || None::<()>).is_err());
        let parent_of_busy = runs("sh -c 'while kill -0 $PPID 2>/dev/null; do :; done'; true");
        let why = done_by(&[parent_of_busy.id()], PATIENCE, || None::<()>).expect_err("without end");
        assert!(!why.contains(" 0ns on a processor"), "what it started counts: {why}");
        let others = 2 * std::thread::available_parallelism().map_or(1, usize::from);
        let _others: Vec<EngineProcess> = (0..others).map(|_| runs(BUSY)).collect();
        let starved = runs(&format!("exec nice -n 10 sh -c '{BUSY}'"));
        let began = Instant::now();
        let after = || (began.elapsed() > PATIENCE * 2).then_some(());
        assert_eq!(done_by(&[starved.id()], PATIENCE, after), Ok(()));
    }
}
