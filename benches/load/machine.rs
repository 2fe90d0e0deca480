//! What machine this is: a number without it says nothing.

use std::fs::read_to_string;

/// Cores, memory and how busy it is before the bench begins.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|total| total.trim_end_matches(" kB").parse::<u64>().ok())
        .map_or_else(
            || "unknown memory".to_owned(),
            |kilobytes| format!("{:.1} GiB of memory", kilobytes as f64 / 1_048_576.0),
        );
    format!(
        "Machine: {cores} cores ({model}), {memory}. Broker, engines, publisher and reader share it.\nBefore: {}",
        load()
    )
}

/// The load averages of the system; they tell whether something else was running.
pub fn load() -> String {
    let averages = read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = averages.split(' ').take(3).collect();
    if averages.is_empty() { "load unknown".to_owned() } else { format!("load {}", averages.join(", ")) }
}

/// Which broker was measured with.
pub fn broker() -> String {
    if let Ok(address) = std::env::var("YUJING_TEST_KAFKA") {
        return format!("Broker: the one at {address}.");
    }
    let options = std::env::var("YUJING_TEST_KAFKA_OPTIONS").unwrap_or_else(|_| "the tests' small heap".to_owned());
    format!("Broker: Apache Kafka started for this, one node, {options}.")
}

/// The first value of a name in one of the kernel's tables.
pub fn field(file: &str, name: &str) -> Option<String> {
    let text = read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start().trim_start_matches(':').trim().to_owned())
}
