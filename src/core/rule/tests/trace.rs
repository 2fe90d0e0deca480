//! What decided a rule, and where it may turn.

use FeatureValue::{Bool, Float, Int, Text};

use super::*;

/// The parts that decided a condition: text, left, right, and the distance from turning; `!` before one that fails.
fn decided(functions: &str, values: &[(&str, FeatureValue)]) -> Vec<String> {
    let value = |value: &FeatureValue| serde_json::to_string(value).unwrap();
    let parts = rules(&[("traced", functions)]).decided(0, &row(values));
    let line = |part: &Comparison| {
        let sign = if part.holds { "" } else { "! " };
        let right = part.right.as_ref().map(|right| format!(" | {}", value(right))).unwrap_or_default();
        let distance = part.distance.map(|distance| format!(" | by {distance}")).unwrap_or_default();
        format!("{sign}{} | {}{right}{distance}", part.text, value(&part.left))
    };
    parts.iter().map(line).collect()
}

#[test]
fn the_features_that_a_rule_divides_by_are_known_directly_and_by_way_of_variables() {
    let cases: [(&str, &[&str]); 9] = [
        ("fn when(op) { op.pest_complaints_7d * 10 / 2 >= 3 }", &[]),
        ("fn when(op) { op.pest_complaints_7d / (op.night_alerts_30d ?? 1) >= 3 }", &["night_alerts_30d"]),
        ("fn when(op) { op.pest_complaints_7d % max(1, op.night_alerts_30d ?? 1) == 0 }", &["night_alerts_30d"]),
        (
            "fn when(op) { let n = (op.night_alerts_30d ?? 0) + 1; op.pest_complaints_7d / n > 1 }",
            &["night_alerts_30d"],
        ),
        (
            "fn when(op) { let a = op.night_alerts_30d ?? 0; let b = a + 1; op.pest_complaints_7d / b > 1 }",
            &["night_alerts_30d"],
        ),
        (
            "fn when(op) { let n = 60; n /= max(1, op.night_alerts_30d ?? 1); n > op.pest_complaints_7d }",
            &["night_alerts_30d"],
        ),
        ("fn when(op) { 12 / part(op.night_alerts_30d ?? 0) > 1 } fn part(n) { n + 1 }", &["night_alerts_30d"]),
        // What a helper divides by may be anything of the rule.
        (
            "fn when(op) { share(op.pest_complaints_7d, op.night_alerts_30d ?? 1) > 2 } fn share(a, b) { a / max(1, b) }",
            &["night_alerts_30d", "pest_complaints_7d"],
        ),
        ("fn points(op) { 60 / max(1, op.pest_complaints_7d) }", &["pest_complaints_7d"]),
    ];
    for (functions, expected) in cases {
        let loaded = rules(&[("divides", functions)]);
        let names: BTreeSet<String> =
            loaded.divisors().into_iter().map(|feature| CATALOGUE[feature].0.to_owned()).collect();
        let expected: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(names, expected, "{functions}");
    }
}

const RODENTS: &str =
    "fn when(op) { known(op.rodent_episodes_7d) && op.rodent_episodes_7d >= 2 && op.pest_complaints_7d >= 1 }";

#[test]
fn of_an_and_the_first_part_that_fails_decides_or_all_that_hold() {
    let rodents = |count| ("rodent_episodes_7d", count);
    assert_eq!(decided(RODENTS, &[]), ["! known(op.rodent_episodes_7d) | null"]);
    assert_eq!(decided(RODENTS, &[rodents(Int(0))]), ["! op.rodent_episodes_7d >= 2 | 0 | 2 | by 2"]);
    assert_eq!(
        decided(RODENTS, &[rodents(Int(5)), ("pest_complaints_7d", Int(1))]),
        [
            "known(op.rodent_episodes_7d) | 5",
            "op.rodent_episodes_7d >= 2 | 5 | 2 | by 4",
            "op.pest_complaints_7d >= 1 | 1 | 1 | by 1",
        ]
    );
}

#[test]
fn of_an_or_the_first_part_that_holds_decides_or_all_that_fail() {
    let when = "fn when(op) { (op.night_alerts_30d ?? 0) > 3 || op.protected_group in [\"school\", \"hospital\"] }";
    assert_eq!(decided(when, &[("night_alerts_30d", Int(4))]), ["(op.night_alerts_30d ?? 0) > 3 | 4 | 3 | by 1"]);
    assert_eq!(
        decided(when, &[("protected_group", Text("school".into()))]),
        [r#"op.protected_group in ["school", "hospital"] | "school" | "[\"school\", \"hospital\"]""#]
    );
    assert_eq!(
        decided(when, &[("night_alerts_30d", Int(1))]),
        [
            "! (op.night_alerts_30d ?? 0) > 3 | 1 | 3 | by 3",
            r#"! op.protected_group in ["school", "hospital"] | "" | "[\"school\", \"hospital\"]""#,
        ]
    );
}

#[test]
fn named_values_helpers_branches_and_negations_are_followed() {
    let helper = "fn when(op) { is_many(op, 3) } fn is_many(x, n) { x.pest_complaints_7d * 2 >= n + 1 }";
    assert_eq!(
        decided(helper, &[("pest_complaints_7d", Int(1))]),
        ["! x.pest_complaints_7d * 2 >= n + 1 | 2 | 4 | by 2"]
    );
    let named = "fn when(op) { let sum = (op.rodent_episodes_7d ?? 0) + op.pest_complaints_7d; sum == 3 }";
    assert_eq!(decided(named, &[("pest_complaints_7d", Int(3))]), ["sum == 3 | 3 | 3 | by 1"]);
    let branch = "fn when(op) { if op.camera_online ?? false { op.pest_complaints_7d > 0 } else { false } }";
    assert_eq!(
        decided(branch, &[("camera_online", Bool(true))]),
        ["op.camera_online ?? false | true", "! op.pest_complaints_7d > 0 | 0 | 0 | by 1",]
    );
    let negated = "fn when(op) { !(op.pest_complaints_7d < 2) }";
    assert_eq!(decided(negated, &[("pest_complaints_7d", Int(3))]), ["! op.pest_complaints_7d < 2 | 3 | 2 | by 2"]);
    let float = "fn when(op) { known(op.fail_rate_90d) && op.fail_rate_90d > 0.5 }";
    assert_eq!(decided(float, &[("fail_rate_90d", Float(0.25))]), ["! op.fail_rate_90d > 0.5 | 0.25 | 0.5 | by 0.25"]);
}

#[test]
fn what_is_no_plain_condition_is_not_guessed_at() {
    let loops = "fn when(op) { let n = 0; while n < op.pest_complaints_7d { n += 1; } n > 3 }";
    assert_eq!(decided(loops, &[("pest_complaints_7d", Int(5))]), Vec::<String>::new());
    let fails = "fn when(op) { 10 / op.pest_complaints_7d > 1 }";
    assert_eq!(decided(fails, &[]), Vec::<String>::new());
}

#[test]
fn the_constants_are_what_features_are_compared_with() {
    let functions = "fn when(op) { (op.rodent_episodes_7d ?? 0) >= 2 }
        fn points(op) { if (op.rodent_episodes_7d ?? 0) > 5 { 40 } else { 35 } }
        fn level(op) { if is_protected(op) { \"red\" } else { \"orange\" } }
        fn is_protected(op) { op.protected_group in [\"school\", \"hospital\"] || 0.5 < (op.fail_rate_90d ?? 0.0) }";
    let rules = rules(&[("constants", functions)]);
    let texts = ["hospital", "school"].map(|text| Text(text.into())).to_vec();
    let wanted: BTreeMap<usize, Vec<FeatureValue>> =
        [(0, vec![Int(2), Int(5)]), (2, texts), (3, vec![Float(0.5)])].into();
    assert_eq!(rules.constants(0), wanted);
}
