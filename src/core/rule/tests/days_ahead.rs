//! Rules asked ahead say how long they decide the same, whatever the hours at which features count on.

use jiff::SignedDuration;

use super::*;
use crate::feature::DayCounter;

const UP: DayCounter = DayCounter { place: 0, step: 1 };
const DOWN: DayCounter = DayCounter { place: 4, step: -1 };

/// For how many days all is decided the same.
fn same_for(functions: &str, row: &FeatureRow) -> i64 {
    let rules = rules(&[("asked", functions)]);
    let ahead = DaysAhead::of(&rules, &[UP, DOWN], |_| false);
    days(ahead.end(&ahead.look(&rules, row, now()), row))
}

fn now() -> Timestamp {
    "2026-03-02T00:00:00Z".parse().expect("a time")
}

fn days(until: Timestamp) -> i64 {
    until.duration_since(now()).as_hours() / 23
}

fn because() -> &'static str {
    "fn because(op) { #{ zh: `其他`, en: `other` } }"
}

#[test]
fn a_rule_is_the_same_until_the_day_on_which_its_feature_reaches_the_limit() {
    let rule = format!("fn when(op) {{ (op.rodent_episodes_7d ?? 0) > 9 }} fn points(op) {{ 5 }} {}", because());
    assert_eq!(same_for(&rule, &row(&[("rodent_episodes_7d", FeatureValue::Int(4))])), 5);
    assert_eq!(same_for(&rule, &row(&[("rodent_episodes_7d", FeatureValue::Int(9))])), 0);
    assert_eq!(same_for(&rule, &row(&[("rodent_episodes_7d", FeatureValue::Int(10))])), 31);
    assert_eq!(same_for(&rule, &row(&[])), 31, "what is unknown stays so");
}

#[test]
fn points_that_grow_by_the_day_are_asked_daily_while_the_rule_fires() {
    let rule = format!(
        "fn when(op) {{ (op.rodent_episodes_7d ?? 0) >= 3 }} fn points(op) {{ min(op.rodent_episodes_7d ?? 0, 8) }} {}",
        because()
    );
    assert_eq!(same_for(&rule, &row(&[("rodent_episodes_7d", FeatureValue::Int(4))])), 0);
    assert_eq!(same_for(&rule, &row(&[("rodent_episodes_7d", FeatureValue::Int(8))])), 31);
    assert_eq!(same_for(&rule, &row(&[("rodent_episodes_7d", FeatureValue::Int(1))])), 1);
}

/// One counts up to where the other comes down to: they meet between two days if one counts on before the other.
#[test]
fn every_order_in_which_features_count_on_within_a_day_is_tried() {
    let rule = format!(
        "fn when(op) {{ (op.rodent_episodes_7d ?? 0) == (op.night_alerts_30d ?? 9) }} fn points(op) {{ 5 }} {}",
        because()
    );
    let row = row(&[("rodent_episodes_7d", FeatureValue::Int(0)), ("night_alerts_30d", FeatureValue::Int(7))]);
    assert_eq!(same_for(&rule, &row), 3, "3 and 4 never are on one whole day");
}

#[test]
fn rules_that_read_no_such_feature_say_nothing_of_days() {
    let rules = rules(&[("asked", &other_rule())]);
    let ahead = DaysAhead::of(&rules, &[UP, DOWN], |_| false);
    assert_eq!(ahead.end(&ahead.look(&rules, &row(&[]), now()), &row(&[])), Timestamp::MAX);
}

fn other_rule() -> String {
    format!("fn when(op) {{ op.pest_complaints_7d > 9 }} fn points(op) {{ 5 }} {}", because())
}

#[test]
fn what_a_modifier_or_the_base_decides_by_is_asked_daily() {
    let rules = rules(&[("asked", &other_rule())]);
    let ahead = DaysAhead::of(&rules, &[UP, DOWN], |feature| feature == UP.place);
    let end = |row: FeatureRow| ahead.end(&ahead.look(&rules, &row, now()), &row);
    assert_eq!(end(row(&[("rodent_episodes_7d", FeatureValue::Int(4))])), Timestamp::MIN);
    assert_eq!(end(row(&[("night_alerts_30d", FeatureValue::Int(4))])), Timestamp::MAX);
}

#[test]
fn only_a_rule_that_reads_what_changed_is_asked_again() {
    let rule = |least: i64| {
        format!(
            "fn when(op) {{ (op.rodent_episodes_7d ?? 0) > {least} && op.pest_complaints_7d != 1 }} fn points(op) {{ 5 }} {}",
            because()
        )
    };
    let rules = rules(&[("asked", &rule(9))]);
    let ahead = DaysAhead::of(&rules, &[UP], |_| false);
    let row_of = |days: i64| {
        row(&[("rodent_episodes_7d", FeatureValue::Int(days)), ("pest_complaints_7d", FeatureValue::Int(0))])
    };
    let (first, later) = (row_of(4), now() + SignedDuration::from_hours(30));
    let found = ahead.look(&rules, &first, now());
    assert_eq!(ahead.look_again(&found, &[DOWN.place], &rules, &first, later), found, "as found before");
    let counted = ahead.look_again(&found, &[UP.place], &rules, &row_of(5), later);
    assert_eq!(counted, ahead.look(&rules, &row_of(5), later));
    assert_ne!(counted, found);
}
