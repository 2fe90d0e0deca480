use std::path::Path;

use rstest::rstest;
use yujing_base::language::Language;

use super::*;

const SHIPPED: &str = include_str!("../../../rules/ruleset.toml");

fn shipped() -> Policy {
    Policy::read(Path::new("ruleset.toml"), SHIPPED).unwrap_or_else(|found| panic!("{}", found.render(false)))
}

/// Loads the shipped file with one piece of text replaced.
fn changed(from: &str, to: &str) -> Result<Policy, Diagnostics> {
    assert_eq!(SHIPPED.matches(from).count(), 1, "`{from}` stands in the file once");
    Policy::read(Path::new("ruleset.toml"), &SHIPPED.replace(from, to))
}

#[test]
fn the_shipped_policy_loads() {
    let policy = shipped();
    let enters = policy.thresholds.map(|threshold| (threshold.level, threshold.enter, threshold.leave));
    let expected = [(Level::Blue, 20, 15), (Level::Yellow, 40, 35), (Level::Orange, 60, 55), (Level::Red, 80, 75)];
    assert_eq!(enters, expected);
    assert_eq!(policy.open_at, Level::Blue);
    assert_eq!(policy.dwell, SignedDuration::from_hours(24));
    assert_eq!(policy.base.points["4"], 12);
}

#[rstest]
#[case(0, Level::None)]
#[case(19, Level::None)]
#[case(20, Level::Blue)]
#[case(59, Level::Yellow)]
#[case(60, Level::Orange)]
#[case(100, Level::Red)]
fn a_score_enters_a_level_at_its_threshold(#[case] score: i64, #[case] level: Level) {
    assert_eq!(shipped().level_of(score), level);
}

#[rstest]
#[case::inspections(&["inspection", "attention"])]
#[case::lab_samples(&["lab"])]
#[case::complaints(&["complaints", "illness"])]
#[case::camera_alerts(&["hygiene", "pests", "cameras"])]
#[case::operators(&["licence"])]
fn one_source_alone_stays_below_red(#[case] families: &[&str]) {
    let policy = shipped();
    let caps: i64 = families.iter().map(|name| policy.families[*name].cap).sum();
    let base = policy.base.points.values().max().copied().max(Some(policy.base.otherwise)).unwrap_or_default();
    assert!(policy.level_of(base + caps) < Level::Red, "{base} + {caps}");
}

#[test]
fn every_family_but_those_of_several_sources_belongs_to_one() {
    let names: Vec<_> = shipped().families.into_keys().collect();
    let fed = [
        "attention",
        "cameras",
        "combined",
        "complaints",
        "events",
        "hygiene",
        "illness",
        "inspection",
        "lab",
        "licence",
        "pests",
    ];
    assert_eq!(names, fed, "a new family must be put to its source in `one_source_alone_stays_below_red`");
}

#[rstest]
#[case::not_rising("{ enter = 60, leave = 55 }", "{ enter = 40, leave = 35 }", "policy/thresholds", "`enter`")]
#[case::left_above_entry("{ enter = 20, leave = 15 }", "{ enter = 20, leave = 21 }", "policy/thresholds", "flickering")]
#[case::beyond_the_scale(
    "{ enter = 80, leave = 75 }",
    "{ enter = 101, leave = 75 }",
    "policy/out-of-range",
    "0 to 100"
)]
#[case::never_left("{ enter = 20, leave = 15 }", "{ enter = 20, leave = 0 }", "policy/out-of-range", "0 to 100")]
#[case::no_warning_at_all("open_at = \"blue\"", "open_at = \"none\"", "policy/open-at", "lowest level")]
#[case::misspelt_level("open_at = \"blue\"", "open_at = \"yelow\"", "policy/syntax", "did you mean `yellow`?")]
#[case::misspelt_key("dwell = \"24h\"", "dwel = \"24h\"", "policy/unknown-key", "did you mean `dwell`?")]
#[case::strange_key("dwell = \"24h\"", "dwell = \"24h\"\nxyz = 1", "policy/unknown-key", "known here: `open_at`")]
#[case::a_least_above_zero("cap = 30", "cap = 30\nleast = 5", "policy/out-of-range", "0 to 100")]
#[case::misspelt_key_of_a_family("cap = 30", "capp = 30", "policy/unknown-key", "did you mean `cap`?")]
#[case::no_length_of_time("dwell = \"24h\"", "dwell = \"a day\"", "policy/dwell", "`24h`")]
#[case::a_negative_dwell("dwell = \"24h\"", "dwell = \"-1h\"", "policy/dwell", "`24h`")]
#[case::an_endless_dwell("dwell = \"24h\"", "dwell = \"9999h\"", "policy/dwell", "90 days")]
#[case::cap_of_nothing("cap = 24", "cap = 0", "policy/out-of-range", "0 to 100")]
#[case::cap_beyond_the_scale("cap = 24", "cap = 101", "policy/out-of-range", "0 to 100")]
#[case::base_below_nothing("otherwise = 6", "otherwise = -6", "policy/out-of-range", "0 to 100")]
#[case::a_name_with_a_space("[families.pests]", "[families.\"Pest s\"]", "policy/name", "lower-case")]
#[case::a_blank_title("zh = \"虫鼠害\"", "zh = \" \"", "policy/title", "both")]
fn a_bad_policy_is_refused(#[case] from: &str, #[case] to: &str, #[case] code: &str, #[case] help: &str) {
    let found = changed(from, to).expect_err("refused").0;
    assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), [code], "{found:?}");
    assert!(found[0].position.is_some_and(|(line, _)| line > 1), "{found:?}");
    assert!(found[0].help.as_ref().is_some_and(|given| given.en.contains(help)), "{found:?}");
}

#[rstest]
#[case::missing_section("otherwise = 6", "", "missing field `otherwise`")]
#[case::wrong_type("cap = 24", "cap = \"24\"", "a whole number is wanted")]
#[case::not_toml("dwell = \"24h\"", "dwell = 24h", "")]
fn a_file_of_another_shape_is_refused(#[case] from: &str, #[case] to: &str, #[case] message: &str) {
    let found = changed(from, to).expect_err("refused").0;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "policy/syntax");
    assert!(found[0].message.en.contains(message), "{found:?}");
    assert!(found[0].position.is_some_and(|(line, _)| line > 1), "{found:?}");
}

#[test]
fn several_problems_are_reported_at_once_and_shown_in_their_place() {
    let found = changed(
        "orange = { enter = 60, leave = 55 }\nred    = { enter = 80, leave = 75 }",
        "orange = { enter = 60, leave = 65 }\nred    = { enter = 50, leave = 45 }",
    )
    .expect_err("refused");
    insta::with_settings!({filters => vec![(r"╭─\[.*ruleset\.toml", "╭─[ruleset.toml")]}, {
        insta::assert_snapshot!([Language::En, Language::Zh].map(|language| found.render_in(language, false)).concat());
    });
}
