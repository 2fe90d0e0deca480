//! Compiled rules say what the interpreter says: its answers, and its errors with their words.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::properties::any_row;
use super::*;
use crate::feature::FeatureSet;
use crate::rule::compiled::{CompiledRule, Source};
use crate::rule::evaluation::ask;
use crate::rule::script::Script;
use crate::source::schema::published;

/// The rule's functions compiled again, from a tree.
pub(super) fn compile(engine: &rhai::Engine, text: &str, ast: &rhai::AST, features: &[Feature]) -> CompiledRule {
    CompiledRule::compile(&Source { engine, limits: &Limits::SHIPPED, text, ast, features })
}

/// The same rules with nothing compiled.
fn interpreted(mut rules: Rules) -> Rules {
    for script in &mut rules.scripts {
        let script = Arc::get_mut(script).expect("nobody else has it");
        script.compiled = compile(&rules.engine, "", &rhai::AST::empty(), &[]);
    }
    rules
}

/// Expressions of every kind that is compiled, sensible or not. `v` and `n` are names of the function they stand in.
fn expression() -> impl Strategy<Value = String> {
    let features = CATALOGUE.map(|(name, _, _)| format!("op.{name}"));
    let literal = prop::sample::select(vec![
        "0",
        "1",
        "2",
        "-1",
        "3",
        "9223372036854775807",
        "0.0",
        "1.5",
        "-2.5",
        "1e300",
        "0.1",
        "\"school\"",
        "\"\"",
        "\"sch\"",
        "true",
        "false",
        "()",
        "v",
        "n",
    ]);
    let leaf = prop_oneof![3 => prop::sample::select(features.to_vec()), 2 => literal.prop_map(str::to_owned)];
    let operator =
        prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "**", "&&", "||", "??"]);
    let of_one = prop::sample::select(vec![
        "!",
        "-",
        "+",
        "known",
        "abs",
        "sign",
        "is_zero",
        "to_int",
        "to_float",
        "floor",
        "ceiling",
        "round",
        "int",
        "fraction",
        "sqrt",
        "exp",
        "ln",
        "log",
        "is_nan",
        "is_finite",
        "len",
        "is_empty",
        "one_if",
    ]);
    let of_two = prop::sample::select(vec!["min", "max", "log", "contains", "starts_with", "ends_with", "both"]);
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let inner = inner.boxed();
        prop_oneof![
            4 => (inner.clone(), operator.clone(), inner.clone()).prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            2 => (of_one.clone(), inner.clone()).prop_map(|(name, a)| format!("{name}({a})")),
            1 => (of_one.clone(), inner.clone()).prop_filter_map("a method", |(name, a)| {
                name.starts_with(char::is_alphabetic).then(|| format!("({a}).{name}()"))
            }),
            2 => (of_two.clone(), inner.clone(), inner.clone()).prop_map(|(name, a, b)| format!("{name}({a}, {b})")),
            1 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("(if {a} {{ {b} }} else {{ {c} }})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(if {a} {{ {b} }})")),
            1 => inner.clone().prop_map(|a| format!("({a} in [\"school\", \"\", 1, 2.5, true])")),
            1 => inner.clone().prop_map(|a| format!("({a} !in [0, 1])")),
            1 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| {
                format!("(switch {a} {{ 1 | 2 => {b}, \"school\" if op.camera_online ?? false => {c}, true => 5, -1 => {a}, _ => {b} }})")
            }),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("helper(op, {a}, {b})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("early({a}, {b})")),
        ]
    })
}

/// A `when` that ends in an expression, behind statements of every kind that is compiled.
fn function() -> impl Strategy<Value = String> {
    (expression(), expression(), any::<bool>(), any::<bool>()).prop_map(|(early, last, returns, compares)| {
        let last = if compares { format!("{last} != n") } else { last };
        let early = if returns { format!("if op.pest_complaints_7d > 3 {{ return {early}; }}") } else { early };
        format!(
            "fn when(op) {{
                let v = op.fail_rate_90d ?? 1; const n = op.pest_complaints_7d;
                {{ let inner = v; inner }}
                {early};
                {last}
            }}
            fn one_if(present) {{ if present {{ 1 }} else {{ 0 }} }}
            fn both(a, b) {{ let sum = one_if(a) + one_if(b); sum == 2 }}
            fn helper(o, v, n) {{ let w = v ?? o.night_alerts_30d; if known(o.business_form) {{ w }} else {{ n }} }}
            fn early(v, n) {{ if v == n {{ return 7; }} let same = v; early_too(same) }}
            fn early_too(v) {{ if v == 1 {{ return; }} else if v == 2 {{ return v; }} v }}
            fn points(op) {{ 20 }}
            fn because(op) {{ #{{ zh: `测试`, en: `Test` }} }}"
        )
    })
}

/// The starter rules against the starter catalogue.
pub(super) fn starter_rules() -> (Rules, FeatureSet) {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sources = published::sources();
    let features = FeatureSet::from_texts(&texts(&checkout.join("rules/features"), "sql"), &sources).unwrap();
    let texts = texts(&checkout.join("rules"), "rhai");
    let family = |text: &String| {
        let line = text.lines().find(|line| line.starts_with("//! family")).unwrap();
        let title = Bilingual { zh: "类别".into(), en: "Family".into() };
        (line.split('"').nth(1).unwrap().to_owned(), Family { title, cap: 60, least: 0 })
    };
    let families = texts.iter().map(|(_, text)| family(text)).collect();
    (Rules::from_texts(&texts, features.catalogue(), &families).unwrap().0, features)
}

fn texts(folder: &Path, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(texts(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// Rows of a catalogue, with values about the limits that rules have.
fn rows(catalogue: &[Feature]) -> impl Strategy<Value = FeatureRow> {
    let whole = || prop_oneof![4 => 0..12_i64, 2 => -10..100_i64, 1 => prop::sample::select(vec![146, 147, 219, 220, 438, 439, 730, 731])];
    let word = prop::sample::select(vec!["school", "hospital", "none", "A", "C", "D", "central_kitchen", "1", ""]);
    let values: Vec<_> = catalogue
        .iter()
        .map(|feature| {
            let value = match feature.data_type {
                FeatureType::Bool => any::<bool>().prop_map(FeatureValue::Bool).boxed(),
                FeatureType::Int => whole().prop_map(FeatureValue::Int).boxed(),
                FeatureType::Float => whole()
                    .prop_map(|whole| FeatureValue::Float(f64::from(i32::try_from(whole).unwrap()) / 8.0))
                    .boxed(),
                FeatureType::Text => word.clone().prop_map(|word| FeatureValue::Text(word.into())).boxed(),
            };
            let unknown = u32::from(feature.nullable);
            prop_oneof![unknown => Just(FeatureValue::Unknown), 3 => value]
        })
        .collect();
    values.prop_map(FeatureRow::of)
}

/// The one starter rule whose condition has a loop.
const LOOPS: &str = "complaint_surge";

#[test]
fn starter_rules_say_compiled_what_they_say_interpreted() {
    let (rules, features) = starter_rules();
    let plain = interpreted(starter_rules().0);
    let check = |features: FeatureRow| {
        prop_assert_eq!(rules.evaluate(&features, noon()), plain.evaluate(&features, noon()));
        for script in rules.scripts.iter().filter(|script| script.rule.metadata.id != LOOPS) {
            let compiled = &script.compiled;
            prop_assert!(compiled.fires(&features).is_some(), "{}", &script.rule.metadata.id);
            let said = compiled.fires(&features) == Some(true);
            let id = &script.rule.metadata.id;
            prop_assert!(!said || compiled.points(&features).is_some(), "{id}");
            prop_assert!(!said || compiled.because(&features).is_some(), "{id}");
        }
        Ok(())
    };
    TestRunner::new(Config { cases: 200, ..Config::default() }).run(&rows(features.catalogue()), check).unwrap();
}

/// A `because` of templates.
fn words() -> impl Strategy<Value = String> {
    (expression(), expression(), expression(), any::<bool>()).prop_map(|(first, second, condition, branches)| {
        let texts = format!(
            "#{{ zh: `近${{n}}日${{{first}}}次${{op.protected_group}}${{of_all}}`,
                 en: \"a\" + if {condition} {{ `b${{{second}}}` }} else {{ \"c\" + `d` }} + `${{op.camera_online ?? false}}` }}"
        );
        let texts = if branches { format!("if {condition} {{ {texts} }} else {{ #{{ zh: \"甲\", en: `${{v}}` }} }}") } else { texts };
        format!(
            "fn when(op) {{ true }} fn points(op) {{ 20 }}
             fn because(op) {{ let v = op.night_alerts_30d ?? 1; let n = op.pest_complaints_7d;
                let of_all = if {condition} {{ `（共${{n}}路）` }} else {{ \"\" }}; {texts} }}
             fn one_if(present) {{ if present {{ 1 }} else {{ 0 }} }}
             fn both(a, b) {{ a == b }} fn helper(o, v, n) {{ v }} fn early(v, n) {{ n }}"
        )
    })
}

#[test]
fn any_words_are_said_compiled_as_they_are_said_interpreted() {
    compare(&words(), |script, features| script.compiled.because(features).is_some());
}

#[test]
fn any_function_says_compiled_what_it_says_interpreted() {
    compare(&function(), |script, features| script.compiled.fires(features).is_some());
}

/// Compares what is said compiled with what is said interpreted. What the interpreter answers is `compiled`, unless it
/// is one of the few things that are left to it.
fn compare(functions: &impl Strategy<Value = String>, compiled: impl Fn(&Script, &FeatureRow) -> bool) {
    let rules = rules(&[("test_rule", "")]);
    let answers = Cell::new(0);
    let check = |(function, given): (String, Vec<(&str, FeatureValue)>)| {
        let Ok(ast) = rules.engine.compile(&function) else { return Err(TestCaseError::reject("it is no script")) };
        let mut script = script(&rules, ast);
        let features = row(&given);
        let ask = |script: &Script| ask(&rules.engine, &rules.names, script, 0, &features, None);
        let interpreted = ask(&script);
        script.compiled = compile(&rules.engine, &function, &script.ast, &catalogue());
        prop_assert_eq!(&interpreted, &ask(&script));
        let is_compiled = compiled(&script, &features);
        answers.set(answers.get() + usize::from(is_compiled));
        // Texts that are put together from others or from decimal numbers, and long ones, are the interpreter's.
        let is_left = [" + ", " - ", "${"].iter().any(|sign| function.contains(sign)) || has_long_text(&features);
        prop_assert!(is_compiled || is_left || matches!(interpreted, RuleOutcome::Failed(_)), "not compiled");
        Ok(())
    };
    let config = Config { cases: 1_000, max_global_rejects: 20_000, ..Config::default() };
    TestRunner::new(config).run(&(functions, any_row()), check).unwrap();
    assert!(answers.get() > 40, "{} of 1,000 were answered compiled", answers.get());
}

/// A script of which nothing is compiled yet, and that reads every feature.
pub(super) fn script(rules: &Rules, ast: rhai::AST) -> Script {
    let compiled = compile(&rules.engine, "", &rhai::AST::empty(), &[]);
    let rule = Arc::clone(&rules.scripts[0].rule);
    let touches = (0..CATALOGUE.len()).collect();
    Script { rule, ast, compiled, touches, required: Vec::new(), shows: Vec::new(), points: 0..=100 }
}

fn has_long_text(features: &FeatureRow) -> bool {
    features.values().any(|value| matches!(value, FeatureValue::Text(text) if text.len() > 4_096))
}
