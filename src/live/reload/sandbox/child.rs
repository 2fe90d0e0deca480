//! The process that tries rulesets: it lowers its own limits first, then builds, checks and proves what it is given.

use std::io::{self, BufRead as _, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use yujing_core::ruleset::{Files, Ruleset, RulesetRefusal};
use yujing_core::source::Sources;
use yujing_workbench::draft::{CheckedDraft, Draft};

use super::task::{Question, Task, TaskReport};
use super::{MOST_MEMORY, MOST_PROCESSOR_TIME, STACK_SIZE};
use crate::reload::proof::{defect, prove};

/// Most that is read of a task, in bytes: several times what a folder may hold.
const MOST_TASK_BYTES: u64 = 512 * 1024 * 1024;
/// How long it waits for another task.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// The memory with which it is kept for another task: half of what one may use.
const MOST_KEPT_MEMORY: u64 = MOST_MEMORY / 2;
/// It gives way to scores: how much is of no account, as long as it is later in turn than the engine.
const NICENESS: i32 = 10;

/// Reads tasks from standard input, one a line, and reports on standard output what came of each; ends when there are no
/// more, when it was given none for long, or when it has grown so that the next might not find room.
///
/// # Errors
/// If the limits cannot be set, a task is none, or nobody reads the reports.
pub fn run() -> io::Result<()> {
    // Where the allocator holds its reserve at once, the limits leave no room for the stack of another thread.
    let idle = IdleWatch::begin()?;
    confine(&RULES_LIMITS)?;
    let known = Arc::default();
    let mut tasks = io::stdin().lock();
    loop {
        let mut task = Vec::new();
        tasks.by_ref().take(MOST_TASK_BYTES).read_until(b'\n', &mut task)?;
        if task.is_empty() {
            return Ok(());
        }
        idle.pause();
        if attend(task, &known)? == Fitness::Spoiled || memory_in_use().is_none_or(|bytes| bytes > MOST_KEPT_MEMORY) {
            return Ok(());
        }
        idle.resume();
    }
}

/// Whether more tasks can be done.
#[derive(Debug, PartialEq, Eq)]
enum Fitness {
    Fit,
    Spoiled,
}

/// What one task leaves to the next.
#[derive(Debug, Default)]
struct Known {
    sources: Option<Arc<Sources>>,
    /// Of drafts over these sources.
    checked: CheckedDraft,
}

impl Known {
    /// The sources of a task: mostly those of the one before.
    fn sources(&mut self, files: &[(PathBuf, String)]) -> Result<Arc<Sources>, RulesetRefusal> {
        match &self.sources {
            Some(known) if known.files() == files => Ok(Arc::clone(known)),
            _ => {
                let sources = Arc::new(Sources::parse(files)?);
                *self = Self { sources: Some(Arc::clone(&sources)), checked: CheckedDraft::default() };
                Ok(sources)
            }
        }
    }
}

/// Does a task on a thread with a stack that has its size whatever the system gives the first one.
fn attend(task: Vec<u8>, known: &Arc<Mutex<Known>>) -> io::Result<Fitness> {
    let known = Arc::clone(known);
    let work = move || {
        let task: Task<'static> = serde_json::from_slice(&task)?;
        // One that panicked amid a task does no more.
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        match run_task(&task, &mut known) {
            Ok(answer) => report(&answer),
            Err(refusal) => report(&TaskReport::Refused(refusal)),
        }
    };
    match std::thread::Builder::new().stack_size(STACK_SIZE / 2).spawn(work)?.join() {
        Ok(reported) => reported.map(|()| Fitness::Fit),
        // What it was is on standard error.
        Err(_) => report(&TaskReport::Refused(defect())).map(|()| Fitness::Spoiled),
    }
}

/// Ends the process when it has waited for a task for long.
#[derive(Debug, Clone)]
struct IdleWatch(Arc<Mutex<Option<Instant>>>);

impl IdleWatch {
    fn begin() -> io::Result<Self> {
        let watch = Self(Arc::new(Mutex::new(Some(Instant::now()))));
        let watched = watch.clone();
        std::thread::Builder::new().spawn(move || {
            loop {
                std::thread::sleep(LONGEST_WAIT / 10);
                // Held meanwhile, so that no task begins that would not end.
                let since = watched.0.lock().unwrap_or_else(PoisonError::into_inner);
                if since.is_some_and(|since| since.elapsed() > LONGEST_WAIT) {
                    std::process::exit(0);
                }
            }
        })?;
        Ok(watch)
    }

    fn pause(&self) {
        self.set(None);
    }

    fn resume(&self) {
        self.set(Some(Instant::now()));
    }

    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
}

/// Memory that counts against the limit, in bytes; none if the system does not say.
fn memory_in_use() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmData:"))?.trim().strip_suffix(" kB")?;
    Some(kibibytes.trim().parse::<u64>().ok()? * 1024)
}

/// What a process may use.
#[derive(Debug, Clone, Copy)]
pub struct ProcessLimits {
    /// Memory for data, in bytes.
    pub memory: u64,
    /// Time of a processor, all its threads together.
    pub processor_time: Duration,
}

/// How much of a processor beyond its limit it may use until it has ended.
const GRACE: Duration = Duration::from_secs(5);

const RULES_LIMITS: ProcessLimits = ProcessLimits { memory: MOST_MEMORY, processor_time: MOST_PROCESSOR_TIME };
/// For a replay of all retained events through two rulesets.
pub const HISTORY_LIMITS: ProcessLimits =
    ProcessLimits { memory: 4 * 1024 * 1024 * 1024, processor_time: Duration::from_hours(2) };

/// Sets limits that nothing which runs in this process can lift again.
///
/// # Errors
/// If the system refuses.
pub fn confine(limits: &ProcessLimits) -> io::Result<()> {
    let most = |most| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::Core, most(0))?;
    setrlimit(Resource::Fsize, most(0))?;
    setrlimit(Resource::Data, most(limits.memory))?;
    let seconds = limits.processor_time.as_secs();
    // At the lower one the system says what it ends it for; at the upper one it kills without a word.
    setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum: Some(seconds + GRACE.as_secs()) })?;
    nice(NICENESS)?;
    // Should memory run out all the same, it is this process that goes. Where there is no such file, nothing is lost.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    Ok(())
}

fn run_task(task: &Task<'_>, known: &mut Known) -> Result<TaskReport, RulesetRefusal> {
    let sources = known.sources(&task.sources)?;
    let nothing = Files::new();
    let (files, cases) = (&*task.files, task.cases.as_deref().unwrap_or(&nothing));
    let draft = Draft {
        folder: &task.folder,
        files,
        cases,
        schemas: &task.schemas,
        sources: &sources,
        checked: &known.checked,
    };
    let answer = match &task.question {
        Question::Prove => return prove_task(task, &sources).map(|()| TaskReport::Proved),
        Question::Check => serde_json::to_value(draft.check(Timestamp::now())),
        Question::Cases { filter } => serde_json::to_value(draft.run_cases(filter)),
        Question::NewRule(new) => serde_json::to_value(draft.begin(new, Timestamp::now())),
        Question::Catalogue => serde_json::to_value(draft.catalogue(Timestamp::now())),
    };
    answer.map(TaskReport::Answer).map_err(|error| RulesetRefusal::because(error.to_string(), error.to_string()))
}

fn prove_task(task: &Task<'_>, sources: &Arc<Sources>) -> Result<(), RulesetRefusal> {
    let load = || Ruleset::from_files(&task.folder, task.files.clone().into_owned(), sources);
    let ruleset = load()?;
    let Some(cases) = &task.cases else { return Ok(()) };
    report(&TaskReport::Testing).map_err(|error| RulesetRefusal::because(error.to_string(), error.to_string()))?;
    prove(&task.folder, cases, ruleset, &load, sources, &task.schemas)
}

fn report(report: &TaskReport) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, report)?;
    out.write_all(b"\n")?;
    out.flush()
}
