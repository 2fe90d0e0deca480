use std::path::Path;

use super::*;

const METRICS: &str = "\
# TYPE yujing_newest_received_timestamp_seconds gauge
yujing_newest_received_timestamp_seconds{source=\"complaints\",publisher=\"12345\"} 1772352000
yujing_newest_received_timestamp_seconds{source=\"complaints\",publisher=\"12315\"} 1772355600
yujing_newest_received_timestamp_seconds{source=\"camera-alerts\",publisher=\"old\"} 1600000000
yujing_newest_received_timestamp_seconds{source=\"lab-samples\",publisher=\"none yet\"} 0
yujing_consumer_lag_records{topic=\"a\",partition=\"0\"} 3
yujing_consumer_lag_records{topic=\"a\",partition=\"1\"} 4
yujing_consumer_lag_seconds{topic=\"a\",partition=\"0\"} 1.5
yujing_sweep_age_seconds 60
";

fn health(text: &str) -> EngineHealth {
    let sources = Sources::load(Path::new("../../schemas")).expect("the published schemas are valid");
    EngineHealth::read(text, &sources, "2026-03-01T10:00:00Z".parse().expect("an instant"))
}

fn state(health: &EngineHealth, name: &str) -> SourceState {
    let found = health.sources.iter().find(|source| &*source.source == name);
    found.map(|source| source.state).expect("every source is listed")
}

#[test]
fn a_source_is_fresh_silent_or_was_never_heard_of() {
    let health = health(METRICS);
    assert_eq!(state(&health, "complaints"), SourceState::Fresh);
    assert_eq!(state(&health, "camera-alerts"), SourceState::Silent);
    assert_eq!(state(&health, "lab-samples"), SourceState::Never, "0 is no instant");
    assert_eq!(state(&health, "inspections"), SourceState::Never);
    let complaints = health.sources.iter().find(|source| &*source.source == "complaints").expect("it is listed");
    let publishers: Vec<_> = complaints.publishers.iter().map(|publisher| publisher.publisher.as_str()).collect();
    assert_eq!(publishers, ["12315", "12345"], "the most recent first");
    assert_eq!((health.waiting_records, health.behind_seconds, health.sweep_age_seconds), (7, 1.5, 60.0));
}

#[test]
fn what_is_no_metric_is_no_health_and_no_end() {
    for text in ["", "<html>", "yujing_newest_received_timestamp_seconds{source=\"complaints\"} 1e300"] {
        let health = health(text);
        assert!(health.sources.iter().all(|source| source.state == SourceState::Never), "{text}");
        assert_eq!(health.waiting_records, 0);
    }
}

#[test]
fn an_engine_that_was_never_there_has_no_health() {
    let sources = Arc::new(Sources::load(Path::new("../../schemas")).expect("the published schemas are valid"));
    let watch = EngineWatch::new(Engine::new("http://127.0.0.1:9", None), sources);
    assert_eq!(watch.health(Timestamp::UNIX_EPOCH), None);
}
