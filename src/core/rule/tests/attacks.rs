//! I6: no rule can stop, block or exhaust the engine, and no failure counts as zero in silence.

use std::time::{Duration, Instant};

use super::*;

/// Evaluates one rule that misbehaves beside one that does not, on a thread with the usual small stack.
fn attack(functions: &str) -> RuleFailure {
    let rules = rules(&[("a_attack", functions), ("b_sound", "")]);
    let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let evaluate = move || {
        let begun = Instant::now();
        let evaluation = rules.evaluate(&row(&[]), noon());
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        evaluation
    };
    let evaluation = small.spawn(evaluate).unwrap().join().unwrap();
    assert_eq!(evaluation.fired.iter().map(|fired| fired.rule).collect::<Vec<_>>(), [1], "the other rule goes on");
    let [failure] = evaluation.failed.as_slice() else { panic!("one failure of {functions}: {evaluation:?}") };
    assert_eq!(failure.rule, 0);
    failure.clone()
}

/// What the check finds by itself is written so here that it cannot: a value taken out of an array can be anything.
#[test]
fn misbehaviour_is_a_failure_of_its_kind() {
    let cases = [
        ("infinite loop", "limit", "fn when(op) { loop { if op.pest_complaints_7d > 9 { break; } } true }"),
        ("infinite while", "limit", "fn when(op) { let n = 0; while n < 1 { n += 1; n -= 1; } true }"),
        ("long range", "limit", "fn when(op) { for i in 0..1000000000000 { } true }"),
        ("deep recursion", "limit", "fn when(op) { deep(1) } fn deep(n) { deep(n + 1) }"),
        ("mutual recursion", "limit", "fn when(op) { a(1) } fn a(n) { b(n) } fn b(n) { a(n) }"),
        ("growing text", "limit", "fn when(op) { let s = \"鼠患\"; while s != \"\" { s += s; } true }"),
        ("growing template", "limit", "fn when(op) { let s = \"鼠患\"; while s != \"\" { s = `${s}${s}`; } true }"),
        ("growing array", "limit", "fn when(op) { let a = [1]; while a.len() > 0 { a.push(a); } true }"),
        ("growing array by +=", "limit", "fn when(op) { let a = [1]; while a.len() > 0 { a += a; } true }"),
        ("nested array", "limit", "fn when(op) { let a = [1]; while a.len() > 0 { a = [a]; } true }"),
        (
            "growing map",
            "limit",
            "fn when(op) { let m = #{ a: 1 }; let n = 0; while n < 1 { m = #{ a: m, b: m }; n = 0; } true }",
        ),
        (
            "nested map",
            "limit",
            "fn when(op) { let m = #{ a: 1 }; let n = 0; while n < 1 { m = #{ a: m }; n = 0; } true }",
        ),
        (
            "too many variables",
            "limit",
            "fn when(op) { grow(0) } fn grow(n) { let a = 1; let b = 1; let c = 1; let d = 1; let e = 1; grow(n + 1) }",
        ),
        ("range collected", "limit", "fn when(op) { let a = []; for i in 0..100000 { a.push(i); } true }"),
        ("throw", "thrown", "fn when(op) { if op.pest_complaints_7d < 1 { throw `x` } true }"),
        (
            "throw of a long text",
            "thrown",
            "fn when(op) { let s = \"鼠\"; for i in 0..10 { s += s; } if s != \"\" { throw s } true }",
        ),
        ("division by zero", "arithmetic", "fn when(op) { 1 / op.pest_complaints_7d > 1 }"),
        ("remainder by zero", "arithmetic", "fn when(op) { 1 % op.pest_complaints_7d > 1 }"),
        ("overflow", "arithmetic", "fn when(op) { 9223372036854775807 + 1 + op.pest_complaints_7d > 1 }"),
        ("overflowing power", "arithmetic", "fn when(op) { 10 ** (op.pest_complaints_7d + 30) > 1 }"),
        ("when gives a number", "type", "fn when(op) { [op.pest_complaints_7d][0] }"),
        ("when gives nothing", "type", "fn when(op) { while false { } }"),
        ("condition is a number", "type", "fn when(op) { [op.pest_complaints_7d][0] && true }"),
        ("points are decimal", "type", "fn points(op) { [op.pest_complaints_7d][0] + 0.5 }"),
        ("points are not a number", "type", "fn points(op) { [0.0][0] / to_float(op.pest_complaints_7d) }"),
        ("points are negative", "type", "fn points(op) { op.pest_complaints_7d - 1 }"),
        ("points are huge", "type", "fn points(op) { [op.pest_complaints_7d][0] + 9223372036854775807 }"),
        ("points just beyond", "type", "fn points(op) { op.pest_complaints_7d + 101 }"),
        ("points are text", "type", "fn points(op) { [to_string(op.pest_complaints_7d)][0] }"),
        ("no such level", "type", "fn level(op) { `r${op.protected_group}ed!` }"),
        ("level is a number", "type", "fn level(op) { [op.pest_complaints_7d][0] }"),
        ("reason is empty", "type", "fn because(op) { #{ zh: op.protected_group, en: `x` } }"),
        ("reason is no text", "type", "fn because(op) { #{ zh: `x`, en: op.pest_complaints_7d } }"),
        ("reason lacks a language", "type", "fn because(op) { let m = #{ zh: `x` }; m }"),
        ("text minus number", "type", "fn when(op) { [op.protected_group][0] - 1 > 2 }"),
        ("element beyond the end", "other", "fn when(op) { [1][op.pest_complaints_7d + 1] > 0 }"),
    ];
    for (name, kind, functions) in cases {
        let failure = attack(functions);
        assert_eq!(failure.kind, kind, "{name}: {}", failure.message);
        assert!(crate::rule::FAILURE_KINDS.contains(&kind), "the series of `{kind}` begins before its first error");
        assert!(failure.message.chars().count() <= 300, "{name}: {}", failure.message);
    }
}

#[test]
fn a_failure_names_the_function_and_the_line() {
    let failure = attack("fn points(op) {\n  let n = op.pest_complaints_7d;\n  100 / n\n}");
    assert_eq!(failure.message, "`points`: Division by zero: 100 / 0 (line 14, position 7)");
    assert_eq!(
        attack("fn points(op) { op.pest_complaints_7d - 5 }").message,
        "`points` must give a whole number from 0 to 100, it gave `-5` (whole number)"
    );
}

/// What the check refuses because Rhai does not bound its size is bounded by operations and sizes all the same.
#[test]
fn growth_by_index_ends_even_if_the_check_is_passed_by() {
    let engine = super::super::engine::build(&Limits::SHIPPED);
    let scripts = [
        "fn f() { let m = #{}; let n = 0; loop { m[`k${n}`] = n; n += 1; } }",
        "fn f() { let m = #{}; loop { let n = #{}; n[\"a\"] = m; m = n; } }",
        "fn f() { let m = #{}; let n = 0; loop { m[`k${n}`] = m; n += 1; } }",
        "fn f() { let a = [0]; loop { a[0] = a; } }",
        "fn f() { let m = #{ a: 0 }; loop { m.a = m; } }",
    ];
    for script in scripts {
        let ast = engine.compile(script).unwrap();
        let call = || engine.call_fn::<()>(&mut rhai::Scope::new(), &ast, "f", ());
        let error = call().unwrap_err();
        let bounded = matches!(
            error.unwrap_inner(),
            rhai::EvalAltResult::ErrorTooManyOperations(..) | rhai::EvalAltResult::ErrorDataTooLarge(..)
        );
        assert!(bounded, "{script}: {error}");
    }
}

#[test]
fn a_feature_named_at_run_time_that_is_not_there_is_an_error_and_not_unknown() {
    let engine = super::super::engine::build(&Limits::SHIPPED);
    let ast = engine.compile("fn f(op, name) { op[name] }").unwrap();
    let op: rhai::Map = [("here".into(), 1_i64.into())].into();
    let call = |name: &str| engine.call_fn::<i64>(&mut rhai::Scope::new(), &ast, "f", (op.clone(), name.to_owned()));
    assert_eq!(call("here").unwrap(), 1);
    assert!(matches!(*call("not_here").unwrap_err(), rhai::EvalAltResult::ErrorPropertyNotFound(..)));
}

/// However slowly a rule is evaluated, it answers the same.
#[test]
fn a_busy_machine_changes_no_answer() {
    let text = rule("test_rule", "fn when(op) { for i in 0..1000 { } true }");
    let load = || load(&[("test_rule.rhai", text.as_bytes())]).unwrap();
    let (idle, mut busy) = (load(), load());
    busy.engine.on_progress(|operations| {
        if operations % 64 == 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    });
    assert_eq!(busy.evaluate(&row(&[]), noon()), idle.evaluate(&row(&[]), noon()));
    assert_eq!(idle.evaluate(&row(&[]), noon()).failed, []);
}

#[test]
fn a_panic_of_the_interpreter_is_a_failure() {
    let text = rule("test_rule", "fn when(op) { debug(1); true }");
    let mut rules = load(&[("test_rule.rhai", text.as_bytes())]).unwrap();
    rules.engine.register_fn("debug", |_: i64| -> bool { panic!("boom") });
    let failed = rules.evaluate(&row(&[]), noon()).failed;
    assert_eq!((failed[0].kind, failed[0].message.as_str()), ("panic", "the interpreter panicked: boom"));
}

#[test]
fn nothing_outside_the_rule_can_be_reached() {
    let engine = super::super::engine::build(&Limits::SHIPPED);
    let calls = [
        "timestamp()",
        "sleep(1)",
        "eval(\"1\")",
        "parse_json(\"1\")",
        "exit()",
        "open_file(\"/etc/passwd\")",
        "import \"x\" as y",
    ];
    for call in calls {
        assert!(engine.eval::<rhai::Dynamic>(call).is_err(), "{call}");
    }
}
