use std::path::Path;

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::warning::FeatureValues;
use crate::warning::routing::{OperatorFacts, RoutingInput};

const ROUTING: &str = r#"
default = "district"
[roles]
officer = { zh = "执法人员", en = "Officer" }
head = { zh = "负责人", en = "Head" }
[posts.district]
title = { zh = "区局", en = "District" }
roles = ["officer", "head"]
[[route]]
start = "district"
"#;

const TEXT: &str = r#"
dispute = "720h"
version_1_role = "officer"

[levels]
red = { acknowledge = "15m", rung = "30m", act = "2h" }
orange = { acknowledge = "2h", rung = "4h" }
yellow = { acknowledge = "1wd", rung = "1wd" }
blue = { acknowledge = "2wd", rung = "2wd" }

[[clock]]
when = { levels = ["red"], protected_group = ["school"] }
acknowledge = "10m"

[[clock]]
when = { protected_group = ["school"] }
acknowledge = "1h"
act = "24h"

[actions]
acknowledged = ["officer", "head"]
in_progress = ["officer"]
answered = ["officer"]
reviewed = ["head"]
closed = ["head"]
extension_asked = ["officer"]
extension_granted = ["head"]
extension_refused = ["head"]
transferred = ["head"]
returned = ["head"]
reopened = ["head"]
"#;

fn vocabulary() -> Vocabulary<'static> {
    Vocabulary { columns: [("protected_group", vec!["school".to_owned()])].into(), ..Vocabulary::default() }
}

fn read(text: &str) -> Result<HandlingPolicy, Diagnostics> {
    let (routing, _) = Routing::read(Path::new("routing.toml"), ROUTING, &vocabulary()).expect("a sound routing");
    HandlingPolicy::read(Path::new("handling.toml"), text, &vocabulary(), &routing)
}

fn policy() -> HandlingPolicy {
    read(TEXT).unwrap_or_else(|found| panic!("{}", found.render(false)))
}

const fn minutes(minutes: u32) -> Deadline {
    Deadline::Minutes(minutes)
}

#[rstest]
#[case::by_the_level("none", Level::Red, Some(minutes(15)), Some(minutes(120)))]
#[case::the_level_names_none("none", Level::Orange, Some(minutes(120)), None)]
#[case::working_days("none", Level::Yellow, Some(Deadline::WorkingDays(1)), None)]
#[case::each_clock_from_the_first_that_names_it("school", Level::Red, Some(minutes(10)), Some(minutes(24 * 60)))]
#[case::the_second("school", Level::Blue, Some(minutes(60)), Some(minutes(24 * 60)))]
fn a_clock_is_the_first_that_holds_else_the_levels(
    #[case] group: &str,
    #[case] level: Level,
    #[case] acknowledge: Option<Deadline>,
    #[case] act: Option<Deadline>,
) {
    let attributes = json!({ "protected_group": group }).as_object().cloned().unwrap_or_default();
    let features: FeatureValues = serde_json::from_value(json!({})).expect("features");
    let facts = OperatorFacts { attributes };
    let clocks = policy().clocks(&RoutingInput { facts: &facts, level, findings: &[], features: &features });
    assert_eq!(clocks, Clocks { acknowledge, act });
}

#[test]
fn a_role_may_do_what_the_file_says_and_anybody_may_say_what_was_delivered() {
    let policy = policy();
    assert!(policy.permits("officer", HandlingAction::Answered) && policy.permits("head", HandlingAction::Reviewed));
    assert!(
        !policy.permits("officer", HandlingAction::Reviewed) && !policy.permits("nobody", HandlingAction::Answered)
    );
    assert!(policy.permits("nobody", HandlingAction::Delivered));
    let named = HandlingAction::ALL.into_iter().filter(|action| *action != HandlingAction::Delivered);
    assert!(named.into_iter().all(|action| policy.roles.contains_key(&action)), "the file names every step of people");
}

#[rstest]
#[case("acknowledge = \"15m\"", "acknowledge = \"0m\"", "handling/clock")]
#[case("rung = \"30m\"", "rung = \"0h\"", "handling/clock")]
#[case("rung = \"30m\"", "rung = \"30\"", "handling/clock")]
#[case("dispute = \"720h\"", "dispute = \"0wd\"", "handling/clock")]
#[case("act = \"2h\"", "act = \"14m\"", "handling/order")]
#[case("version_1_role = \"officer\"", "version_1_role = \"oficer\"", "handling/unknown-name")]
#[case("closed = [\"head\"]", "closed = [\"boss\"]", "handling/unknown-name")]
#[case("closed = [\"head\"]", "closed = []", "handling/empty")]
#[case("closed = [\"head\"]\n", "", "handling/syntax")]
#[case("closed = [\"head\"]", "closd = [\"head\"]", "handling/unknown-key")]
#[case("acknowledge = \"10m\"", "", "handling/empty")]
#[case("levels = [\"red\"]", "levels = []", "handling/empty")]
#[case("levels = [\"red\"]", "levels = [\"none\"]", "handling/no-such-value")]
#[case("levels = [\"red\"]", "levels = [\"rot\"]", "handling/syntax")]
#[case("levels = [\"red\"]", "rules = [\"rodents\"]", "handling/unknown-name")]
#[case("when = { protected_group = [\"school\"] }", "when = { group = [\"school\"] }", "handling/unknown-name")]
#[case(
    "when = { protected_group = [\"school\"] }",
    "when = { protected_group = [\"shool\"] }",
    "handling/no-such-value"
)]
#[case("when = { protected_group = [\"school\"] }", "when = { protected_group = \"school\" }", "handling/syntax")]
fn slips_are_refused(#[case] from: &str, #[case] to: &str, #[case] code: &str) {
    assert!(TEXT.contains(from), "{from}");
    let found = read(&TEXT.replacen(from, to, 1)).expect_err("refused");
    let codes: Vec<&str> = found.0.iter().map(|one| one.code).collect();
    assert_eq!(codes, [code], "{}", found.render(false));
    assert!(found.0[0].position.is_some(), "it has a place");
}
