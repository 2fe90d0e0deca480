//! Properties of evaluation over random rows.

use proptest::prelude::*;

use super::*;
use crate::rule::trace::Decision;

pub(super) fn any_row() -> impl Strategy<Value = Vec<(&'static str, FeatureValue)>> {
    let int = || {
        prop_oneof![Just(0), Just(1), Just(-1), Just(i64::MAX), Just(i64::MIN), -10..100_i64]
            .prop_map(FeatureValue::Int)
    };
    let float = prop_oneof![Just(0.0), Just(f64::NAN), Just(f64::INFINITY), Just(-0.0), any::<f64>()]
        .prop_map(FeatureValue::Float);
    let text = || {
        prop_oneof![Just("school".to_owned()), ".{0,40}", "[鼠患`$\\{\\}\"]{0,5000}"]
            .prop_map(|text| FeatureValue::Text(text.into()))
    };
    let maybe = |value: BoxedStrategy<FeatureValue>| prop_oneof![1 => Just(FeatureValue::Unknown), 3 => value];
    (
        maybe(int().boxed()),
        int(),
        text(),
        maybe(float.boxed()),
        maybe(int().boxed()),
        maybe(any::<bool>().prop_map(FeatureValue::Bool).boxed()),
        maybe(text().boxed()),
    )
        .prop_map(|(a, b, c, d, e, f, g)| {
            let names = CATALOGUE.map(|(name, _, _)| name);
            names.into_iter().zip([a, b, c, d, e, f, g]).collect()
        })
}

/// Rules that use their features in every way, sensible or not.
pub(super) fn busy_rules() -> Rules {
    rules(&[
        (
            "a_counts",
            "fn when(op) { (op.rodent_episodes_7d ?? 0) + op.pest_complaints_7d > 0 } fn points(op) { op.pest_complaints_7d }",
        ),
        ("b_divides", "fn when(op) { 100 / op.pest_complaints_7d > 1 } fn points(op) { 100 % op.pest_complaints_7d }"),
        (
            "c_floats",
            "fn when(op) { known(op.fail_rate_90d) && op.fail_rate_90d > 0.1 } fn points(op) { to_int(op.fail_rate_90d * 10.0) }",
        ),
        (
            "d_texts",
            "fn because(op) { let t = op.protected_group + op.protected_group; #{ zh: t, en: `x${op.business_form ?? \"\"}` } }",
        ),
        ("e_loops", "fn when(op) { let n = 0; while n < op.pest_complaints_7d { n += 1; } n > 3 }"),
        ("f_levels", "fn level(op) { if op.camera_online ?? false { op.protected_group } else { \"blue\" } }"),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// I6 and I4: whatever the features, evaluation ends without a panic and gives the same again.
    #[test]
    fn i4_i6_evaluation_is_deterministic_and_never_panics(given in any_row()) {
        let rules = busy_rules();
        let features = row(&given);
        let first = rules.evaluate(&features, noon());
        prop_assert_eq!(&first, &rules.evaluate(&features, noon()));
        for fired in &first.fired {
                prop_assert!((0..=100).contains(&fired.points));
                prop_assert!(!fired.because.zh.trim().is_empty() && !fired.because.en.trim().is_empty());
                prop_assert_eq!(&RuleOutcome::Fired(fired.clone()), &rules.answer(fired.rule, &features, noon()));
            }
            for failed in &first.failed {
                prop_assert!(failed.kind != "panic", "{}", failed.message);
            }
    }

    /// I4: the trace of a condition comes out as the condition does.
    #[test]
    fn i4_what_decided_a_rule_agrees_with_its_answer(given in any_row()) {
        let rules = busy_rules();
        let features = row(&given);
        for (place, script) in rules.scripts.iter().enumerate() {
            let operator = operator(&rules.names, &script.touches, &features);
            let decision = crate::rule::trace::decision(&rules.engine, &script.ast, &operator);
            let Some(Decision { holds: outcome, comparisons: parts }) = decision else { continue };
            prop_assert!(!parts.is_empty());
            let fires = match rules.answer(place, &features, noon()) {
                RuleOutcome::Quiet | RuleOutcome::NotInForce => false,
                // One that fails does so in another function than `when`, or the trace would have failed too.
                RuleOutcome::Fired(_) | RuleOutcome::Failed(_) => true,
            };
            prop_assert_eq!(outcome, fires, "{}", &script.rule.metadata.id);
        }
    }
}
