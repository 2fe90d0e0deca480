//! The ways in which a case is run: how records arrive in each, and that whatever would end differently is seen.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use yujing_core::feature::FeatureValue;
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_core::warning::{Handling, HandlingState, Level, OpenWarning, Step};
use yujing_workbench::case::difference::{Subject, compare_runs};
use yujing_workbench::case::execution::ExecutionPlan;
use yujing_workbench::case::records::CaseRecords;
use yujing_workbench::case::run::{CaseRun, Observation, Observe};
use yujing_workbench::case::{Case, Examples, ExecutionMode};
use yujing_workbench::{rules_folder, schemas_folder};

/// A story with three records in one second amid others.
const STORY: &str = r#"
rule = "rodent_with_complaint"
[[case]]
name = "busy"
kind = ["positive"]
operator = { operator_id = "JY21201030043213" }
timeline = [
  { at = 2026-03-02T08:00:00+08:00, camera-alerts = { event_id = "a1", class = "rodent", confidence = 0.6 } },
  { at = 2026-03-02T09:00:00+08:00, camera-alerts = { event_id = "a2", class = "rodent" } },
  { at = 2026-03-02T09:00:00+08:00, complaints = { event_id = "c1", case_no = "C1", category = "pests" } },
  { at = 2026-03-02T09:00:00+08:00, camera-alerts = { event_id = "a1", revision = 2, zone = "storage" } },
  { at = 2026-03-02T09:00:01+08:00, expect = { fired = true, evidence = ["a1", "a2", "c1"] } },
  { at = 2026-03-02T10:00:00+08:00, camera-alerts = { event_id = "a3" } },
]
"#;

struct World {
    sources: Arc<Sources>,
    ruleset: Arc<Ruleset>,
    case: Case,
    records: CaseRecords,
}

fn world() -> World {
    let sources = Arc::new(schemas_folder::load(Path::new("schemas")).expect("the schemas load"));
    let ruleset = Arc::new(rules_folder::load(Path::new("rules"), &sources).expect("the rules load"));
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("busy.toml"), STORY).expect("written");
    let mut files = yujing_workbench::case::load(folder.path()).expect("the case loads");
    let case = files.remove(0).cases.remove(0);
    let examples = Examples::load(Path::new("schemas"), &sources).expect("examples");
    let records = CaseRecords::new(&sources, &examples, &case).expect("it makes records");
    World { sources, ruleset, case, records }
}

/// The batches of a way as the event ids in them, move by move.
fn arrivals(records: &CaseRecords, mode: ExecutionMode, seed: u64) -> Vec<Vec<Vec<String>>> {
    let id = |value: &[u8]| -> String {
        let document: serde_json::Value = serde_json::from_slice(value).expect("JSON");
        let revision = document.get("revision").map(|revision| format!("/{revision}")).unwrap_or_default();
        format!("{}{revision}", document["event_id"].as_str().expect("an id"))
    };
    let batch = |records: &Vec<yujing_core::source::Record>| -> Vec<String> {
        records.iter().map(|record| id(record.value.as_deref().expect("a value"))).collect()
    };
    ExecutionPlan::new(records, mode, seed).entries.iter().map(|one| one.batches.iter().map(batch).collect()).collect()
}

#[test]
fn records_arrive_as_each_way_says() {
    let World { records, .. } = world();
    let records = &records;
    let as_written = arrivals(records, ExecutionMode::AsWritten, 1);
    assert_eq!(as_written[0], [["a1"]]);
    assert_eq!(as_written[1], [["a2"], ["c1"], ["a1/2"]]);
    assert_eq!((as_written[2].len(), &as_written[3][0][0]), (0, &"a3".to_owned()));
    assert_eq!(arrivals(records, ExecutionMode::Restarted, 1), as_written);
    assert_eq!(arrivals(records, ExecutionMode::Duplicated, 1)[1], [["a2", "a2"], ["c1", "c1"], ["a1/2", "a1/2"]]);
    assert_eq!(arrivals(records, ExecutionMode::OneBatch, 1)[1], [["a2", "c1", "a1/2"]]);
}

#[test]
fn a_shuffle_is_another_order_of_the_same_records_and_the_same_for_a_seed() {
    let World { records, .. } = world();
    let mut orders = BTreeSet::new();
    for seed in 0..20 {
        let shuffled = arrivals(&records, ExecutionMode::Shuffled, seed);
        assert_eq!(shuffled, arrivals(&records, ExecutionMode::Shuffled, seed));
        let order = shuffled[1].concat();
        assert_ne!(order, ["a2", "c1", "a1/2"], "{seed}");
        assert_eq!(order.iter().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["a1/2", "a2", "c1"]));
        orders.insert(order);
    }
    assert_eq!(orders.len(), 5, "every other order of three comes up");
}

#[test]
fn ways_that_cannot_differ_are_left_out() {
    let World { mut records, .. } = world();
    let differing = |records: &CaseRecords| {
        let plan = ExecutionPlan::new(records, ExecutionMode::AsWritten, 1);
        ExecutionMode::ALL.into_iter().filter(|mode| mode.can_differ(&plan)).count()
    };
    assert_eq!(differing(&records), 5);
    records.entries.drain(2..4);
    assert_eq!(differing(&records), 3);
}

fn last_observation(world: &World, mode: ExecutionMode) -> Observation {
    let plan = ExecutionPlan::new(&world.records, mode, 3);
    let run = CaseRun::new(&world.sources, &world.ruleset, world.case.operator_id(), mode);
    let timeline = &world.case.timeline;
    let observe = |entry: usize| if entry == 4 { Observe::ScoreAndEvidence } else { Observe::Nothing };
    let mut outcome = run.execute(&plan, |entry| timeline[entry].at, observe).expect("it goes through");
    outcome.remove(&4).expect("it was looked at")
}

type Change = fn(&mut Observation);

fn warning(observation: &mut Observation) -> &mut OpenWarning {
    observation.score.standing.warning.as_mut().expect("a warning is open")
}

fn handling(observation: &mut Observation) -> &mut Handling {
    warning(observation).handling.as_mut().expect("it has handling").to_mut()
}

/// All ways see the same; and whatever is changed in what one saw is a difference.
#[test]
fn whatever_ends_differently_is_seen() {
    let world = world();
    let written = last_observation(&world, ExecutionMode::AsWritten);
    assert_eq!(written.score.level, Level::Orange);
    for mode in [ExecutionMode::Duplicated, ExecutionMode::Restarted, ExecutionMode::OneBatch, ExecutionMode::Shuffled]
    {
        let found = compare_runs(&written, &last_observation(&world, mode), mode.keeps_steps());
        assert!(found.is_empty(), "{mode:?}: {found:?}");
    }
    let changes: [(Subject, Change); 17] = [
        (Subject::Score, |observation| observation.score.score += 1),
        (Subject::Base, |observation| observation.score.base += 1),
        (Subject::Level, |observation| observation.score.level = Level::Red),
        (Subject::Findings, |observation| observation.score.findings.clear()),
        (Subject::Points, |observation| observation.score.findings[0].points += 1),
        (Subject::Floor, |observation| observation.score.findings[0].floor = None),
        (Subject::Because, |observation| observation.score.findings[0].because.zh.push('。')),
        (Subject::Degraded, |observation| observation.score.degraded.push("gap".to_owned())),
        (Subject::DueAt, |observation| warning(observation).due_at = None),
        (Subject::Handling, |observation| handling(observation).state = HandlingState::Closed),
        (Subject::Assignee, |observation| handling(observation).assignee.id.push('x')),
        (Subject::AcknowledgeBy, |observation| handling(observation).acknowledge_by = None),
        (Subject::Refused, |observation| observation.refused.extend(["wrong_state".to_owned()])),
        (Subject::Lifecycle, |observation| observation.steps.push(Step::Eased)),
        (Subject::Lifecycle, |observation| observation.steps.clear()),
        (Subject::Features, |observation| {
            let mut features = observation.score.features.by_name();
            features.insert("rodent_episodes_7d".to_owned(), FeatureValue::Int(9));
            observation.score.features = features.into();
        }),
        (Subject::Evidence, |observation| {
            let evidence = observation.evidence.as_mut().and_then(|evidence| evidence.get_mut("rodent_with_complaint"));
            evidence.expect("evidence of the rule").insert("a9".to_owned());
        }),
    ];
    for (subject, change) in changes {
        let mut other = written.clone();
        change(&mut other);
        let found = compare_runs(&written, &other, true);
        assert_eq!(found.iter().map(|difference| difference.subject).collect::<Vec<_>>(), [subject]);
    }
}
