//! Counts may fall to their bounds, and others as far as they can, without a rule deciding otherwise.

use std::cell::{Cell, RefCell};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::compiled::starter_rules;
use super::days_ahead::{DOWN, UP, because, counted_row, functions, now, other_rule, set_asked};
use super::*;
use crate::feature::CountBound;

/// Two features that count rows here.
const COUNTS: [usize; 2] = [UP.place, DOWN.place];

/// The bounds of the first feature, given a rule and what it counts.
fn least(functions: &str, count: i64) -> Option<usize> {
    let rules = rules(&[("asked", functions)]);
    let falls = FallsAhead::of(&rules, &[], &[UP.place], |_| false);
    let row = row(&[("rodent_episodes_7d", FeatureValue::Int(count))]);
    let bounds = falls.bounds(&rules, &row, &rules.evaluate(&row, now()), now());
    bounds.first().map(|bound| bound.least)
}

#[test]
fn a_count_may_fall_to_the_next_number_that_a_rule_compares_it_with() {
    let rule = format!("fn when(op) {{ (op.rodent_episodes_7d ?? 0) > 3 }} fn points(op) {{ 5 }} {}", because());
    assert_eq!(least(&rule, 9), Some(4), "it fires while there are four");
    assert_eq!(least(&rule, 4), Some(4));
    assert_eq!(least(&rule, 2), None, "it cannot fall to where the rule fires");
    assert_eq!(least(&rule, 0), None);
}

#[test]
fn every_fall_matters_to_points_that_grow_with_a_count_while_the_rule_fires() {
    let rule = format!(
        "fn when(op) {{ (op.rodent_episodes_7d ?? 0) >= 3 }} fn points(op) {{ min(op.rodent_episodes_7d ?? 0, 8) }} {}",
        because()
    );
    assert_eq!(least(&rule, 7), Some(7));
    assert_eq!(least(&rule, 2), None);
}

#[test]
fn every_fall_matters_to_what_a_modifier_or_the_base_decides_by() {
    let rules = rules(&[("asked", &other_rule())]);
    let falls = FallsAhead::of(&rules, &[], &COUNTS, |feature| feature == UP.place);
    let row = row(&[("rodent_episodes_7d", FeatureValue::Int(4)), ("night_alerts_30d", FeatureValue::Int(4))]);
    let bounds = falls.bounds(&rules, &row, &rules.evaluate(&row, now()), now());
    assert_eq!(bounds, [CountBound { feature: UP.place, least: 4 }]);
}

/// What the first rule decides of a row, its words aside.
fn said(rules: &Rules, row: &FeatureRow) -> (Vec<(i64, Option<Level>)>, Vec<RuleFailure>) {
    let Evaluation { fired, failed } = rules.evaluate(row, now());
    (fired.iter().map(|fired| (fired.points, fired.floor)).collect(), failed)
}

#[test]
fn while_no_count_falls_below_its_bound_rules_decide_the_same() {
    let rules = RefCell::new(rules(&[("test_rule", "fn level(op) { \"blue\" }")]));
    let (free, bounded) = (Cell::new(0), Cell::new(0));
    let check = |(functions, row, share): (String, FeatureRow, [u8; 2])| {
        let rules = &mut *rules.borrow_mut();
        set_asked(rules, &functions)?;
        let falls = FallsAhead::of(rules, &[], &COUNTS, |_| false);
        let bounds = falls.bounds(rules, &row, &rules.evaluate(&row, now()), now());
        let mut fallen = row.clone();
        for (place, share) in COUNTS.into_iter().zip(share) {
            let FeatureValue::Int(value) = *fallen.value(place) else { continue };
            let bound = bounds.iter().filter(|bound| bound.feature == place).map(|bound| bound.least).max();
            let least = i64::try_from(bound.unwrap_or(0)).expect("small").min(value);
            let counter = if value > least && bound.is_none() { &free } else { &bounded };
            counter.set(counter.get() + 1);
            let fall = (value - least).max(0) * i64::from(share) / i64::from(u8::MAX);
            fallen.set(place, FeatureValue::Int(value - fall));
        }
        prop_assert_eq!(said(rules, &fallen), said(rules, &row));
        Ok(())
    };
    let config = Config { cases: 1_000, ..Config::default() };
    let row = counted_row().prop_map(|mut row| {
        // There are no fewer rows than none.
        for place in COUNTS {
            if let FeatureValue::Int(count) = *row.value(place) {
                row.set(place, FeatureValue::Int(count.max(0)));
            }
        }
        row
    });
    TestRunner::new(config).run(&(functions(), row, any::<[u8; 2]>()), check).unwrap();
    assert!(free.get() > 100 && bounded.get() > 100, "{} free, {} bounded", free.get(), bounded.get());
}

#[test]
fn starter_rules_that_are_quiet_are_asked_at_every_fall_only_where_they_calculate_with_counts() {
    let (rules, features) = starter_rules();
    let counts = features.falling_counts();
    assert!(counts.len() > 20, "{} counts of rows", counts.len());
    let places: Vec<usize> = features.day_counters().iter().map(|counter| counter.place).chain(counts).collect();
    let others = rules.scripts.iter().filter(|script| script.compiled.thresholds_of_firing(&places).is_none());
    let others: Vec<&str> = others.map(|script| script.rule.metadata.id.as_str()).collect();
    assert_eq!(others, ["again_after_warning", "complaint_surge", "pests_after_rectification", "weak_signals"]);
}
