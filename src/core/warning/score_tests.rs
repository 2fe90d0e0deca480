use std::path::Path;

use proptest::prelude::*;
use rstest::rstest;

use super::*;

/// The shipped policy, and a family that may take up to 15 points off.
fn policy() -> Policy {
    let text = include_str!("../../../rules/ruleset.toml").to_owned()
        + "[families.relief]\ntitle = { zh = \"减分\", en = \"Relief\" }\ncap = 5\nleast = -15\n";
    Policy::read(Path::new("ruleset.toml"), &text).expect("the shipped policy")
}

/// (rule, family, points, floor)
type Given = (&'static str, &'static str, i64, Option<Level>);

fn scored(base: i64, given: &[Given]) -> Score {
    let contributions =
        given.iter().map(|&(rule, family, points, floor)| Contribution { rule, family, points, floor, raise: 0 });
    add_up(&policy(), base, contributions)
}

#[rstest]
#[case::nothing_fired(12, &[], 12, &[])]
#[case::families_add_up(4, &[("a", "lab", 20, None), ("b", "pests", 15, None)], 39, &[20, 15])]
#[case::a_family_is_capped_in_order(0, &[("a", "complaints", 12, None), ("b", "complaints", 10, None), ("c", "complaints", 10, None)], 24, &[12, 10, 2])]
#[case::a_full_family_leaves_others_alone(0, &[("a", "hygiene", 90, None), ("b", "pests", 15, None)], 27, &[12, 15])]
#[case::the_cut_to_a_hundred_comes_last(12, &[("a", "lab", 45, None), ("b", "inspection", 45, None)], 100, &[45, 43])]
#[case::points_below_zero_hide_nothing(8, &[("a", "lab", 20, None), ("b", "lab", -30, None)], 28, &[20, 0])]
#[case::a_family_that_says_so_takes_off(8, &[("a", "lab", 20, None), ("b", "relief", -10, None)], 18, &[20, -10])]
#[case::no_more_than_its_least(8, &[("a", "relief", -10, None), ("b", "relief", -10, None), ("c", "lab", 20, None)], 13, &[-10, -5, 20])]
#[case::it_may_add_as_well(8, &[("a", "relief", 9, None), ("b", "relief", -10, None)], 3, &[5, -10])]
#[case::never_below_zero(4, &[("a", "relief", -10, None), ("b", "lab", 2, None)], 0, &[-6, 2])]
#[case::what_is_taken_off_makes_room_below_a_hundred(12, &[("a", "lab", 45, None), ("b", "inspection", 45, None), ("c", "relief", -15, None)], 87, &[45, 45, -15])]
#[case::points_beyond_counting(12, &[("a", "lab", i64::MAX, None), ("b", "pests", i64::MIN, None)], 57, &[45, 0])]
fn points_add_up(#[case] base: i64, #[case] given: &[Given], #[case] score: i64, #[case] counted: &[i64]) {
    let sum = scored(base, given);
    assert_eq!((sum.score, sum.counted.as_slice()), (score, counted));
}

#[rstest]
#[case::by_score(12, &[("a", "pests", 40, None)], Level::Yellow, Some(8))]
#[case::a_floor_lifts(0, &[("a", "lab", 35, Some(Level::Orange))], Level::Orange, Some(45))]
#[case::a_floor_below_the_score_changes_nothing(12, &[("a", "pests", 40, Some(Level::Blue))], Level::Yellow, Some(8))]
#[case::the_highest_floor_counts(0, &[("a", "lab", 1, Some(Level::Yellow)), ("b", "lab", 1, Some(Level::Red))], Level::Red, None)]
#[case::nothing_at_all(0, &[], Level::None, Some(20))]
#[case::none_is_no_floor(0, &[("a", "lab", 5, Some(Level::None))], Level::None, Some(15))]
fn score_and_floors_give_the_level(
    #[case] base: i64,
    #[case] given: &[Given],
    #[case] level: Level,
    #[case] to_next: Option<i64>,
) {
    let sum = scored(base, given);
    assert_eq!((sum.level, sum.to_next), (level, to_next));
}

#[rstest]
#[case::the_level_of_the_score(8, 20, None, 1, Level::Yellow, Some(12))]
#[case::nothing_reached_is_not_raised(0, 19, None, 2, Level::None, Some(1))]
#[case::without_points_nothing_is_reached(40, 0, None, 1, Level::Yellow, Some(20))]
#[case::a_higher_floor_stands(0, 20, Some(Level::Red), 1, Level::Red, None)]
#[case::no_higher_than_red(8, 55, None, 3, Level::Red, None)]
fn modifiers_raise_the_level_that_the_score_reaches(
    #[case] base: i64,
    #[case] points: i64,
    #[case] floor: Option<Level>,
    #[case] raise: u8,
    #[case] level: Level,
    #[case] to_next: Option<i64>,
) {
    let mut policy = policy();
    policy.families.get_mut("lab").expect("a family").cap = 100;
    let raising = Contribution { rule: "a", family: "lab", points, floor, raise };
    let sum = add_up(&policy, base, std::iter::once(raising));
    assert_eq!((sum.level, sum.to_next), (level, to_next));
}

#[test]
fn floors_come_highest_first() {
    let sum = scored(
        0,
        &[
            ("c", "lab", 1, Some(Level::Yellow)),
            ("b", "lab", 1, Some(Level::Red)),
            ("a", "lab", 1, Some(Level::Yellow)),
        ],
    );
    let floors: Vec<_> = sum.floors.iter().map(|floor| (floor.level, floor.rule.as_str())).collect();
    assert_eq!(floors, [(Level::Red, "b"), (Level::Yellow, "a"), (Level::Yellow, "c")]);
}

#[rstest]
#[case(FeatureValue::Text("4".into()), 12)]
#[case(FeatureValue::Int(1), 0)]
#[case(FeatureValue::Float(2.0), 4)]
#[case(FeatureValue::Text("Ⅳ".into()), 6)]
#[case(FeatureValue::Bool(true), 6)]
#[case(FeatureValue::Unknown, 6)]
fn the_base_follows_the_static_risk(#[case] value: FeatureValue, #[case] points: i64) {
    assert_eq!(policy().base.points_of(&value), points);
}

fn given() -> impl Strategy<Value = Given> {
    let families = prop::sample::select(vec!["lab", "pests", "hygiene", "complaints", "combined", "relief"]);
    let floors = prop::option::weighted(0.2, prop::sample::select(Level::ALL.to_vec()));
    (families, -10_i64..60, floors).prop_map(|(family, points, floor)| ("rule", family, points, floor))
}

proptest! {
    /// I4: the score recomputes from what it shows.
    #[test]
    fn i4_base_and_counted_points_sum_to_the_score(
        base in 0_i64..=12,
        given in prop::collection::vec(given(), 0..30),
    ) {
        let policy = policy();
        let sum = scored(base, &given);
        prop_assert_eq!(sum.counted.len(), given.len());
        prop_assert_eq!(sum.base + sum.counted.iter().sum::<i64>(), sum.score);
        prop_assert!((0..=100).contains(&sum.score));
        for ((_, _, points, _), counted) in given.iter().zip(&sum.counted) {
            prop_assert!(((*points).min(0)..=(*points).max(0)).contains(counted));
        }
        let mut whole = base;
        for (name, family) in &policy.families {
            let of_family = || given.iter().filter(|one| one.1 == name).map(|one| one.2);
            whole += of_family().map(|points| points.max(0)).sum::<i64>().min(family.cap);
            whole += of_family().map(|points| points.min(0)).sum::<i64>().max(family.least);
        }
        prop_assert_eq!(sum.score, whole.clamp(0, 100), "the total does not depend on the order");
        let floor = given.iter().filter_map(|one| one.3).max().unwrap_or_default();
        prop_assert_eq!(sum.level, policy.level_of(sum.score).max(floor));
        prop_assert_eq!(sum.to_next.is_none(), sum.level == Level::Red);
    }
}
