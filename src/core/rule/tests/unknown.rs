//! Missing is not zero: which rules may meet an unknown value and which are refused for it.

use super::*;

#[test]
fn a_value_that_may_be_unknown_is_guarded() {
    let sound = [
        "fn when(op) { known(op.night_alerts_30d) && op.night_alerts_30d > 3 }",
        "fn when(op) { (op.night_alerts_30d ?? 0) > 3 }",
        "fn when(op) { !known(op.night_alerts_30d) || op.night_alerts_30d > 3 }",
        "fn when(op) { !(!known(op.night_alerts_30d) || op.pest_complaints_7d == 0) && op.night_alerts_30d > 3 }",
        "fn when(op) { if known(op.night_alerts_30d) { op.night_alerts_30d > 3 } else { false } }",
        "fn when(op) { if !known(op.night_alerts_30d) { return false; } op.night_alerts_30d > 3 }",
        "fn when(op) { if !known(op.night_alerts_30d) || !known(op.fail_rate_90d) { return true; }
                       op.night_alerts_30d > op.fail_rate_90d }",
        "fn when(op) { if known(op.night_alerts_30d) { } else { throw `x` } op.night_alerts_30d > 3 }",
        "fn when(op) { known(op.night_alerts_30d) } fn points(op) { min(op.night_alerts_30d, 100) }",
        "fn when(op) { if !known(op.night_alerts_30d) { return false; } true } fn points(op) { op.night_alerts_30d }",
        "fn when(op) { if op.pest_complaints_7d > 3 { known(op.night_alerts_30d) } else { false } }
         fn because(op) { #{ zh: `${op.night_alerts_30d}`, en: `${op.night_alerts_30d}` } }",
        "fn when(op) { both(op) && op.night_alerts_30d > 3 }
         fn both(o) { known(o.night_alerts_30d) && known(o.fail_rate_90d) }",
        "fn when(op) { known(op.night_alerts_30d) && many(op) } fn many(o) { o.night_alerts_30d > 3 }",
        "fn when(op) { known(op.business_form) && op.business_form.len() > 2 }",
        "fn when(op) { switch op.pest_complaints_7d { 1 if known(op.night_alerts_30d) => op.night_alerts_30d > 1, _ => false } }",
        "fn when(op) { let n = op.night_alerts_30d ?? op.pest_complaints_7d; n > 3 }",
        "fn when(op) { let n = 0; while known(op.night_alerts_30d) && n < op.night_alerts_30d { n += 1; } n > 3 }",
    ];
    for functions in sound {
        assert_eq!(refusal(functions), "", "{functions}");
    }
}

#[test]
fn a_value_that_may_be_unknown_and_is_not_guarded_is_refused() {
    let unsound = [
        "fn when(op) { op.night_alerts_30d > 3 }",
        "fn when(op) { op.night_alerts_30d > 3 && known(op.night_alerts_30d) }",
        "fn when(op) { known(op.night_alerts_30d) || op.night_alerts_30d > 3 }",
        "fn when(op) { !known(op.night_alerts_30d) && op.night_alerts_30d > 3 }",
        "fn when(op) { known(op.fail_rate_90d) && op.night_alerts_30d > 3 }",
        "fn when(op) { if known(op.night_alerts_30d) { } op.night_alerts_30d > 3 }",
        "fn when(op) { if !known(op.night_alerts_30d) { let x = 1; } op.night_alerts_30d > 3 }",
        "fn when(op) { if !known(op.night_alerts_30d) && !known(op.fail_rate_90d) { return true; }
                       op.night_alerts_30d > 3 }",
        "fn when(op) { true } fn points(op) { op.night_alerts_30d }",
        "fn when(op) { if op.pest_complaints_7d > 3 { return true; } known(op.night_alerts_30d) }
         fn points(op) { op.night_alerts_30d }",
        "fn when(op) { if op.pest_complaints_7d > 3 { known(op.night_alerts_30d) } else { true } }
         fn points(op) { op.night_alerts_30d }",
        "fn because(op) { #{ zh: `${op.night_alerts_30d}`, en: `x` } }",
        "fn when(op) { many(op) && known(op.night_alerts_30d) } fn many(o) { o.night_alerts_30d > 3 }",
        "fn when(op) { (known(op.night_alerts_30d) && many(op)) || many(op) } fn many(o) { o.night_alerts_30d > 3 }",
        "fn when(op) { let n = op.night_alerts_30d; n > 3 }",
        "fn when(op) { switch op.night_alerts_30d { 1 => true, _ => false } }",
        "fn when(op) { (op.night_alerts_30d ?? op.rodent_episodes_7d) > 3 }",
        "fn when(op) { for n in [op.night_alerts_30d] { return n > 1; } false }",
        "fn when(op) { op.business_form == \"school\" }",
        "fn when(op) { op.business_form.len() > 2 }",
        "fn when(op) { try { op.night_alerts_30d > 3 } catch { } true }",
    ];
    for functions in unsound {
        let refusal = refusal(functions);
        assert!(refusal.contains("rule/unknown-value"), "{functions}\n{refusal}");
    }
}

#[test]
fn known_or_a_default_at_run_time() {
    let rules = rules(&[
        ("a_default", "fn when(op) { (op.night_alerts_30d ?? 7) == 7 }"),
        ("b_known", "fn when(op) { !known(op.night_alerts_30d) }"),
    ]);
    assert_eq!(rules.evaluate(&row(&[]), noon()).fired.len(), 2);
    let known = row(&[("night_alerts_30d", FeatureValue::Int(0))]);
    assert_eq!(rules.evaluate(&known, noon()), Evaluation::default());
}
