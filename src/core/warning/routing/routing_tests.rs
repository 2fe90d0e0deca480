use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::rule::Level;
use crate::warning::{FeatureValues, Finding};

const TEXT: &str = r#"
default = "district"

[roles]
grid_officer = { zh = "网格员", en = "Grid officer" }
head = { zh = "负责人", en = "Head" }

[posts.grid]
title = { zh = "网格（{area}）", en = "Grid {area}" }
each = ["grid"]
only = ["G1", "G2"]
roles = ["grid_officer"]
above = "community"

[posts.community]
title = { zh = "{area}包保岗", en = "Community {area}" }
each = ["sub_district", "community"]
roles = ["grid_officer"]
above = "station"

[posts.station]
title = { zh = "{area}所", en = "Station {area}" }
each = ["sub_district"]
only = ["甲街道", "乙街道"]
roles = ["head"]
above = "district"

[posts.district]
title = { zh = "区局", en = "District" }
roles = ["head"]

[posts.education]
title = { zh = "教育局", en = "Education" }
roles = ["head"]

[[route]]
when = { business_form = ["central_kitchen"] }
start = "district"

[[route]]
when = { levels = ["red"] }
start = "station"

[[route]]
when = { rules = ["rodents"], families = ["pests"] }
start = "community"

[[route]]
start = "grid"

[[copy]]
when = { protected_group = ["school"] }
to = "education"

[[copy]]
when = { at_least = { persons_ill_48h = 3 } }
to = "station"

[[copy]]
when = { levels = ["red"], at_least = { persons_ill_48h = 10 } }
to = "district"
candidate = true
basis = [{ law = "法释〔2021〕24号", article = "第二条", confirmed = false }]
"#;

fn vocabulary() -> Vocabulary<'static> {
    let forms = ["central_kitchen", "canteen", "restaurant"].map(str::to_owned).to_vec();
    let groups = ["none", "school"].map(str::to_owned).to_vec();
    let areas = ["grid", "community", "sub_district"].map(|column| (column, Vec::new()));
    Vocabulary {
        rules: ["rodents", "illness"].into(),
        families: ["pests", "illness"].into(),
        numbers: ["persons_ill_48h"].into(),
        columns: areas.into_iter().chain([("business_form", forms), ("protected_group", groups)]).collect(),
        ..Vocabulary::default()
    }
}

fn routing() -> Routing {
    let read = Routing::read(std::path::Path::new("routing.toml"), TEXT, &vocabulary());
    let (routing, found) = read.unwrap_or_else(|found| panic!("{}", found.render(false)));
    assert!(found.0.is_empty(), "{}", found.render(false));
    routing
}

fn facts(row: Value) -> OperatorFacts {
    let Value::Object(attributes) = row else { panic!("a row is an object") };
    OperatorFacts { attributes }
}

fn findings(rules: &[(&str, &str, i64)]) -> Vec<Finding> {
    let text = json!({ "zh": "甲", "en": "a" });
    let finding = |(rule, family, points): &(&str, &str, i64)| {
        let record = json!({ "rule": rule, "family": family, "title": text, "points": points, "counted": 0,
            "floor": null, "because": text, "basis": [], "action": text, "deadline": "24h" });
        serde_json::from_value(record).expect("a finding")
    };
    rules.iter().map(finding).collect()
}

fn values(features: Value) -> FeatureValues {
    serde_json::from_value(features).expect("features")
}

/// What becomes of a warning without findings of which only the level is known.
fn assigned(row: Value, level: Level) -> Assignment {
    let (facts, features) = (facts(row), values(json!({})));
    routing().assign(&RoutingInput { facts: &facts, level, findings: &[], features: &features })
}

fn ids(posts: &[Post]) -> Vec<&str> {
    posts.iter().map(|post| post.id.as_str()).collect()
}

#[rstest]
#[case::its_grid(json!({ "grid": "G1", "community": "一社区", "sub_district": "甲街道" }), Level::Blue,
    "grid/G1", &["community/甲街道/一社区", "station/甲街道", "district"], false)]
#[case::a_grid_without_a_post(json!({ "grid": "G9", "community": "一社区", "sub_district": "甲街道" }), Level::Blue,
    "community/甲街道/一社区", &["station/甲街道", "district"], false)]
#[case::a_rung_is_missing(json!({ "grid": "G1", "sub_district": "甲街道" }), Level::Blue,
    "grid/G1", &["station/甲街道", "district"], false)]
#[case::a_level_starts_higher(json!({ "grid": "G1", "community": "一社区", "sub_district": "甲街道" }), Level::Red,
    "station/甲街道", &["district"], false)]
#[case::an_area_without_any_post(json!({ "sub_district": "丙街道" }), Level::Blue, "district", &[], true)]
#[case::nobody_knows_the_operator(json!({}), Level::Blue, "district", &[], true)]
#[case::meant_for_a_single_post(json!({ "business_form": "central_kitchen" }), Level::Blue, "district", &[], false)]
#[case::empty_is_unknown(json!({ "grid": " ", "community": null, "sub_district": "乙街道" }), Level::Blue,
    "station/乙街道", &["district"], false)]
fn a_warning_goes_to_the_nearest_post_that_is_there(
    #[case] row: Value,
    #[case] level: Level,
    #[case] assignee: &str,
    #[case] ladder: &[&str],
    #[case] unrouted: bool,
) {
    let assignment = assigned(row.clone(), level);
    assert_eq!(assignment.assignee.id, assignee);
    assert_eq!(ids(&assignment.ladder), ladder);
    assert_eq!(assignment.unrouted, unrouted);
    if level == Level::Blue {
        assert_eq!(routing().is_unrouted(&facts(row)), unrouted);
    }
}

#[test]
fn posts_are_called_after_their_area_and_the_same_name_elsewhere_is_another_post() {
    let assignment = assigned(json!({ "community": "一社区", "sub_district": "乙街道" }), Level::Yellow);
    let Post { id, title } = &assignment.assignee;
    assert_eq!(
        (id.as_str(), title.zh.as_str(), title.en.as_str()),
        ("community/乙街道/一社区", "乙街道一社区包保岗", "Community 乙街道一社区")
    );
    let routing = routing();
    assert_eq!(routing.title(id).as_ref(), Some(title));
    assert!(routing.has_role(id, "grid_officer") && !routing.has_role(id, "head"));
}

#[rstest]
#[case("district", true)]
#[case("grid/G2", true)]
#[case("grid/G3", false)]
#[case("grid", false)]
#[case("grid/", false)]
#[case("district/甲街道", false)]
#[case("community/甲街道/一社区", true)]
#[case("community/甲街道", false)]
#[case("community/甲街道/一社区/二", false)]
#[case("nobody", false)]
#[case("", false)]
fn a_post_exists_or_not(#[case] id: &str, #[case] exists: bool) {
    let routing = routing();
    assert_eq!(routing.has_post(id), exists);
    assert_eq!(routing.title(id).is_some(), exists);
    assert_eq!(routing.assign_to(id, &OperatorFacts::default()).is_some(), exists);
    assert_eq!(routing.has_role(id, "head") || routing.has_role(id, "grid_officer"), exists);
}

#[test]
fn a_slash_in_a_value_is_no_other_area() {
    let assignment = assigned(json!({ "community": "a/b", "sub_district": "甲街道" }), Level::Blue);
    assert_eq!(assignment.assignee.id, "community/甲街道/a／b");
    assert!(routing().has_post(&assignment.assignee.id));
}

#[test]
fn the_first_route_that_holds_wins_and_all_parts_of_a_condition_must_hold() {
    let facts = facts(json!({ "grid": "G1", "community": "一社区", "sub_district": "甲街道" }));
    let (routing, features) = (routing(), values(json!({})));
    let start = |rules: &[(&str, &str, i64)], level| {
        let findings = findings(rules);
        routing.assign(&RoutingInput { facts: &facts, level, findings: &findings, features: &features }).assignee.id
    };
    assert_eq!(start(&[("rodents", "pests", 5)], Level::Blue), "community/甲街道/一社区");
    assert_eq!(start(&[("rodents", "pests", 5)], Level::Red), "station/甲街道");
    assert_eq!(start(&[("rodents", "illness", 5)], Level::Blue), "grid/G1");
    assert_eq!(start(&[("illness", "illness", 5)], Level::Blue), "grid/G1");
    // A rule that only lowers the risk is no ground of a warning.
    assert_eq!(start(&[("rodents", "pests", -5)], Level::Blue), "grid/G1");
}

#[rstest]
#[case::nothing_known(json!({}), Level::Red, &[("education", false)])]
#[case::unknown_is_not_three(json!({ "persons_ill_48h": null }), Level::Red, &[("education", false)])]
#[case::too_few(json!({ "persons_ill_48h": 2 }), Level::Blue, &[("education", false)])]
#[case::just_enough(json!({ "persons_ill_48h": 3 }), Level::Blue, &[("education", false), ("station/甲街道", false)])]
#[case::a_number_with_a_fraction(json!({ "persons_ill_48h": 3.5 }), Level::Blue,
    &[("education", false), ("station/甲街道", false)])]
// The station acts by itself at red: no copy. The district is asked to consider, although it is above.
#[case::a_candidate(json!({ "persons_ill_48h": 10 }), Level::Red, &[("education", false), ("district", true)])]
fn copies_go_to_all_that_are_named_each_once(
    #[case] features: Value,
    #[case] level: Level,
    #[case] expected: &[(&str, bool)],
) {
    let facts = facts(json!({ "protected_group": "school", "grid": "G1", "sub_district": "甲街道" }));
    let features = values(features);
    let assignment = routing().assign(&RoutingInput { facts: &facts, level, findings: &[], features: &features });
    let copies: Vec<_> = assignment.copies.iter().map(|copy| (copy.post.id.as_str(), copy.candidate)).collect();
    assert_eq!(copies, expected);
}

#[test]
fn a_transfer_goes_on_up_the_ladder_of_the_operators_own_areas() {
    let facts = facts(json!({ "grid": "G1", "community": "一社区", "sub_district": "甲街道" }));
    let assignment = routing().assign_to("grid/G2", &facts).expect("the post exists");
    assert_eq!(assignment.assignee.title.en, "Grid G2");
    assert_eq!(ids(&assignment.ladder), ["community/甲街道/一社区", "station/甲街道", "district"]);
    assert!(!assignment.unrouted && assignment.copies.is_empty());
}

#[test]
fn a_circle_that_no_check_has_seen_ends_all_the_same() {
    let mut routing = routing();
    routing.posts.get_mut("district").expect("it is there").above = Some("grid".to_owned());
    let facts = facts(json!({ "grid": "G1", "sub_district": "甲街道" }));
    let assignment = routing.assign_to("station/甲街道", &facts).expect("the post exists");
    assert_eq!(ids(&assignment.ladder), ["district", "grid/G1"]);
}

/// A sound office: so many kinds of posts, each above the one before or at the top, the first ones with areas.
fn office() -> impl Strategy<Value = Routing> {
    let kinds = proptest::collection::vec((any::<bool>(), 1..4_usize, any::<bool>()), 1..7);
    let routes = proptest::collection::vec((0..8_usize, proptest::option::of(0..3_usize), any::<bool>()), 0..6);
    (kinds, routes).prop_map(|(kinds, routes)| {
        let singles = kinds.len();
        let mut posts = BTreeMap::new();
        for (place, (is_single, step, has_only)) in kinds.into_iter().enumerate() {
            let above = (place + step).min(singles);
            posts.insert(format!("k{place}"), kind(is_single, has_only, Some(above)));
        }
        posts.insert(format!("k{singles}"), kind(true, false, None));
        let default = format!("k{singles}");
        let route = |(start, area, is_red): (usize, Option<usize>, bool)| Route {
            start: format!("k{}", start % (singles + 1)),
            when: Condition {
                levels: is_red.then_some(Level::Red).into_iter().collect(),
                register: area.map(|area| ("area".to_owned(), [format!("a{area}")].into())).into_iter().collect(),
                ..Condition::default()
            },
        };
        let last = Route { start: "k0".to_owned(), when: Condition::default() };
        let routes = routes.into_iter().map(route).chain([last]).collect();
        Routing { roles: BTreeMap::new(), posts, default, routes, copies: Vec::new() }
    })
}

fn kind(is_single: bool, has_only: bool, above: Option<usize>) -> PostKind {
    PostKind {
        title: "{area}".into(),
        each: if is_single { Vec::new() } else { vec!["area".to_owned()] },
        only: (has_only && !is_single).then(|| ["a0".to_owned()].into()),
        roles: BTreeSet::new(),
        above: above.map(|above| format!("k{above}")),
    }
}

proptest! {
    #[test]
    fn every_operator_reaches_a_post_and_every_ladder_ends(
        routing in office(), area in proptest::option::of(0..4_usize), is_red: bool,
    ) {
        let facts = facts(area.map_or(json!({}), |area| json!({ "area": format!("a{area}") })));
        let features = values(json!({}));
        let level = if is_red { Level::Red } else { Level::Blue };
        let input = RoutingInput { facts: &facts, level, findings: &[], features: &features };
        let assignment = routing.assign(&input);
        let all: Vec<&str> = [&assignment.assignee].into_iter().chain(&assignment.ladder).map(|post| &*post.id).collect();
        let distinct: BTreeSet<&&str> = all.iter().collect();
        prop_assert_eq!(distinct.len(), all.len(), "a post stands on a ladder once");
        prop_assert!(all.iter().all(|post| routing.has_post(post)), "{:?}", all);
        let top = all.last().expect("an assignee");
        prop_assert!(routing.posts[*top].is_single(), "the top is always there");
        prop_assert!(!assignment.unrouted || assignment.assignee.id == routing.default);
        prop_assert!(!assignment.unrouted || routing.is_unrouted(&facts));
        // The same from the assignee as of the start.
        let again = routing.assign_to(&assignment.assignee.id, &facts).expect("the post exists");
        prop_assert_eq!(again.ladder, assignment.ladder);
    }

    #[test]
    fn the_first_match_wins(routing in office(), area in 0..4_usize, is_red: bool) {
        let facts = facts(json!({ "area": format!("a{area}") }));
        let features = values(json!({}));
        let level = if is_red { Level::Red } else { Level::Blue };
        let input = RoutingInput { facts: &facts, level, findings: &[], features: &features };
        let first = routing.routes.iter().position(|route| route.when.holds(&input)).expect("the last one holds");
        let only = Routing { routes: vec![Route { when: Condition::default(), ..routing.routes[first].clone() }], ..routing.clone() };
        prop_assert_eq!(routing.assign(&input), only.assign(&input));
    }
}
