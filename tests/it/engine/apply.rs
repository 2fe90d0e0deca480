//! The core as one piece, without Kafka: events that lie ahead, what a score says of its own gaps (I5), another
//! ruleset.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::{Map, Value, json};
use yujing_base::OperatorId;
use yujing_core::engine::{Engine, EventSelection, Mode, Output, Positions, Standings};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Record, Sources};
use yujing_core::warning::{Cause, Freshness, Level, RestoredScore, Step};
use yujing_workbench::case::records::{Examples, RecordBuilder};
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::ruleset::small_ruleset;

const OPERATOR: &str = "JY21201030043213";

static SOURCES: LazyLock<Arc<Sources>> =
    LazyLock::new(|| Arc::new(schemas_folder::load(Path::new("schemas")).expect("the published schemas are valid")));
static EXAMPLES: LazyLock<Examples> =
    LazyLock::new(|| Examples::load(Path::new("schemas"), &SOURCES).expect("every source has an example"));

/// An engine with the small ruleset, and the story of one operator that it is reported.
struct Scenario {
    engine: Engine,
    story: RecordBuilder<'static>,
}

impl Scenario {
    fn new(files: &[(&str, &str)]) -> Self {
        let engine = Engine::new(Arc::clone(&SOURCES), ruleset(files));
        Self { engine, story: RecordBuilder::new(&SOURCES, &EXAMPLES, OPERATOR) }
    }

    fn complaint(&mut self, id: &str, occurred_at: Timestamp, record_at: Timestamp) -> Record {
        let Value::Object(fields) = json!({ "event_id": id, "occurred_at": occurred_at.to_string() }) else {
            unreachable!("it is an object")
        };
        self.story.build("complaints", &fields, record_at).expect("there are complaints")
    }

    fn take(&mut self, records: &[Record], mode: Mode) -> Output {
        let mut pending = self.engine.apply(records, &Positions::new(), mode).expect("features are computed");
        let output = std::mem::take(&mut pending.output);
        self.engine.commit(pending);
        output
    }

    fn wake(&mut self, at: Timestamp) -> Output {
        let mut pending = self.engine.wake(at, usize::MAX, &Positions::new()).expect("features are computed");
        let output = std::mem::take(&mut pending.output);
        self.engine.commit(pending);
        output
    }

    fn sweep(&mut self, operators: &[OperatorId], at: Timestamp) -> Output {
        let pending = self.engine.sweep(operators, at, Cause::Events, &Positions::new());
        let mut pending = pending.expect("features are computed");
        let output = std::mem::take(&mut pending.output);
        self.engine.commit(pending);
        output
    }
}

/// The small ruleset with further files, or others instead.
fn ruleset(files: &[(&str, &str)]) -> Arc<Ruleset> {
    let folder = small_ruleset(files);
    Arc::new(
        rules_folder::load(folder.path(), &SOURCES).unwrap_or_else(|problems| panic!("{}", problems.render(false))),
    )
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn operator() -> OperatorId {
    OPERATOR.into()
}

fn opened(output: &Output) -> Vec<(Step, Level)> {
    output.warnings.iter().map(|event| (event.step, event.level)).collect()
}

/// Three complaints of which the last lies half a millisecond after its record: one short of a warning in its own
/// batch.
fn scenario_with_a_pending_event(mode: Mode) -> Scenario {
    let mut scenario = Scenario::new(&[]);
    let record_at = at("2026-03-02T10:00:00.007Z");
    let records = ["a", "b", "c"].map(|id| {
        let occurred_at = if id == "c" { at("2026-03-02T10:00:00.0075Z") } else { at("2026-03-02T09:00:00Z") };
        scenario.complaint(id, occurred_at, record_at)
    });
    assert_eq!(opened(&scenario.take(&records, mode)), []);
    assert_eq!(scenario.engine.next_instant(), Some(at("2026-03-02T10:00:00.0075Z")));
    scenario
}

#[test]
fn an_event_dated_after_its_record_counts_when_its_instant_comes_without_waiting_for_a_sweep() {
    let mut scenario = scenario_with_a_pending_event(Mode::Live);
    assert_eq!(scenario.engine.due(at("2026-03-02T10:00:00.007Z")), Vec::<OperatorId>::new());
    let now = at("2026-03-02T10:00:00.010Z");
    assert_eq!(scenario.engine.due(now), [operator()]);
    let output = scenario.wake(now);
    assert_eq!(opened(&output), [(Step::Opened, Level::Blue)]);
    assert_eq!(output.warnings[0].as_of, at("2026-03-02T10:00:00.0075Z"), "not a moment later");
    assert_eq!(scenario.engine.due(now), Vec::<OperatorId>::new(), "it has come into sight once");
}

#[test]
fn a_batch_that_passes_the_instant_scores_the_operator_too_though_it_holds_nothing_of_it() {
    let mut scenario = scenario_with_a_pending_event(Mode::Live);
    let later = at("2026-03-02T10:00:01Z");
    let other = RecordBuilder::new(&SOURCES, &EXAMPLES, "JY11201030000014").build("complaints", &Map::new(), later);
    let output = scenario.take(&[other.expect("there are complaints")], Mode::Live);
    assert_eq!(opened(&output), [(Step::Opened, Level::Blue)]);
    assert_eq!(&*output.warnings[0].operator_id, OPERATOR);
    assert_eq!(scenario.engine.due(later), Vec::<OperatorId>::new());
}

#[test]
fn a_pending_event_outlives_an_abort_and_a_restore_and_comes_before_a_sweep() {
    let mut scenario = scenario_with_a_pending_event(Mode::Restore);
    let now = at("2026-03-02T10:00:01Z");
    drop(scenario.engine.wake(now, usize::MAX, &Positions::new()).expect("features are computed"));
    assert_eq!(scenario.engine.due(now), [operator()], "what was not committed is still due");
    assert_eq!(opened(&scenario.sweep(&["JY11201030000014".into()], now)), [(Step::Opened, Level::Blue)]);
    assert_eq!(scenario.engine.due(now), Vec::<OperatorId>::new());
}

#[test]
fn over_a_long_history_operators_are_woken_at_whole_multiples_of_an_interval() {
    let next_instant = |interval: SignedDuration| {
        let mut scenario = Scenario::new(&[]);
        scenario.engine.wake_every(interval);
        let complaint = scenario.complaint("a", at("2026-03-02T09:00:00Z"), at("2026-03-02T10:00:00Z"));
        scenario.take(&[complaint], Mode::Live);
        scenario.engine.next_instant()
    };
    // The complaint leaves its window of 30 days.
    assert_eq!(next_instant(SignedDuration::ZERO), Some(at("2026-04-01T09:00:00Z")));
    assert_eq!(next_instant(SignedDuration::from_hours(24)), Some(at("2026-04-02T00:00:00Z")));
}

#[test]
fn an_operator_is_one_in_whatever_form_records_and_people_write_its_number() {
    let mut scenario = Scenario::new(&[]);
    let record_at = at("2026-03-02T10:00:00Z");
    let forms =
        ["jy21201030043213", "ＪＹ21201030043213", "JY21201030043213\u{A0}", "\u{FEFF}JY21201030043213", OPERATOR];
    for (number, form) in forms.iter().enumerate() {
        let fields = json!({ "event_id": format!("c{number}"), "operator_id": form });
        let record = scenario.story.build("complaints", fields.as_object().expect("an object"), record_at);
        let tally = scenario.take(&[record.expect("there are complaints")], Mode::Live).tally;
        assert_eq!(tally.normalized.values().sum::<u64>(), u64::from(*form != OPERATOR), "{form:?}");
    }
    assert_eq!(scenario.engine.operators(), [operator()]);
    let explained = |form: &str| {
        let explanation = scenario.engine.explain(form, record_at).expect("features are computed");
        serde_json::to_value(explanation.expect("it is known")).expect("JSON")
    };
    for form in forms {
        assert_eq!(explained(form), explained(OPERATOR), "{form:?}");
    }
}

#[test]
fn no_record_moves_the_as_of_past_the_clock_and_what_it_reports_counts_when_its_time_comes() {
    let mut scenario = Scenario::new(&[]);
    let now = at("2026-03-02T12:00:00+08:00");
    let until = |scenario: &mut Scenario, occurred_at: Timestamp, record_at, latest| {
        let record = scenario.complaint(&occurred_at.as_second().to_string(), occurred_at, record_at);
        let pending = scenario.engine.apply_until(&[record], &Positions::new(), Mode::Live, latest);
        scenario.engine.commit(pending.expect("features are computed"));
        scenario.engine.as_of()
    };
    for ahead in [SignedDuration::ZERO, SignedDuration::from_secs(2), SignedDuration::from_hours(400 * 24)] {
        let occurred_at = now.saturating_add(ahead).expect("in range");
        assert_eq!(until(&mut scenario, occurred_at, occurred_at, now), Some(now), "{ahead:?}");
    }
    assert_eq!(scenario.engine.due(now), Vec::<OperatorId>::new());
    let later = now.saturating_add(SignedDuration::from_secs(2)).expect("in range");
    assert_eq!(scenario.engine.due(later), [operator()], "the broker's clock was two seconds ahead");
    // A clock that was set back does not turn time back.
    let before = now.saturating_sub(SignedDuration::from_secs(9)).expect("in range");
    assert_eq!(until(&mut scenario, before, before, before), Some(now));
}

#[test]
fn a_text_longer_than_the_ruleset_allows_is_cut_before_rules_see_it_and_the_score_says_so() {
    const FOODS: &str = "SELECT operator_id,
  -- @zh 被投诉的食品
  -- @en Foods complained of
  -- @missing unknown
  string_agg(DISTINCT food, '、' ORDER BY food) AS foods
FROM complaints GROUP BY operator_id
";
    let rule = many_complaints("if (op.foods ?? \"\").contains(\"…\") { 25 } else { 26 }", "");
    let mut scenario = Scenario::new(&[("features/foods.sql", FOODS), ("complaints/many_complaints.rhai", &rule)]);
    let noon = at("2026-03-02T12:00:00+08:00");
    let complaint = |scenario: &mut Scenario, number: usize| {
        let food = format!("{number:04}{}", "面".repeat(186));
        let Value::Object(fields) =
            json!({ "event_id": number.to_string(), "occurred_at": noon.to_string(), "food": food })
        else {
            unreachable!("it is an object")
        };
        scenario.story.build("complaints", &fields, noon).expect("there are complaints")
    };
    let records: Vec<Record> = (0..2_500).map(|number| complaint(&mut scenario, number)).collect();
    let output = scenario.take(&records, Mode::Live);
    let score = &output.scores[0];
    let foods = serde_json::to_value(&score.features["foods"]).expect("JSON");
    let foods = foods.as_str().expect("a text");
    assert_eq!((foods.chars().count(), foods.ends_with('…')), (1_000, true));
    assert_eq!(score.degraded, ["feature foods: its text is longer than 1000 characters and was cut"]);
    assert_eq!(score.score, 25, "the rule sees the cut text");
    assert!(serde_json::to_vec(score).expect("JSON").len() < 64 * 1024);
}

#[test]
fn content_that_the_schema_does_not_know_is_counted_and_nothing_is_reported_where_there_is_none() {
    let mut scenario = Scenario::new(&[]);
    let record_at = at("2026-03-02T10:00:00Z");
    let known = vec![scenario.complaint("a", record_at, record_at)];
    let tally = scenario.take(&known, Mode::Live).tally;
    assert!(tally.unknown_fields.is_empty() && tally.unknown_values.is_empty(), "{tally:?}");

    let fields = json!({ "event_id": "b", "surprise": 1, "category": "a new one" });
    let unknown = scenario.story.build("complaints", fields.as_object().expect("an object"), record_at);
    let tally = scenario.take(&[unknown.expect("there are complaints")], Mode::Live).tally;
    assert_eq!(tally.unknown_fields.values().sum::<u64>(), 1);
    assert_eq!(tally.unknown_values.values().sum::<u64>(), 1);
}

#[test]
fn i5_a_source_never_seen_and_one_silent_too_long_show_in_the_score() {
    let mut scenario = Scenario::new(&[]);
    let record_at = at("2026-03-02T10:00:00Z");
    let records = vec![scenario.complaint("a", record_at, record_at)];
    let scored = scenario.take(&records, Mode::Live).scores;
    let coverage = &scored[0].coverage;
    assert_eq!((coverage["complaints"], coverage["camera-alerts"]), (Freshness::Fresh, Freshness::Never));

    let silence =
        SOURCES.by_name("complaints").and_then(|(_, source)| source.max_silence).expect("it may not be silent");
    let just = scenario.sweep(&[operator()], record_at + silence);
    assert_eq!(just.scores[0].coverage["complaints"], Freshness::Fresh);
    let late = scenario.sweep(&[operator()], record_at + silence + SignedDuration::from_secs(1));
    assert_eq!(late.scores[0].coverage["complaints"], Freshness::Stale);
}

#[test]
fn i5_a_source_that_is_held_back_shows_in_the_score_and_moves_nothing_else_in_it() {
    let mut scenario = Scenario::new(&[]);
    let record_at = at("2026-03-02T10:00:00Z");
    let records = ["a", "b", "c"].map(|id| scenario.complaint(id, record_at, record_at));
    scenario.take(&records, Mode::Live);
    let free = scenario.sweep(&[operator()], record_at).scores.remove(0);
    let complaints = SOURCES.by_name("complaints").map(|(id, _)| id);
    scenario.engine.hold_back(complaints.into_iter().collect());
    let mut held = scenario.sweep(&[operator()], record_at).scores.remove(0);
    assert_eq!(held.coverage["complaints"], Freshness::Held);
    held.coverage.clone_from(&free.coverage);
    assert_eq!(held, free);
    scenario.engine.hold_back([].into());
    assert_eq!(scenario.sweep(&[operator()], record_at).scores, [free]);
}

#[test]
fn i5_a_rule_a_feature_and_a_gap_that_fail_degrade_the_score_and_are_counted() {
    const WANTING: &str = r#"//! id       = "wanting"
//! title    = { zh = "计算有误的规则", en = "A rule that fails" }
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{ law = "食品安全法", article = "第一百一十五条", confirmed = false }]
//! action   = { zh = "现场核查", en = "Visit" }
//! deadline = "24h"

fn when(op)    { op.complaints_30d % (op.complaints_30d - op.complaints_30d) == 0 }
fn points(op)  { 5 }
fn because(op) { #{ zh: `近30日投诉举报${op.complaints_30d}件。`, en: `Complaints in 30 days: ${op.complaints_30d}.` } }
"#;
    const FAILING: &str = "SELECT operator_id,
  -- @zh 无法计算的指标
  -- @en A feature that fails
  -- @missing unknown
  count(*) / (count(*) - count(*)) AS never
FROM complaints GROUP BY operator_id
";
    let mut scenario = Scenario::new(&[("complaints/wanting.rhai", WANTING), ("features/failing.sql", FAILING)]);
    scenario.engine.accept_gap("offsets 0 to 9 of complaints were deleted".to_owned());
    let record_at = at("2026-03-02T10:00:00Z");
    let records = vec![scenario.complaint("a", record_at, record_at)];
    let output = scenario.take(&records, Mode::Live);
    let score = &output.scores[0];
    let degraded = score.degraded.join("\n");
    for reason in ["gap: offsets 0 to 9", "feature never", "rule wanting"] {
        assert!(degraded.contains(reason), "no `{reason}` in\n{degraded}");
    }
    assert_eq!(score.features["complaints_30d"], yujing_core::feature::FeatureValue::Int(1), "others are computed");
    assert_eq!(output.tally.feature_failures.get("never"), Some(&1));
    assert_eq!(
        output.tally.rule_failures.iter().map(|((rule, _), count)| (rule.as_str(), *count)).collect::<Vec<_>>(),
        [("wanting", 1)]
    );
}

#[test]
fn an_answer_to_a_warning_counts_for_the_rules_that_raised_it_also_after_a_restart_and_for_nothing_else() {
    let mut scenario = Scenario::new(&[]);
    let when = at("2026-03-02T10:00:00Z");
    let complaints = ["a", "b", "c"].map(|id| scenario.complaint(id, when, when));
    let opened = scenario.take(&complaints, Mode::Live);
    let warning = opened.warnings[0].warning_id.to_string();
    let answer = |scenario: &mut Scenario, event: &str, warning: &str, action: &str| {
        let later = when + SignedDuration::from_hours(2);
        let Value::Object(fields) = json!({
            "event_id": event, "occurred_at": later.to_string(), "warning_id": warning, "action": action,
        }) else {
            unreachable!("it is an object")
        };
        scenario.story.build("dispositions", &fields, later).expect("there are dispositions")
    };
    let counted = |output: &Output| -> BTreeMap<String, u64> {
        let rules = &output.tally.rules;
        assert!(rules.iter().all(|(rule, tally)| rule == "many_complaints" || tally.answers.is_empty()), "{rules:?}");
        let answers = rules.get("many_complaints").into_iter().flat_map(|tally| &tally.answers);
        answers.map(|(action, count)| (action.to_string(), *count)).collect()
    };
    let another = "3d813cbb-47fb-5ba9-9b2c-5d6b3c0a2a11";
    let answers = [("d1", &*warning, "acknowledged"), ("d2", &warning, "false_alarm"), ("d3", another, "false_alarm")]
        .map(|(event, warning, action)| answer(&mut scenario, event, warning, action));
    let once = BTreeMap::from([("acknowledged".to_owned(), 1), ("false_alarm".to_owned(), 1)]);
    assert_eq!(counted(&scenario.take(&answers, Mode::Live)), once);
    assert_eq!(counted(&scenario.take(&answers, Mode::Live)), BTreeMap::new(), "nothing counts twice");

    let mut restarted = Scenario::new(&[]);
    let score = serde_json::from_value(json!(opened.scores[0])).expect("what a restore reads");
    restarted.engine.restore_standing(score, None);
    assert_eq!(counted(&restarted.take(&answers, Mode::Live)), once);
    let mut restored = Scenario::new(&[]);
    restored.engine.restore_standing(serde_json::from_value(json!(opened.scores[0])).expect("the same"), None);
    assert_eq!(counted(&restored.take(&answers, Mode::Restore)), BTreeMap::new(), "they were counted before");
}

#[test]
fn the_events_of_an_operator_are_given_newest_first_and_in_parts_without_what_is_personal_or_still_ahead() {
    let mut scenario = Scenario::new(&[]);
    let now = at("2026-03-02T10:00:00Z");
    let hours_ago = |hours: i64| now - SignedDuration::from_hours(hours);
    let mut records: Vec<Record> =
        (1..=4).map(|number| scenario.complaint(&format!("c{number}"), hours_ago(number), now)).collect();
    records.push(scenario.complaint("same instant", hours_ago(2), now));
    records.push(scenario.complaint("ahead", now + SignedDuration::from_mins(2), now));
    scenario.take(&records, Mode::Live);
    let ids = |source: Option<&str>, until: Timestamp, limit: usize| {
        let selection = EventSelection { source: source.map(ToOwned::to_owned), until, limit };
        let events = scenario.engine.events_of("jy21201030043213", &selection, now);
        events.into_iter().map(|event| event.event_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, Timestamp::MAX, 10), ["c1", "same instant", "c2", "c3", "c4"]);
    assert_eq!(ids(Some("complaints"), hours_ago(2), 2), ["same instant", "c2"]);
    assert_eq!(ids(Some("inspections"), Timestamp::MAX, 10), Vec::<String>::new());
    let selection = EventSelection { source: None, until: Timestamp::MAX, limit: 1 };
    assert_eq!(scenario.engine.events_of("nobody", &selection, now), []);
    let event = serde_json::to_value(&scenario.engine.events_of(OPERATOR, &selection, now)[0]).expect("JSON");
    assert_eq!((&event["source"], &event["occurred_at"]), (&json!("complaints"), &json!(hours_ago(1).to_string())));
    assert!(event["content"]["category"].is_string(), "{event}");
    assert!(
        event["content"].get("complainant_phone").is_none() && event["content"].get("event_id").is_none(),
        "{event}"
    );
}

#[test]
fn an_explanation_says_what_decided_each_rule_and_the_smallest_change_that_would_move_the_level() {
    let record_at = at("2026-03-02T10:00:00Z");
    let explained = |complaints: usize| {
        let mut scenario = Scenario::new(&[]);
        let records = (0..complaints)
            .map(|number| scenario.complaint(&format!("c{number}"), record_at, record_at))
            .collect::<Vec<_>>();
        scenario.take(&records, Mode::Live);
        let explanation = scenario.engine.explain(&operator(), record_at).expect("features are computed");
        serde_json::to_value(explanation.expect("the operator is known")).expect("JSON")
    };
    let change = |to: i64, from: i64, level: &str, score: i64| {
        json!({
            "feature": "complaints_30d", "title": { "zh": "近30日投诉举报件数", "en": "Complaints, 30 days" },
            "from": from, "to": to, "score": score, "level": level,
        })
    };
    let one = explained(1);
    assert_eq!(one["rules"][0]["outcome"], "quiet");
    assert_eq!(
        one["rules"][0]["decided_by"],
        json!([{ "text": "op.complaints_30d >= 3", "holds": false, "left": 1, "right": 3, "distance": 2.0 }])
    );
    assert_eq!(one["smallest_changes"], json!({ "raise": change(3, 1, "blue", 25), "lower": null }));

    let three = explained(3);
    assert_eq!(
        three["rules"][0]["decided_by"],
        json!([{ "text": "op.complaints_30d >= 3", "holds": true, "left": 3, "right": 3, "distance": 1.0 }])
    );
    assert_eq!(
        three["smallest_changes"],
        json!({ "raise": change(6, 3, "orange", 65), "lower": change(2, 3, "none", 0) })
    );
}

#[rstest]
#[case::of_nobody_in_particular(&[])]
#[case::of_a_school_that_hosts_an_event(&[
    ("operators", json!({ "protected_group": "school", "business_form": "canteen" })),
    ("events", json!({ "event_id": "e1", "starts_on": "2026-03-10", "ends_on": "2026-03-12" })),
])]
fn i4_everything_in_a_warning_recomputes_from_its_own_features_and_its_ruleset(#[case] who: &[(&str, Value)]) {
    let ruleset = rules_folder::load(Path::new("rules"), &SOURCES)
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let mut scenario = Scenario {
        engine: Engine::new(Arc::clone(&SOURCES), Arc::new(ruleset)),
        story: RecordBuilder::new(&SOURCES, &EXAMPLES, OPERATOR),
    };
    let (mut warnings, mut modified) = (0, 0);
    let start = at("2026-03-02T10:00:00Z");
    let happened = [
        ("camera-alerts", json!({ "event_id": "r1", "class": "rodent", "confidence": 0.9 })),
        ("complaints", json!({ "event_id": "p1", "category": "pests" })),
        ("inspections", json!({ "event_id": "i1", "verdict": "fail" })),
        ("complaints", json!({ "event_id": "s1", "category": "food_poisoning", "persons_ill": 3 })),
        ("lab-samples", json!({ "event_id": "l1", "verdict": "fail" })),
        ("complaints", json!({ "event_id": "s1", "revision": 2, "status": "unsubstantiated", "persons_ill": 0 })),
    ];
    for (place, (source, fields)) in (0_i64..).zip(who.iter().cloned().chain(happened)) {
        let Value::Object(fields) = fields else { unreachable!("it is an object") };
        let record_at = start + SignedDuration::from_mins(place);
        let record = scenario.story.build(source, &fields, record_at).expect("there is the source");
        for warning in scenario.take(&[record], Mode::Live).warnings {
            warnings += 1;
            modified += warning.findings.iter().filter(|finding| finding.modified.is_some()).count();
            // Only what the record says, as anybody reads it from the topic.
            let mut said = serde_json::to_value(&warning).expect("JSON");
            let read = serde_json::from_value(said.clone()).expect("a warning");
            let recomputed = serde_json::to_value(scenario.engine.ruleset().recompute(&read)).expect("JSON");
            for finding in said["findings"].as_array_mut().expect("findings") {
                finding.as_object_mut().expect("an object").remove("evidence");
            }
            for (part, recomputed) in recomputed.as_object().expect("an object") {
                assert_eq!(*recomputed, said[part], "{part} of {:?}", warning.step);
            }
        }
    }
    assert!(warnings >= 3, "the story moves the level: {warnings}");
    assert_eq!(modified > 0, !who.is_empty(), "{modified} findings that modifiers apply to");
}

/// The small ruleset's rule, giving other points for three complaints, and a floor if one is named.
fn many_complaints(points: &str, level: &str) -> String {
    format!(
        r#"//! id       = "many_complaints"
//! title    = {{ zh = "投诉举报集中", en = "Many complaints" }}
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{{ law = "食品安全法", article = "第一百一十五条", confirmed = false }}]
//! action   = {{ zh = "现场核查", en = "Visit" }}
//! deadline = "24h"
fn when(op)    {{ op.complaints_30d >= 3 }}
fn points(op)  {{ {points} }}
{level}
fn because(op) {{ #{{ zh: `${{op.complaints_30d}}件`, en: `${{op.complaints_30d}}` }} }}
"#
    )
}

const RULE: &str = "complaints/many_complaints.rhai";

/// An operator with three complaints and so a blue warning, an hour before `at("2026-03-02T11:00:00Z")`.
fn scenario_of_three_complaints() -> Scenario {
    let mut scenario = Scenario::new(&[]);
    let when = at("2026-03-02T10:00:00Z");
    let records = ["a", "b", "c"].map(|id| scenario.complaint(id, when, when));
    assert_eq!(opened(&scenario.take(&records, Mode::Live)), [(Step::Opened, Level::Blue)]);
    scenario
}

fn moved(output: &Output) -> Vec<(Step, Level, Cause)> {
    output.warnings.iter().map(|event| (event.step, event.level, event.cause)).collect()
}

#[rstest]
#[case::more_points("70", "", (Step::Escalated, Level::Orange))]
#[case::a_floor("25", r#"fn level(op) { "red" }"#, (Step::Escalated, Level::Red))]
#[case::fewer_points("5", "", (Step::Withdrawn, Level::None))]
fn what_another_ruleset_changes_is_done_at_once_and_says_so_in_the_same_warning(
    #[case] points: &str,
    #[case] level: &str,
    #[case] (step, to): (Step, Level),
) {
    let mut scenario = scenario_of_three_complaints();
    let rule = many_complaints(points, level);
    let candidate = ruleset(&[(RULE, &rule)]);
    let now = at("2026-03-02T11:00:00Z");

    let projected = scenario.engine.project(&candidate, &[operator()], now).expect("features are computed");
    assert_eq!(moved(&projected), [(step, to, Cause::Ruleset)]);
    assert_eq!(moved(&scenario.sweep(&[operator()], now)), [], "nothing came of the projection");

    scenario.engine.put_in_force(candidate);
    assert_eq!(scenario.engine.awaiting_evaluation(), [operator()]);
    let output = scenario.sweep(&[operator()], now);
    assert_eq!(moved(&output), [(step, to, Cause::Ruleset)]);
    let event = &output.warnings[0];
    assert_eq!((event.sequence, event.previous.warning.as_ref().map(|open| open.id)), (2, Some(event.warning_id)));
    assert!(event.text.zh.contains("规则") && event.text.en.contains("rules"), "{:?}", event.text);
    assert_eq!(scenario.engine.awaiting_evaluation(), Vec::<OperatorId>::new());
}

#[test]
fn a_level_that_was_falling_anyway_keeps_its_dwell_under_another_ruleset() {
    let mut scenario = scenario_of_three_complaints();
    // A month later the complaints no longer count: the dwell begins.
    let begun = at("2026-04-02T00:00:00Z");
    assert_eq!(moved(&scenario.sweep(&[operator()], begun)), []);
    // Another ruleset says the same of the facts.
    let rule = many_complaints("26", "");
    scenario.engine.put_in_force(ruleset(&[(RULE, &rule)]));
    assert_eq!(moved(&scenario.sweep(&[operator()], at("2026-04-02T06:00:00Z"))), []);
    let ended = scenario.sweep(&[operator()], at("2026-04-03T00:00:00Z"));
    assert_eq!(opened(&ended), [(Step::Resolved, Level::None)]);
    assert_ne!(ended.warnings[0].cause, Cause::Ruleset);
}

#[test]
fn time_that_passed_since_the_last_score_is_not_laid_to_another_ruleset() {
    let mut scenario = scenario_of_three_complaints();
    let rule = many_complaints("26", "");
    scenario.engine.put_in_force(ruleset(&[(RULE, &rule)]));
    // Both rulesets let it fall now, so it waits.
    assert_eq!(moved(&scenario.sweep(&[operator()], at("2026-04-02T00:00:00Z"))), []);
}

#[test]
fn an_event_that_raises_a_level_by_both_rulesets_is_the_cause_also_before_everyone_is_scored_again() {
    let mut scenario = scenario_of_three_complaints();
    let rule = many_complaints("if op.complaints_30d >= 6 { 66 } else { 25 }", "");
    scenario.engine.put_in_force(ruleset(&[(RULE, &rule)]));
    let when = at("2026-03-02T11:00:00Z");
    let records = ["d", "e", "f"].map(|id| scenario.complaint(id, when, when));
    let output = scenario.take(&records, Mode::Live);
    assert_eq!(moved(&output), [(Step::Escalated, Level::Orange, Cause::Events)]);
    assert!(!scenario.engine.awaits_evaluation(&operator()), "a batch judges too");
}

#[test]
fn a_ruleset_whose_rule_fails_takes_no_level_at_once() {
    let mut scenario = scenario_of_three_complaints();
    let rule = many_complaints("100 / (op.complaints_30d - 3)", "");
    let candidate = ruleset(&[(RULE, &rule)]);
    let now = at("2026-03-02T11:00:00Z");
    let projected = scenario.engine.project(&candidate, &[operator()], now).expect("features are computed");
    assert_eq!((moved(&projected), projected.tally.rule_failures.len()), (vec![], 1));
    scenario.engine.put_in_force(candidate);
    let output = scenario.sweep(&[operator()], now);
    assert_eq!((moved(&output), output.scores[0].level, output.scores[0].degraded.len()), (vec![], Level::Blue, 1));
}

#[test]
fn a_restored_operator_distinguishes_rules_from_time_if_its_previous_ruleset_can_still_be_had() {
    let mut scenario = scenario_of_three_complaints();
    let score = scenario.sweep(&[operator()], at("2026-03-02T10:30:00Z")).scores.remove(0);
    let score: RestoredScore = serde_json::from_value(json!(score)).expect("a score reads back");
    for (known, expected) in [(true, vec![(Step::Withdrawn, Level::None, Cause::Ruleset)]), (false, vec![])] {
        let rule = many_complaints("5", "");
        let mut restored = Scenario::new(&[(RULE, &rule)]);
        let when = at("2026-03-02T10:00:00Z");
        let records = ["a", "b", "c"].map(|id| restored.complaint(id, when, when));
        restored.engine.restore_standing(score.clone(), known.then(|| ruleset(&[])));
        restored.take(&records, Mode::Restore);
        let pending = restored.engine.sweep(&[operator()], at("2026-03-02T11:00:00Z"), Cause::Start, &Positions::new());
        assert_eq!(moved(&pending.expect("features are computed").output), expected);
    }
}

/// A feature that panics or fails for everyone is beyond what SQL lets an analyst write; a candidate whose rule throws
/// is not. Its score is degraded, and the champion's is not touched.
#[test]
fn what_a_candidate_does_wrong_is_its_own() {
    let mut scenario = Scenario::new(&[]);
    let throwing = many_complaints("85", "");
    let throwing = throwing.replace("{ op.complaints_30d >= 3 }", "{ if op.complaints_30d >= 3 { throw `no` } true }");
    scenario.engine.attach_candidate(ruleset(&[(RULE, &throwing)]), Standings::default());
    scenario.engine.attach_candidate(ruleset(&[(RULE, &many_complaints("85", ""))]), Standings::default());
    let when = at("2026-03-02T10:00:00Z");
    let records: Vec<Record> = ["a", "b", "c"].map(|id| scenario.complaint(id, when, when)).into();
    let pending = scenario.engine.apply(&records, &Positions::new(), Mode::Live).expect("features are computed");
    assert_eq!(opened(&pending.output), [(Step::Opened, Level::Blue)]);
    assert_eq!(pending.output.scores[0].degraded, Vec::<String>::new());
    assert_eq!((opened(&pending.shadows[0]), opened(&pending.shadows[1])), (vec![], vec![(Step::Opened, Level::Red)]));
    assert_eq!((pending.shadows[0].tally.rule_failures.len(), pending.failures.len()), (1, 0));
    scenario.engine.commit(pending);

    // Without its seat the other one keeps what it made of everyone.
    assert_eq!(scenario.engine.detach_shadow(0).len(), 1);
    let harsher = scenario.engine.detach_shadow(0);
    scenario.engine.attach_candidate(ruleset(&[(RULE, &many_complaints("85", ""))]), harsher);
    let pending = scenario.engine.sweep(&[operator()], at("2026-03-02T11:00:00Z"), Cause::Time, &Positions::new());
    assert_eq!(opened(&pending.expect("features are computed").shadows[0]), []);
}
