//! `yujing notify` as people run it, with topics, a file and an address of its own.

use std::process::Stdio;

use tempfile::TempDir;

use super::kafka::{Kafka, TestRecord, eventually};
use super::program::{EngineProcess, Program, nowhere};

/// A configuration of `yujing notify`, and what it reads and writes.
pub struct Notify {
    pub program: Program,
    pub folder: TempDir,
    listen: String,
}

impl Notify {
    /// On the tests' Kafka; see [`Notify::on`].
    pub fn new(file: &str) -> Self {
        Self::on(Program::new(), file)
    }

    /// Topics are there, and a first start has been: what comes from now on is told.
    pub fn on(program: Program, file: &str) -> Self {
        program.create_topics();
        let notify = Self::beside(program, file);
        let first = notify.start();
        first.signal("TERM");
        let (code, log) = first.ended();
        assert_eq!(code, Some(0), "{log}");
        notify
    }

    /// With the topics and the group of a program that has them already.
    pub fn beside(program: Program, file: &str) -> Self {
        let (folder, listen) = (tempfile::tempdir().expect("a folder"), nowhere());
        std::fs::write(folder.path().join("notify.toml"), file).expect("written");
        Self { program, folder, listen }
    }

    /// Starts it and waits until it is ready.
    pub fn start(&self) -> EngineProcess {
        let mut command = self.program.command(&["notify"]);
        command.env("YUJING__NOTIFY__FILE", self.folder.path().join("notify.toml"));
        command.env("YUJING__NOTIFY__LISTEN", &self.listen);
        let process = EngineProcess::of(command.stderr(Stdio::piped()).spawn().expect("it starts"));
        eventually("ready", || self.status().filter(|status| *status == 200));
        process
    }

    /// What `/readyz` answers.
    pub fn status(&self) -> Option<u16> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Some(agent.get(format!("http://{}/readyz", self.listen)).call().ok()?.status().as_u16())
    }

    /// The value of a series of its metrics.
    pub fn count(&self, series: &str) -> Option<u64> {
        let text =
            ureq::get(format!("http://{}/metrics", self.listen)).call().ok()?.body_mut().read_to_string().ok()?;
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ').map(str::to_owned));
        value?.parse().ok()
    }

    fn kafka(&self) -> Kafka<'_> {
        Kafka(self.program.value("KAFKA__BOOTSTRAP_SERVERS"))
    }

    /// Writes records to the warnings topic.
    pub fn produce(&self, records: &[TestRecord]) {
        self.kafka().produce(self.program.value("TOPICS__WARNINGS"), records);
    }

    pub fn receipts(&self) -> Vec<TestRecord> {
        self.kafka().read_committed(self.program.value("TOPICS__INPUTS__DISPOSITIONS"))
    }

    pub fn dead_letters(&self) -> Vec<TestRecord> {
        self.kafka().read_committed(&format!("{}.dlq", self.program.value("TOPICS__WARNINGS")))
    }
}
