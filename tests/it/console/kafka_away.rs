//! Kafka is away from the start.

use std::time::Duration;

use crate::support::console::Console;
use crate::support::program::{Program, nowhere};

/// How long it is watched: clients try to connect again every two seconds at the latest.
const WATCHED: Duration = Duration::from_secs(15);

#[test]
fn a_kafka_that_is_away_is_a_few_lines_of_the_console_and_one_of_a_command() {
    let program = Program::on(&nowhere());
    let console = Console::beside(&program);
    let process = console.start();
    let command = std::thread::scope(|scope| {
        let command = scope.spawn(|| program.command(&["warnings"]).output().expect("it runs"));
        std::thread::sleep(WATCHED);
        process.signal("TERM");
        command.join().expect("it ended")
    });
    let (_, log) = process.ended();
    let about_kafka: Vec<&str> = log.lines().filter(|line| line.to_lowercase().contains("kafka")).collect();
    assert!(about_kafka.iter().any(|line| line.contains("pages are not brought up to date")), "{log}");
    // Its clients, and what follows the topics: each at the start, and once again after ten seconds.
    assert!(about_kafka.len() <= 8, "{} lines:\n{log}", about_kafka.len());
    assert!(!log.contains("ERROR"), "{log}");
    let said = String::from_utf8_lossy(&command.stderr);
    assert!(said.lines().count() == 1 && said.contains("cannot be read"), "{said}");
}
