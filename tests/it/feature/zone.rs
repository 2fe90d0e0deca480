//! The office's time zone: what an hour, a day and a month are.

use std::path::PathBuf;

use rstest::rstest;
use serde_json::{Value, json};
use yujing_base::zone::Zone;
use yujing_core::feature::FeatureSet;
use yujing_core::feature::FeatureValue::{self, Bool, Int, Text};

use super::given::{compute, file, operators, rows, sources};

/// What an expression gives over complaints at some instants, in a zone.
fn value_in(zone: &str, expression: &str, times: &[&str], as_of: &str) -> FeatureValue {
    let sources = sources();
    let (id, source) = sources.by_name("complaints").expect("the source");
    let texts = [(PathBuf::from("features.sql"), file("complaints", &[("value", expression)]))];
    let zone = Zone::named(zone).expect("a zone");
    let (set, _) = FeatureSet::with_warnings(&texts, &sources, &zone)
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let given: Vec<Value> = times.iter().map(|time| json!({"occurred_at": time})).collect();
    let table = compute(&set, id, &rows(source, &given), &operators(&["A"]), as_of);
    assert_eq!(table.failed, [], "{expression}");
    table.value(0, 0)
}

/// 23:30 on 1 March and 00:30 on 2 March in Beijing.
const NIGHT: [&str; 2] = ["2026-03-01T15:30:00Z", "2026-03-01T16:30:00Z"];

#[rstest]
#[case::hour(
    "count(*) FILTER (WHERE extract(hour FROM occurred_at) >= 22 OR extract(hour FROM occurred_at) < 5)",
    Int(2),
    Int(0)
)]
#[case::date_part("CAST(min(date_part('hour', occurred_at)) AS BIGINT)", Int(0), Int(15))]
#[case::days("count(DISTINCT CAST(occurred_at AS DATE))", Int(2), Int(1))]
#[case::truncated("count(DISTINCT date_trunc('day', occurred_at))", Int(2), Int(1))]
#[case::written("max(to_char(occurred_at, '%Y-%m-%d %H:%M'))", Text("2026-03-02 00:30".into()), Text("2026-03-01 16:30".into()))]
#[case::as_text("max(CAST(CAST(occurred_at AS DATE) AS VARCHAR))", Text("2026-03-02".into()), Text("2026-03-01".into()))]
#[case::compared_with_a_date("count(*) FILTER (WHERE occurred_at >= DATE '2026-03-02')", Int(1), Int(0))]
#[case::between_dates(
    "count(*) FILTER (WHERE occurred_at BETWEEN DATE '2026-03-02' AND DATE '2026-03-03')",
    Int(1),
    Int(0)
)]
#[case::beside_a_date(
    "count(*) FILTER (WHERE occurred_at >= beijing_date(as_of()) - INTERVAL '2 days')",
    Int(1),
    Int(0)
)]
#[case::compared_with_a_text("count(*) FILTER (WHERE occurred_at >= '2026-03-02')", Int(1), Int(0))]
#[case::compared_with_a_clock_time(
    "count(*) FILTER (WHERE occurred_at >= TIMESTAMP '2026-03-02 00:00:00')",
    Int(1),
    Int(0)
)]
#[case::compared_with_a_cast(
    "count(*) FILTER (WHERE occurred_at >= CAST('2026-03-02 00:00:00' AS TIMESTAMP))",
    Int(1),
    Int(0)
)]
#[case::to_timestamp("count(*) FILTER (WHERE occurred_at >= to_timestamp('2026-03-02T00:00:00'))", Int(1), Int(0))]
#[case::an_offset_that_is_written(
    "count(*) FILTER (WHERE occurred_at >= TIMESTAMP '2026-03-01T16:00:00Z')",
    Int(1),
    Int(1)
)]
#[case::beijing_date("count(DISTINCT beijing_date(occurred_at))", Int(2), Int(2))]
#[case::epoch("CAST(max(date_part('epoch', occurred_at)) AS BIGINT)", Int(1_772_382_600), Int(1_772_382_600))]
#[case::today("max(CAST(occurred_at AS DATE)) = CAST(as_of() AS DATE)", Bool(false), Bool(false))]
fn times_are_the_offices(#[case] expression: &str, #[case] shanghai: FeatureValue, #[case] utc: FeatureValue) {
    assert_eq!(value_in("Asia/Shanghai", expression, &NIGHT, "2026-03-04T00:00:00Z"), shanghai);
    assert_eq!(value_in("+08:00", expression, &NIGHT, "2026-03-04T00:00:00Z"), shanghai);
    assert_eq!(value_in("UTC", expression, &NIGHT, "2026-03-04T00:00:00Z"), utc);
}

/// A month before 31 March, 07:00 in Beijing is 28 February; in London it is still 30 March, so 28 February at 23:00.
#[test]
fn a_month_is_one_of_the_offices_calendar() {
    let expression = "count(*) FILTER (WHERE within(occurred_at, INTERVAL '1 month'))";
    let times = ["2026-02-28T02:00:00Z"];
    assert_eq!(value_in("Asia/Shanghai", expression, &times, "2026-03-30T23:00:00Z"), Int(1));
    assert_eq!(value_in("UTC", expression, &times, "2026-03-30T23:00:00Z"), Int(0));
    let same = "count(*) FILTER (WHERE occurred_at > as_of() - INTERVAL '1 month')";
    assert_eq!(value_in("Asia/Shanghai", same, &times, "2026-03-30T23:00:00Z"), Int(1));
}

/// Clocks were put forward in Chicago on 8 March 2026.
#[test]
fn a_day_of_a_window_has_24_hours_where_clocks_change_too() {
    let expression = "count(*) FILTER (WHERE within(occurred_at, INTERVAL '7 days'))";
    let times = ["2026-03-03T17:30:00Z"];
    for zone in ["America/Chicago", "Asia/Shanghai", "UTC"] {
        assert_eq!(value_in(zone, expression, &times, "2026-03-10T17:29:59Z"), Int(1), "{zone}");
        assert_eq!(value_in(zone, expression, &times, "2026-03-10T17:30:00Z"), Int(0), "{zone}");
    }
    let hour = "CAST(max(extract(hour FROM occurred_at)) AS BIGINT)";
    assert_eq!(value_in("America/Chicago", hour, &times, "2026-03-10T00:00:00Z"), Int(11));
}
