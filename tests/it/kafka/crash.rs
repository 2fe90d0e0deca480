//! I2 on the whole program: `yujing run`, killed with SIGKILL at several points of a load.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use rstest::rstest;
use yujing::config::Clock;

use super::fixture::committed_offset;
use super::world::{World, load};
use crate::support::kafka::eventually;

/// The program; killed when dropped, so that a failed test leaves nothing behind.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // Killing what has ended already is no trouble.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(world: &World, folder: &std::path::Path) -> Program {
    let mut config = world.config.clone();
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

fn consumed(world: &World) -> i64 {
    let topic = world.topic("complaints");
    (0..world.config.topics.partitions)
        .map(|partition| committed_offset(&world.config, &topic, partition).unwrap_or_default())
        .sum()
}

/// Kills the program whenever it has consumed a fifth more, and lets the last one finish. Returns how many kills hit it
/// amid the load.
fn run_with_kills(world: &World, complaints: i64) -> usize {
    let mut amid = 0;
    let folder = tempfile::tempdir().expect("a folder");
    for kill in 1..=4 {
        let mut program = run(world, folder.path());
        eventually("progress before the kill", || {
            let ended = program.0.try_wait().expect("a child");
            let log = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none(), "it ended by itself with {ended:?}:\n{}", log());
            (consumed(world) >= complaints * kill / 5).then_some(())
        });
        // Not always at the same point of a batch.
        std::thread::sleep(Duration::from_millis(u64::try_from(kill * 7).expect("small")));
        drop(program);
        amid += usize::from(consumed(world) < complaints);
    }
    let program = run(world, folder.path());
    world.await_consumed();
    eventually("everyone is scored", || (world.scores().len() >= 60).then_some(()));
    drop(program);
    amid
}

#[rstest]
#[case::wall(Clock::Wall)]
#[case::log(Clock::Log)]
fn i2_kill_9_at_several_points_of_a_load_ends_in_the_same_scores_and_warnings(#[case] clock: Clock) {
    // Two operators in three get enough complaints for a warning: each changes its level once.
    let begin = Timestamp::now().as_second() - 7_200;
    let complaints = load(60, |operator| [1, 3, 4][operator % 3], begin, 1);
    let total = i64::try_from(complaints.len()).expect("few");

    let undisturbed = World::new(clock);
    let running = undisturbed.start();
    running.await_ready();
    undisturbed.complain(&complaints);
    undisturbed.await_consumed();
    running.stop().expect("it stops");
    assert_eq!(undisturbed.steps().len(), 40);

    let mut killed = World::new(clock);
    // A transaction a record, so that there are many points to be killed at.
    killed.config.engine.max_batch_records = 1;
    killed.complain(&complaints);
    let amid = run_with_kills(&killed, total);
    assert!(amid >= 2, "only {amid} kills hit amid the load: the test proves little");
    assert_eq!(killed.scores(), undisturbed.scores());
    assert_eq!(killed.steps(), undisturbed.steps());
}
