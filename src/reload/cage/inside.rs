//! The process that tries a ruleset: it lowers its own limits first, then builds, checks and proves what it is given.

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, nice, setrlimit};

use super::task::{Task, Word};
use super::{MEMORY, PROCESSOR_TIME, STACK};
use crate::engine::Ruleset;
use crate::reload::candidate::{defect, prove};
use crate::ruleset::RulesetRefusal;
use crate::source::Sources;

/// Most that is read of a task, in bytes: several times what a folder may hold.
const LONGEST_TASK: u64 = 512 * 1024 * 1024;
/// It gives way to scores: how much is of no account, as long as it is later in turn than the engine.
const NICENESS: i32 = 10;

/// Reads a task from standard input, and tells on standard output what came of it.
///
/// # Errors
/// If the limits cannot be set, the task is none, or nobody listens.
pub fn run() -> io::Result<()> {
    confine()?;
    let mut task = Vec::new();
    io::stdin().lock().take(LONGEST_TASK).read_to_end(&mut task)?;
    let work = move || {
        let task: Task<'static> = serde_json::from_slice(&task)?;
        match tried(&task) {
            Ok(()) => tell(&Word::Proved),
            Err(refusal) => tell(&Word::Refused(refusal)),
        }
    };
    match std::thread::Builder::new().stack_size(STACK / 2).spawn(work)?.join() {
        Ok(told) => told,
        // What it was is on standard error.
        Err(_) => tell(&Word::Refused(defect())),
    }
}

/// Limits that nothing which runs in this process can lift again.
fn confine() -> io::Result<()> {
    let most = |most| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::Core, most(0))?;
    setrlimit(Resource::Fsize, most(0))?;
    setrlimit(Resource::Data, most(MEMORY))?;
    setrlimit(Resource::Cpu, most(PROCESSOR_TIME.as_secs()))?;
    nice(NICENESS)?;
    // Should memory run out all the same, it is this process that goes. Where there is no such file, nothing is lost.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    Ok(())
}

fn tried(task: &Task<'_>) -> Result<(), RulesetRefusal> {
    let sources = Arc::new(Sources::parse(&task.sources)?);
    let load = || Ruleset::from_files(&task.folder, task.files.clone().into_owned(), &sources);
    let ruleset = load()?;
    let Some(cases) = &task.cases else { return Ok(()) };
    tell(&Word::Testing).map_err(|error| RulesetRefusal::because(error.to_string(), error.to_string()))?;
    prove(&task.folder, cases, ruleset, &load, &sources, &task.schemas)
}

fn tell(word: &Word) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, word)?;
    out.write_all(b"\n")?;
    out.flush()
}
