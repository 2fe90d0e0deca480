//! What a process has used, as the kernel tells it.

use std::fs;
use std::time::Duration;

/// The kernel's ticks in a second, on every Linux that this runs on.
const TICKS_A_SECOND: u64 = 100;

/// Processor time of a process, in user and kernel mode, its threads together; `None` where there is no `/proc`.
/// `process` is its id, or `self`.
pub fn processor_time(process: &str) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in brackets, which may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |field: usize| fields.get(field)?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks(11)? + ticks(12)?) * 1_000 / TICKS_A_SECOND))
}
