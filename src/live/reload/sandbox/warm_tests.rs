use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Instant;

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use yujing_telemetry::Metrics;
use yujing_workbench::schemas_folder;

use super::*;

/// More by the clock than a busy machine makes of any task here.
const LIMITS: TaskLimits = TaskLimits { processor_time: Duration::from_secs(2), wall_clock: Duration::from_mins(2) };

/// A program that answers every task with its own process id and the number of the task, but does something else at the
/// third.
struct Fixture {
    _folder: TempDir,
    warm: WarmSandbox,
}

impl Fixture {
    fn new(at_third: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("program");
        let script = format!(
            "#!/bin/sh\nn=0\nwhile read -r task; do\n n=$((n+1))\n [ $n = 3 ] && {at_third}\n \
             echo \"{{\\\"answer\\\":[$$,$n]}}\"\ndone\n"
        );
        fs::write(&program, script).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("executable");
        let sandbox = Sandbox {
            program,
            schemas: folder.path().to_owned(),
            sources: Arc::new(
                schemas_folder::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")).expect("schemas"),
            ),
            metrics: Arc::new(Metrics::new()),
            stop: CancellationToken::new(),
        };
        Self { _folder: folder, warm: WarmSandbox::new(sandbox) }
    }

    fn ask(&self) -> Result<(u64, u64), String> {
        self.ask_within(LIMITS)
    }

    fn ask_within(&self, limits: TaskLimits) -> Result<(u64, u64), String> {
        let nothing = Files::new();
        let said = self.warm.ask(Path::new(""), (&nothing, &nothing), Question::Check, limits);
        let number = |said: &Value, place: usize| said[place].as_u64().expect("a number");
        said.map(|said| (number(&said, 0), number(&said, 1))).map_err(|refusal| refusal.reason.en)
    }
}

#[test]
fn a_process_is_kept_and_one_that_ended_by_itself_is_replaced_without_a_word() {
    let fixture = Fixture::new("exit 0");
    let (first, one) = fixture.ask().expect("answers");
    assert_eq!((fixture.ask(), one), (Ok((first, 2)), 1), "the same one");
    let (second, number) = fixture.ask().expect("another one answers");
    assert!(second != first && number == 1);
}

#[test]
fn whoever_asked_is_told_of_one_that_was_killed_and_the_next_question_has_another() {
    let fixture = Fixture::new("kill -9 $$");
    let (first, _) = fixture.ask().expect("answers");
    fixture.ask().expect("answers");
    let told = fixture.ask().expect_err("it was killed");
    assert!(told.contains("1024 MiB of memory"), "{told}");
    assert!(fixture.ask().is_ok_and(|(second, number)| second != first && number == 1));
}

#[test]
fn whoever_asked_is_told_of_one_that_hangs_and_the_next_question_has_another() {
    let fixture = Fixture::new("exec sleep 60");
    let (first, _) = fixture.ask().expect("answers");
    fixture.ask().expect("answers");
    let told = fixture.ask_within(TaskLimits { wall_clock: Duration::from_secs(1), ..LIMITS }).expect_err("it hangs");
    assert!(told.contains("not done within 1 seconds"), "{told}");
    assert!(fixture.ask().is_ok_and(|(second, number)| second != first && number == 1));
}

#[cfg(target_os = "linux")]
#[test]
fn one_that_computes_for_too_long_is_stopped_by_the_time_of_a_processor() {
    let fixture = Fixture::new("while :; do :; done");
    let (first, _) = fixture.ask().expect("answers");
    fixture.ask().expect("answers");
    let told = fixture.ask().expect_err("it computes");
    assert!(told.contains("more than 2 seconds of a processor"), "{told}");
    assert!(fixture.ask().is_ok_and(|(second, number)| second != first && number == 1));
}

#[test]
fn one_that_waits_for_a_processor_is_waited_for() {
    let fixture = Fixture::new("{ (sleep 4; kill -CONT $$) & kill -STOP $$; }");
    let (first, _) = fixture.ask().expect("answers");
    fixture.ask().expect("answers");
    let began = Instant::now();
    assert_eq!(fixture.ask(), Ok((first, 3)), "the same one");
    assert!(began.elapsed() > LIMITS.processor_time, "it waited for longer than it may compute");
}

#[test]
fn what_the_system_ends_for_its_time_of_a_processor_is_told_of_as_that() {
    let fixture = Fixture::new("{ ulimit -H -t 10; ulimit -S -t 1; while :; do :; done; }");
    fixture.ask().expect("answers");
    fixture.ask().expect("answers");
    let told = fixture.ask_within(TaskLimits::PROOF).expect_err("it computes");
    assert!(told.contains("more than 360 seconds of a processor"), "{told}");
}

#[test]
fn one_that_has_done_much_is_replaced() {
    let little = Duration::from_secs(1);
    assert!(is_fit_for_more(1, little) && is_fit_for_more(MOST_TASKS - 1, little));
    assert!(!is_fit_for_more(MOST_TASKS, little), "after so many tasks");
    assert!(!is_fit_for_more(1, MOST_BUSY), "after so long a time");
}
