//! What sound rules answer.

use FeatureValue::{Float, Int, Text, Unknown};

use super::*;

/// The example of the authoring guide, as it stands there.
const EXAMPLE: &str = r#"//! id       = "rodent_with_complaint"
//! title    = { zh = "疑似鼠类活动且有虫鼠投诉举报", en = "Suspected rodents and a pest complaint" }
//! family   = "pests"
//! status   = "active"
//! owner    = "餐饮科"
//! effective_from = 2026-01-01
//! basis    = [{ law = "食品安全法", article = "第三十三条第一款第二项", confirmed = false }]
//! action   = { zh = "现场核查并督促落实防鼠措施", en = "Visit; see rodent-proofing put right" }
//! deadline = "24h"

fn when(op)    { known(op.rodent_episodes_7d) && op.rodent_episodes_7d >= 1 && op.pest_complaints_7d >= 1 }
fn points(op)  { if op.rodent_episodes_7d >= 3 { 40 } else { 35 } }
fn level(op)   { if op.protected_group == "school" { "red" } else { "orange" } }
fn because(op) { #{
    zh: `近7日后厨监控发现疑似鼠类活动${op.rodent_episodes_7d}次，同期收到虫鼠类投诉举报${op.pest_complaints_7d}件。`,
    en: `Last 7 days: suspected rodent episodes ${op.rodent_episodes_7d}, pest complaints ${op.pest_complaints_7d}.` } }
"#;

fn example() -> Rules {
    load(&[("pests/rodent_with_complaint.rhai", EXAMPLE.as_bytes())]).unwrap()
}

#[test]
fn the_example_of_the_guide_works_as_it_stands() {
    let rules = example();
    let [rule] = rules.list() else { panic!("one rule") };
    assert_eq!(rule.metadata.title.zh, "疑似鼠类活动且有虫鼠投诉举报");
    assert_eq!(rule.metadata.deadline, Deadline::parse("24h").unwrap());
    assert_eq!(rule.reads, [0, 1, 2]);

    let one = ("rodent_episodes_7d", Int(1));
    let three = ("rodent_episodes_7d", Int(3));
    let complaint = ("pest_complaints_7d", Int(1));
    let school = ("protected_group", Text("school".into()));
    let cases: [(_, &[_], _); 5] = [
        ("once and a complaint", &[one.clone(), complaint.clone()], Some((35, Level::Orange))),
        ("at the upper boundary, in a school", &[three, complaint.clone(), school], Some((40, Level::Red))),
        ("no complaint", &[one], None),
        ("no episodes", &[("rodent_episodes_7d", Int(0)), complaint.clone()], None),
        ("no camera: unknown, not zero", &[("rodent_episodes_7d", Unknown), complaint], None),
    ];
    for (name, values, wanted) in cases {
        let evaluation = rules.evaluate(&row(values), noon());
        assert_eq!(evaluation.failed, [], "{name}");
        let got = evaluation.fired.first().map(|fired| (fired.points, fired.floor.unwrap_or_default()));
        assert_eq!(got, wanted, "{name}");
    }
    let fired = rules.evaluate(&row(&[("rodent_episodes_7d", Int(2)), ("pest_complaints_7d", Int(4))]), noon()).fired;
    assert_eq!(fired[0].because.zh, "近7日后厨监控发现疑似鼠类活动2次，同期收到虫鼠类投诉举报4件。");
    assert_eq!(fired[0].because.en, "Last 7 days: suspected rodent episodes 2, pest complaints 4.");
}

#[test]
fn each_row_is_answered_for_itself_and_in_the_order_of_ids() {
    let rules = rules(&[
        ("b_rule", "fn when(op) { op.pest_complaints_7d >= 2 }"),
        ("a_rule", "fn when(op) { op.pest_complaints_7d >= 1 }"),
    ]);
    assert_eq!(rules.list().iter().map(|rule| rule.metadata.id.as_str()).collect::<Vec<_>>(), ["a_rule", "b_rule"]);
    let fired = |count| {
        let evaluation = rules.evaluate(&row(&[("pest_complaints_7d", Int(count))]), noon());
        evaluation.fired.iter().map(|fired| fired.rule).collect::<Vec<_>>()
    };
    assert_eq!((fired(0), fired(1), fired(2)), (vec![], vec![0], vec![0, 1]));
}

#[test]
fn a_rule_counts_only_while_active_and_in_force_by_the_day_in_shanghai() {
    let text = rule("test_rule", "").replace("2026-01-01", "2026-01-10\n//! effective_to = 2026-01-20");
    let cases = [
        ("active", "2026-01-09T23:59:59+08:00", false),
        ("active", "2026-01-10T00:00:00+08:00", true),
        ("active", "2026-01-20T23:59:59+08:00", true),
        ("active", "2026-01-20T16:00:00Z", false),
        ("draft", "2026-01-15T12:00:00+08:00", false),
        ("retired", "2026-01-15T12:00:00+08:00", false),
    ];
    for (status, at, counts) in cases {
        let text = text.replace("\"active\"", &format!("\"{status}\""));
        let rules = load(&[("test_rule.rhai", text.as_bytes())]).unwrap();
        let at: Timestamp = at.parse().unwrap();
        assert_eq!(rules.evaluate(&row(&[]), at).fired.len(), usize::from(counts), "{status} {at}");
        assert_eq!(rules.answer(0, &row(&[]), at) != RuleOutcome::NotInForce, counts, "{status} {at}");
    }
}

#[test]
fn an_answer_says_fired_quiet_failed_or_not_in_force() {
    let rules = rules(&[
        ("a_fires", ""),
        ("b_quiet", "fn when(op) { op.pest_complaints_7d > 5 }"),
        ("c_fails", "fn when(op) { if op.pest_complaints_7d == 0 { throw `no` } true }"),
    ]);
    let features = row(&[]);
    let answers: Vec<_> = (0..3).map(|rule| rules.answer(rule, &features, noon())).collect();
    assert!(
        matches!(&answers[0], RuleOutcome::Fired(fired) if fired.points == 20 && fired.floor.is_none()),
        "{answers:?}"
    );
    assert_eq!(answers[1], RuleOutcome::Quiet);
    assert!(matches!(&answers[2], RuleOutcome::Failed(failure) if failure.kind == "thrown"), "{answers:?}");
    let evaluation = rules.evaluate(&features, noon());
    assert_eq!((evaluation.fired.len(), evaluation.failed.len()), (1, 1));
    assert_eq!(RuleOutcome::Fired(evaluation.fired[0].clone()), answers[0]);
}

#[test]
fn the_level_none_is_no_floor() {
    let rules = rules(&[("test_rule", "fn level(op) { \"none\" }")]);
    assert_eq!(rules.evaluate(&row(&[]), noon()).fired[0].floor, None);
}

#[test]
fn reads_are_what_decides_and_helpers_are_followed() {
    let rules = rules(&[(
        "test_rule",
        "fn when(op) { enough(op, 2) }
         fn enough(o, n) { o.pest_complaints_7d >= n && seen(o) }
         fn seen(site) { known(site.camera_online) }
         fn because(op) { let form = op.business_form ?? `未知`; #{ zh: `业态${form}`, en: form } }",
    )]);
    assert_eq!(rules.list()[0].reads, [1, 5], "business_form is shown, but decides nothing");
    let fired =
        rules.evaluate(&row(&[("pest_complaints_7d", Int(2)), ("camera_online", FeatureValue::Bool(true))]), noon());
    assert_eq!(fired.fired[0].because.zh, "业态未知");
}

#[test]
fn a_feature_that_could_not_be_computed_fails_the_rules_that_do_not_expect_it_unknown() {
    let rules = rules(&[
        ("a_reads_it", "fn when(op) { op.pest_complaints_7d >= 1 }"),
        ("b_reads_another", "fn when(op) { (op.fail_rate_90d ?? 0.0) >= 0.0 }"),
    ]);
    let given = row(&[("pest_complaints_7d", Unknown), ("fail_rate_90d", Float(0.5))]);
    let values = given.values().cloned().collect();
    let features = FeatureRow::with_flaws(values, vec![(1, "division by zero".into())], Vec::new());
    let evaluation = rules.evaluate(&features, noon());
    assert_eq!(evaluation.fired.iter().map(|fired| fired.rule).collect::<Vec<_>>(), [1]);
    assert_eq!((evaluation.failed[0].rule, evaluation.failed[0].kind), (0, "feature"));
}

#[test]
fn a_long_condition_is_not_too_deep() {
    let condition = vec!["op.pest_complaints_7d >= 0"; 40].join(" && ");
    let sum = vec!["op.pest_complaints_7d"; 40].join(" + ");
    let rules = rules(&[("test_rule", &format!("fn when(op) {{ {condition} }} fn points(op) {{ {sum} }}"))]);
    assert_eq!(rules.evaluate(&row(&[("pest_complaints_7d", Int(2))]), noon()).fired[0].points, 80);
}

#[test]
fn a_file_with_windows_line_ends_is_read_the_same() {
    let windows = EXAMPLE.replace('\n', "\r\n");
    let rules = load(&[("rodent_with_complaint.rhai", windows.as_bytes())]).unwrap();
    assert_eq!(rules.list()[0].metadata, example().list()[0].metadata);
    let broken = windows.replace("pest_complaints_7d >= 1", "complaints >= 1").replace("\"餐饮科\"", "\"\"");
    let problems = load(&[("rodent_with_complaint.rhai", broken.as_bytes())]).unwrap_err().0;
    let places: Vec<_> = problems.iter().map(|problem| (problem.code, problem.position)).collect();
    assert_eq!(places, [("rule/metadata", Some((5, 5))), ("rule/unknown-feature", Some((11, 80)))]);
}

/// Rules are shared by threads.
const fn shared<T: Send + Sync>() {}
const _: () = shared::<Rules>();

/// Every built-in function that the check lets through is there, and does what its name says.
#[test]
fn points_below_zero_are_an_answer_only_in_a_family_that_takes_off() {
    let text = |points: &str| rule("relief", &format!("fn points(op) {{ {points} }}"));
    let answer = |least: i64, points: &str| {
        let mut families = families();
        families.get_mut("pests").expect("the family").least = least;
        let texts = [(PathBuf::from("relief.rhai"), text(points))];
        let (rules, _) = Rules::from_texts(&texts, &catalogue(), &families).map_err(|found| shown(&found))?;
        Ok::<_, String>(rules.answer(0, &row(&[("pest_complaints_7d", Int(3))]), noon()))
    };
    let Ok(RuleOutcome::Fired(fired)) = answer(-10, "0 - op.pest_complaints_7d") else { panic!("it fires") };
    assert!(fired.points == -3 && fired.lowers());
    assert!(
        matches!(answer(-2, "0 - op.pest_complaints_7d"), Ok(RuleOutcome::Failed(_))),
        "below the least of its family"
    );
    assert!(matches!(answer(0, "0 - op.pest_complaints_7d"), Ok(RuleOutcome::Failed(_))));
    let refused = answer(0, "-5").expect_err("it never gives points");
    assert!(refused.contains("let its family in ruleset.toml say so: `least = -10`"), "{refused}");
    assert!(answer(-10, "-5").is_ok());
}

#[test]
fn built_in_functions_are_there() {
    let cases = [
        ("known", "known(1) && !known(())"),
        ("abs", "abs(-2) == 2"),
        ("ceiling", "1.2.ceiling() == 2.0"),
        ("chars", "let n = 0; for c in \"鼠患\".chars() { n += 1; } n == 2"),
        ("contains", "\"虫鼠\".contains(\"鼠\") && 2 in [1, 2]"),
        ("debug", "debug(1); true"),
        ("ends_with", "\"学校食堂\".ends_with(\"食堂\")"),
        ("exp", "exp(0.0) == 1.0"),
        ("fixed", "fixed(1.0 / 3.0, 2) == \"0.33\" && fixed(2, 1) == \"2.0\""),
        ("floor", "1.8.floor() == 1.0"),
        ("fraction", "1.5.fraction() == 0.5"),
        ("get", "[1, 2].get(1) == 2"),
        ("index_of", "[1, 2].index_of(2) == 1"),
        ("int", "1.5.int() == 1.0"),
        ("is_empty", "\"\".is_empty() && [].is_empty()"),
        ("is_finite", "(1.0).is_finite()"),
        ("is_nan", "!(1.0).is_nan()"),
        ("is_zero", "(0).is_zero()"),
        ("keys", "#{ a: 1 }.keys() == [\"a\"]"),
        ("len", "\"鼠患\".len() == 2 && [1].len() == 1"),
        ("ln", "ln(1.0) == 0.0"),
        ("log", "log(100.0) == 2.0"),
        ("max", "max(1, 2) == 2"),
        ("min", "min(1.5, 2.0) == 1.5"),
        ("parse_float", "parse_float(\"1.5\") == 1.5"),
        ("parse_int", "parse_int(\"15\") == 15"),
        ("percent", "percent(1.0 / 3.0) == \"33%\" && percent(1, 1) == \"100.0%\""),
        ("pop", "let a = [1, 2]; a.pop() == 2"),
        ("print", "print(1); true"),
        ("push", "let a = []; a.push(1); a == [1]"),
        ("range", "let n = 0; for i in range(0, 3) { n += i; } n == 3"),
        ("round", "1.5.round() == 2.0"),
        ("sign", "sign(-3) == -1"),
        ("split", "\"a,b\".split(\",\").len() == 2"),
        ("sqrt", "sqrt(4.0) == 2.0"),
        ("starts_with", "\"JY1210\".starts_with(\"JY\")"),
        ("sub_string", "\"JY1210\".sub_string(0, 2) == \"JY\""),
        ("to_float", "to_float(1) == 1.0"),
        ("to_int", "to_int(1.9) == 1"),
        ("to_string", "to_string(1) == \"1\""),
        ("values", "#{ a: 1 }.values() == [1]"),
    ];
    assert_eq!(cases.map(|(name, _)| name), super::super::engine::FUNCTIONS.map(|name| name));
    for (name, expression) in cases {
        let rules = rules(&[("test_rule", &format!("fn when(op) {{ {expression} }}"))]);
        let evaluation = rules.evaluate(&row(&[]), noon());
        assert_eq!((evaluation.failed, evaluation.fired.len()), (vec![], 1), "{name}");
    }
}
