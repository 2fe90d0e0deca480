use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::feature::{Evidence, EvidenceEvent, FeatureValue};
use crate::rule::{Basis, Deadline, Level};
use crate::warning::{
    Cause, Finding, Floor, LifecycleInput, Policy, ProvisionalDue, RuleCard, RuleText, Step, lifecycle,
};

const OPERATOR: &str = "JY21201030043213";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn bilingual(zh: &str, en: &str) -> Bilingual {
    Bilingual { zh: zh.to_owned(), en: en.to_owned() }
}

fn rodents() -> Finding {
    let rule = RuleText {
        id: "rodent_with_complaint".to_owned(),
        family: "pests".to_owned(),
        title: bilingual("疑似鼠类活动且有虫鼠投诉举报", "Suspected rodents and a pest complaint"),
        basis: vec![Basis {
            law: "食品安全法".to_owned(),
            article: "第三十三条第一款第二项".to_owned(),
            confirmed: false,
        }],
        action: bilingual("现场核查并督促落实防鼠措施", "Visit; see rodent-proofing put right"),
        deadline: "24h".to_owned(),
    };
    Finding {
        rule: Arc::new(RuleCard::new(rule)),
        points: 40,
        counted: 40,
        floor: Some(Level::Orange),
        disputed: false,
        because: bilingual(
            "近7日后厨监控发现疑似鼠类活动3次，同期收到虫鼠类投诉举报1件。",
            "Last 7 days: suspected rodent episodes 3, pest complaints 1.",
        ),
        modified: None,
        evidence: None,
    }
}

/// A finding without a floor, its words left out.
fn finding(rule: &str, family: &str, counted: i64) -> Finding {
    let title = match rule {
        "failed_sample" => bilingual("监督抽检不合格", "Failed sample"),
        "key_item_failed" => bilingual("重点项不符合", "Key item failed"),
        "complaint_surge" => bilingual("投诉举报突增", "Surge of complaints"),
        _ => bilingual("长期未检", "Long uninspected"),
    };
    let rodents = rodents();
    let (id, family) = (rule.to_owned(), family.to_owned());
    let rule =
        Arc::new(RuleCard::new(RuleText { id, family, title, basis: Vec::new(), ..RuleText::clone(&rodents.rule) }));
    let because = bilingual("（略）", "(left out)");
    Finding { rule, points: counted, counted, floor: None, because, ..rodents }
}

fn pest_complaint() -> EvidenceEvent {
    EvidenceEvent {
        source: "complaints".into(),
        publisher: "12315".into(),
        event_id: "c1".into(),
        occurred_at: at("2026-03-03T01:00:00Z"),
    }
}

fn features(pest_complaints: FeatureValue, days_since_inspection: FeatureValue) -> FeatureValues {
    FeatureValues::from(BTreeMap::from([
        ("rodent_episodes_7d".to_owned(), FeatureValue::Int(3)),
        ("pest_complaints_7d".to_owned(), pest_complaints),
        ("days_since_inspection".to_owned(), days_since_inspection),
    ]))
}

fn coverage(lab_samples: Freshness) -> Coverage {
    [("camera-alerts".to_owned(), Freshness::Fresh), ("lab-samples".to_owned(), lab_samples)].into_iter().collect()
}

fn record() -> ScoreRecord {
    let attributes =
        json!({ "name": "某某餐厅", "business_form": "catering", "sub_district": "王串场街道", "grid": "03-12" });
    ScoreRecord {
        operator_id: OPERATOR.into(),
        as_of: at("2026-03-03T01:00:00Z"),
        score: 52,
        level: Level::Orange,
        level_by_score: Level::Orange,
        to_next: Some(28),
        base: 12,
        findings: vec![rodents()],
        floors: vec![Floor { level: Level::Orange, rule: "rodent_with_complaint".to_owned() }],
        features: features(FeatureValue::Int(1), FeatureValue::Unknown),
        coverage: coverage(Freshness::Never),
        degraded: Vec::new(),
        operator: OperatorCard::registered(attributes.as_object().expect("an object").clone()),
        ruleset: "9f2c".repeat(16).into(),
        standing: Standing::default(),
    }
}

/// The event of a change, with findings that have their evidence.
fn event_with(
    change: &Transition,
    record: &ScoreRecord,
    previous: Standing,
    findings: Vec<Finding>,
    offsets: BTreeMap<String, i64>,
) -> WarningEvent {
    WarningEvent::new(change, ScoreRecord { findings, ..record.clone() }, previous, offsets, &Zone::default())
}

/// Makes the sums of a record fit its findings.
fn add_up(policy: &Policy, record: &mut ScoreRecord) {
    record.score = record.base + record.findings.iter().map(|finding| finding.counted).sum::<i64>();
    let floor_of = |finding: &Finding| Some(Floor { level: finding.floor?, rule: finding.rule.id.clone() });
    record.floors = record.findings.iter().filter_map(floor_of).collect();
    let floor = record.floors.iter().map(|floor| floor.level).max().unwrap_or_default();
    record.level_by_score = policy.level_of(record.score).max(floor);
    let next = policy.thresholds.iter().find(|threshold| threshold.level > record.level_by_score);
    record.to_next = next.map(|threshold| threshold.enter - record.score);
}

fn input(record: &ScoreRecord, cause: Cause) -> LifecycleInput {
    LifecycleInput {
        score: record.score,
        raise: 0,
        level: record.level_by_score,
        floor: record.floors.iter().map(|floor| floor.level).max().unwrap_or_default(),
        as_of: record.as_of,
        lost_evidence: cause == Cause::Retraction,
        disputed: cause == Cause::Verdict,
        ruleset_changed: cause == Cause::Ruleset,
        adds: None,
        cause,
    }
}

/// Each step of a warning's life: opened orange, then each other step from there.
fn event(step: Step, cause: Cause) -> WarningEvent {
    let text = include_str!("../../../../rules/ruleset.toml");
    let policy = Policy::read(Path::new("ruleset.toml"), text).expect("the shipped policy");
    let mut record = record();
    add_up(&policy, &mut record);
    let previous = Standing { ordinal: 2, ..Standing::default() };
    let (mut standing, change) = lifecycle::advance(&policy, OPERATOR, &previous, &input(&record, Cause::Events));
    let warning = standing.warning.as_mut().expect("it opens");
    warning.highest = warning.level;
    warning.due_at = Some(at("2026-03-04T01:00:00Z"));
    warning.named = Some(Arc::new(["rodent_with_complaint".to_owned()].into()));
    if step == Step::Opened {
        record.standing = standing;
        let mut findings = record.findings.clone();
        findings[0].evidence = Some(BTreeMap::from([(
            "pest_complaints_7d".to_owned(),
            Evidence { total: 1, newest: vec![pest_complaint()] },
        )]));
        let offsets = BTreeMap::from([("complaints:3".to_owned(), 8_841), ("camera-alerts:3".to_owned(), 120_004)]);
        return event_with(&change.expect("it opens"), &record, previous, findings, offsets);
    }

    record.as_of = at("2026-03-05T02:30:00Z");
    match step {
        Step::Escalated => record.findings.insert(0, finding("failed_sample", "lab", 35)),
        Step::Added => record.findings.push(finding("complaint_surge", "complaints", 12)),
        Step::Amended => {}
        Step::Eased => record.findings = vec![finding("key_item_failed", "inspection", 30)],
        _ => record.findings.clear(),
    }
    add_up(&policy, &mut record);
    if cause == Cause::Time {
        let warning = standing.warning.as_mut().expect("it is open");
        warning.below_since = Some(at("2026-03-04T02:30:00Z"));
    }
    let adds = (step == Step::Added).then_some(cause);
    let second = LifecycleInput { adds, ruleset_changed: false, ..input(&record, cause) };
    let (mut next, change) = match step {
        Step::Amended => lifecycle::amend(&standing),
        _ => lifecycle::advance(&policy, OPERATOR, &standing, &second),
    };
    if let Some(open) = &mut next.warning {
        open.highest = open.highest.max(open.level);
        match step {
            Step::Escalated => open.due_at = Some(at("2026-03-04T00:30:00Z")),
            Step::Added => {
                let (from, deadline) = (record.as_of, Deadline::WorkingDays(3));
                open.due_at = Some(at("2026-03-03T15:59:59Z"));
                open.due_provisional =
                    Some(ProvisionalDue { from, deadline, certain: Some(at("2026-03-04T01:00:00Z")) });
            }
            _ => {}
        }
        let named = Arc::make_mut(open.named.get_or_insert_default());
        named.extend(record.findings.iter().map(|finding| finding.rule.id.clone()));
    }
    record.standing = next;
    let findings = record.findings.clone();
    event_with(&change.expect("the level changes"), &record, standing, findings, BTreeMap::new())
}

#[rstest]
#[case("opened", Step::Opened, Cause::Events)]
#[case("escalated", Step::Escalated, Cause::Events)]
#[case("added", Step::Added, Cause::Events)]
#[case("amended", Step::Amended, Cause::Ruleset)]
#[case("eased", Step::Eased, Cause::Time)]
#[case("eased_by_retraction", Step::Eased, Cause::Retraction)]
#[case("resolved", Step::Resolved, Cause::Time)]
#[case("withdrawn", Step::Withdrawn, Cause::Retraction)]
fn an_event_of_each_step_leaves_like_this(#[case] name: &str, #[case] step: Step, #[case] cause: Cause) {
    let event = event(step, cause);
    assert_eq!((event.step, event.cause), (step, cause));
    insta::assert_json_snapshot!(name, event);
}

#[test]
fn headlines_read_like_this() {
    let mut text = String::new();
    let mut add = |what: &str, event: &WarningEvent| {
        let Bilingual { zh, en } = headline(event);
        text.extend([what, "\n  ", &zh, "\n  ", &en, "\n"]);
    };
    add("opened", &event(Step::Opened, Cause::Events));
    add("escalated", &event(Step::Escalated, Cause::Events));
    add("added, due on days that the calendar lacks", &event(Step::Added, Cause::Events));
    add("amended", &event(Step::Amended, Cause::Ruleset));
    add("eased", &event(Step::Eased, Cause::Time));
    add("eased by retraction", &event(Step::Eased, Cause::Retraction));
    add("resolved", &event(Step::Resolved, Cause::Time));
    add("withdrawn", &event(Step::Withdrawn, Cause::Retraction));

    let mut many = event(Step::Opened, Cause::Events);
    many.findings.insert(0, finding("complaint_surge", "complaints", 12));
    many.findings.insert(0, finding("long_uninspected", "attention", 8));
    add("three findings, the floor first", &many);

    let mut bare = event(Step::Opened, Cause::Events);
    bare.findings.clear();
    bare.due_at = None;
    add("no finding, no deadline", &bare);

    let mut unregistered = event(Step::Opened, Cause::Events);
    unregistered.operator = OperatorCard::default();
    add("unregistered", &unregistered);
    unregistered.operator = OperatorCard::registered(serde_json::Map::new());
    add("registered without a name", &unregistered);

    let mut degraded = event(Step::Resolved, Cause::Time);
    degraded.degraded.push("rule `rodent_with_complaint`: limit".to_owned());
    add("degraded", &degraded);
    insta::assert_snapshot!(text);
}

// Chicago's clocks go forward on 8 March 2026.
#[rstest]
#[case::winter(
    "America/Chicago",
    "2026-03-08T07:30:00Z",
    "2026年3月8日01时30分（America/Chicago 时间）",
    "2026-03-08 01:30 America/Chicago time"
)]
#[case::summer(
    "America/Chicago",
    "2026-03-08T08:30:00Z",
    "2026年3月8日03时30分（America/Chicago 时间）",
    "2026-03-08 03:30 America/Chicago time"
)]
#[case::the_end_of_a_day(
    "America/Chicago",
    "2026-03-09T04:59:59Z",
    "2026年3月8日24时（America/Chicago 时间）",
    "the end of 2026-03-08, America/Chicago time"
)]
#[case::an_offset(
    "-06:00",
    "2026-03-08T08:30:00Z",
    "2026年3月8日02时30分（UTC-06:00 时间）",
    "2026-03-08 02:30 UTC-06:00 time"
)]
#[case::china_by_its_offset("+08:00", "2026-03-08T08:30:00Z", "2026年3月8日16时30分", "2026-03-08 16:30 Beijing time")]
fn a_headline_and_its_record_show_times_where_the_office_is(
    #[case] zone: &str,
    #[case] due: &str,
    #[case] zh: &str,
    #[case] en: &str,
) {
    let mut event = event(Step::Opened, Cause::Events);
    event.zone = Zone::named(zone).expect("a zone");
    event.due_at = Some(at(due));
    let text = headline(&event);
    assert!(text.zh.contains(&format!("；请于{zh}前处置")), "{}", text.zh);
    assert!(text.en.contains(&format!("; act by {en}.")), "{}", text.en);

    let left = serde_json::to_value(&event).expect("JSON");
    let named = (zone != "+08:00").then(|| json!(zone));
    assert_eq!(left.get("zone"), named.as_ref(), "Beijing's needs no mention");
    assert_eq!(refusals(include_str!("../../../../schemas/warnings.schema.json"), &left), Vec::<String>::new());
    let read: WarningEvent = serde_json::from_value(left).expect("a warning");
    assert_eq!(read.zone.words(), event.zone.words());
}

/// What a published schema refuses in a value, as text.
fn refusals(schema: &str, value: &serde_json::Value) -> Vec<String> {
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn what_leaves_keeps_to_the_published_schemas() {
    let scores = include_str!("../../../../schemas/scores.schema.json");
    let warnings = include_str!("../../../../schemas/warnings.schema.json");
    let steps = [
        (Step::Opened, Cause::Events),
        (Step::Escalated, Cause::Events),
        (Step::Added, Cause::Events),
        (Step::Amended, Cause::Ruleset),
        (Step::Eased, Cause::Time),
        (Step::Resolved, Cause::Time),
        (Step::Withdrawn, Cause::Retraction),
    ];
    for (step, cause) in steps {
        let event = event(step, cause);
        let mut record = record();
        record.standing = event.previous.clone();
        let none = Vec::<String>::new();
        assert_eq!(refusals(warnings, &serde_json::to_value(&event).expect("JSON")), none, "{step:?}");
        assert_eq!(refusals(scores, &serde_json::to_value(&record).expect("JSON")), none, "{step:?}");
    }
    let mut wrong = serde_json::to_value(event(Step::Opened, Cause::Events)).expect("JSON");
    wrong["level"] = json!("purple");
    assert_eq!(refusals(warnings, &wrong).len(), 1, "the schema does refuse");
}

#[test]
fn a_restore_reads_back_what_a_score_wrote() {
    let mut record = record();
    record.standing = event(Step::Escalated, Cause::Events).previous;
    assert!(record.standing.warning.is_some());
    let text = serde_json::to_string(&record).expect("a record is JSON");
    let restored: RestoredScore = serde_json::from_str(&text).expect("and reads back");
    assert_eq!(
        (restored.operator_id.into(), restored.as_of, restored.standing),
        (record.operator_id, record.as_of, record.standing)
    );
}

#[test]
fn a_record_from_before_findings_were_remembered_reads_back_and_says_nothing_of_them() {
    let mut score = serde_json::to_value(record()).expect("JSON");
    let event = event(Step::Escalated, Cause::Events);
    score["standing"] = serde_json::to_value(&event.previous).expect("JSON");
    let warning = score["standing"]["warning"].as_object_mut().expect("open");
    for later in ["eased", "named", "due_provisional"] {
        assert!(warning.remove(later).is_some(), "{later}");
    }
    let scores = include_str!("../../../../schemas/scores.schema.json");
    assert_eq!(refusals(scores, &score), Vec::<String>::new());
    let restored: RestoredScore = serde_json::from_value(score).expect("it reads back");
    let open = restored.standing.warning.expect("open");
    assert_eq!((open.eased, open.named, open.due_provisional), (false, None, None));
}

#[rstest]
#[case(Step::Opened, Cause::Events)]
#[case(Step::Escalated, Cause::Events)]
#[case(Step::Added, Cause::Events)]
#[case(Step::Amended, Cause::Ruleset)]
#[case(Step::Eased, Cause::Time)]
#[case(Step::Eased, Cause::Retraction)]
#[case(Step::Withdrawn, Cause::Retraction)]
fn an_event_says_how_the_operator_stood_after_it(#[case] step: Step, #[case] cause: Cause) {
    let event = event(step, cause);
    let past: RestoredWarning =
        serde_json::from_str(&serde_json::to_string(&event).expect("JSON")).expect("it reads back");
    let left = past.into_score().standing;
    let before = event.previous.warning.as_ref();
    assert_eq!(left.ordinal, 3);
    let Some(open) = left.warning else { return assert_eq!(step, Step::Withdrawn) };
    let stays = matches!(step, Step::Added | Step::Amended);
    let since = before.filter(|_| stays).map_or(event.as_of, |before| before.level_since);
    assert_eq!((open.level, open.level_since, open.eased), (event.level, since, step == Step::Eased));
    assert_eq!((open.due_at, open.due_provisional), (event.due_at, event.due_provisional));
    let named = open.named.expect("what was shown");
    let shown_before = before.and_then(|before| before.named.clone()).unwrap_or_default();
    assert!(named.is_superset(&shown_before) && event.findings.iter().all(|finding| named.contains(&finding.rule.id)));
}

#[test]
fn a_score_that_differs_only_in_time_is_the_same() {
    let mut later = record();
    later.as_of = at("2026-03-03T02:00:00Z");
    assert_eq!(record().content_hash(), later.content_hash());
}

#[test]
fn a_score_that_differs_in_anything_else_is_another() {
    type Alter = fn(&mut ScoreRecord);
    let alterations: [(&str, Alter); 15] = [
        ("operator_id", |record| record.operator_id = "JY1".into()),
        ("score", |record| record.score += 1),
        ("level", |record| record.level = Level::Red),
        ("level_by_score", |record| record.level_by_score = Level::Red),
        ("to_next", |record| record.to_next = None),
        ("base", |record| record.base = 4),
        ("findings", |record| record.findings[0].counted -= 1),
        ("floors", |record| record.floors.clear()),
        ("features", |record| record.features = features(FeatureValue::Int(2), FeatureValue::Unknown)),
        ("zero instead of unknown", |record| record.features = features(FeatureValue::Int(1), FeatureValue::Int(0))),
        ("coverage", |record| record.coverage = coverage(Freshness::Stale)),
        ("degraded", |record| record.degraded.push("gap".to_owned())),
        ("operator", |record| record.operator = OperatorCard::default()),
        ("ruleset", |record| record.ruleset = "9f2d".repeat(16).into()),
        ("standing", |record| record.standing.ordinal += 1),
    ];
    for (what, alter) in alterations {
        let mut other = record();
        alter(&mut other);
        assert_ne!(record().content_hash(), other.content_hash(), "{what}");
    }
}

#[test]
fn an_unknown_number_equals_itself() {
    let mut record = record();
    record.features = features(FeatureValue::Float(f64::NAN), FeatureValue::Unknown);
    assert_eq!(record.content_hash(), record.clone().content_hash());
}
