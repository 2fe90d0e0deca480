//! A guard guards: what it keeps away is never computed, whatever the query engine makes of the SQL.

use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};
use yujing_core::feature::FeatureValue::{self, Bool, Int, Unknown};

use super::given::{compute, file, load, operators, rows, sources};

const AS_OF: &str = "2026-03-04T00:00:00Z";

/// Complaints of one operator: one of pests with nobody ill, one of hygiene with two.
fn complaints() -> Vec<Value> {
    vec![
        json!({"persons_ill": 0, "category": "pests"}),
        json!({"persons_ill": 2, "category": "hygiene"}),
        json!({"persons_ill": null, "category": "hygiene"}),
    ]
}

/// The values of a file's features for operator `A`, of which none may fail.
fn values(source: &str, sql: &str, given: &[Value]) -> Vec<FeatureValue> {
    let sources = sources();
    let (id, source) = sources.by_name(source).expect("the source");
    let set = load(&sources, sql).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let table = compute(&set, id, &rows(source, given), &operators(&["A"]), AS_OF);
    assert_eq!(table.failed, [], "{sql}");
    (0..set.catalogue().len()).map(|feature| table.value(0, feature)).collect()
}

#[rstest]
#[case::filter("sum(10 / persons_ill) FILTER (WHERE persons_ill > 0)", Int(5))]
#[case::filter_of_a_truth("bool_or(10 / persons_ill = 5) FILTER (WHERE persons_ill > 0)", Bool(true))]
#[case::filter_and_distinct("count(DISTINCT 10 / persons_ill) FILTER (WHERE persons_ill > 0)", Int(1))]
#[case::filter_and_order(
    "last_value(persons_ill ORDER BY 10 / persons_ill, event_id) FILTER (WHERE persons_ill > 0)",
    Int(2)
)]
#[case::and("count(*) FILTER (WHERE persons_ill > 0 AND 10 / persons_ill >= 5)", Int(1))]
#[case::and_between_others(
    "count(*) FILTER (WHERE kind = 'dispute' AND persons_ill > 0 AND 10 / persons_ill >= 5 AND category = 'hygiene')",
    Int(1)
)]
#[case::or("count(*) FILTER (WHERE persons_ill = 0 OR 10 / persons_ill >= 5)", Int(2))]
#[case::and_within_or(
    "count(*) FILTER (WHERE category = 'pests' OR (persons_ill > 0 AND 10 % persons_ill = 0))",
    Int(2)
)]
#[case::not("count(*) FILTER (WHERE (NOT (persons_ill > 0 AND 10 / persons_ill >= 5)) IS NOT FALSE)", Int(2))]
#[case::case("sum(CASE WHEN persons_ill > 0 THEN 10 / persons_ill ELSE 1 END)", Int(7))]
#[case::case_of_a_truth(
    "count(*) FILTER (WHERE CASE WHEN persons_ill > 0 THEN 10 / persons_ill = 5 ELSE false END)",
    Int(1)
)]
#[case::case_with_base("sum(CASE persons_ill WHEN 0 THEN 7 ELSE 10 / persons_ill END)", Int(12))]
#[case::coalesce(
    "count(*) FILTER (WHERE coalesce(CASE WHEN persons_ill = 0 THEN true END, 10 / persons_ill = 5))",
    Int(2)
)]
#[case::nullif("sum(10 / nullif(persons_ill, 0))", Int(5))]
#[case::shared_with_the_guard(
    "sum(persons_ill % 2 + 10 / persons_ill) FILTER (WHERE persons_ill % 2 + persons_ill > 0)",
    Int(5)
)]
#[case::between_aggregates("CASE WHEN sum(persons_ill) > 0 THEN 10 / sum(persons_ill) END", Int(5))]
#[case::between_aggregates_with_and(
    "sum(persons_ill) = 0 AND 10 / count(*) FILTER (WHERE category = 'lab') > 1",
    Bool(false)
)]
#[case::never_kept("sum(10 / persons_ill) FILTER (WHERE persons_ill > 5)", Unknown)]
fn a_guard_guards(#[case] expression: &str, #[case] expected: FeatureValue) {
    let expression = expression.replace("category = 'lab'", "category = 'expired'");
    let neighbour = "count(*) FILTER (WHERE category = 'pests')";
    let sql = file("complaints", &[("value", &expression), ("neighbour", neighbour)]);
    let given: Vec<Value> = complaints()
        .into_iter()
        .map(|mut complaint| {
            complaint["kind"] = json!("dispute");
            complaint
        })
        .collect();
    assert_eq!(values("complaints", &sql, &given), [expected, Int(1)]);
}

#[rstest]
#[case::a_window(
    "max(share)",
    "(SELECT *, sum(10 / persons_ill) FILTER (WHERE persons_ill > 0) OVER (PARTITION BY operator_id) AS share FROM complaints)",
    Int(5)
)]
#[case::a_filter_outside("sum(10 / persons_ill)", "(SELECT * FROM complaints WHERE persons_ill > 0)", Int(5))]
#[case::a_column_of_the_kept_rows(
    "sum(share)",
    "(SELECT operator_id, event_id, publisher, occurred_at, persons_ill, 10 / persons_ill AS share FROM complaints
      WHERE persons_ill > 0)",
    Int(5)
)]
fn a_derived_table_keeps_rows_away(#[case] expression: &str, #[case] table: &str, #[case] expected: FeatureValue) {
    let sql = file(&format!("{table} AS t"), &[("value", expression)]);
    assert_eq!(values("complaints", &sql, &complaints()), [expected]);
}

#[test]
fn a_condition_outside_never_sees_what_the_derived_table_dropped() {
    let table = "(SELECT * FROM complaints WHERE persons_ill > 0) AS t WHERE 10 / persons_ill >= 5";
    let sql = file(table, &[("value", "count(*)")]);
    assert_eq!(values("complaints", &sql, &complaints()), [Int(1)]);
}

#[test]
fn a_guard_guards_each_element_of_a_list() {
    let result = |value: f64, limit: f64| {
        json!({"analyte": "菌落总数", "analyte_class": "indicator_bacteria", "value": value, "censor": "=", "unit": "CFU/g",
            "limit": limit, "verdict": "fail"})
    };
    let sample = |results: Value| json!({"sample_no": "S1", "verdict": "fail", "results": results});
    let given =
        [sample(json!([result(0.4, 0.0), result(20.0, 10.0)])), sample(json!([])), sample(json!([result(1.0, 0.0)]))];
    let guarded =
        "count(*) FILTER (WHERE array_any_match(results, r -> r['limit'] > 0 AND r['value'] / r['limit'] > 1.5))";
    let filtered = "sum(cardinality(array_filter(results, r -> CASE WHEN r.limit > 0 THEN r.value / r.limit > 1.5 ELSE false END)))";
    let sql = file("lab_samples", &[("guarded", guarded), ("filtered", filtered)]);
    assert_eq!(values("lab-samples", &sql, &given), [Int(1), Int(1)]);
}

#[test]
fn what_no_guard_keeps_away_fails_and_takes_only_itself() {
    let sources = sources();
    let (id, source) = sources.by_name("complaints").expect("the source");
    let columns = [
        ("before", "count(*)"),
        ("unguarded", "sum(10 / persons_ill)"),
        ("guarded", "sum(10 / persons_ill) FILTER (WHERE persons_ill > 0)"),
        ("text", "max(category)"),
        ("cast", "sum(CAST(category AS INT))"),
    ];
    let set = load(&sources, &file("complaints", &columns)).unwrap_or_else(|found| panic!("{}", found.render(false)));
    let mut given = complaints();
    given.push(json!({"operator_id": "B", "persons_ill": 5, "category": "pests"}));
    let table = compute(&set, id, &rows(source, &given), &operators(&["A", "B"]), AS_OF);
    let row = |row: usize| (0..columns.len()).map(|feature| table.value(row, feature)).collect::<Vec<_>>();
    let text = FeatureValue::Text("pests".into());
    assert_eq!(row(0), [Int(3), Unknown, Int(5), text.clone(), Unknown]);
    assert_eq!(row(1), [Int(1), Int(2), Int(2), text, Unknown]);
    let failed: Vec<_> = table.failed.iter().map(|failed| (failed.row, failed.feature)).collect();
    assert_eq!(failed, [(0, 1), (0, 4), (1, 4)], "an unguarded failure is told, never NULL in silence");
}

/// A condition that never fails when guards guard, with its value in SQL's three-valued logic.
#[derive(Debug, Clone)]
enum Condition {
    /// `persons_ill > n`
    More(i64),
    /// `category = 'pests'`
    Pests,
    /// `persons_ill <> 0 AND 10 / persons_ill >= n`
    Share(i64),
    /// `persons_ill = 0 OR 10 % persons_ill = n`
    Rest(i64),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Case(Box<Condition>, Box<Condition>, Box<Condition>),
    Coalesce(Box<Condition>, Box<Condition>),
}

#[derive(Debug, Clone, Copy)]
struct Row {
    ill: Option<i64>,
    pests: bool,
}

impl Condition {
    fn sql(&self) -> String {
        match self {
            Self::More(than) => format!("persons_ill > {than}"),
            Self::Pests => "category = 'pests'".to_owned(),
            Self::Share(least) => format!("(persons_ill <> 0 AND 10 / persons_ill >= {least})"),
            Self::Rest(rest) => format!("(persons_ill = 0 OR 10 % persons_ill = {rest})"),
            Self::Not(inner) => format!("(NOT ({}))", inner.sql()),
            Self::And(left, right) => format!("({} AND {})", left.sql(), right.sql()),
            Self::Or(left, right) => format!("({} OR {})", left.sql(), right.sql()),
            Self::Case(when, then, other) => {
                format!("(CASE WHEN {} THEN {} ELSE {} END)", when.sql(), then.sql(), other.sql())
            }
            Self::Coalesce(first, second) => format!("coalesce({}, {})", first.sql(), second.sql()),
        }
    }

    fn holds(&self, row: Row) -> Option<bool> {
        match self {
            Self::More(than) => row.ill.map(|ill| ill > *than),
            Self::Pests => Some(row.pests),
            Self::Share(least) => row.ill.map(|ill| ill != 0 && 10 / ill >= *least),
            Self::Rest(rest) => row.ill.map(|ill| ill == 0 || 10 % ill == *rest),
            Self::Not(inner) => inner.holds(row).map(|truth| !truth),
            Self::And(left, right) => match (left.holds(row), right.holds(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(left, right) => match (left.holds(row), right.holds(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::Case(when, then, other) => {
                if when.holds(row) == Some(true) {
                    then.holds(row)
                } else {
                    other.holds(row)
                }
            }
            Self::Coalesce(first, second) => first.holds(row).or_else(|| second.holds(row)),
        }
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        (0..4_i64).prop_map(Condition::More),
        Just(Condition::Pests),
        (0..8_i64).prop_map(Condition::Share),
        (0..3_i64).prop_map(Condition::Rest),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed().prop_map(Condition::Not),
            (boxed(), boxed()).prop_map(|(left, right)| Condition::And(left, right)),
            (boxed(), boxed()).prop_map(|(left, right)| Condition::Or(left, right)),
            (boxed(), boxed(), boxed()).prop_map(|(when, then, other)| Condition::Case(when, then, other)),
            (boxed(), boxed()).prop_map(|(first, second)| Condition::Coalesce(first, second)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn features_over_rows_with_zeros_equal_the_model(
        condition in condition(),
        given in prop::collection::vec((prop::option::of(0..5_i64), any::<bool>()), 1..12),
    ) {
        let given: Vec<Row> = given.into_iter().map(|(ill, pests)| Row { ill, pests }).collect();
        let sql = condition.sql();
        let columns = [
            ("kept", format!("count(*) FILTER (WHERE {sql})")),
            ("dropped", format!("count(*) FILTER (WHERE NOT {sql})")),
            ("neither", format!("count(*) FILTER (WHERE ({sql}) IS NULL)")),
            ("shares", format!("coalesce(sum(10 / persons_ill) FILTER (WHERE persons_ill > 0 AND {sql}), 0)")),
            ("some", format!("count(*) FILTER (WHERE CASE WHEN persons_ill > 0 THEN 10 / persons_ill > 2 AND {sql} END)")),
        ];
        let columns: Vec<_> = columns.iter().map(|(name, sql)| (*name, sql.as_str())).collect();
        let events: Vec<Value> = given
            .iter()
            .map(|row| json!({"persons_ill": row.ill, "category": if row.pests { "pests" } else { "hygiene" }}))
            .collect();
        let (condition, given) = (&condition, &given);
        let truth = |wanted: Option<bool>| given.iter().filter(move |row| condition.holds(**row) == wanted);
        let count = |number: usize| Int(i64::try_from(number).expect("few"));
        let ill = truth(Some(true)).filter_map(|row| row.ill).filter(|ill| *ill > 0);
        let expected = [
            count(truth(Some(true)).count()),
            count(truth(Some(false)).count()),
            count(truth(None).count()),
            Int(ill.clone().map(|ill| 10 / ill).sum()),
            count(ill.filter(|ill| 10 / ill > 2).count()),
        ];
        prop_assert_eq!(values("complaints", &file("complaints", &columns), &events), expected, "{}", sql);
    }
}

/// A guard within a guard within a guard: AND and OR in turn, the innermost one before a division.
fn nested(depth: usize) -> String {
    let within = |inner: String, level: usize| {
        let op = if level.is_multiple_of(2) { "AND" } else { "OR" };
        format!("(persons_ill > 0 {op} {inner})")
    };
    (0..depth).fold("10 / persons_ill = 5".to_owned(), within)
}

#[test]
fn guards_within_one_another_guard_as_deep_as_is_computed_and_deeper_ones_are_refused() {
    let sql = |depth| file("complaints", &[("value", &format!("bool_or({})", nested(depth)))]);
    assert_eq!(values("complaints", &sql(6), &complaints()), [Bool(true)]);
    let refused = load(&sources(), &sql(20)).expect_err("it would stand there half a million times").render(false);
    assert!(refused.contains("more than 6 deep"), "{refused}");
}
