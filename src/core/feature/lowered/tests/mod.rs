//! The stages give what the file's kept plan gives, and hold as long as they say.

mod given;
mod naive;

use std::sync::LazyLock;

use arrow::array::RecordBatch;
use proptest::prelude::*;
use rstest::rstest;
use yujing_base::zone::Zone;

use self::given::{DAY, HOUR, NOW, OPERATORS, Subject, file, rows, starter_file};
use self::naive::{Answer, planned, rows_of, staged};
use crate::feature::lowered::LoweredFile;
use crate::source::Sources;
use crate::source::schema::published;

static SOURCES: LazyLock<Sources> = LazyLock::new(published::sources);

const STARTER: [&str; 8] = [
    "camera_alerts.sql",
    "camera_status.sql",
    "complaints.sql",
    "dispositions.sql",
    "inspection_items.sql",
    "inspections.sql",
    "lab_samples.sql",
    "operators.sql",
];

/// Hours behind `NOW` for which answers are asked.
const ASKED: [i64; 8] = [-48, 0, 1, 13, 24, 7 * 24, 31 * 24, 91 * 24];

/// Every column of the files that ship is computed in stages.
#[test]
fn starter_files_are_lowered_whole() {
    for name in STARTER {
        let subject = Subject::of(&SOURCES, &starter_file(name));
        assert_eq!(subject.lowering.residual, [], "{name}");
        assert_eq!(subject.lowered().len(), subject.file.columns.len(), "{name}");
        let whole = subject.lowering.stages.as_ref().is_some_and(LoweredFile::reads_whole_operator);
        assert_eq!(whole, ["camera_status.sql", "inspections.sql", "lab_samples.sql"].contains(&name), "{name}");
    }
}

/// Whether a stage may fail over rows of the test.
#[derive(Clone, Copy, PartialEq)]
enum Failures {
    None,
    Some,
}

/// Compares the stages with the plan over the same rows at several instants, and at the last instant before an answer
/// ends.
fn assert_equal(subject: &mut Subject, rows: &RecordBatch, failures: Failures) {
    let lowered = subject.lowering.stages.as_ref().expect("stages").columns().to_vec();
    let source = subject.source.clone();
    for hours in ASKED {
        let as_of = NOW + hours * HOUR;
        let oracle = planned(subject, rows, as_of);
        for (place, operator) in OPERATORS.iter().enumerate() {
            let own = rows_of(operator, rows);
            let stages = subject.lowering.stages.as_mut().expect("stages");
            let given = match staged(stages, &source, &own, as_of) {
                Ok(given) => given,
                Err(words) if failures == Failures::None => panic!("{words}"),
                Err(_) => continue,
            };
            assert_eq!(given.answer, chosen(&oracle[place], &lowered), "{operator} {hours} hours behind");
            if given.holds_until < NOW + 2_000 * DAY {
                let later = planned(subject, &own, given.holds_until - 1);
                let until = given.holds_until;
                assert_eq!(
                    given.answer,
                    chosen(&later[place], &lowered),
                    "{operator} {hours} hours behind until {until}"
                );
            }
        }
    }
}

/// The lowered columns of an answer.
fn chosen(answer: &Answer, columns: &[usize]) -> Answer {
    match answer {
        Answer::NoRow => Answer::NoRow,
        Answer::Row(all) => Answer::Row(columns.iter().map(|column| all[*column].clone()).collect()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn starter_files_give_the_same_in_stages(count in 0_usize..24, seed: u64) {
        for name in STARTER {
            let mut subject = Subject::of(&SOURCES, &starter_file(name));
            let rows = rows(&subject.source, count, seed);
            assert_equal(&mut subject, &rows, Failures::None);
        }
    }

    /// How rows are batched does not matter.
    #[test]
    fn rows_give_the_same_alone(count in 0_usize..24, seed: u64) {
        for name in STARTER {
            let mut subject = Subject::of(&SOURCES, &starter_file(name));
            let rows = rows(&subject.source, count, seed);
            let stages = subject.lowering.stages.as_mut().expect("stages");
            if stages.reads_whole_operator() {
                continue;
            }
            let mut together = shown(stages.contributions(&rows));
            let mut alone: Vec<_> =
                (0..count).flat_map(|row| shown(stages.contributions(&rows.slice(row, 1)))).collect();
            together.sort();
            alone.sort();
            prop_assert_eq!(together, alone);
        }
    }
}

fn shown(given: Result<super::Contributions, String>) -> Vec<String> {
    let given = given.expect("contributions");
    let entries = given.entries.iter();
    let shown = entries.map(|entry| {
        let operator = &given.operators[entry.operator];
        format!("{operator} {} {:?} {:?}", entry.aggregate, entry.interval, entry.value)
    });
    shown.collect()
}

/// A derived table of complaints with one more column.
fn complaints_with(column: &str, condition: &str) -> String {
    format!(
        "(SELECT operator_id, event_id, publisher, occurred_at, reported_at, persons_ill, category, {column} \
         FROM complaints WHERE {condition}) AS t"
    )
}

/// What stays with the plan, and what does not; all of it is compared.
fn assert_lowered(text: &str, expected: &[&str], failures: Failures) {
    for zone in ["Asia/Shanghai", "America/Chicago"] {
        let zone = Zone::named(zone).expect("a zone");
        let mut subject = Subject::in_zone(&SOURCES, text, &zone);
        assert_eq!(subject.lowered(), expected, "{:?}", subject.lowering.residual);
        for seed in 0..6 {
            let rows = rows(&subject.source, 14, seed);
            assert_equal(&mut subject, &rows, failures);
        }
    }
}

#[rstest]
#[case::nulls("camera_alerts", &["count(confidence) FILTER (WHERE class = 'rodent')", "count(DISTINCT zone)", "max(zone)", "min(class)",
    "bool_and(confidence >= 0.5) FILTER (WHERE NOT class = 'rodent')", "bool_or(review = 'confirmed')"])]
#[case::times("complaints", &["count(*) FILTER (WHERE within(reported_at, INTERVAL '2 days'))",
    "count(*) FILTER (WHERE NOT within(reported_at, INTERVAL '2 days'))",
    "count(DISTINCT category) FILTER (WHERE NOT within(reported_at, INTERVAL '36 hours') AND persons_ill > 0)",
    "count(*) FILTER (WHERE reported_at <= as_of())", "count(*) FILTER (WHERE as_of() > reported_at)",
    "count(*) FILTER (WHERE reported_at >= as_of())", "count(*) FILTER (WHERE reported_at <> as_of())",
    "count(*) FILTER (WHERE occurred_at > as_of() - INTERVAL '48 hours')",
    "count(*) FILTER (WHERE days_since(occurred_at) < 7)", "count(*) FILTER (WHERE 1 <= days_since(reported_at))",
    "count(*) FILTER (WHERE days_since(reported_at) BETWEEN 1 AND 2)",
    "count(*) FILTER (WHERE days_since(reported_at) NOT BETWEEN 1 AND 2)",
    "count(*) FILTER (WHERE NOT (days_since(reported_at) = 1))",
    "sum(persons_ill) FILTER (WHERE within(occurred_at, INTERVAL '30 days'))"])]
#[case::dates("inspections", &["count(*) FILTER (WHERE rectify_by = beijing_date(as_of()))",
    "count(*) FILTER (WHERE rectify_by <> beijing_date(as_of()))", "count(*) FILTER (WHERE rectify_by > beijing_date(as_of()))",
    "count(*) FILTER (WHERE rectify_by >= beijing_date(as_of()))", "count(*) FILTER (WHERE NOT rectify_by < beijing_date(as_of()))",
    "count(*) FILTER (WHERE beijing_date(as_of()) >= rectify_by AND beijing_date(as_of()) > beijing_date(occurred_at))"])]
#[case::answers("complaints", &["CASE WHEN count(*) > 1 THEN days_since(max(occurred_at)) ELSE -1 END",
    "within(max(reported_at), INTERVAL '5 days')", "coalesce(days_since(max(occurred_at) FILTER (WHERE persons_ill > 0)), 999)",
    "days_since(max(reported_at)) < 3", "max(reported_at) > as_of()",
    "max(beijing_date(reported_at)) = beijing_date(as_of()) AND count(*) > 1",
    "count(*) FILTER (WHERE persons_ill > 0) * 1.0 / count(*)", "CAST(sum(persons_ill) AS DOUBLE) / nullif(count(persons_ill), 0)"])]
#[case::reference("operators", &["max(licence_expires_on) > beijing_date(as_of())", "days_since(max(occurred_at))",
    "count(*) FILTER (WHERE NOT within(occurred_at, INTERVAL '30 days'))", "count(*) FILTER (WHERE within(occurred_at, INTERVAL '30 days'))"])]
fn what_can_be_read_is_lowered(#[case] table: &str, #[case] expressions: &[&str]) {
    let names: Vec<String> = (0..expressions.len()).map(|place| format!("column_{place}")).collect();
    let columns: Vec<_> = names.iter().map(String::as_str).zip(expressions.iter().copied()).collect();
    let expected: Vec<_> = names.iter().map(String::as_str).collect();
    assert_lowered(&file(table, &columns), &expected, Failures::None);
}

/// Conditions on time in WHERE, in the derived table and in its columns.
#[rstest]
#[case::where_outside(complaints_with("1 AS one", "true").replace(") AS t", ") AS t WHERE within(reported_at, INTERVAL '3 days')"))]
#[case::where_inside(complaints_with("1 AS one", "kind <> 'enquiry' AND NOT within(reported_at, INTERVAL '3 days')"))]
#[case::both(complaints_with("within(reported_at, INTERVAL '40 days') AND persons_ill > 0 AS recent", "occurred_at <= as_of()")
    .replace(") AS t", ") AS t WHERE category <> 'pests' AND recent"))]
fn conditions_outside_of_filter_are_lowered(#[case] from: String) {
    let columns = [
        ("all_of_them", "count(*)"),
        ("ill", "max(persons_ill) FILTER (WHERE within(occurred_at, INTERVAL '7 days'))"),
    ];
    assert_lowered(&file(&from, &columns), &["all_of_them", "ill"], Failures::None);
}

/// A column of the derived table that depends on time is a condition only where it stands as one.
#[test]
fn a_condition_of_the_derived_table_is_no_value() {
    let from = complaints_with("within(reported_at, INTERVAL '7 days') AND persons_ill > 0 AS recent", "true");
    let columns = [
        ("as_condition", "count(*) FILTER (WHERE recent AND category <> 'pests')"),
        ("negated", "count(*) FILTER (WHERE NOT recent)"),
        ("in_or", "count(*) FILTER (WHERE recent OR category = 'pests')"),
        ("as_value", "bool_or(recent) FILTER (WHERE category = 'pests')"),
        ("without", "max(persons_ill)"),
    ];
    assert_lowered(&file(&from, &columns), &["as_condition", "without"], Failures::None);
}

/// What fails in the plan fails in a stage, whatever stands in front of it.
#[rstest]
#[case::filter("complaints".to_owned(), "count(*) FILTER (WHERE 10 / persons_ill > 2)")]
#[case::behind_time("complaints".to_owned(), "count(*) FILTER (WHERE within(occurred_at, INTERVAL '2 days') AND 10 / persons_ill > 2)")]
#[case::guarded("complaints".to_owned(), "count(*) FILTER (WHERE persons_ill > 0 AND 10 / persons_ill > 2)")]
#[case::argument("complaints".to_owned(), "sum(10 / persons_ill) FILTER (WHERE persons_ill > 0 AND within(occurred_at, INTERVAL '9 days'))")]
#[case::unguarded("complaints".to_owned(), "max(10 / persons_ill)")]
#[case::answer("complaints".to_owned(), "10 / count(*) FILTER (WHERE persons_ill > 1)")]
#[case::derived(complaints_with("10 / persons_ill AS share", "true"), "max(share) FILTER (WHERE persons_ill > 0)")]
#[case::derived_and_more(
    complaints_with("10 / persons_ill AS share", "true"),
    "max(share + 1) FILTER (WHERE persons_ill > 0)"
)]
#[case::derived_guarded(complaints_with("10 / persons_ill AS share", "persons_ill > 0"), "max(share)")]
#[case::sum("complaints".to_owned(), "sum(9223372036854775807 - persons_ill)")]
fn failures_are_those_of_the_plan(#[case] from: String, #[case] expression: &str) {
    assert_lowered(&file(&from, &[("value", expression)]), &["value"], Failures::Some);
}

/// What is not lowered says why, and whether it is known when it changes.
#[rstest]
#[case::float_sum("sum(confidence) FILTER (WHERE within(occurred_at, INTERVAL '7 days'))", true)]
#[case::average("avg(confidence)", true)]
#[case::greatest_float("max(confidence)", true)]
#[case::last("last_value(class ORDER BY occurred_at)", true)]
#[case::spread("stddev(confidence) FILTER (WHERE class = 'rodent')", true)]
#[case::in_or("count(*) FILTER (WHERE class = 'rodent' OR within(occurred_at, INTERVAL '7 days'))", true)]
#[case::in_case(
    "count(*) FILTER (WHERE CASE WHEN class = 'rodent' THEN within(occurred_at, INTERVAL '7 days') ELSE true END)",
    true
)]
#[case::months("count(*) FILTER (WHERE within(occurred_at, INTERVAL '1 month'))", false)]
#[case::argument("max(days_since(occurred_at))", false)]
#[case::bare("extract(hour FROM as_of()) + count(*)", false)]
#[case::of_unlowered("days_since(last_value(occurred_at ORDER BY event_id))", false)]
fn what_is_not_lowered_says_why(#[case] expression: &str, #[case] is_readable: bool) {
    let text = file("camera_alerts", &[("count", "count(*)"), ("other", expression)]);
    let subject = Subject::of(&SOURCES, &text);
    assert_eq!(subject.lowered(), ["count"]);
    let [other] = subject.lowering.residual.as_slice() else { panic!("{:?}", subject.lowering.residual) };
    assert_eq!((other.column, other.is_readable), (1, is_readable), "{other:?}");
    assert!(!other.obstacle.words().zh.is_empty() && !other.obstacle.words().en.is_empty());
}

/// What a window sees must not depend on the instant.
#[test]
fn a_window_behind_a_condition_on_time_is_not_lowered() {
    let from = complaints_with(
        "row_number() OVER (PARTITION BY operator_id ORDER BY occurred_at DESC, event_id) AS newest",
        "within(reported_at, INTERVAL '7 days')",
    );
    let subject = Subject::of(&SOURCES, &file(&from, &[("ill", "max(persons_ill) FILTER (WHERE newest = 1)")]));
    assert!(subject.lowering.stages.is_none());
    assert!(!subject.lowering.residual[0].is_readable);
}
