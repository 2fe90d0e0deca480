//! The metrics: conventions by the real promtool, the written reference, and the bounds on labels.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use yujing::telemetry::http::RequestAnswered;
use yujing::telemetry::metrics::{MOST_PUBLISHERS, OTHER_PUBLISHER};
use yujing::telemetry::process::RestoreProgressed;
use yujing::telemetry::registry::reference;
use yujing::telemetry::{InternalEvent as _, Metrics};

/// Metrics with a sample in every family.
fn moved() -> Metrics {
    let metrics = Metrics::new();
    RequestAnswered { route: "/metrics", status: 200, took: Duration::from_millis(2) }.emit(&metrics);
    RestoreProgressed { done: 1, total: 2 }.emit(&metrics);
    metrics.note_newest("complaints", "12345", Timestamp::UNIX_EPOCH);
    metrics.consumer_lag_records.with_label_values(&["topic", "0"]).set(3);
    metrics.consumer_lag_seconds.with_label_values(&["topic", "0"]).set(0.5);
    metrics.ruleset_info.with_label_values(&["0123abcd"]).set(1);
    metrics.ruleset_rules.with_label_values(&["active"]).set(1);
    metrics.source_max_silence.with_label_values(&["complaints"]).set(3600.0);
    metrics.stage_duration.with_label_values(&["decode"]).observe(0.001);
    metrics.events.with_label_values(&["complaints", "applied"]).inc();
    metrics.dead_letters.with_label_values(&["complaints", "not_json"]).inc();
    metrics.feature_errors.with_label_values(&["f"]).inc();
    metrics.rule_errors.with_label_values(&["r", "limit"]).inc();
    metrics.rule_fires.with_label_values(&["r"]).inc();
    metrics.kafka_errors.with_label_values(&["consumer"]).inc();
    metrics.suppressed_log_lines.with_label_values(&["records_refused"]).inc();
    for family in [&metrics.unknown_fields, &metrics.unknown_values, &metrics.misrouted_records] {
        family.with_label_values(&["complaints"]).inc();
    }
    metrics
}

#[test]
fn promtool_finds_nothing_to_blame_in_any_family() {
    let metrics = moved();
    let text = metrics.render(Timestamp::UNIX_EPOCH + Duration::from_mins(1)).expect("it renders");
    for declared in metrics.declared() {
        assert!(text.contains(&format!("# HELP {} ", declared.name)), "no sample of {}", declared.name);
    }
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is needed: `make setup` says how to get it");
    promtool.stdin.take().expect("piped").write_all(text.as_bytes()).expect("promtool reads");
    let answer = promtool.wait_with_output().expect("promtool ends");
    let said = String::from_utf8_lossy(&answer.stderr).into_owned() + &*String::from_utf8_lossy(&answer.stdout);
    assert!(answer.status.success() && said.trim().is_empty(), "{}: {said}", answer.status);
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
        "client",
        "code",
        "event",
        "feature",
        "hash",
        "kind",
        "level",
        "outcome",
        "partition",
        "publisher",
        "revision",
        "route",
        "rule",
        "source",
        "stage",
        "status",
        "step",
        "topic",
        "version",
    ];
    assert_eq!(labels, bounded.map(str::to_owned).into());
}

#[test]
fn publishers_beyond_the_bound_share_one_series() {
    let metrics = Metrics::new();
    let at = |second| Timestamp::from_second(second).expect("in range");
    for number in 0..2_000 {
        metrics.note_newest("complaints", &format!("system-{number}"), at(number));
    }
    metrics.note_newest("complaints", "system-0", at(5_000));
    metrics.note_newest("inspections", "system-0", at(7));
    let publishers = metrics.publishers("complaints");
    assert_eq!(publishers.len(), MOST_PUBLISHERS + 1);
    assert!(publishers.contains(OTHER_PUBLISHER));
    let text = metrics.render(at(6_000)).expect("it renders");
    for line in [
        r#"yujing_newest_event_age_seconds{publisher="system-0",source="complaints"} 1000"#,
        r#"yujing_newest_event_age_seconds{publisher="other",source="complaints"} 4001"#,
        r#"yujing_newest_event_timestamp_seconds{publisher="system-0",source="inspections"} 7"#,
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
        "yujing_ready 0",
    ] {
        assert!(text.lines().any(|found| found == line), "no line {line}");
    }
    assert!(text.contains("process_resident_memory_bytes"), "no metrics of the process");
}
