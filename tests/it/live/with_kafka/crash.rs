//! I2 on the whole program: `yujing run`, killed or held at several points of a load.

use std::time::Duration;

use jiff::Timestamp;
use rstest::rstest;
use yujing_config::Clock;

use crate::support::engine::{EngineFixture, load, once, undisturbed};
use crate::support::kafka::eventually;
use crate::support::process::Program;

/// So many that looks at how far it is, however slow, find the program amid them.
const OPERATORS: usize = 180;

/// Kills the program whenever it has consumed a fifth more, and lets the last one finish. Returns how many kills hit it
/// amid the load.
fn run_with_kills(fixture: &EngineFixture, complaints: i64) -> usize {
    let mut amid = 0;
    let folder = tempfile::tempdir().expect("a folder");
    for kill in 1..=4 {
        let mut program = Program::run(fixture, folder.path());
        program.await_progress(fixture, complaints * kill / 5, folder.path());
        // Not always at the same point of a batch.
        std::thread::sleep(Duration::from_millis(u64::try_from(kill * 7).expect("small")));
        drop(program);
        amid += usize::from(fixture.consumed() < complaints);
    }
    let program = Program::run(fixture, folder.path());
    fixture.await_consumed();
    eventually("everyone is scored", || (fixture.scores().len() >= OPERATORS).then_some(()));
    drop(program);
    amid
}

#[rstest]
#[case::wall(Clock::Wall)]
#[case::log(Clock::Log)]
fn i2_kill_9_at_several_points_of_a_load_ends_in_the_same_scores_and_warnings(#[case] clock: Clock) {
    let begin = Timestamp::now().as_second() - 7_200;
    let complaints = load(OPERATORS, once, begin, 1);
    let total = i64::try_from(complaints.len()).expect("few");

    let expected = undisturbed(clock, &complaints);
    assert_eq!(expected.steps().len(), OPERATORS / 3 * 2);

    let mut killed = EngineFixture::new(clock);
    // A transaction a record, so that there are many points to be killed at.
    killed.config.engine.max_batch_records = 1;
    killed.complain(&complaints);
    let amid = run_with_kills(&killed, total);
    assert!(amid >= 2, "only {amid} kills hit amid the load: the test proves little");
    assert_eq!(killed.scores(), expected.scores());
    assert_eq!(killed.steps(), expected.steps());
}
