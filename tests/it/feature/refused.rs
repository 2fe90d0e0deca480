//! What feature files are refused for: the message with its place and hint is the golden file.

use std::path::PathBuf;

use rstest::rstest;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::language::Language;
use yujing_core::feature::FeatureSet;

use super::given::{file, load, sources};

/// A good file around one expression.
fn with(expression: &str) -> String {
    file("inspections", &[("value", expression)])
}

/// Findings as people see them, in English and in Chinese.
fn in_both(problems: &Diagnostics) -> String {
    [Language::En, Language::Zh].map(|language| problems.render_in(language, false)).concat()
}

/// A good file with one piece of its text changed.
fn changed(from: &str, to: &str) -> String {
    let good = with("count(*)");
    assert!(good.contains(from), "{from}");
    good.replace(from, to)
}

#[rstest]
#[case::empty(String::new())]
#[case::only_a_comment("-- 暂无指标\n".to_owned())]
#[case::not_sql("SELECT operator_id, count( FROM inspections".to_owned())]
#[case::open_text(with("count(*) FILTER (WHERE verdict = 'fail)"))]
#[case::two_statements(format!("{};\n{}", with("count(*)"), "SELECT operator_id FROM inspections GROUP BY operator_id"))]
#[case::not_a_select("DROP TABLE inspections".to_owned())]
#[case::union(format!("{} UNION ALL {}", with("count(*)"), with("count(*)")))]
#[case::no_feature("SELECT operator_id FROM inspections GROUP BY operator_id".to_owned())]
#[case::operator_not_first(changed("SELECT operator_id", "SELECT publisher"))]
#[case::wildcard("SELECT * FROM inspections GROUP BY operator_id".to_owned())]
#[case::no_comments("SELECT operator_id, count(*) AS visits FROM inspections GROUP BY operator_id".to_owned())]
#[case::no_missing(changed("  -- @missing unknown\n", ""))]
#[case::wrong_missing(changed("@missing unknown", "@missing 1"))]
#[case::misspelt_annotation(changed("@missing unknown", "@mising unknown"))]
#[case::empty_annotation(changed("@zh 指标", "@zh"))]
#[case::annotation_twice(changed("-- @zh 指标", "-- @zh 指标\n  -- @zh 指标"))]
#[case::stray_annotation(changed("FROM", "-- @zh 指标\nFROM"))]
#[case::no_name(changed(" AS value", ""))]
#[case::name_not_snake_case(changed("AS value", "AS VisitCount"))]
#[case::name_in_chinese(changed("AS value", "AS 检查次数"))]
#[case::unknown_table(changed("inspections", "inspection"))]
#[case::source_name_for_table(changed("FROM inspections", "FROM \"camera-alerts\""))]
#[case::no_table("SELECT operator_id, 1 AS one GROUP BY operator_id".to_owned())]
#[case::join(changed("FROM inspections", "FROM inspections JOIN complaints USING (operator_id)"))]
#[case::comma_join(changed("FROM inspections", "FROM inspections, complaints"))]
#[case::unknown_column(with("count(*) FILTER (WHERE verdct = 'fail')"))]
#[case::unknown_column_in_where(changed("GROUP BY", "WHERE weather = 'rain' GROUP BY"))]
#[case::personal_column(with("max(inspectors)"))]
#[case::unknown_field_in_a_lambda(with("count(*) FILTER (WHERE array_any_match(items, x -> x.reslt = 'no'))"))]
#[case::unknown_function(with("cuont(*)"))]
#[case::far_unknown_function(with("weather_of(operator_id)"))]
#[case::now(with("count(*) FILTER (WHERE occurred_at > now() - INTERVAL '7 days')"))]
#[case::current_date(with("count(*) FILTER (WHERE rectify_by < current_date)"))]
#[case::random(with("max(random())"))]
#[case::uuid(with("max(uuid())"))]
#[case::no_group_by(changed("GROUP BY operator_id", ""))]
#[case::grouped_by_something_else(changed("GROUP BY operator_id", "GROUP BY inspection_type"))]
#[case::grouped_by_more(changed("GROUP BY operator_id", "GROUP BY operator_id, inspection_type"))]
#[case::grouped_by_place(changed("GROUP BY operator_id", "GROUP BY 1"))]
#[case::having(changed("GROUP BY operator_id", "GROUP BY operator_id HAVING count(*) > 1"))]
#[case::order_by(changed("GROUP BY operator_id", "GROUP BY operator_id ORDER BY operator_id"))]
#[case::limit(changed("GROUP BY operator_id", "GROUP BY operator_id LIMIT 10"))]
#[case::distinct(changed("SELECT operator_id", "SELECT DISTINCT operator_id"))]
#[case::with_clause(format!("WITH recent AS (SELECT * FROM inspections) {}", with("count(*)")))]
#[case::subquery_in_an_expression(with("count(*) FILTER (WHERE verdict IN (SELECT status FROM complaints))"))]
#[case::not_aggregated(with("verdict"))]
#[case::filter_is_no_condition(with("count(*) FILTER (WHERE verdict)"))]
#[case::a_time(with("max(occurred_at)"))]
#[case::a_date(with("max(rectify_by)"))]
#[case::a_duration(with("as_of() - max(occurred_at)"))]
#[case::a_list(with("array_agg(verdict)"))]
#[case::always_null(with("NULL"))]
#[case::a_text_without_zero(changed("count(*)", "max(verdict)").replace("@missing unknown", "@missing 0"))]
#[case::within_of_a_text(with("count(*) FILTER (WHERE within(verdict, INTERVAL '7 days'))"))]
#[case::within_of_a_number(with("count(*) FILTER (WHERE within(occurred_at, 7))"))]
#[case::within_of_one(with("count(*) FILTER (WHERE within(occurred_at))"))]
#[case::episodes_with_a_changing_gap(with("episodes(occurred_at, occurred_at - reported_at)"))]
#[case::episodes_of_months(with("episodes(occurred_at, INTERVAL '1 month')"))]
#[case::window_among_features(with("row_number() OVER (ORDER BY occurred_at)"))]
#[case::open_order(with("array_to_string(array_agg(verdict ORDER BY occurred_at), '/')"))]
#[case::derived_without_the_event(changed(
    "FROM inspections",
    "FROM (SELECT operator_id, verdict FROM inspections) AS t"
))]
#[case::derived_with_another_operator(changed(
    "FROM inspections",
    "FROM (SELECT upper(operator_id) AS operator_id, event_id, publisher, occurred_at FROM inspections) AS t"
))]
#[case::derived_and_grouped(changed(
    "FROM inspections",
    "FROM (SELECT operator_id, event_id, publisher, occurred_at FROM inspections GROUP BY 1, 2, 3, 4) AS t"
))]
#[case::derived_and_limited(changed("FROM inspections", "FROM (SELECT * FROM inspections LIMIT 5) AS t"))]
#[case::window_over_other_operators(changed(
    "FROM inspections",
    "FROM (SELECT *, row_number() OVER (ORDER BY occurred_at, event_id) AS n FROM inspections) AS t"
))]
#[case::window_in_open_order(changed(
    "FROM inspections",
    "FROM (SELECT *, row_number() OVER (PARTITION BY operator_id ORDER BY occurred_at) AS n FROM inspections) AS t"
))]
#[case::renamed_columns(changed(
    "FROM inspections",
    "FROM (SELECT event_id, operator_id, publisher, occurred_at FROM inspections) AS t(operator_id, event_id)"
))]
#[case::ambiguous(changed("FROM inspections", "FROM (SELECT *, verdict AS v, superior AS v FROM inspections) AS t").replace("count(*)", "max(v)"))]
#[case::several_problems_at_once(file("inspections", &[("a", "max(verdct)"), ("b", "count(*)"), ("c", "sum(items)")]))]
fn a_bad_file_is_refused(#[case] sql: String) {
    let name =
        std::thread::current().name().and_then(|name| name.rsplit("::").next()).expect("a named test").to_owned();
    let name = name.splitn(3, '_').nth(2).expect("case_NN_name").to_owned();
    let message = match load(&sources(), &sql) {
        Err(problems) => in_both(&problems),
        Ok(_) => panic!("not refused:\n{sql}"),
    };
    insta::assert_snapshot!(name, message);
}

#[test]
fn a_name_is_used_once_in_all_files() {
    let files = ["a.sql", "b.sql"].map(|path| (PathBuf::from(path), with("count(*)")));
    let problems = FeatureSet::from_texts(&files, &sources()).expect_err("the same name twice");
    insta::assert_snapshot!("repeated_name", in_both(&problems));
}
