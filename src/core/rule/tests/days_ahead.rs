//! Rules asked ahead say how long they decide the same, whatever the hours at which features count on.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::compiled::{compile, script, starter_rules};
use super::*;
use crate::feature::DayCounter;
use crate::rule::script::Script;

pub(super) const UP: DayCounter = DayCounter { place: 0, step: 1 };
pub(super) const DOWN: DayCounter = DayCounter { place: 4, step: -1 };

/// For how many days all is decided the same.
fn same_for(functions: &str, row: &FeatureRow) -> i64 {
    let rules = rules(&[("asked", functions)]);
    let ahead = DaysAhead::of(&rules, &[UP, DOWN], |_| false);
    days(ahead.end(&ahead.look(&rules, row, now()), row))
}

pub(super) fn now() -> Timestamp {
    "2026-03-02T00:00:00Z".parse().expect("a time")
}

/// So many at most.
const DAYS: i64 = 31;

fn days(until: Timestamp) -> i64 {
    (until.duration_since(now()).as_hours() / 23).min(DAYS)
}

pub(super) fn because() -> &'static str {
    "fn because(op) { #{ zh: `其他`, en: `other` } }"
}

#[test]
fn a_rule_is_the_same_until_the_day_on_which_its_feature_reaches_the_limit() {
    let rule = format!("fn when(op) {{ (op.rodent_episodes_7d ?? 0) > 9 }} fn points(op) {{ 5 }} {}", because());
    assert_eq!(same_for(&rule, &row(&[("rodent_episodes_7d", FeatureValue::Int(4))])), 5);
    assert_eq!(same_for(&rule, &row(&[("rodent_episodes_7d", FeatureValue::Int(9))])), 0);
    assert_eq!(same_for(&rule, &row(&[("rodent_episodes_7d", FeatureValue::Int(10))])), 31);
    let rules = rules(&[("asked", &rule)]);
    let ahead = DaysAhead::of(&rules, &[UP], |_| false);
    let end = ahead.end(&ahead.look(&rules, &row(&[]), now()), &row(&[]));
    assert_eq!(end, Timestamp::MAX, "what is unknown stays so");
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

pub(super) fn other_rule() -> String {
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
    let long_after = now() + SignedDuration::from_hours(24 * 8);
    assert_ne!(ahead.look_again(&found, &[DOWN.place], &rules, &first, long_after), found, "asked too long ago");
}

/// A number that stays as it is.
fn limit() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (0..40_i64).prop_map(|whole| whole.to_string()),
        1 => Just("12.5".to_owned()),
        2 => Just("op.pest_complaints_7d".to_owned()),
        2 => Just("gap(op)".to_owned()),
    ]
}

/// A number that may count on.
fn number() -> impl Strategy<Value = String> {
    let counted = || prop::sample::select(vec!["op.rodent_episodes_7d", "op.night_alerts_30d"]);
    prop_oneof![
        4 => counted().prop_map(str::to_owned),
        4 => (counted(), limit()).prop_map(|(feature, other)| format!("({feature} ?? {other})")),
        4 => (counted(), counted(), limit()).prop_map(|(first, second, other)| format!("({first} ?? {second} ?? {other})")),
        4 => (counted(), limit()).prop_map(|(feature, other)| {
            format!("(if known(op.business_form) {{ {feature} ?? {other} }} else {{ op.pest_complaints_7d }})")
        }),
        1 => (counted(), limit()).prop_map(|(feature, most)| format!("min({feature} ?? 0, {most})")),
        1 => (counted(), limit()).prop_map(|(feature, more)| format!("(({feature} ?? 0) + {more})")),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let other = prop_oneof![9 => limit().boxed(), 1 => number().boxed()];
    let compared = (number(), sign, other, any::<bool>()).prop_map(|(counted, sign, other, turned)| {
        let (left, right) = if turned { (other, counted) } else { (counted, other) };
        format!("({left} {sign} {right})")
    });
    let leaf = prop_oneof![6 => compared, 1 => Just("known(op.night_alerts_30d)".to_owned())];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("({first} && {second})")),
            (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("({first} || {second})")),
            inner.clone().prop_map(|holds| format!("!{holds}")),
            inner.prop_map(|holds| format!("(one_if({holds}) == 1)")),
        ]
    })
}

pub(super) fn functions() -> impl Strategy<Value = String> {
    (condition(), condition(), number(), condition(), any::<bool>()).prop_map(|(when, more, points, red, grows)| {
        let points =
            if grows { format!("min(max({points}, 0), 100)") } else { format!("if {more} {{ 5 }} else {{ 8 }}") };
        format!(
            "fn when(op) {{ {when} }} fn points(op) {{ {points} }}
             fn level(op) {{ if {red} {{ \"red\" }} else {{ \"none\" }} }} {}
             fn one_if(holds) {{ if holds {{ 1 }} else {{ 0 }} }}
             fn gap(op) {{ let usual = switch op.business_form ?? \"\" {{ \"school\" => 9, _ => 21 }}; usual + 2 }}",
            because()
        )
    })
}

pub(super) fn counted_row() -> impl Strategy<Value = FeatureRow> {
    let days = || prop_oneof![1 => Just(FeatureValue::Unknown), 6 => (-5..40_i64).prop_map(FeatureValue::Int)];
    let form = prop_oneof![Just(FeatureValue::Unknown), Just(FeatureValue::Text("school".into()))];
    (days(), 0..20_i64, days(), form).prop_map(|(up, others, down, form)| {
        let others = FeatureValue::Int(others);
        let given = [("rodent_episodes_7d", up), ("pest_complaints_7d", others), ("night_alerts_30d", down)];
        row(&[given.as_slice(), &[("business_form", form)]].concat())
    })
}

/// For how many days a rule says the same, asked on each of them, one feature having counted on or the other, or both.
fn asked_daily(rules: &Rules, row: &FeatureRow) -> i64 {
    let says = |up: i64, down: i64| {
        let mut row = row.clone();
        for (counter, days) in [(UP, up), (DOWN, down)] {
            if let FeatureValue::Int(value) = *row.value(counter.place) {
                row.set(counter.place, FeatureValue::Int(value + counter.step * days));
            }
        }
        let compiled = &rules.scripts[0].compiled;
        let fires = compiled.fires(&row)?;
        let answer = || Some((compiled.points(&row)?, compiled.level(&row)?));
        Some(if fires { Some(answer()?) } else { None })
    };
    let counts = [UP, DOWN].iter().any(|counter| matches!(row.value(counter.place), FeatureValue::Int(_)));
    let now = says(0, 0);
    let is_same = |day: &i64| [(0, 1), (1, 0), (0, 0)].iter().all(|(up, down)| says(day - up, day - down) == now);
    match now {
        _ if !counts => 31,
        None => 0,
        Some(_) => (1..=31).take_while(is_same).count().try_into().expect("31 at most"),
    }
}

/// Puts a rule of these functions in the place of the first.
pub(super) fn set_asked(rules: &mut Rules, functions: &str) -> Result<(), TestCaseError> {
    let ast = rules.engine.compile(functions).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let mut asked = script(rules, ast);
    asked.compiled = compile(&rules.engine, functions, &asked.ast, &catalogue());
    rules.scripts[0] = Arc::new(asked);
    Ok(())
}

#[test]
fn only_days_on_which_a_comparison_turns_are_asked_and_the_answer_is_that_of_all_days() {
    let rules = RefCell::new(rules(&[("test_rule", "fn level(op) { \"blue\" }")]));
    let (turning, found) = (Cell::new(0), Cell::new(0));
    let check = |(functions, row): (String, FeatureRow)| {
        let rules = &mut *rules.borrow_mut();
        set_asked(rules, &functions)?;
        let ahead = DaysAhead::of(rules, &[UP, DOWN], |_| false);
        let same_for = days(ahead.end(&ahead.look(rules, &row, now()), &row));
        let is_turning = rules.scripts[0].compiled.thresholds_of_firing(&[UP.place, DOWN.place]).is_some();
        turning.set(turning.get() + usize::from(is_turning));
        found.set(found.get() + usize::from(is_turning && (1..31).contains(&same_for)));
        prop_assert_eq!(same_for, asked_daily(rules, &row));
        Ok(())
    };
    let config = Config { cases: 1_000, ..Config::default() };
    TestRunner::new(config).run(&(functions(), counted_row()), check).unwrap();
    let (turning, found) = (turning.get(), found.get());
    assert!(turning > 200 && found > 25, "{turning} only compare, {found} of them are other ones within these days");
}

#[test]
fn starter_rules_are_asked_ahead_only_on_days_on_which_they_may_fire() {
    let (rules, features) = starter_rules();
    let counters: Vec<usize> = features.day_counters().iter().map(|counter| counter.place).collect();
    let reads = |script: &&Arc<Script>| counters.iter().any(|place| script.touches.contains(place));
    let counting = rules.scripts.iter().filter(reads);
    let daily = counting.filter(|script| script.compiled.thresholds_of_firing(&counters).is_none());
    let daily: Vec<&str> = daily.map(|script| script.rule.metadata.id.as_str()).collect();
    assert_eq!(daily, Vec::<&str>::new(), "asked on each of 31 days");
}
