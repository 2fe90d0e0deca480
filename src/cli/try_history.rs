//! `yujing try-history`: what the console starts to try a change of rules on history in a process of its own.

use std::io::{self, Read as _, Write as _};

use clap::Args;
use yujing_live::reload::sandbox::{STACK_SIZE, child};
use yujing_replay::trial::{TrialReport, TrialTask};

use super::Failure;

/// Most that is read of a task, in bytes: two rulesets and a configuration.
const MOST_TASK_BYTES: u64 = 256 * 1024 * 1024;

/// Arguments of `yujing try-history`: none, it reads its task from standard input.
#[derive(Debug, Args)]
pub struct TryHistory {}

impl TryHistory {
    /// # Errors
    /// If there is no task, or nobody listens.
    pub fn run(&self) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::external(format!("nothing can be tried on history: {error}"));
        child::confine(&child::HISTORY_LIMITS).map_err(failed)?;
        let mut task = Vec::new();
        io::stdin().lock().take(MOST_TASK_BYTES).read_to_end(&mut task).map_err(failed)?;
        let task: TrialTask = serde_json::from_slice(&task).map_err(|error| failed(error.into()))?;
        let work = move || {
            // If nobody listens any more, the end of the process says so.
            let ended = match task.run(|progress| drop(report(&TrialReport::Progress(*progress)))) {
                Ok(result) => TrialReport::Done(Box::new(result)),
                Err(why) => TrialReport::Failed(why),
            };
            report(&ended)
        };
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(work).map_err(failed)?;
        match thread.join() {
            Ok(reported) => reported.map_err(failed),
            Err(_) => Err(Failure::internal("a defect of the program while it replayed history")),
        }
    }
}

fn report(report: &TrialReport) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, report)?;
    out.write_all(b"\n")?;
    out.flush()
}
