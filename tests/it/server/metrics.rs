//! The metrics: conventions by the real promtool, the written reference, and the bounds on labels.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use yujing_core::engine::{Newest, Tally};
use yujing_core::warning::rollup::{AreaCounts, Counter};
use yujing_core::warning::{Area, AreaRollup, ChangedArea, HandlingState, Level, Step, VisitTarget};
use yujing_live::{State, Status};
use yujing_telemetry::area::AreasChanged;
use yujing_telemetry::console::{AnswerSent, ConsoleMeasured, LoginOutcome, LoginTried, RecordsTaken};
use yujing_telemetry::engine::SweepCompleted;
use yujing_telemetry::http::RequestAnswered;
use yujing_telemetry::metrics::{MOST_PUBLISHERS, MOST_SUB_DISTRICTS, OTHER_PUBLISHER};
use yujing_telemetry::notify::{
    BacklogMeasured, ChannelsKnown, DeliveryFailed, DeliveryMade, DeliveryOver, EventTaken, EventsMissed,
    NotifyStateChanged,
};
use yujing_telemetry::process::RestoreProgressed;
use yujing_telemetry::registry::reference;
use yujing_telemetry::shadow::{CandidateAttached, CandidateDecided};
use yujing_telemetry::{InternalEvent as _, Metrics};

fn newest(occurred: i64, received: i64) -> Newest {
    let at = |second| Timestamp::from_second(second).expect("in range");
    Newest { occurred_at: at(occurred), received_at: at(received) }
}

/// Metrics with a sample in every family.
fn moved() -> Metrics {
    let metrics = Metrics::new();
    RequestAnswered { route: "/metrics", status: 200, took: Duration::from_millis(2) }.emit(&metrics);
    RestoreProgressed { done: 1, total: 2 }.emit(&metrics);
    metrics.note_newest("complaints", "12345", newest(0, 0));
    metrics.consumer_lag_records.with_label_values(&["topic", "0"]).set(3);
    metrics.consumer_lag_seconds.with_label_values(&["topic", "0"]).set(0.5);
    metrics.consumer_held_back_seconds.with_label_values(&["topic", "0"]).set(0.0);
    metrics.input_partitions.with_label_values(&["topic"]).set(2);
    metrics.stray_records.with_label_values(&["scores"]).set(0);
    metrics.ruleset_info.with_label_values(&["0123abcd"]).set(1);
    metrics.ruleset_rules.with_label_values(&["active"]).set(1);
    metrics.source_max_silence.with_label_values(&["complaints"]).set(3600.0);
    CandidateAttached { name: "stricter", hash: "0123abcd", standings: 0 }.emit(&metrics);
    let tally = Tally {
        operators_scored: 1,
        level_changes: [(Level::Red, 1)].into(),
        lifecycle: [((Step::Opened, Level::Red), 1)].into(),
        ..Tally::default()
    };
    CandidateDecided { name: "stricter", tally: &tally }.emit(&metrics);
    let counts = AreaCounts::from([(Counter::Operator, 1), (Counter::ToVisit("inspection".into()), 1)]);
    let title = "（略）".into();
    let target = VisitTarget { id: "inspection".into(), title, days_since: 0, within_days: 365, of: None };
    let row = json!({ "sub_district": "友谊路街道" });
    let areas = Area::of_row(row.as_object().expect("a row")).with_surroundings().map(|area| {
        let rollup =
            AreaRollup::new(&area, &counts, std::slice::from_ref(&target), &"abc".into(), Timestamp::UNIX_EPOCH);
        ChangedArea { area, rollup: Some(rollup) }
    });
    AreasChanged { areas: &areas.collect::<Vec<_>>() }.emit(&metrics);
    metrics.stage_duration.with_label_values(&["decode"]).observe(0.001);
    metrics.events.with_label_values(&["complaints", "applied"]).inc();
    metrics.dead_letters.with_label_values(&["complaints", "not_json"]).inc();
    metrics.feature_errors.with_label_values(&["f"]).inc();
    metrics.rule_errors.with_label_values(&["r", "limit"]).inc();
    metrics.rule_fires.with_label_values(&["r"]).inc();
    metrics.rule_evaluations.with_label_values(&["r"]).inc();
    metrics.rule_evaluation_duration.with_label_values(&["r"]).inc_by(0.001);
    metrics.rule_last_fired_timestamp.with_label_values(&["r"]).set(1.0);
    metrics.rule_warnings.with_label_values(&["r", "opened"]).inc();
    metrics.rule_unique_warnings.with_label_values(&["r", "opened"]).inc();
    metrics.rule_answers.with_label_values(&["r", "false_alarm"]).inc();
    metrics.kafka_errors.with_label_values(&["consumer"]).inc();
    metrics.suppressed_log_lines.with_label_values(&["records_refused"]).inc();
    metrics.records_cut.with_label_values(&["scores"]).inc();
    let counted_by_source = [
        &metrics.unknown_fields,
        &metrics.unknown_values,
        &metrics.normalized_identifiers,
        &metrics.withheld_texts,
        &metrics.misrouted_records,
        &metrics.publisher_time_records,
        &metrics.records_ahead,
    ];
    for family in counted_by_source {
        family.with_label_values(&["complaints"]).inc();
    }
    metrics
}

/// Metrics of `yujing notify` and `yujing console` with a sample in every family of their own.
fn moved_by_others() -> Metrics {
    let metrics = Metrics::new();
    let (channel, event, reason) = ("duty", "warning:1", "503");
    ChannelsKnown { channels: &[channel] }.emit(&metrics);
    NotifyStateChanged { name: "ready", is_ready: true, reason: None }.emit(&metrics);
    EventTaken { is_for_somebody: true }.emit(&metrics);
    EventsMissed { topic: "warnings", partition: 0, from: 1, to: 2 }.emit(&metrics);
    DeliveryMade { channel, took: Duration::from_millis(7) }.emit(&metrics);
    DeliveryFailed { channel, event, number: 1, reason }.emit(&metrics);
    DeliveryOver { channel, event, refused: true, reason }.emit(&metrics);
    BacklogMeasured { channel, deliveries: 1, oldest: 2.5 }.emit(&metrics);
    RecordsTaken { records: 7 }.emit(&metrics);
    AnswerSent.emit(&metrics);
    ConsoleMeasured { is_ready: true, waiting_records: 0, oldest_answer: 0.0 }.emit(&metrics);
    LoginTried { outcome: LoginOutcome::Accepted }.emit(&metrics);
    metrics
}

/// Whether metrics are those of `yujing notify` or `yujing console`.
fn is_of_another_process(name: &str) -> bool {
    name.starts_with("yujing_notify_") || name.starts_with("yujing_console_")
}

#[test]
fn engine_and_notify_show_their_own_metrics_and_those_of_both() {
    let metrics = moved_by_others();
    let [engine, notify] =
        [metrics.render(Timestamp::UNIX_EPOCH), metrics.render_notify()].map(|text| text.expect("it renders"));
    let has = |text: &str, name: &str| text.contains(&format!("# HELP {name} "));
    for declared in metrics.declared() {
        assert!(!(is_of_another_process(&declared.name) && has(&engine, &declared.name)), "{}", declared.name);
    }
    for (name, in_engine, in_notify) in [
        ("yujing_ready", true, false),
        ("yujing_ruleset_last_reload_successful", true, false),
        ("yujing_notify_ready", false, true),
        ("yujing_kafka_reachable", true, false),
        ("yujing_transactions_total", true, true),
        ("yujing_build_info", true, true),
        ("process_start_time_seconds", true, true),
    ] {
        assert_eq!((has(&engine, name), has(&notify, name)), (in_engine, in_notify), "{name}");
    }
    assert!(notify.contains("yujing_notify_dead_letters_total{channel=\"duty\",code=\"refused\"} 1"), "{notify}");
}

#[test]
fn metrics_reference_is_what_the_program_declares() {
    let expected = reference(Metrics::new().declared());
    if std::env::var_os("UPDATE_METRICS_REFERENCE").is_some() {
        std::fs::write("deploy/metrics.md", &expected).expect("the reference is written");
    }
    let written = std::fs::read_to_string("deploy/metrics.md").unwrap_or_default();
    assert!(written == expected, "deploy/metrics.md is out of date; its first lines say how to write it anew");
}

#[test]
fn no_metric_is_labelled_by_operator() {
    let labels: BTreeSet<String> = Metrics::new().declared().iter().flat_map(|metric| metric.labels.clone()).collect();
    let bounded = [
        "action",
        "candidate",
        "cause",
        "channel",
        "client",
        "clock",
        "code",
        "event",
        "feature",
        "hash",
        "kind",
        "level",
        "outcome",
        "partition",
        "places",
        "publisher",
        "revision",
        "route",
        "rule",
        "source",
        "stage",
        "state",
        "status",
        "step",
        "sub_district",
        "topic",
        "version",
        "visit",
    ];
    assert_eq!(labels, bounded.map(str::to_owned).into());
}

#[test]
fn a_named_publisher_keeps_its_series_however_many_names_came_before_it() {
    let metrics = Metrics::new();
    metrics.name_publishers(&["urn:district:hotline".to_owned(), "late".to_owned()]);
    for number in 0..200 {
        metrics.note_newest("complaints", &format!("junk-{number}\n\u{1b}{}", "x".repeat(10_000)), newest(1, number));
    }
    metrics.note_newest("complaints", "urn:district:hotline", newest(7, 9));
    metrics.note_newest("complaints", "unnamed", newest(7, 9));
    let publishers: BTreeSet<String> = metrics.publishers("complaints").into_keys().collect();
    assert!(publishers.contains("urn:district:hotline") && !publishers.contains("unnamed"), "{publishers:?}");
    assert_eq!(publishers.len(), MOST_PUBLISHERS + 2);
    let longest = publishers.iter().map(|name| name.chars().count()).max();
    assert!(longest <= Some(200) && publishers.iter().all(|name| !name.contains(char::is_control)), "{publishers:?}");
}

#[test]
fn publishers_beyond_the_bound_share_one_series() {
    let metrics = Metrics::new();
    let at = |second| Timestamp::from_second(second).expect("in range");
    for number in 0..2_000 {
        metrics.note_newest("complaints", &format!("system-{number}"), newest(number, number));
    }
    metrics.note_newest("complaints", "system-0", newest(5_000, 5_100));
    metrics.note_newest("inspections", "system-0", newest(7, 9));
    metrics.note_newest("inspections", "system-0", newest(3, 11));
    let publishers: BTreeSet<String> = metrics.publishers("complaints").into_keys().collect();
    assert_eq!(publishers.len(), MOST_PUBLISHERS + 1);
    assert!(publishers.contains(OTHER_PUBLISHER));
    let text = metrics.render(at(6_000)).expect("it renders");
    for line in [
        r#"yujing_newest_event_age_seconds{publisher="system-0",source="complaints"} 1000"#,
        r#"yujing_newest_event_age_seconds{publisher="other",source="complaints"} 4001"#,
        r#"yujing_newest_event_timestamp_seconds{publisher="system-0",source="inspections"} 7"#,
        r#"yujing_newest_received_timestamp_seconds{publisher="system-0",source="inspections"} 11"#,
        r#"yujing_newest_received_timestamp_seconds{publisher="system-0",source="complaints"} 5100"#,
    ] {
        assert!(text.lines().any(|found| found == line), "no line {line}");
    }
}

#[test]
fn sub_districts_have_series_up_to_a_bound_and_end_at_zero() {
    let metrics = Metrics::new();
    let counts = AreaCounts::from([
        (Counter::Operator, 7),
        (Counter::Open(Level::Red), 2),
        (Counter::InState(Level::Red, HandlingState::Answered), 2),
        (Counter::Unrouted, 3),
        (Counter::Settled, 5),
        (Counter::AnsweredInTime, 4),
    ]);
    let changed = |name: &str, is_there: bool| {
        let row = json!({ "sub_district": name });
        let areas = Area::of_row(row.as_object().expect("a row")).with_surroundings();
        let of = |area: &Area| AreaRollup::new(area, &counts, &[], &"abc".into(), Timestamp::UNIX_EPOCH);
        areas.map(|area| ChangedArea { rollup: is_there.then(|| of(&area)), area }).collect::<Vec<_>>()
    };
    for number in 0..MOST_SUB_DISTRICTS + 50 {
        AreasChanged { areas: &changed(&format!("street-{number}"), true) }.emit(&metrics);
    }
    AreasChanged { areas: &changed("street-1", false) }.emit(&metrics);
    let text = metrics.render(Timestamp::UNIX_EPOCH).expect("it renders");
    let series = text.lines().filter(|line| line.starts_with("yujing_area_operators{")).count();
    assert_eq!(series, MOST_SUB_DISTRICTS);
    for line in [
        r#"yujing_area_operators{sub_district="street-0"} 7"#,
        r#"yujing_area_open_warnings{level="red",sub_district="street-0"} 2"#,
        r#"yujing_area_open_warnings{level="blue",sub_district="street-0"} 0"#,
        r#"yujing_area_handled_warnings{state="answered",sub_district="street-0"} 2"#,
        r#"yujing_area_handled_warnings{state="new",sub_district="street-0"} 0"#,
        r#"yujing_area_unrouted_operators{sub_district="street-0"} 3"#,
        r#"yujing_area_answers_due{sub_district="street-0"} 5"#,
        r#"yujing_area_answers_in_time{sub_district="street-0"} 4"#,
        r#"yujing_area_answers_due{sub_district="street-1"} 0"#,
        r#"yujing_area_open_warnings{level="red",sub_district="street-1"} 0"#,
    ] {
        assert!(text.lines().any(|found| found == line), "no line {line}");
    }
}

#[test]
fn known_label_sets_exist_before_anything_happens() {
    let text = Metrics::new().render(Timestamp::UNIX_EPOCH).expect("it renders");
    for line in [
        r#"yujing_transactions_total{outcome="committed"} 0"#,
        r#"yujing_transactions_total{outcome="aborted"} 0"#,
        r#"yujing_operators{level="red"} 0"#,
        r#"yujing_warnings_total{level="orange",step="opened"} 0"#,
        r#"yujing_warnings_total{level="none",step="withdrawn"} 0"#,
        r#"yujing_kafka_errors_total{client="consumer"} 0"#,
        "yujing_ready 0",
    ] {
        assert!(text.lines().any(|found| found == line), "no line {line}");
    }
    assert!(text.contains("process_resident_memory_bytes"), "no metrics of the process");
}

#[test]
fn the_age_of_the_sweep_counts_from_when_scores_are_live_and_only_while_they_are() {
    let (metrics, status) = (Metrics::new(), Status::new());
    let age = |metrics: &Metrics, later: Duration| {
        let text = metrics.render(Timestamp::now() + later).expect("it renders");
        let line = text.lines().find(|line| line.starts_with("yujing_sweep_age_seconds ")).expect("it is there");
        line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok()).expect("a number")
    };
    let hour = Duration::from_hours(1);
    assert!(age(&metrics, hour).abs() < f64::EPSILON, "nobody owes a sweep before scores are live");
    status.enter(State::Ready, &metrics);
    assert!(age(&metrics, hour) >= 3_600.0, "a first sweep that never comes is overdue too");
    SweepCompleted { operators: 1, at: Timestamp::now() + hour }.emit(&metrics);
    assert!(age(&metrics, hour * 2) < 3_700.0 && age(&metrics, hour * 2) >= 3_600.0);
    status.enter(State::Stopping, &metrics);
    assert!(age(&metrics, hour * 3).abs() < f64::EPSILON);
}

mod with_prometheus {
    use std::path::Path;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{moved, moved_by_others};
    use crate::support::tool::call;

    #[test]
    fn promtool_finds_nothing_to_blame_in_any_family() {
        let metrics = moved();
        let text = metrics.render(Timestamp::UNIX_EPOCH + Duration::from_mins(1)).expect("it renders");
        let others = moved_by_others();
        let notify = others.render_notify().expect("it renders");
        let console = others.render_console().expect("it renders");
        for declared in metrics.declared() {
            let head = format!("# HELP {} ", declared.name);
            let is_shown = [&text, &notify, &console].into_iter().any(|shown| shown.contains(&head));
            assert!(is_shown, "no sample of {}", declared.name);
        }
        for shown in [text, notify, console] {
            let (content, said) = call("promtool", &["check", "metrics"], Path::new("."), &shown);
            assert!(content && said.trim().is_empty(), "{said}");
        }
    }
}
