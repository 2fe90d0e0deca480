//! What rules said before is kept where nothing that they read has changed.

use proptest::prelude::*;
use yujing_base::zone::Zone;

use super::properties::{any_row, busy_rules};
use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Asked about what changed only, rules say what they would say if all of them were asked.
    #[test]
    fn asking_about_changes_equals_asking_everything(before in any_row(), after in any_row(), differ in 0_u8..128) {
        let rules = busy_rules();
        let before = row(&before);
        let mut now = before.clone();
        for place in (0..CATALOGUE.len()).filter(|place| differ & (1 << place) != 0) {
            now.set(place, row(&after).value(place).clone());
        }
        // What is equal need not be named; NaN is equal to nothing.
        let changed: Vec<_> = (0..CATALOGUE.len()).filter(|place| now.value(*place) != before.value(*place)).collect();
        let said = rules.evaluate(&before, noon());
        let again = rules.reevaluate(&said, &changed, &now, noon(), &mut Costs::default());
        prop_assert_eq!(again, rules.evaluate(&now, noon()));
    }

    /// A rule is in force from the first instant of its first day to the last of its last, wherever the office is.
    #[test]
    fn days_in_force_are_those_of_the_office(second in 1_760_000_000_i64..1_780_000_000, place in 0_usize..4) {
        let zone = ["Asia/Shanghai", "America/Chicago", "Africa/Cairo", "+05:45"][place];
        let zone = Zone::named(zone).expect("a zone");
        let rules = some_days().in_zone(zone.clone());
        let at = Timestamp::from_second(second).expect("an instant");
        let fired: Vec<_> = rules.evaluate(&row(&[]), at).fired.iter().map(|fired| fired.rule).collect();
        let in_force = |place: &usize| rules.in_force(&rules.list()[*place].metadata, zone.date(at));
        prop_assert_eq!(&fired, &(0..3).filter(in_force).collect::<Vec<_>>());
        if let Some(next) = rules.next_change_of_days(at) {
            let just_before = next.saturating_sub(jiff::SignedDuration::from_nanos(1)).expect("an instant");
            prop_assert!(next > at);
            prop_assert_eq!(rules.evaluate(&row(&[]), just_before).fired.len(), fired.len());
            prop_assert_ne!(rules.evaluate(&row(&[]), next).fired.len(), fired.len());
        }
    }
}

/// Three rules that always fire, on days of their own.
fn some_days() -> Rules {
    let text = |id: &str, days: &str| (format!("{id}.rhai"), rule(id, "").replace("2026-01-01", days));
    let texts = [
        text("a_rule", "2025-11-02"),
        text("b_rule", "2025-12-01\n//! effective_to = 2026-03-08"),
        text("c_rule", "2026-02-01\n//! effective_to = 2026-04-24"),
    ];
    load(&texts.each_ref().map(|(name, text)| (name.as_str(), text.as_bytes()))).unwrap()
}

#[test]
fn the_days_of_drafts_and_retired_rules_change_nothing() {
    let rules = |status: &str| {
        let text = rule("a_rule", "").replace("\"active\"", status);
        load(&[("a_rule.rhai", text.as_bytes())]).unwrap()
    };
    let before = "2025-12-31T15:59:59Z".parse().unwrap();
    assert_eq!(rules("\"active\"").next_change_of_days(before), Some("2025-12-31T16:00:00Z".parse().unwrap()));
    assert_eq!(rules("\"active\"").next_change_of_days(noon()), None);
    assert_eq!(rules("\"draft\"").next_change_of_days(before), None);
    assert!(rules("\"draft\"").with_drafts().next_change_of_days(before).is_some());
    assert_eq!(rules("\"retired\"").with_drafts().next_change_of_days(before), None);
}

#[test]
fn words_are_kept_unless_a_feature_that_they_read_changed() {
    let rules = rules(&[(
        "test_rule",
        "fn when(op) { op.pest_complaints_7d >= 1 }
         fn because(op) { let form = shown(op); #{ zh: form, en: form } }
         fn shown(op) { op.business_form ?? `未知` }",
    )]);
    let given = |count, form: &str| {
        row(&[("pest_complaints_7d", FeatureValue::Int(count)), ("business_form", FeatureValue::Text(form.into()))])
    };
    let said = rules.evaluate(&given(1, "restaurant"), noon());
    let again = |changed: &[usize], features: &FeatureRow| {
        rules.reevaluate(&said, changed, features, noon(), &mut Costs::default()).fired
    };
    let more = again(&[1], &given(2, "restaurant"));
    assert!(std::sync::Arc::ptr_eq(&more[0].because, &said.fired[0].because), "the same words");
    assert_eq!(again(&[6], &given(1, "canteen"))[0].because.en, "canteen");
    assert_eq!(again(&[1], &given(0, "restaurant")), []);
}
