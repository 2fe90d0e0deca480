//! The whole program, to be killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::engine::EngineFixture;
use super::kafka::eventually;

/// The program; killed when dropped, so that a failed test leaves nothing behind.
pub struct Program(Child);

impl Program {
    /// Runs it on an engine's topics; its log stands in the folder.
    pub fn run(fixture: &EngineFixture, folder: &Path) -> Self {
        let mut config = fixture.config.clone();
        config.server.listen = ([127, 0, 0, 1], 0).into();
        let file = folder.join("yujing.toml");
        std::fs::write(&file, toml::to_string(&config).expect("a configuration is TOML")).expect("written");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).expect("a log file");
        let child = Command::new(env!("CARGO_BIN_EXE_yujing"))
            .arg("--config")
            .arg(&file)
            .arg("run")
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("it runs");
        Self(child)
    }

    /// Waits until it has consumed so many complaints.
    pub fn await_progress(&mut self, fixture: &EngineFixture, complaints: i64, folder: &Path) {
        eventually("progress", || {
            let ended = self.0.try_wait().expect("a child");
            assert!(ended.is_none(), "it ended by itself with {ended:?}:\n{}", log(folder));
            (fixture.consumed() >= complaints).then_some(())
        });
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Killing what has ended already is no trouble.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}
