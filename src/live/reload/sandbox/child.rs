//! The process that tries a ruleset: it lowers its own limits first, then builds, checks and proves what it is given.

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use yujing_core::ruleset::{Files, Ruleset, RulesetRefusal};
use yujing_core::source::Sources;
use yujing_workbench::draft::Draft;

use super::task::{Question, Task, TaskReport};
use super::{MOST_MEMORY, MOST_PROCESSOR_TIME, STACK_SIZE};
use crate::reload::proof::{defect, prove};

/// Most that is read of a task, in bytes: several times what a folder may hold.
const MOST_TASK_BYTES: u64 = 512 * 1024 * 1024;
/// It gives way to scores: how much is of no account, as long as it is later in turn than the engine.
const NICENESS: i32 = 10;

/// Reads a task from standard input, and reports on standard output what came of it.
///
/// # Errors
/// If the limits cannot be set, the task is none, or nobody reads the reports.
pub fn run() -> io::Result<()> {
    confine(&RULES_LIMITS)?;
    let mut task = Vec::new();
    io::stdin().lock().take(MOST_TASK_BYTES).read_to_end(&mut task)?;
    let work = move || {
        let task: Task<'static> = serde_json::from_slice(&task)?;
        match run_task(&task) {
            Ok(answer) => report(&answer),
            Err(refusal) => report(&TaskReport::Refused(refusal)),
        }
    };
    match std::thread::Builder::new().stack_size(STACK_SIZE / 2).spawn(work)?.join() {
        Ok(reported) => reported,
        // What it was is on standard error.
        Err(_) => report(&TaskReport::Refused(defect())),
    }
}

/// What a process may use.
#[derive(Debug, Clone, Copy)]
pub struct ProcessLimits {
    /// Memory for data, in bytes.
    memory: u64,
    /// Time of a processor, all its threads together.
    processor_time: Duration,
}

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
    setrlimit(Resource::Cpu, most(limits.processor_time.as_secs()))?;
    nice(NICENESS)?;
    // Should memory run out all the same, it is this process that goes. Where there is no such file, nothing is lost.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    Ok(())
}

fn run_task(task: &Task<'_>) -> Result<TaskReport, RulesetRefusal> {
    let sources = Arc::new(Sources::parse(&task.sources)?);
    let nothing = Files::new();
    let (files, cases) = (&*task.files, task.cases.as_deref().unwrap_or(&nothing));
    let draft = Draft { folder: &task.folder, files, cases, schemas: &task.schemas, sources: &sources };
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
