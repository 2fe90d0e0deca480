//! What features are worth, on small hand-made data.

use std::collections::HashMap;
use std::path::PathBuf;

use rstest::rstest;
use serde_json::{Value, json};
use yujing_core::feature::FeatureValue::{self, Bool, Float, Int, Text, Unknown};
use yujing_core::feature::{FeatureSet, FeatureType, Missing};

use super::given::{at, compute, file, load, operators, rows, sources, value_of};

/// The feature of the authoring guide.
const CAMERA_ALERTS: &str = "\
SELECT operator_id,
  -- @zh 近7日疑似鼠类活动次数（间隔不超过10分钟计一次，误报不计）
  -- @en Suspected rodent episodes, 7 days (10-minute gap; false alarms excluded)
  -- @missing unknown
  episodes(occurred_at, INTERVAL '10 minutes') FILTER (
    WHERE kind = 'alert' AND class = 'rodent' AND coalesce(confidence, 0.5) >= 0.5
      AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '7 days')) AS rodent_episodes_7d
FROM camera_alerts GROUP BY operator_id
";

#[test]
fn the_guides_feature_of_episodes_loads_and_counts() {
    let sources = sources();
    let set = load(&sources, CAMERA_ALERTS).expect("the file loads");
    let feature = &set.catalogue()[0];
    assert_eq!((feature.name.as_str(), feature.data_type, feature.line), ("rodent_episodes_7d", FeatureType::Int, 8));
    assert_eq!((feature.missing, feature.nullable, feature.reference), (Missing::Unknown, true, false));
    assert_eq!(feature.zh, "近7日疑似鼠类活动次数（间隔不超过10分钟计一次，误报不计）");
    assert_eq!(set.index_of("rodent_episodes_7d"), Some(0));
    let (id, source) = sources.by_name("camera-alerts").expect("the source");
    assert_eq!(set.source(0), id);
    let rodent = |operator: &str, time: &str| json!({"operator_id": operator, "kind": "alert", "class": "rodent", "occurred_at": time});
    let mut ruled_out = rodent("A", "2026-03-03T12:00:00Z");
    ruled_out["review"] = json!("false_alarm");
    let mut unlikely = rodent("A", "2026-03-03T18:00:00Z");
    unlikely["confidence"] = json!(0.4);
    let given = rows(
        source,
        &[
            rodent("A", "2026-03-02T00:00:00Z"),
            rodent("A", "2026-03-02T00:10:00Z"),
            rodent("A", "2026-03-02T00:20:00.000001Z"),
            ruled_out,
            unlikely,
            json!({"operator_id": "B", "kind": "status", "state": "online", "occurred_at": "2026-03-02T00:00:00Z"}),
        ],
    );
    let asked = operators(&["C", "B", "A", "B"]);
    let table = compute(&set, id, &given, &asked, "2026-03-04T00:00:00Z");
    let values: Vec<_> = (0..4).map(|row| table.value(row, 0)).collect();
    assert_eq!(values, [Unknown, Int(0), Int(2), Int(0)], "unknown is not zero; B reports, so its zero is real");
    assert_eq!(table.operators, asked);
}

#[rstest]
#[case::the_instant_itself("2026-03-08T00:00:00Z", 1)]
#[case::one_microsecond_ahead("2026-03-08T00:00:00.000001Z", 0)]
#[case::seven_days_before("2026-03-01T00:00:00Z", 0)]
#[case::just_inside("2026-03-01T00:00:00.000001Z", 1)]
fn within_is_open_at_its_old_end_and_closed_at_its_new_one(#[case] occurred_at: &str, #[case] expected: i64) {
    let alert = [json!({"kind": "alert", "occurred_at": occurred_at})];
    let count = "count(*) FILTER (WHERE within(occurred_at, INTERVAL '7 days'))";
    assert_eq!(value_of("camera-alerts", count, &alert, "2026-03-08T00:00:00Z"), Int(expected));
}

#[test]
fn within_cuts_a_nanosecond_as_of_to_the_microsecond_below() {
    let alert = [json!({"kind": "alert", "occurred_at": "2026-03-08T00:00:00Z"})];
    let count = "count(*) FILTER (WHERE within(occurred_at, INTERVAL '7 days'))";
    assert_eq!(value_of("camera-alerts", count, &alert, "2026-03-08T00:00:00.000000999Z"), Int(1));
    assert_eq!(value_of("camera-alerts", count, &alert, "2026-03-07T23:59:59.999999999Z"), Int(0));
}

#[rstest]
#[case::none(&[], 0)]
#[case::one(&[0], 1)]
#[case::the_gap_exactly_is_no_new_episode(&[0, 600], 1)]
#[case::beyond_the_gap(&[0, 601], 2)]
#[case::measured_from_the_previous_event_not_the_first(&[0, 600, 1200, 1800], 1)]
#[case::order_does_not_matter(&[1800, 0, 1200, 600, 2401], 2)]
#[case::equal_times(&[5, 5, 5], 1)]
fn episodes_count_groups_further_apart_than_the_gap(#[case] seconds: &[i64], #[case] expected: i64) {
    let start = at("2026-03-01T00:00:00Z");
    let mut alerts: Vec<_> = seconds
        .iter()
        .map(|second| {
            let time = start + jiff::SignedDuration::from_secs(*second);
            json!({"kind": "alert", "occurred_at": start.to_string(), "reported_at": time.to_string()})
        })
        .collect();
    alerts.push(json!({"kind": "status"}));
    let expression = "episodes(reported_at, INTERVAL '10 minutes') FILTER (WHERE kind = 'alert')";
    assert_eq!(value_of("camera-alerts", expression, &alerts, "2026-03-02T00:00:00Z"), Int(expected));
}

/// Two inspections of one operator, the later one failed.
fn inspections() -> Vec<Value> {
    let item = |code: &str, key: bool, result: &str| json!({"code": code, "key": key, "result": result, "note": null});
    vec![
        json!({
            "inspection_type": "routine", "verdict": "pass", "superior": false, "occurred_at": "2026-02-01T17:00:00Z",
            "items": [item("1.1", true, "yes"), item("2.1", false, "no"), item("2.2", false, "not_applicable")],
        }),
        json!({
            "inspection_type": "unannounced", "verdict": "fail", "superior": true, "occurred_at": "2026-02-21T10:00:00Z",
            "items": [item("1.1", true, "no"), item("2.1", false, "no"), item("2.3", false, "no")],
            "rectify_by": "2026-03-01",
        }),
    ]
}

#[rstest]
#[case::any_match("count(*) FILTER (WHERE array_any_match(items, x -> x.key AND x.result = 'no'))", Int(1))]
#[case::any_match_with_brackets(
    "count(*) FILTER (WHERE array_any_match(items, x -> x['key'] AND x['result'] = 'no'))",
    Int(1)
)]
#[case::filter_and_count("sum(cardinality(array_filter(items, x -> NOT x.key AND x.result = 'no')))", Int(3))]
#[case::filter_of_a_filter(
    "sum(cardinality(array_filter(items, x -> x.result = 'no'))) FILTER (WHERE superior)",
    Int(3)
)]
#[case::distinct("count(DISTINCT inspection_type) FILTER (WHERE within(occurred_at, INTERVAL '30 days'))", Int(2))]
#[case::distinct_days("count(DISTINCT beijing_date(occurred_at))", Int(2))]
#[case::newest("last_value(verdict ORDER BY occurred_at)", Text("fail".into()))]
#[case::newest_by_first("first_value(verdict ORDER BY occurred_at DESC)", Text("fail".into()))]
#[case::days_since("days_since(max(occurred_at))", Int(8))]
#[case::extract("extract(day FROM as_of() - max(occurred_at))", Int(8))]
#[case::date_part("CAST(date_part('epoch', as_of() - max(occurred_at)) AS BIGINT)", Int(8 * 86_400 + 14 * 3_600))]
#[case::overdue("coalesce(max(rectify_by) < beijing_date(as_of()), false)", Bool(true))]
#[case::some("bool_or(verdict = 'fail')", Bool(true))]
#[case::share("avg(CASE WHEN verdict = 'fail' THEN 1.0 ELSE 0.0 END)", Float(0.5))]
#[case::text_list("string_agg(DISTINCT verdict, '/' ORDER BY verdict)", Text("fail/pass".into()))]
#[case::null_is_unknown("max(rectify_by) IS NULL", Bool(false))]
fn what_an_analyst_writes_over_inspections_works(#[case] expression: &str, #[case] expected: FeatureValue) {
    assert_eq!(value_of("inspections", expression, &inspections(), "2026-03-02T00:00:00Z"), expected);
}

#[test]
fn items_can_be_unfolded_in_a_derived_table() {
    let sources = sources();
    let (id, source) = sources.by_name("inspections").expect("the source");
    let sql = "\
SELECT operator_id,
  -- @zh 不符合项目数（按项目去重）
  -- @en Failed items, each code once
  -- @missing 0
  count(DISTINCT item['code']) FILTER (WHERE item['result'] = 'no') AS failed_codes,
  -- @zh 不符合项目最多的检查次数
  -- @en Inspections with a failed key item
  -- @missing 0
  count(DISTINCT event_id) FILTER (WHERE item['result'] = 'no' AND item['key']) AS key_visits
FROM (SELECT operator_id, event_id, publisher, occurred_at, unnest(items) AS item FROM inspections) AS t
GROUP BY operator_id
";
    let set = load(&sources, sql).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let given = rows(source, &inspections());
    let table = compute(&set, id, &given, &operators(&["A", "B"]), "2026-03-02T00:00:00Z");
    assert_eq!([table.value(0, 0), table.value(0, 1)], [Int(3), Int(1)]);
    assert_eq!([table.value(1, 0), table.value(1, 1)], [Int(0), Int(0)], "@missing 0");
    let evidence = set.evidence_over(0, &given, at("2026-03-02T00:00:00Z")).expect("evidence");
    let ids: Vec<_> = evidence.newest.iter().map(|event| event.event_id.as_str()).collect();
    assert_eq!((evidence.total, ids), (2, vec!["e001", "e000"]), "an event of three items counts once");
    let evidence = set.evidence_over(1, &given, at("2026-03-02T00:00:00Z")).expect("evidence");
    assert_eq!((evidence.total, evidence.newest[0].event_id.as_str()), (1, "e001"));
}

#[test]
fn the_newest_inspections_can_be_numbered_in_a_derived_table() {
    let sources = sources();
    let (id, source) = sources.by_name("inspections").expect("the source");
    let sql = "\
SELECT operator_id,
  -- @zh 最近一次检查结论
  -- @en Verdict of the newest inspection
  -- @missing unknown
  max(verdict) FILTER (WHERE newest = 1) AS newest_verdict
FROM (SELECT *, row_number() OVER (PARTITION BY operator_id ORDER BY occurred_at DESC, event_id) AS newest
      FROM inspections) AS t
GROUP BY operator_id
";
    let set = load(&sources, sql).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let given = rows(source, &inspections());
    let table = compute(&set, id, &given, &operators(&["A"]), "2026-03-02T00:00:00Z");
    assert_eq!(table.value(0, 0), Text("fail".into()));
    let evidence = set.evidence_over(0, &given, at("2026-03-02T00:00:00Z")).expect("evidence");
    assert_eq!((evidence.total, evidence.newest[0].event_id.as_str()), (1, "e001"));
}

#[test]
fn missing_zero_is_the_zero_of_the_type_and_missing_unknown_stays_unknown() {
    let sources = sources();
    let (id, source) = sources.by_name("inspections").expect("the source");
    let column = |missing: &str, expression: &str, name: &str| {
        format!("-- @zh 指标\n-- @en Feature\n-- @missing {missing}\n{expression} AS {name}")
    };
    let columns = [
        column("0", "count(*)", "int_zero"),
        column("0", "avg(CAST(superior AS INT))", "float_zero"),
        column("0", "bool_or(superior)", "bool_zero"),
        column("0", "sum(revision) FILTER (WHERE false)", "null_zero"),
        column("unknown", "count(*)", "int_unknown"),
        column("unknown", "sum(revision) FILTER (WHERE false)", "null_unknown"),
        column("unknown", "count(*) FILTER (WHERE false)", "real_zero"),
    ];
    let sql = format!("SELECT operator_id,\n{}\nFROM inspections GROUP BY operator_id", columns.join(",\n"));
    let set = load(&sources, &sql).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let given = rows(source, &inspections());
    let table = compute(&set, id, &given, &operators(&["nobody", "A"]), "2026-03-02T00:00:00Z");
    let values = |row: usize| (0..columns.len()).map(|feature| table.value(row, feature)).collect::<Vec<_>>();
    assert_eq!(values(0), [Int(0), Float(0.0), Bool(false), Int(0), Unknown, Unknown, Unknown]);
    assert_eq!(values(1), [Int(2), Float(0.5), Bool(true), Int(0), Int(2), Unknown, Int(0)]);
    let nullable: Vec<_> = set.catalogue().iter().map(|feature| feature.nullable).collect();
    assert_eq!(nullable, [false, false, false, false, true, true, true]);
}

#[test]
fn one_operators_division_by_zero_takes_no_one_elses_features_with_it() {
    let sources = sources();
    let (id, source) = sources.by_name("inspections").expect("the source");
    let share = "count(*) / count(*) FILTER (WHERE verdict = 'fail')";
    let other = "-- @zh 指标\n-- @en Feature\n-- @missing 0\ncount(*) AS visits";
    let sql = file("inspections", &[("share", share)]).replace("AS share", &format!("AS share,\n{other}"));
    let complaints = file("complaints", &[("complaints", "count(*)")]).replace("@missing unknown", "@missing 0");
    let files = [(PathBuf::from("a.sql"), sql), (PathBuf::from("b.sql"), complaints)];
    let set = FeatureSet::from_texts(&files, &sources).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let visit = |operator: &str, verdict: &str| json!({"operator_id": operator, "verdict": verdict, "inspection_type": "routine", "superior": false, "items": []});
    let all: Vec<_> =
        (0..20).map(|number| visit(&format!("op{number:02}"), if number == 13 { "pass" } else { "fail" })).collect();
    let asked: Vec<_> = (0..20).map(|number| format!("op{number:02}").into()).collect();
    let table = compute(&set, id, &rows(source, &all), &asked, "2026-03-02T00:00:00Z");
    for row in 0..20 {
        let expected = if row == 13 { [Unknown, Int(1), Int(0)] } else { [Int(1), Int(1), Int(0)] };
        assert_eq!([0, 1, 2].map(|feature| table.value(row, feature)), expected, "row {row}");
    }
    let failed: Vec<_> = table.failed.iter().map(|failed| (failed.row, failed.feature)).collect();
    assert_eq!(failed, [(13, 0)], "that feature, of that operator only");
    assert!(table.failed[0].message.to_lowercase().contains("divide by zero"), "{:?}", table.failed[0]);
    assert_eq!(table.failures(13).count(), 1);
    assert_eq!(table.failures(12).count(), 0);
}

#[test]
fn a_number_that_is_not_finite_is_a_failure_and_not_a_value() {
    let sources = sources();
    let (id, source) = sources.by_name("inspections").expect("the source");
    let sql = file("inspections", &[("ratio", "CAST(count(*) AS DOUBLE) / (count(*) - 2)")]);
    let set = load(&sources, &sql.replace("@missing unknown", "@missing 0")).expect("the file loads");
    let mut given = inspections();
    given.push(
        json!({"operator_id": "B", "inspection_type": "routine", "verdict": "pass", "superior": false, "items": []}),
    );
    let table = compute(&set, id, &rows(source, &given), &operators(&["A", "B"]), "2026-03-02T00:00:00Z");
    assert_eq!([table.value(0, 0), table.value(1, 0)], [Unknown, Float(-1.0)]);
    assert_eq!(table.failed.iter().map(|failed| failed.row).collect::<Vec<_>>(), [0]);
}

#[test]
fn evidence_is_what_where_and_the_filters_kept() {
    let sources = sources();
    let (id, source) = sources.by_name("complaints").expect("the source");
    let columns = [
        ("one_filter", "count(*) FILTER (WHERE category = 'pests')"),
        ("either", "count(*) FILTER (WHERE category = 'pests') + count(*) FILTER (WHERE category = 'spoiled')"),
        ("no_filter", "count(*) FILTER (WHERE category = 'pests') * 100 / count(*)"),
        ("inside_scalars", "coalesce(sum(persons_ill) FILTER (WHERE category = 'food_poisoning'), 0) + 1"),
    ];
    let sql = file("complaints", &columns).replace("GROUP BY", "WHERE kind = 'dispute' OR kind = 'report' GROUP BY");
    let set = load(&sources, &sql).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let complaint = |place: i64, category: &str, kind: &str| {
        let time = at("2026-03-01T00:00:00Z") + jiff::SignedDuration::from_secs(place);
        json!({"case_no": "1", "kind": kind, "category": category, "channel": "phone", "status": "accepted", "occurred_at": time.to_string()})
    };
    let given: Vec<_> = ["pests", "spoiled", "hygiene", "food_poisoning"]
        .iter()
        .enumerate()
        .map(|(place, category)| complaint(i64::try_from(place).expect("small"), category, "dispute"))
        .chain([complaint(9, "pests", "enquiry")])
        .collect();
    let given = rows(source, &given);
    let shown: Vec<Vec<String>> = (0..columns.len())
        .map(|feature| {
            let evidence = set.evidence_over(feature, &given, at("2026-03-02T00:00:00Z")).expect("evidence");
            assert_eq!(evidence.total, evidence.newest.len() as u64);
            assert!(evidence.newest.iter().all(|event| event.source == "complaints" && event.publisher == "p"));
            evidence.newest.into_iter().map(|event| event.event_id).collect()
        })
        .collect();
    assert_eq!(shown, [vec!["e000"], vec!["e001", "e000"], vec!["e003", "e002", "e001", "e000"], vec!["e003"]]);
    assert_eq!(set.source(3), id);
}

#[test]
fn evidence_shows_the_newest_twenty_and_the_total() {
    let sources = sources();
    let (_, source) = sources.by_name("camera-alerts").expect("the source");
    let set = load(&sources, &file("camera_alerts", &[("alerts", "count(*)")])).expect("the file loads");
    let alerts: Vec<_> = (0..50)
        .map(|minute| json!({"kind": "alert", "occurred_at": format!("2026-03-01T00:{minute:02}:00Z")}))
        .collect();
    let evidence = set.evidence_over(0, &rows(source, &alerts), at("2026-03-02T00:00:00Z")).expect("evidence");
    assert_eq!((evidence.total, evidence.newest.len()), (50, 20));
    assert_eq!((evidence.newest[0].event_id.as_str(), evidence.newest[19].event_id.as_str()), ("e049", "e030"));
}

#[test]
fn features_of_a_reference_source_describe_and_are_no_evidence() {
    let sources = sources();
    let (id, source) = sources.by_name("operators").expect("the source");
    let columns = [("protected_group", "max(protected_group)"), ("cameras", "sum(cardinality(cameras))")];
    let set =
        load(&sources, &file("operators", &columns)).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let school = json!({"name": "实验小学食堂", "protected_group": "school", "sub_district": "大营门街道", "business_form": "canteen",
        "cameras": [{"camera_id": "c1", "zone": null, "vendor": null}]});
    let given = rows(source, &[school]);
    let table = compute(&set, id, &given, &operators(&["A"]), "2026-03-02T00:00:00Z");
    assert_eq!([table.value(0, 0), table.value(0, 1)], [Text("school".into()), Int(1)]);
    assert!(set.catalogue()[0].reference);
    let evidence = set.evidence_over(0, &given, at("2026-03-02T00:00:00Z")).expect("evidence");
    assert_eq!(evidence.total, 0);
}

#[test]
fn lab_values_stay_decimal_inside_and_become_floats_outside() {
    let results = json!([{"analyte": "铅", "analyte_class": "heavy_metal", "value": 0.123_456_789, "censor": "=", "unit": "mg/kg", "verdict": "fail"}]);
    let sample = json!({"sample_no": "S1", "stage": "initial", "purpose": "supervision", "food_category": "蔬菜", "food_name": "韭菜",
        "sampled_at": "2026-03-01T00:00:00Z", "verdict": "fail", "results": results});
    let exact =
        "count(*) FILTER (WHERE array_any_match(results, r -> r.value > 0.1234567885 AND r.value < 0.1234567895))";
    assert_eq!(value_of("lab-samples", exact, std::slice::from_ref(&sample), "2026-03-02T00:00:00Z"), Int(1));
    let first = "max(results[1]['value'])";
    assert_eq!(value_of("lab-samples", first, &[sample], "2026-03-02T00:00:00Z"), Float(0.123_456_789));
}

#[test]
fn no_operator_no_source_and_no_file_are_no_problem() {
    let sources = sources();
    let set = load(&sources, CAMERA_ALERTS).expect("the file loads");
    let table = set.compute_over(&HashMap::new(), &operators(&["A"]), at("2026-03-02T00:00:00Z")).expect("a run");
    assert_eq!(table.value(0, 0), Unknown);
    let table = set.compute_over(&HashMap::new(), &[], at("2026-03-02T00:00:00Z")).expect("a run");
    assert_eq!(table.values.num_rows(), 0);
    let empty = FeatureSet::from_texts(&[], &sources).expect("an empty set");
    let table = empty.compute_over(&HashMap::new(), &operators(&["A"]), at("2026-03-02T00:00:00Z")).expect("a run");
    assert_eq!((table.values.num_rows(), table.values.num_columns()), (1, 0));
    assert_eq!(table.value(0, 0), Unknown);
}
