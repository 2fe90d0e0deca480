//! Conditions and NULL: what drops rows in silence is reported, with a remedy that mends it.

use std::path::PathBuf;

use rstest::rstest;
use serde_json::json;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::zone::Zone;
use yujing_core::feature::FeatureSet;
use yujing_core::feature::FeatureValue::Int;

use super::given::{compute, file, operators, rows, sources};

/// A file that counts the complaints for which a condition holds.
fn counting(condition: &str) -> String {
    file("complaints", &[("value", &format!("count(*) FILTER (WHERE {condition})"))])
}

fn checked(sql: &str) -> (FeatureSet, Diagnostics) {
    let texts = [(PathBuf::from("features.sql"), sql.to_owned())];
    FeatureSet::with_warnings(&texts, &sources(), &Zone::default())
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

/// What a hint says to write: what stands between its first quotation marks.
fn remedy(found: &Diagnostics) -> String {
    let help = found.0[0].help.as_ref().expect("a hint");
    help.en.split('`').nth(1).expect("a remedy").to_owned()
}

#[rstest]
#[case::unequal("food <> '汤面'")]
#[case::unequal_turned_round("'汤面' <> food")]
#[case::not_in("food NOT IN ('汤面', '鱼')")]
#[case::not_in_with_null("food NOT IN ('汤面', NULL)")]
#[case::not_like("food NOT LIKE '%面'")]
#[case::not_ilike("food NOT ILIKE '%面'")]
#[case::not_a_pattern("food !~ '面$'")]
#[case::not_between("persons_ill NOT BETWEEN 1 AND 3")]
#[case::not_equal("NOT (food = '汤面')")]
#[case::not_or("NOT (food = '汤面' OR food = 'AX1')")]
#[case::not_and("NOT (category = 'pests' AND food = '汤面')")]
#[case::not_of_a_like("NOT food LIKE '%面'")]
#[case::not_of_a_function("NOT starts_with(food, '汤')")]
#[case::not_greater("NOT persons_ill > 0")]
#[case::not_of_arithmetic("NOT (persons_ill + 1 > 1)")]
#[case::beside_another("category = 'pests' AND NOT (food = '汤面' OR food = 'AX1')")]
fn a_negation_that_drops_null_is_reported_with_a_remedy_that_mends(#[case] condition: &str) {
    let (_, found) = checked(&counting(condition));
    assert_eq!(found.0.len(), 1, "{}", found.render(false));
    let said = found.0[0].code;
    assert!(["feature/null-inequality", "feature/null-comparison"].contains(&said), "{said}");
    let mended = match condition.split_once(" AND ") {
        Some((before, _)) if condition.starts_with("category = 'pests' AND") => {
            format!("{before} AND {}", remedy(&found))
        }
        _ => remedy(&found),
    };
    let (set, found) = checked(&counting(&mended));
    assert!(found.0.is_empty(), "{mended}: {}", found.render(false));
    let sources = sources();
    let (id, source) = sources.by_name("complaints").expect("the source");
    let given = [
        json!({"category": "pests", "food": null, "persons_ill": null}),
        json!({"category": "pests", "food": "汤面", "persons_ill": 2}),
    ];
    let table = compute(&set, id, &rows(source, &given), &operators(&["A"]), "2026-03-04T00:00:00Z");
    assert_eq!(table.value(0, 0), Int(1), "{mended} keeps the row with NULL and no other");
}

#[rstest]
#[case::a_column_that_is_never_null("NOT (category = 'pests' OR category = 'expired')")]
#[case::null_left_out_on_purpose("food IS NOT NULL AND NOT (food = '汤面' OR food = 'AX1')")]
#[case::null_given_a_value("NOT (coalesce(food, '') = '汤面')")]
#[case::asked_for_null("NOT (food IS NULL)")]
#[case::not_true("(food = '汤面') IS NOT TRUE")]
#[case::known_by_another_condition("persons_ill > 0 AND NOT (persons_ill > 10)")]
#[case::a_window_of_time("NOT within(occurred_at, INTERVAL '7 days')")]
fn a_negation_that_drops_nothing_is_not_reported(#[case] condition: &str) {
    let (_, found) = checked(&counting(condition));
    assert!(found.0.is_empty(), "{}", found.render(false));
}
