//! Golden messages of rules that are refused.

use super::*;

/// One golden file for each: the name says what is wrong.
#[test]
fn messages_of_refused_rules() {
    let block_cases = [
        ("id_not_lower_case", "\"test_rule\"", "\"Test-Rule\""),
        ("id_is_not_the_file_name", "\"test_rule\"", "\"other_rule\""),
        ("missing_owner", "//! owner    = \"餐饮科\"\n", ""),
        ("empty_title", "zh = \"测试\"", "zh = \" \""),
        ("title_without_english", ", en = \"Test\"", ""),
        ("empty_basis", "[{ law = \"食品安全法\", article = \"第三十三条第一款第二项\", confirmed = false }]", "[]"),
        ("no_such_date", "2026-01-01", "2026-02-30"),
        ("date_in_words", "2026-01-01", "\"January\""),
        ("ends_before_it_begins", "2026-01-01", "2026-01-01\n//! effective_to = 2025-12-31"),
        ("unknown_family", "\"pests\"", "\"pest\""),
        ("unknown_status", "\"active\"", "\"on\""),
        ("unknown_key", "//! owner ", "//! sponsor = \"x\"\n//! owner "),
        ("bad_deadline", "\"24h\"", "\"soon\""),
        ("chinese_quotes_in_the_block", "\"餐饮科\"", "“餐饮科”"),
        ("broken_block", "//! owner ", "\n//! owner "),
        ("nested_key_misspelt", "confirmed = false", "confirmd = false"),
        ("no_block", "//!", "//"),
    ];
    for (name, from, to) in block_cases {
        let text = rule("test_rule", "").replace(from, to);
        insta::assert_snapshot!(name, refusal_of(&[("test_rule.rhai", text.as_bytes())]));
    }
    let function_cases = [
        ("syntax_error", "fn when(op) { op.pest_complaints_7d >= }"),
        ("bracket_left_out", "fn points(op) { if op.pest_complaints_7d > 1 { 20 } else { 30 }"),
        ("feature_misspelt", "fn when(op) { op.pest_complaint_7d >= 1 }"),
        ("feature_without_op", "fn when(op) { pest_complaints_7d >= 1 }"),
        ("function_misspelt", "fn when(op) { knwon(op.night_alerts_30d) }"),
        ("helper_with_other_parameters", "fn when(op) { many(op) } fn many(op, n) { op.pest_complaints_7d > n }"),
        ("known_redefined", "fn known(x) { true }"),
        ("no_parameter", "fn points() { 20 }"),
        ("two_parameters", "fn level(op, x) { \"red\" }"),
        ("unknown_value", "fn when(op) { op.night_alerts_30d >= 3 }"),
        (
            "unknown_value_in_because",
            "fn because(op) {\n  #{ zh: `近30日夜间告警${op.night_alerts_30d}次`, en: `x` } }",
        ),
        ("compared_with_unit", "fn when(op) { op.night_alerts_30d != () }"),
        ("coalesce_beside_plus", "fn when(op) { op.night_alerts_30d ?? 0 + 1 > 3 }"),
        ("plus_beside_coalesce", "fn when(op) { (1 + op.night_alerts_30d ?? 0) > 3 }"),
        ("coalesce_beside_comparison", "fn when(op) { op.night_alerts_30d ?? 0 > 3 }"),
        ("no_such_level", "fn level(op) { if op.pest_complaints_7d > 1 { \"Red\" } else { return \"oragne\"; } }"),
        ("level_in_some_cases_only", "fn level(op) { if op.pest_complaints_7d > 1 { \"red\" } }"),
        ("points_with_decimals", "fn points(op) { if op.pest_complaints_7d > 1 { 12.5 } else { 120 } }"),
        ("reason_in_one_language", "fn because(op) { #{ zh: `测试` } }"),
        ("reason_is_a_text", "fn because(op) { `测试` }"),
        ("top_level_statement", "let limit = 3;"),
        ("op_by_index", "fn when(op) { op[\"pest_complaints_7d\"] >= 1 }"),
        ("op_as_a_whole", "fn when(op) { let all = op; true }"),
        ("op_assigned", "fn when(op) { op.pest_complaints_7d = 3; true }"),
        ("map_assigned_by_index", "fn when(op) { let m = #{}; m[\"a\"] = 1; true }"),
        ("op_with_a_method", "fn when(op) { op.keys().len() > 1 }"),
        ("recursion_with_op", "fn when(op) { when(op) }"),
        ("eval", "fn when(op) { eval(\"true\") }"),
        ("closure", "fn when(op) { [1].some(|x| x > 1) }"),
        ("function_pointer", "fn when(op) { Fn(\"points\").call(op) }"),
        ("import", "fn when(op) { import \"x\" as y; true }"),
        ("sleep", "fn when(op) { sleep(10); true }"),
        ("shadowing", "fn when(op) { let x = 1; let x = 2; x > 1 }"),
        ("too_deep", &format!("fn when(op) {{ {}1{} > 0 }}", "(".repeat(100), ")".repeat(100))),
        ("chinese_comma_and_semicolon", "fn points(op) { let x = max(1，2)； x }"),
        ("chinese_quotes", "fn level(op) { “red” }"),
        ("chinese_closing_quote", "fn level(op) { \"red” }"),
        ("chinese_brackets", "fn points（op） { 20 }"),
        ("chinese_punctuation_in_a_template", "fn because(op) { #{ zh: `共${max(1，2)}次`, en: `x` } }"),
    ];
    for (name, functions) in function_cases {
        insta::assert_snapshot!(name, refusal(functions));
    }
}

#[test]
fn messages_of_missing_and_misnamed_functions() {
    let sound = rule("test_rule", "");
    let cases = [
        ("missing_function", sound.replace(POINTS, "")),
        ("function_misnamed", sound.replace("fn because", "fn becuase")),
        ("nothing_but_the_block", block("test_rule")),
    ];
    for (name, text) in cases {
        insta::assert_snapshot!(name, refusal_of(&[("test_rule.rhai", text.as_bytes())]));
    }
}

#[test]
fn messages_of_unreadable_files() {
    let gbk = [block("test_rule").as_bytes(), b"// \xca\xf3\xbb\xbc\n".as_slice()].concat();
    insta::assert_snapshot!("gbk", refusal_of(&[("test_rule.rhai", &gbk)]));
    let bom = ["\u{feff}".as_bytes(), rule("test_rule", "").as_bytes()].concat();
    insta::assert_snapshot!("bom", refusal_of(&[("test_rule.rhai", &bom)]));
    insta::assert_snapshot!("empty_file", refusal_of(&[("test_rule.rhai", b"")]));
}

#[test]
fn every_problem_of_every_rule_is_reported() {
    let sound = rule("a_rule", "");
    let broken = rule("b_rule", "fn when(op) { op.nothing > 1 && op.neither > 1 }").replace("\"pests\"", "\"floods\"");
    let problems = refusal_of(&[
        ("one/a_rule.rhai", sound.as_bytes()),
        ("two/a_rule.rhai", sound.as_bytes()),
        ("b_rule.rhai", broken.as_bytes()),
    ]);
    insta::assert_snapshot!("duplicate_id_and_other_problems", problems);
}

/// Text that a person cannot write, but a file can hold: the parser must not exhaust the stack of a small thread.
#[test]
fn hostile_files_are_refused_and_not_fatal() {
    let length = 7_000;
    let bodies = [
        "(".repeat(length),
        "[".repeat(length),
        "{".repeat(length),
        "#{a:".repeat(length),
        "!".repeat(length),
        "-".repeat(length),
        "`${".repeat(length),
        "op.".repeat(length),
        "a[".repeat(length),
        "1 ?? ".repeat(length / 2),
        "1 + ".repeat(length),
        "/*".repeat(length),
        "if true {} else ".repeat(length / 4),
        "switch 1 { 1 => ".repeat(length / 4),
        "fn f(".repeat(length / 2),
        "\u{0}\u{202e}".repeat(length / 4),
    ];
    let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let check = move || {
        for body in bodies {
            let refusal = refusal(&format!("fn when(op) {{ {body} }}"));
            assert!(!refusal.is_empty(), "{}", body.chars().take(20).collect::<String>());
        }
    };
    small.spawn(check).unwrap().join().unwrap();
}
