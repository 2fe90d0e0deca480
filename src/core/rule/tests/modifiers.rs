//! Which modifiers apply to a finding, and what they make of it.

use std::path::Path;

use proptest::prelude::*;
use rstest::rstest;
use yujing_base::zone::Zone;

use super::properties::{any_row, busy_rules};
use super::*;

/// A modifier of these keys, beside what each must have.
fn modifier(id: &str, keys: &str) -> String {
    let basis = "basis = [{ law = \"食品安全法\", article = \"第一百零九条\", confirmed = false }]";
    let title = format!("title = {{ zh = \"{id}\", en = \"{id}\" }}");
    format!("[[modifier]]\nid = \"{id}\"\n{title}\n{basis}\n{keys}\n")
}

fn read(rules: &Rules, text: &str) -> Modifiers {
    let (features, families) = (catalogue(), families());
    let zone = &Zone::default();
    let scope = ModifierScope { features: &features, rules, families: &families, laws: None, zone };
    let read = Modifiers::read(Path::new("modifiers.toml"), text, &scope);
    read.unwrap_or_else(|problems| panic!("{}", problems.render(false))).0
}

/// One rule of each kind: with a floor, without one, and one of another family.
fn three() -> Rules {
    let other = rule("c_camera", "").replace("\"pests\"", "\"cameras\"");
    let texts = [
        ("a_floor.rhai", rule("a_floor", "fn level(op) { \"yellow\" }")),
        ("b_points.rhai", rule("b_points", "")),
        ("c_camera.rhai", other),
    ];
    load(&texts.each_ref().map(|(name, text)| (*name, text.as_bytes()))).unwrap()
}

fn contributions(modifiers: &str, features: &FeatureRow, as_of: Timestamp) -> Vec<Contribution> {
    let rules = three();
    read(&rules, modifiers).contributions(&rules, &rules.evaluate(features, as_of), features, as_of)
}

fn school() -> FeatureRow {
    row(&[("protected_group", FeatureValue::Text("school".into())), ("camera_online", FeatureValue::Bool(true))])
}

fn share(text: &str) -> Percent {
    Percent::parse(text).expect("a share")
}

#[test]
fn a_finding_is_raised_weighs_more_and_is_due_sooner() {
    let keys = "kind = \"protected_group\"\nwhen = { protected_group = [\"school\", \"hospital\"] }\n\
                raise = 1\npoints = \"150%\"\nclocks = \"50%\"";
    let found = contributions(&modifier("school", keys), &school(), noon());
    let (floor, points) = (&found[0], &found[1]);
    assert_eq!((floor.floor, floor.raise, floor.points), (Some(Level::Orange), 1, 30));
    assert_eq!((floor.deadline, floor.clocks), (Deadline::Minutes(720), share("50%")));
    assert_eq!((points.floor, points.raise, points.points), (None, 1, 30));
    assert!(found.iter().all(|contribution| contribution.modifiers == [0]));
}

#[rstest]
#[case::another_value("when = { protected_group = \"hospital\" }")]
#[case::an_unknown_feature("when = { rodent_episodes_7d = 0 }")]
#[case::one_of_two_conditions("when = { protected_group = \"school\", camera_online = false }")]
#[case::before_its_days("when = { protected_group = \"school\" }\nfrom = 2026-03-03")]
#[case::after_its_days("when = { protected_group = \"school\" }\nto = 2026-03-01")]
fn it_is_for_no_one_else_and_no_other_day(#[case] keys: &str) {
    let keys = format!("kind = \"event\"\nraise = 1\n{keys}");
    let found = contributions(&modifier("event", &keys), &school(), noon());
    assert_eq!(
        found,
        contributions(
            &modifier("none", "kind = \"event\"\nraise = 1\nwhen = { business_form = \"stall\" }"),
            &school(),
            noon()
        )
    );
    assert!(found.iter().all(|contribution| contribution.modifiers.is_empty() && contribution.raise == 0));
}

#[rstest]
#[case::rules("rules = [\"b_points\"]", [false, true, false])]
#[case::families("families = [\"cameras\"]", [false, false, true])]
#[case::both("rules = [\"a_floor\"]\nfamilies = [\"cameras\"]", [true, false, true])]
#[case::neither("", [true, true, true])]
#[case::none_of_them("rules = []", [false, false, false])]
fn it_applies_to_the_rules_and_families_that_it_names(#[case] keys: &str, #[case] applies: [bool; 3]) {
    let keys = format!("kind = \"campaign\"\nfrom = 2026-03-01\nto = 2026-03-02\nraise = 1\n{keys}");
    let found = contributions(&modifier("campaign", &keys), &school(), noon());
    assert_eq!(found.iter().map(|contribution| contribution.raise == 1).collect::<Vec<_>>(), applies);
}

#[test]
fn several_do_not_add_up_the_strongest_of_each_effect_counts() {
    let when = "when = { protected_group = \"school\" }";
    let one = modifier("one", &format!("kind = \"event\"\n{when}\nraise = 1\npoints = \"200%\"\nclocks = \"50%\""));
    let other = modifier("other", &format!("kind = \"event\"\n{when}\nraise = 2\npoints = \"150%\"\nclocks = \"75%\""));
    for text in [format!("{one}{other}"), format!("{other}{one}")] {
        let found = contributions(&text, &school(), noon());
        assert_eq!((found[0].floor, found[0].points, found[0].clocks), (Some(Level::Red), 40, share("50%")));
        assert_eq!(found[0].modifiers, [0, 1]);
    }
}

#[test]
fn what_lowers_the_risk_is_left_as_it_is() {
    let mut relieved = families();
    relieved.get_mut("pests").expect("a family").least = -20;
    let text = rule("a_relief", "fn points(op) { -10 }");
    let texts = [(PathBuf::from("a_relief.rhai"), text)];
    let (rules, _) = Rules::from_texts(&texts, &catalogue(), &relieved).expect("a rule");
    let keys = "kind = \"campaign\"\nfrom = 2026-03-01\nto = 2026-03-02\nraise = 1\npoints = \"200%\"";
    let modifiers = read(&rules, &modifier("campaign", keys));
    let (features, as_of) = (row(&[]), noon());
    let found = modifiers.contributions(&rules, &rules.evaluate(&features, as_of), &features, as_of);
    assert_eq!((found[0].points, found[0].raise, found[0].modifiers.len()), (-10, 0, 0));
}

#[test]
fn levels_are_raised_up_to_red_and_never_from_none() {
    assert_eq!(Level::ALL.map(|level| level.raised(0)), Level::ALL);
    let raised = [Level::None, Level::Yellow, Level::Orange, Level::Red, Level::Red];
    assert_eq!(Level::ALL.map(|level| level.raised(1)), raised);
    assert_eq!((Level::Blue.raised(3), Level::Blue.raised(u8::MAX)), (Level::Red, Level::Red));
}

#[rstest]
#[case(Deadline::Minutes(120), Deadline::Minutes(60))]
#[case(Deadline::Minutes(1), Deadline::Minutes(1))]
#[case(Deadline::WorkingDays(5), Deadline::WorkingDays(3))]
#[case(Deadline::WorkingDays(1), Deadline::WorkingDays(1))]
fn deadlines_are_shortened_to_whole_minutes_and_days(#[case] given: Deadline, #[case] halved: Deadline) {
    assert_eq!(given.shortened(share("50%")), halved);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// A modifier makes a finding more urgent or leaves it, changes on its own days only, and says the same of the same.
    #[test]
    fn i4_modifiers_only_ever_make_a_finding_more_urgent(given in any_row(), second in 1_760_000_000_i64..1_780_000_000) {
        let rules = busy_rules();
        let days = "from = 2025-12-01\nto = 2026-03-08\nkind = \"campaign\"";
        let all = modifier("all", &format!("{days}\nraise = 2\npoints = \"300%\""));
        let when = "when = { protected_group = \"school\" }";
        let school = modifier("school", &format!("kind = \"event\"\n{when}\nclocks = \"10%\"\nfamilies = [\"pests\"]"));
        let text = format!("{all}{school}");
        let modifiers = read(&rules, &text);
        let (features, at) = (row(&given), Timestamp::from_second(second).expect("an instant"));
        let evaluation = rules.evaluate(&features, at);
        let found = |at| modifiers.contributions(&rules, &evaluation, &features, at);
        let now = found(at);
        prop_assert_eq!(&now, &found(at));
        for (fired, counts) in evaluation.fired.iter().zip(&now) {
            prop_assert!(counts.points >= fired.points && counts.points <= 100);
            prop_assert!(counts.floor >= fired.floor && counts.floor.is_some() == fired.floor.is_some());
            prop_assert!(counts.clocks <= Percent::WHOLE);
        }
        let next = modifiers.next_change_of_days(at);
        let just_before = next.unwrap_or(Timestamp::MAX).saturating_sub(jiff::SignedDuration::from_nanos(1)).expect("an instant");
        prop_assert_eq!(found(just_before), now);
    }
}
