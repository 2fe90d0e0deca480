//! A warning is withdrawn only when a batch takes its ground away, and the same whoever restarts, forgets or waits:
//! cases as data in `office/`, and every history.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use assert_cmd::Command;
use jiff::{SignedDuration, Timestamp};
use predicates::str::contains;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;
use yujing_base::OperatorId;
use yujing_core::engine::{Engine, Mode, Output, Positions};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Record, Sources};
use yujing_core::warning::{Cause, ScoreRecord, Step, WarningEvent};
use yujing_workbench::case::records::{Examples, RecordBuilder};
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::folder::copy_folder;

const OPERATOR: &str = "A-1";

/// The office with another retention of its events.
fn office(retention: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/engine/withdrawal/office"), folder.path());
    let schema = folder.path().join("schemas/nearby.schema.json");
    let text = fs::read_to_string(&schema).expect("the schema");
    assert!(text.contains("\"400d\""));
    fs::write(schema, text.replace("\"400d\"", &format!("\"{retention}\""))).expect("written");
    folder
}

#[rstest]
#[case::everything_is_remembered("400d")]
#[case::what_leaves_the_window_is_forgotten_a_day_later("121d")]
fn the_cases_hold_in_every_way(#[case] retention: &str) {
    let office = office(retention);
    let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
    let command = command.current_dir(office.path()).env_clear().env("YUJING_LANG", "en").args(["rules", "test"]);
    command.assert().success().stdout(contains("All 6 cases of 1 rule hold."));
}

/// What an office of a retention needs to judge.
struct Office {
    sources: Arc<Sources>,
    examples: Examples,
    ruleset: Arc<Ruleset>,
}

impl Office {
    fn new(retention: &str) -> Self {
        let folder = office(retention);
        let schemas = folder.path().join("schemas");
        let sources = Arc::new(schemas_folder::load(&schemas).expect("schemas"));
        let ruleset = rules_folder::load(&folder.path().join("rules"), &sources);
        let ruleset = ruleset.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        Self { examples: Examples::load(&schemas, &sources).expect("examples"), sources, ruleset: Arc::new(ruleset) }
    }

    fn story(&self) -> RecordBuilder<'_> {
        RecordBuilder::new(&self.sources, &self.examples, OPERATOR)
    }
}

thread_local! {
    static OFFICES: LazyLock<[Office; 2]> = LazyLock::new(|| ["400d", "121d"].map(Office::new));
}

/// What comes between two batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    Nothing,
    /// Memory is cleared of what is past its retention.
    Expire,
    Restart,
}

/// An engine with the log that it read and what left it.
struct Run<'a> {
    office: &'a Office,
    engine: Engine,
    log: Vec<Record>,
    written: Option<ScoreRecord>,
    warnings: Vec<WarningEvent>,
}

impl<'a> Run<'a> {
    fn new(office: &'a Office) -> Self {
        let engine = Engine::new(Arc::clone(&office.sources), Arc::clone(&office.ruleset));
        Self { office, engine, log: Vec::new(), written: None, warnings: Vec::new() }
    }

    fn note(&mut self, output: Output) {
        self.written = output.scores.into_iter().next_back().or(self.written.take());
        self.warnings.extend(output.warnings);
    }

    fn take(&mut self, records: &[Record], mode: Mode) {
        self.log.extend_from_slice(records);
        let mut pending = self.engine.apply(records, &Positions::new(), mode).expect("features are computed");
        assert!(pending.output.dead_letters.is_empty(), "{:?}", pending.output.dead_letters);
        self.note(std::mem::take(&mut pending.output));
        self.engine.commit(pending);
    }

    fn sweep(&mut self, at: Timestamp, cause: Cause) {
        let operators = [OperatorId::from(OPERATOR)];
        let mut pending = self.engine.sweep(&operators, at, cause, &Positions::new()).expect("features are computed");
        self.note(std::mem::take(&mut pending.output));
        self.engine.commit(pending);
    }

    /// Another engine from what this one left and from the log.
    fn restart(&mut self) {
        let mut next = Self::new(self.office);
        if let Some(score) = &self.written {
            let restored = serde_json::from_value(json!(score)).expect("a score reads back");
            next.engine.restore_standing(restored, Some(Arc::clone(&self.office.ruleset)));
        }
        next.take(&std::mem::take(&mut self.log), Mode::Restore);
        next.engine.expire();
        next.engine.schedule_all();
        next.written = self.written.take();
        next.warnings = std::mem::take(&mut self.warnings);
        *self = next;
    }

    fn pass(&mut self, between: Between) {
        match between {
            Between::Nothing => {}
            Between::Expire => drop(self.engine.expire()),
            Between::Restart => self.restart(),
        }
    }
}

/// What happens to one inspection: it is reported so many days after it was made, or reported anew, or taken back.
#[derive(Debug, Clone, Copy)]
struct Inspection {
    number: u8,
    found: bool,
    late: i64,
    retracts: bool,
}

/// A batch, so many hours after the one before, and then a look at everybody, so many hours after it.
#[derive(Debug, Clone)]
struct Batch {
    later: i64,
    inspections: Vec<Inspection>,
    swept: Option<i64>,
    between: Between,
}

fn inspection() -> impl Strategy<Value = Inspection> {
    // Mostly of today; few inspections, so that they are often corrected.
    let late = prop_oneof![3 => Just(0_i64), 1 => 0_i64..100];
    (0_u8..24, prop::bool::weighted(0.6), late, prop::bool::weighted(0.15))
        .prop_map(|(number, found, late, retracts)| Inspection { number, found, late, retracts })
}

fn history() -> impl Strategy<Value = Vec<Batch>> {
    let later = prop_oneof![3 => 1_i64..72, 1 => 72_i64..24 * 60];
    let between = prop::sample::select(vec![Between::Nothing, Between::Expire, Between::Restart]);
    let batch = (later, prop::collection::vec(inspection(), 0..5), prop::option::of(1_i64..48), between);
    let batch = batch.prop_map(|(later, inspections, swept, between)| Batch { later, inspections, swept, between });
    prop::collection::vec(batch, 1..24)
}

/// The records of a history, and when everybody is looked at.
struct Flow {
    batches: Vec<(Vec<Record>, Option<Timestamp>, Between)>,
}

impl Flow {
    fn new(office: &Office, history: &[Batch]) -> Self {
        let mut story = office.story();
        let mut revisions: BTreeMap<u8, i64> = BTreeMap::new();
        let mut now: Timestamp = "2010-01-01T12:00:00Z".parse().expect("a time");
        let batches = history.iter().map(|batch| {
            now += SignedDuration::from_hours(batch.later);
            let records = batch.inspections.iter().map(|inspection| {
                let revision = revisions.entry(inspection.number).or_default();
                *revision += 1;
                let made = now - SignedDuration::from_hours(24 * inspection.late);
                let mut fields = json!({
                    "event_id": format!("e{}", inspection.number), "revision": *revision, "found": inspection.found,
                    "occurred_at": made.to_string(), "op": if inspection.retracts { "retract" } else { "upsert" },
                });
                let fields = fields.as_object_mut().expect("an object");
                story.build("nearby", fields, now).expect("there is the source")
            });
            let records = records.collect();
            let swept = batch.swept.map(|hours| now + SignedDuration::from_hours(hours));
            now = swept.unwrap_or(now);
            (records, swept, batch.between)
        });
        Self { batches: batches.collect() }
    }

    /// Everything live, with `between` in mind, batch by batch; each batch's warnings are shown to `look`.
    fn run<'a>(
        &self,
        office: &'a Office,
        between: impl Fn(Between) -> Between,
        mut look: impl FnMut(&[Record], &[WarningEvent]),
    ) -> Run<'a> {
        let mut run = Run::new(office);
        for (records, swept, given) in &self.batches {
            run.pass(between(*given));
            let before = run.warnings.len();
            run.take(records, Mode::Live);
            look(records, &run.warnings[before..]);
            if let Some(at) = swept {
                run.sweep(*at, Cause::Time);
            }
        }
        run
    }
}

/// What a record says.
fn field(record: &Record, name: &str) -> Value {
    let value: Value = serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
    value[name].clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// I7: a fall that is laid to a retraction comes with one, with a correction, or with a record dated at or before
    /// the instant at which the level was taken; so what is only added later never withdraws.
    #[test]
    fn nothing_is_withdrawn_without_a_retraction_a_correction_or_a_record_of_the_past(history in history()) {
        OFFICES.with(|offices| {
            for office in &**offices {
                Flow::new(office, &history).run(office, |given| given, |records, warnings| {
                    for event in warnings {
                        let withdrawn = event.step == Step::Withdrawn;
                        assert!(!withdrawn || event.cause == Cause::Retraction, "{event:?}");
                        if event.cause != Cause::Retraction {
                            continue;
                        }
                        let since = event.previous.warning.as_ref().expect("it was open").level_since;
                        let may = |record: &Record| {
                            let made: Timestamp = field(record, "occurred_at").as_str().expect("a time").parse().expect("a time");
                            field(record, "revision") != 1 || made <= since
                        };
                        assert!(records.iter().any(may), "{event:?}");
                    }
                });
            }
        });
    }
}

/// An operator with two findings of one day, and so an orange warning.
fn warned(office: &Office) -> (Run<'_>, RecordBuilder<'_>, Timestamp) {
    let at: Timestamp = "2010-01-01T12:00:00Z".parse().expect("a time");
    let (mut run, mut story) = (Run::new(office), office.story());
    let findings = ["f1", "f2"].map(|id| {
        let fields = json!({ "event_id": id, "found": true });
        story.build("nearby", fields.as_object().expect("an object"), at).expect("there is the source")
    });
    run.take(&findings, Mode::Live);
    assert_eq!(run.warnings.len(), 1);
    (run, story, at)
}

#[rstest]
#[case::retracted(json!({ "event_id": "f1", "revision": 2, "op": "retract" }), Some((Step::Withdrawn, Cause::Retraction)))]
#[case::only_added(json!({ "event_id": "c1" }), None)]
fn what_came_while_the_engine_was_away_withdraws_as_it_would_have_live(
    #[case] fields: Value,
    #[case] expected: Option<(Step, Cause)>,
) {
    OFFICES.with(|offices| {
        let (mut run, mut story, at) = warned(&offices[0]);
        run.restart();
        let later = at + SignedDuration::from_hours(5);
        let record = story.build("nearby", fields.as_object().expect("an object"), later).expect("there is the source");
        run.take(&[record], Mode::CatchUp);
        assert_eq!(run.warnings.len(), 1, "nobody is scored while catching up");
        run.sweep(later + SignedDuration::from_hours(1), Cause::Start);
        let step = run.warnings.get(1).map(|event| (event.step, event.cause));
        assert_eq!(step, expected);
    });
}

mod slow {
    use proptest::prelude::*;

    use super::{Between, Flow, OFFICES, history};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        /// I7: the life of a warning does not depend on when memory is cleared or when the engine is restarted.
        #[test]
        fn restarts_and_forgetting_change_nothing(history in history()) {
            OFFICES.with(|offices| {
                for office in &**offices {
                    let flow = Flow::new(office, &history);
                    let kept = flow.run(office, |_| Between::Nothing, |_, _| {});
                    for between in [Between::Expire, Between::Restart] {
                        let other = flow.run(office, |_| between, |_, _| {});
                        assert_eq!(other.warnings, kept.warnings, "{between:?} before every batch");
                    }
                    assert_eq!(flow.run(office, |given| given, |_, _| {}).warnings, kept.warnings);
                }
            });
        }
    }
}
