//! I2 on the whole program: `yujing run`, killed or held at several points of a load.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use rstest::rstest;
use yujing_config::Clock;

use crate::support::engine::{EngineFixture, load, once, undisturbed};
use crate::support::kafka::eventually;

/// The program; killed when dropped, so that a failed test leaves nothing behind.
struct Program(Child);

impl Program {
    fn await_progress(&mut self, fixture: &EngineFixture, complaints: i64, folder: &Path) {
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

fn run(fixture: &EngineFixture, folder: &Path) -> Program {
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
    Program(child)
}

/// Kills the program whenever it has consumed a fifth more, and lets the last one finish. Returns how many kills hit it
/// amid the load.
fn run_with_kills(fixture: &EngineFixture, complaints: i64) -> usize {
    let mut amid = 0;
    let folder = tempfile::tempdir().expect("a folder");
    for kill in 1..=4 {
        let mut program = run(fixture, folder.path());
        program.await_progress(fixture, complaints * kill / 5, folder.path());
        // Not always at the same point of a batch.
        std::thread::sleep(Duration::from_millis(u64::try_from(kill * 7).expect("small")));
        drop(program);
        amid += usize::from(fixture.consumed() < complaints);
    }
    let program = run(fixture, folder.path());
    fixture.await_consumed();
    eventually("everyone is scored", || (fixture.scores().len() >= 60).then_some(()));
    drop(program);
    amid
}

#[rstest]
#[case::wall(Clock::Wall)]
#[case::log(Clock::Log)]
fn i2_kill_9_at_several_points_of_a_load_ends_in_the_same_scores_and_warnings(#[case] clock: Clock) {
    let begin = Timestamp::now().as_second() - 7_200;
    let complaints = load(60, once, begin, 1);
    let total = i64::try_from(complaints.len()).expect("few");

    let expected = undisturbed(clock, &complaints);
    assert_eq!(expected.steps().len(), 40);

    let mut killed = EngineFixture::new(clock);
    // A transaction a record, so that there are many points to be killed at.
    killed.config.engine.max_batch_records = 1;
    killed.complain(&complaints);
    let amid = run_with_kills(&killed, total);
    assert!(amid >= 2, "only {amid} kills hit amid the load: the test proves little");
    assert_eq!(killed.scores(), expected.scores());
    assert_eq!(killed.steps(), expected.steps());
}
