//! The check as one types on the console's pages, in the process that is kept for it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use yujing_core::ruleset::Files;
use yujing_live::reload::Sandbox;
use yujing_live::reload::sandbox::limits::TaskLimits;
use yujing_live::reload::sandbox::task::Question;
use yujing_live::reload::sandbox::warm::WarmSandbox;
use yujing_telemetry::Metrics;
use yujing_workbench::{rules_folder, schemas_folder};

/// What somebody who types may wait for, on a machine that does nothing else.
const TYPED: TaskLimits =
    TaskLimits { processor_time: Duration::from_millis(300), wall_clock: TaskLimits::PROOF.wall_clock };
/// A machine with much else to do takes more of a processor for the same.
const TRIES: usize = 3;

/// A process that computes for longer is stopped, so that there would be no answer.
#[cfg(target_os = "linux")]
#[test]
fn whichever_file_of_the_starter_rules_is_edited_its_check_takes_less_than_300_ms_of_a_processor() {
    let warm = WarmSandbox::new(Sandbox {
        program: env!("CARGO_BIN_EXE_yujing").into(),
        schemas: "schemas".into(),
        sources: Arc::new(schemas_folder::load(Path::new("schemas")).expect("the schemas are in order")),
        metrics: Arc::new(Metrics::new()),
        stop: CancellationToken::new(),
    });
    let snapshot = rules_folder::read(Path::new("rules")).expect("the rules are read");
    let (files, cases) = (snapshot.ruleset_files().expect("texts"), snapshot.case_files().expect("texts"));
    let check = |files: &Files, limits| warm.ask(Path::new(""), (files, &cases), Question::Check, limits);

    let edited = files.keys().filter(|path| path.ends_with(".sql") || path.starts_with("pests/"));
    for path in edited {
        let mark = if path.ends_with(".sql") { "--" } else { "//" };
        let is_quick = (0..TRIES).any(|tried| {
            check(&files, TaskLimits::PROOF).expect("an answer, however long it takes");
            let mut files = files.clone();
            let text = format!("{}{mark} {tried}\n", files[path]);
            files.insert(path.clone(), text);
            check(&files, TYPED).is_ok_and(|said| said["ok"] == true)
        });
        assert!(is_quick, "{path}");
    }
}
