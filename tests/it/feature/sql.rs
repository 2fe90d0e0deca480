//! A kept plan run again gives what a fresh plan gives.

use arrow::record_batch::RecordBatch;
use rstest::rstest;
use serde_json::json;
use yujing_core::feature::{FailedValue, FeatureTable};

use super::given::{compute, file, load, operators, rows, sources};

const COLUMNS: [(&str, &str); 6] = [
    ("alerts", "count(*) FILTER (WHERE within(occurred_at, INTERVAL '1 day'))"),
    ("episodes", "episodes(occurred_at, INTERVAL '1 hour')"),
    ("confidence", "sum(confidence)"),
    ("classes", "count(DISTINCT class)"),
    ("newest", "last_value(class ORDER BY occurred_at)"),
    ("age", "days_since(min(occurred_at))"),
];

/// Everything that two runs must agree on; Arrow compares floats by their bits.
fn content(table: &FeatureTable) -> (&RecordBatch, &[FailedValue]) {
    (&table.values, &table.failed)
}

#[rstest]
#[case::directly("")]
#[case::through_a_window(
    "(SELECT *, row_number() OVER (PARTITION BY operator_id ORDER BY occurred_at, event_id) AS n FROM camera_alerts) AS t"
)]
fn repeated_runs_equal_fresh_planning(#[case] derived: &str) {
    let sources = sources();
    let (id, source) = sources.by_name("camera-alerts").expect("the source");
    let mut sql = file("camera_alerts", &COLUMNS);
    if !derived.is_empty() {
        sql = sql.replace("FROM camera_alerts GROUP", &format!("FROM {derived} WHERE n <> 2 GROUP"));
    }
    let kept = load(&sources, &sql).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    for round in 0_u32..12 {
        let alerts: Vec<_> = (0..round * 7 % 23)
            .map(|number| {
                json!({
                    "operator_id": format!("op{}", number * 5 % 4), "kind": "alert",
                    "class": (["rodent", "no_mask", "smoking"][number as usize * round as usize % 3]),
                    "confidence": f64::from(number * 37 % 101) / 101.0,
                    "occurred_at": format!("2026-03-{:02}T{:02}:00:00Z", 1 + number % 5, number * round % 24),
                })
            })
            .collect();
        let rows = rows(source, &alerts);
        let asked = operators(&["op0", "op1", "op2", "op3", "op4"]);
        let as_of = format!("2026-03-0{}T12:00:00Z", 3 + round % 5);
        let fresh = load(&sources, &sql).expect("the file loads");
        let again = compute(&kept, id, &rows, &asked, &as_of);
        let first = compute(&fresh, id, &rows, &asked, &as_of);
        assert_eq!(content(&again), content(&first), "round {round}");
    }
}

#[test]
fn a_run_that_failed_leaves_nothing_behind() {
    let sources = sources();
    let (id, source) = sources.by_name("camera-alerts").expect("the source");
    let sql = file("camera_alerts", &[("inverse", "sum(10 / (revision - 1))")]);
    let set = load(&sources, &sql).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let good = rows(source, &[json!({"kind": "alert", "revision": 3})]);
    let bad = rows(source, &[json!({"kind": "alert", "revision": 3}), json!({"kind": "alert", "revision": 1})]);
    let asked = operators(&["A"]);
    let before = compute(&set, id, &good, &asked, "2026-03-02T00:00:00Z");
    assert_eq!(compute(&set, id, &bad, &asked, "2026-03-02T00:00:00Z").failed.len(), 1);
    let after = compute(&set, id, &good, &asked, "2026-03-02T00:00:00Z");
    assert_eq!(content(&after), content(&before));
}

#[test]
fn several_threads_may_ask_one_set() {
    let sources = sources();
    let (id, source) = sources.by_name("camera-alerts").expect("the source");
    let set = load(&sources, &file("camera_alerts", &COLUMNS)).expect("the file loads");
    std::thread::scope(|scope| {
        for thread in 1..=4_usize {
            let (set, source) = (&set, source);
            scope.spawn(move || {
                for _ in 0..20 {
                    let rows = rows(source, &vec![json!({"kind": "alert", "class": "rodent"}); thread]);
                    let table = compute(set, id, &rows, &operators(&["A"]), "2026-03-01T12:00:00Z");
                    assert_eq!(
                        table.value(0, 0),
                        yujing_core::feature::FeatureValue::Int(i64::try_from(thread).expect("small"))
                    );
                }
            });
        }
    });
}
