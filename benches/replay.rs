//! A year of the synthetic district from its files to the report, statistics included: how long it takes on the clock
//! on the wall and on the processors, where that goes, and what a second ruleset in the same pass adds, one with the
//! same features and one rule less, and one that has its features to itself. `--quick` replays a month.

mod common;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use yujing_config::Config;
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_replay::plan::{OutcomePlan, Plan};
use yujing_replay::{Report, run};
use yujing_workbench::synthetic::{Background, District};

use common::figures::Figures;
use common::process::processor_time;

/// The first third only fills windows and the past of the baselines.
const JUDGED_SHARE: i32 = 3;

const OUTCOME: &str = "SELECT operator_id, reported_at AS at,
  coalesce(cardinality(array_filter(items, item -> item['key'] AND item['result'] = 'no')), 0) > 0 AS outcome
FROM inspections
WHERE inspection_type = 'routine'
";

/// Writes a file a source, as `yujing generate` does. Returns how many events there are.
fn write_history(folder: &Path, days: i64, until: Timestamp) -> u64 {
    let from = until - SignedDuration::from_hours(24 * days);
    let district = District::generate(common::SEED, District::DEFAULT_OPERATORS);
    let events = Background::new(&district, common::SEED, common::CAMERA_ALERTS_A_DAY, from, until);
    let mut files: BTreeMap<&str, BufWriter<File>> = BTreeMap::new();
    let mut count = 0;
    for planned in common::operators(&district, from).chain(events) {
        let file = files.entry(planned.source).or_insert_with(|| {
            BufWriter::new(File::create(folder.join(format!("{}.jsonl", planned.source))).expect("a file"))
        });
        file.write_all(&common::json(&planned.document)).and_then(|()| file.write_all(b"\n")).expect("written");
        count += 1;
    }
    for mut file in files.into_values() {
        file.flush().expect("written");
    }
    count
}

/// What one replay took.
struct Run {
    wall: Duration,
    processors: Option<Duration>,
    report: Report,
}

fn replay(plan: &Plan, sources: &Arc<Sources>, rulesets: &[(String, Arc<Ruleset>)]) -> Run {
    let (used_before, began) = (processor_time("self"), Instant::now());
    let output = run(plan, &Config::default(), sources, rulesets, |_| ()).expect("the history can be replayed");
    let wall = began.elapsed();
    let processors = processor_time("self").zip(used_before).map(|(after, before)| after.saturating_sub(before));
    Run { wall, processors, report: output.report }
}

fn without_a_rule(folder: &Path) {
    std::fs::remove_file(folder.join("hygiene/smoking_in_kitchen.rhai")).expect("a starter rule");
}

fn with_features_of_its_own(folder: &Path) {
    for entry in std::fs::read_dir(folder.join("features")).expect("features") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a feature file");
        std::fs::write(&path, format!("{text}\n")).expect("written");
    }
}

fn main() {
    let days = if std::env::args().any(|argument| argument == "--quick") { 29 } else { 365 };
    let until: Timestamp = "2026-03-02T00:00:00Z".parse().expect("a time");
    let folder = tempfile::tempdir().expect("a folder");
    let events = write_history(folder.path(), days, until);
    let outcome = folder.path().join("outcome.sql");
    std::fs::write(&outcome, OUTCOME).expect("written");
    let judge_from = until - SignedDuration::from_hours(24 * days) * (JUDGED_SHARE - 1) / JUDGED_SHARE;
    let mut plan = Plan { events: Some(folder.path().to_owned()), ..Plan::default() };
    let judge_from = Some(plan.day_of(judge_from));
    plan.outcome = Some(OutcomePlan { judge_from, ablate: true, ..OutcomePlan::new(outcome) });

    let sources = common::schemas();
    let starter = ("rules".to_owned(), common::variant(&sources, |_| ()));
    let mut figures = Figures::of("replay");
    let one = replay(&plan, &sources, std::slice::from_ref(&starter));
    let judged = one.report.outcome.as_ref().map_or(0, |outcome| outcome.judged);
    let what = format!("{days} days of the district, {events} events, {judged} outcomes held against scores");
    figures.add(&what, one.wall.as_secs_f64(), 1, "s");
    for (phase, seconds) in &one.report.cost.phases {
        figures.add(&format!("of which {phase}"), *seconds, 2, "s");
    }
    if let Some(processors) = one.processors {
        figures.add("processor time of all of it", processors.as_secs_f64(), 1, "s");
    }
    for (name, change) in [
        ("a second ruleset with the same features adds", without_a_rule as fn(&Path)),
        ("a second ruleset with features of its own adds", with_features_of_its_own),
    ] {
        let second = ("second".to_owned(), common::variant(&sources, change));
        let two = replay(&plan, &sources, &[starter.clone(), second]);
        let added = 100.0 * (two.wall.as_secs_f64() / one.wall.as_secs_f64() - 1.0);
        figures.add(name, added, 0, "% of the time");
    }
}
