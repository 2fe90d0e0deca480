//! SQL that would exhaust the engine is refused when it is loaded, or fails for the operator whose rows it would
//! multiply; others are computed. The cases are data: `hostile.toml`.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};
use yujing_base::language::Language;
use yujing_core::feature::FeatureValue::{Int, Text, Unknown};

use super::given::{compute, file, load, operators, rows, sources, value_of};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    column: Option<String>,
    derived: Option<String>,
    says: String,
}

impl Case {
    fn sql(&self) -> String {
        let column = self.column.as_deref().unwrap_or("max(length(made))");
        let sql = file("inspections", &[("hostile", column)]);
        match &self.derived {
            Some(derived) => {
                let table = format!(
                    "FROM (SELECT operator_id, event_id, publisher, occurred_at, {derived} AS made FROM inspections) AS t"
                );
                sql.replace("FROM inspections", &table)
            }
            None => sql,
        }
    }
}

fn inspections(operator: &str, count: usize, rectify_by: &str) -> Vec<Value> {
    let inspection = |place| {
        json!({
            "event_id": format!("{operator}{place}"), "operator_id": operator, "rectify_by": rectify_by, "verdict": "fail",
            "items": [{"code": "1.1", "key": true, "result": "no"}],
        })
    };
    (0..count).map(inspection).collect()
}

/// What the corpus says of each case, in the process that the other tests run in: nothing large is ever made.
#[test]
fn hostile_sql_is_refused_or_fails_and_is_named() {
    let corpus: Corpus = toml::from_str(include_str!("hostile.toml")).expect("the corpus reads");
    let sources = sources();
    let (id, source) = sources.by_name("inspections").expect("the source");
    let given = rows(source, &inspections("A", 20, "2026-04-01"));
    let mut wrong = Vec::new();
    for case in &corpus.case {
        let reported = match load(&sources, &case.sql()) {
            Err(problems) => problems.render_in(Language::En, false),
            Ok(set) => {
                let table = compute(&set, id, &given, &operators(&["A"]), "2026-03-02T00:00:00Z");
                let failed: Vec<_> = table.failures(0).map(|(_, message)| message.to_owned()).collect();
                assert!(failed.is_empty() || table.value(0, 0) == Unknown, "{}", case.name);
                format!("failed: {}", failed.join("; "))
            }
        };
        if !reported.contains(&case.says) {
            wrong.push(format!("{}: no `{}` in {reported}", case.name, case.says));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// 460 inspections with a date that stands for none: each would make millions of days.
#[test]
fn a_date_that_stands_for_none_costs_its_operator_the_feature_and_nobody_else() {
    let sources = sources();
    let (id, source) = sources.by_name("inspections").expect("the source");
    let days = "max(cardinality(generate_series(beijing_date(occurred_at), rectify_by, INTERVAL '1 day')))";
    let set = load(&sources, &file("inspections", &[("days", days), ("visits", "count(*)")]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let given =
        [inspections("A", 3, "2026-03-10"), inspections("B", 460, "9999-12-31"), inspections("C", 1, "2026-03-01")];
    let given = rows(source, &given.concat());
    let table = compute(&set, id, &given, &operators(&["A", "B", "C"]), "2026-03-02T00:00:00Z");
    let column = |feature| (0..3).map(|row| table.value(row, feature)).collect::<Vec<_>>();
    assert_eq!(column(0), [Int(10), Unknown, Int(1)]);
    let failed: Vec<_> = table.failures(1).collect();
    assert!(
        failed.iter().any(|(feature, reported)| *feature == 0 && reported.contains("`generate_series` would make")),
        "{failed:?}"
    );
}

/// One operator alone and many together give the same, however much the others make.
#[test]
fn what_others_make_changes_no_value() {
    let sources = sources();
    let (id, source) = sources.by_name("inspections").expect("the source");
    // 1 MiB a row: 40 rows are within the budget, 400 rows are not.
    let set = load(&sources, &file("inspections", &[("made", "max(length(repeat(verdict, 262144)))")]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let ids: Vec<_> = (0..10).map(|operator| format!("O{operator}")).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let many: Vec<_> = ids.iter().flat_map(|id| inspections(id, 40, "2026-04-01")).collect();
    let table = compute(&set, id, &rows(source, &many), &operators(&ids), "2026-03-02T00:00:00Z");
    assert_eq!((table.failed.len(), table.value(0, 0)), (0, Int(1_048_576)));
    assert!((0..10).all(|row| table.value(row, 0) == table.value(0, 0)));
    let one: Vec<_> = inspections("O0", 400, "2026-04-01");
    let table = compute(&set, id, &rows(source, &one), &operators(&["O0"]), "2026-03-02T00:00:00Z");
    assert!(table.failures(0).any(|(_, reported)| reported.contains("the rows of one operator")), "{:?}", table.failed);
}

#[test]
fn honest_functions_work_within_the_budget() {
    let given = [
        json!({"event_id": "e1", "verdict": "pass", "revision": 2}),
        json!({"event_id": "e2", "verdict": "fail", "revision": 3, "items": [
            {"code": "1.1", "key": true, "result": "no"}, {"code": "2.1", "key": false, "result": "yes"}]}),
    ];
    let cases = [
        ("max(event_id || '/' || verdict)", Text("e2/fail".into())),
        ("max(concat(event_id, '/', verdict))", Text("e2/fail".into())),
        ("string_agg(verdict, ',' ORDER BY event_id)", Text("pass,fail".into())),
        ("array_to_string(array_agg(DISTINCT verdict ORDER BY verdict), '、')", Text("fail、pass".into())),
        ("max(lpad(event_id, 4, '0'))", Text("00e2".into())),
        ("max(repeat(verdict, 2))", Text("passpass".into())),
        ("max(replace(verdict, 'a', 'oo'))", Text("pooss".into())),
        ("max(regexp_replace(verdict, '[ai]+', 'o'))", Text("poss".into())),
        ("count(*) FILTER (WHERE regexp_like(verdict, '^p'))", Int(1)),
        ("count(*) FILTER (WHERE verdict ~ '^p')", Int(1)),
        ("max(levenshtein(verdict, 'pass'))", Int(3)),
        ("max(cardinality(generate_series(DATE '2026-03-01', DATE '2026-03-31', INTERVAL '1 day')))", Int(31)),
        ("max(cardinality(range(1, 1 + revision)))", Int(3)),
        ("max(cardinality(array_filter(items, x -> x.code = '1.1' AND verdict = 'fail')))", Int(1)),
        ("max(coalesce(verdict, event_id))", Text("pass".into())),
        ("max(CASE WHEN revision = 3 THEN verdict ELSE event_id END)", Text("fail".into())),
        ("sum(revision)", Int(5)),
        ("sum(DISTINCT revision)", Int(5)),
        ("max(-revision) - min(revision * 2 + 1)", Int(-7)),
        ("max(to_char(occurred_at, '%Y'))", Text("2026".into())),
    ];
    for (expression, expected) in cases {
        let value = value_of("inspections", expression, &given, "2026-03-02T00:00:00Z");
        assert_eq!(value, expected, "{expression}");
    }
}

/// A sum that leaves 64 bits on the way and comes back is right, whatever the order of the rows.
#[test]
fn a_sum_is_exact_or_fails() {
    let large = i64::MAX - 1;
    let given = [json!({"event_id": "e1", "revision": large}), json!({"event_id": "e2", "revision": large})];
    let sources = sources();
    let (id, source) = sources.by_name("inspections").expect("the source");
    let columns = [
        ("beyond", "sum(revision)"),
        ("back", "sum(revision * CASE WHEN event_id = 'e1' THEN 1 ELSE -1 END)"),
        ("filtered", "sum(revision) FILTER (WHERE event_id = 'e1')"),
    ];
    for (place, (name, expression)) in columns.into_iter().enumerate() {
        let set = load(&sources, &file("inspections", &[(name, expression)])).expect("it loads");
        let table = compute(&set, id, &rows(source, &given), &operators(&["A"]), "2026-03-02T00:00:00Z");
        assert_eq!(table.value(0, 0), [Unknown, Int(0), Int(large)][place], "{name}");
        assert_eq!(table.failed.is_empty(), place != 0, "{name}: {:?}", table.failed);
    }
}

/// Everything of the corpus that would be made, at once, in a process that has little memory: it says what is wrong,
/// and ends.
#[test]
fn the_program_says_what_is_wrong_where_memory_is_short() {
    let corpus: Corpus = toml::from_str(include_str!("hostile.toml")).expect("the corpus reads");
    let columns = corpus.case.into_iter().filter(|case| case.says == "would make").filter_map(|case| case.column);
    let columns: Vec<_> = columns.enumerate().map(|(place, column)| (format!("hostile_{place}"), column)).collect();
    let columns: Vec<_> = columns.iter().map(|(name, column)| (name.as_str(), column.as_str())).collect();
    let desk = tempfile::tempdir().expect("a folder");
    let yujing = |arguments: &str| {
        let program = env!("CARGO_BIN_EXE_yujing");
        let command = format!("ulimit -v 1572864; exec {program} rules {arguments}");
        let mut shell = std::process::Command::new("sh");
        let output = shell.args(["-c", &command]).current_dir(desk.path()).env("YUJING_LANG", "en").output();
        let output = output.expect("a shell");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &*String::from_utf8_lossy(&output.stderr);
        (output.status.code(), said)
    };
    assert_eq!(yujing("init").0, Some(0));
    std::fs::write(desk.path().join("rules/features/hostile.sql"), file("complaints", &columns))
        .expect("it is written");
    for arguments in ["check", "test"] {
        let (code, said) = yujing(arguments);
        assert!(
            code.is_some_and(|code| code < 100) && !said.contains("panic"),
            "{arguments} ended with {code:?}: {said}"
        );
    }
}

#[test]
fn deep_sql_is_refused_with_its_place() {
    for (name, column) in [
        ("too_many_concatenations", format!("max(length(event_id{}))", "||event_id".repeat(2_000))),
        ("too_many_brackets", format!("max({}revision{})", "(".repeat(60), ")".repeat(60))),
    ] {
        let problems = load(&sources(), &file("inspections", &[("deep", &column)])).expect_err("it is refused");
        let reported = [Language::En, Language::Zh].map(|language| problems.render_in(language, false)).concat();
        // The line itself is as long as the chain.
        let lines = reported.lines().map(|line| line.chars().take(160).collect::<String>());
        insta::assert_snapshot!(name, lines.collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn unbounded_sql_is_reported_in_both_languages() {
    let reported =
        ["arrow_typeof(max(verdict))", "count(*) FILTER (WHERE regexp_like(verdict, event_id))"].map(|column| {
            let problems = load(&sources(), &file("inspections", &[("value", column)])).expect_err("it is refused");
            [Language::En, Language::Zh].map(|language| problems.render_in(language, false)).concat()
        });
    insta::assert_snapshot!("unbounded", reported.concat());
}

#[test]
fn chains_of_an_honest_length_are_computed() {
    let members = |piece: &str| vec![piece; 200].join(" ");
    let cases = [
        format!("count(*) FILTER (WHERE revision = 1 {})", members("AND verdict <> 'pass'")),
        format!("count(*) FILTER (WHERE verdict = 'pass' {})", members("OR revision = 1")),
        format!("max(length('' {}))", members("|| event_id")),
        format!("count(*) FILTER (WHERE event_id IN ('A0'{}))", ", 'x'".repeat(5_000)),
    ];
    let sources = sources();
    let (id, source) = sources.by_name("inspections").expect("the source");
    let values = cases.map(|column| {
        let set = load(&sources, &file("inspections", &[("value", &column)]));
        // A list of codes that do not exist is reported; it is the depth that matters here.
        let set =
            set.unwrap_or_else(|problems| panic!("{}", problems.render(false).chars().take(2_000).collect::<String>()));
        let given = HashMap::from([(id, rows(source, &inspections("A", 2, "2026-04-01")))]);
        set.compute_over(&given, &operators(&["A"]), super::given::at("2026-03-02T00:00:00Z"))
            .expect("a run")
            .value(0, 0)
    });
    assert_eq!(values, [Int(2), Int(2), Int(400), Int(1)]);
}
