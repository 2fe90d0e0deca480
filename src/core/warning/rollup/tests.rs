use std::collections::BTreeMap;

use jsonschema::draft202012;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const NAMES: [Option<&str>; 3] = [Some("甲"), Some("乙"), None];

fn area() -> impl Strategy<Value = Arc<Area>> {
    (0..3_usize, 0..3_usize, 0..3_usize).prop_map(|(sub_district, community, grid)| {
        let row = json!({
            "sub_district": NAMES[sub_district], "community": NAMES[community], "grid": NAMES[grid],
        });
        Arc::new(Area::of_row(row.as_object().unwrap_or(&Map::new())))
    })
}

fn level() -> impl Strategy<Value = Level> {
    prop::sample::select(vec![Level::Blue, Level::Yellow, Level::Orange, Level::Red])
}

fn counter() -> impl Strategy<Value = Counter> {
    let visit = prop::sample::select(vec![Arc::<str>::from("inspection"), Arc::from("steward_visit")]);
    prop_oneof![
        Just(Counter::Operator),
        Just(Counter::Unrouted),
        Just(Counter::Settled),
        Just(Counter::AnsweredInTime),
        (level(), prop::sample::select(HandlingState::ALL.to_vec()))
            .prop_map(|(level, state)| Counter::InState(level, state)),
        level().prop_map(Counter::Open),
        level().prop_map(Counter::Overdue),
        visit.clone().prop_map(Counter::ToVisit),
        visit.prop_map(Counter::Visited),
    ]
}

fn share() -> impl Strategy<Value = AreaShare> {
    let counters = prop::collection::vec(counter(), 0..5);
    (area(), counters).prop_map(|(area, mut counters)| {
        counters.sort();
        AreaShare { area, counters }
    })
}

/// Who has which share from now on, in batches.
fn history() -> impl Strategy<Value = Vec<BTreeMap<u8, AreaShare>>> {
    prop::collection::vec(prop::collection::btree_map(0..12_u8, share(), 0..6), 1..8)
}

/// The sums counted anew.
fn fold(shares: &BTreeMap<u8, AreaShare>) -> AreaLedger {
    let mut changes = AreaChanges::default();
    for share in shares.values() {
        changes.replace(None, share);
    }
    let mut ledger = AreaLedger::default();
    ledger.install(changes);
    ledger
}

fn sum<'a>(parts: impl Iterator<Item = &'a AreaCounts>) -> AreaCounts {
    let mut sum = AreaCounts::new();
    for (counter, count) in parts.flatten() {
        *sum.entry(counter.clone()).or_default() += count;
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_parts_of_an_area_add_up_to_it(history in history()) {
        let (mut shares, mut ledger) = (BTreeMap::new(), AreaLedger::default());
        for batch in history {
            let mut changes = AreaChanges::default();
            for (operator, share) in &batch {
                changes.replace(shares.get(operator), share);
            }
            shares.extend(batch);
            ledger.install(changes);
        }
        for (area, counts) in ledger.iter().filter(|(area, _)| area.kind() < AreaKind::Grid) {
            let parts = ledger.iter().filter(|(part, _)| part.surrounding().as_ref() == Some(area));
            prop_assert_eq!(&sum(parts.map(|(_, counts)| counts)), counts);
        }
        let district = ledger.get(&Area::default()).cloned().unwrap_or_default();
        let counters = shares.values().flat_map(|share| &share.counters);
        let counted = counters.filter(|counter| **counter == Counter::Operator).count();
        prop_assert_eq!(district.get(&Counter::Operator).copied().unwrap_or_default(), i64::try_from(counted)?);
    }

    #[test]
    fn sums_that_follow_changes_are_those_counted_anew_and_what_leaves_is_what_is_installed(history in history()) {
        let (mut shares, mut ledger) = (BTreeMap::new(), AreaLedger::default());
        let mut told: BTreeMap<Area, AreaCounts> = BTreeMap::new();
        for batch in history {
            let mut changes = AreaChanges::default();
            for (operator, share) in &batch {
                changes.replace(shares.get(operator), share);
            }
            for area in changes.areas() {
                match ledger.with(&changes, area) {
                    Some(counts) => told.insert(area.clone(), counts),
                    None => told.remove(area),
                };
            }
            shares.extend(batch);
            ledger.install(changes);
            prop_assert_eq!(&ledger, &fold(&shares));
            let kept: BTreeMap<Area, AreaCounts> =
                ledger.iter().map(|(area, counts)| (area.clone(), counts.clone())).collect();
            prop_assert_eq!(&told, &kept, "a reader of the topic knows every area");
        }
    }
}

fn targets() -> Vec<VisitTarget> {
    let target = |id: &str, zh: &str, en: &str| VisitTarget {
        id: id.into(),
        title: Bilingual::new(zh, en),
        days_since: 0,
        within_days: 365,
        of: None,
    };
    vec![target("inspection", "近一年监督检查", "Inspected within a year")]
}

#[test]
fn a_record_says_what_is_counted_and_follows_its_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../../../schemas/areas.schema.json")).expect("JSON");
    let schema = draft202012::options().should_validate_formats(true).build(&schema).expect("a schema");
    let row = json!({ "sub_district": "友谊路街道", "community": null });
    let area = Area::of_row(row.as_object().expect("a row"));
    let counts = AreaCounts::from([
        (Counter::Operator, 12),
        (Counter::Open(Level::Red), 2),
        (Counter::Overdue(Level::Red), 1),
        (Counter::InState(Level::Red, HandlingState::Answered), 1),
        (Counter::Unrouted, 4),
        (Counter::Settled, 9),
        (Counter::AnsweredInTime, 8),
        (Counter::ToVisit("inspection".into()), 10),
        (Counter::Visited("inspection".into()), 7),
        (Counter::Visited("of_an_earlier_ruleset".into()), 3),
    ]);
    for area in area.with_surroundings() {
        let rollup = AreaRollup::new(&area, &counts, &targets(), &"a".repeat(64).into(), Timestamp::UNIX_EPOCH);
        let record = json!(rollup);
        let refused: Vec<String> = schema.iter_errors(&record).map(|error| error.to_string()).collect();
        assert_eq!(refused, [""; 0], "{record}");
        assert_eq!(serde_json::from_value::<AreaRollup>(record.clone()).expect("it reads back"), rollup);
        assert_eq!((&record["operators"], &record["unrouted"]), (&json!(12), &json!(4)));
        let states = |answered: u64| {
            json!({
                "new": 0, "acknowledged": 0, "in_progress": 0, "answered": answered, "reviewed": 0, "closed": 0,
            })
        };
        assert_eq!(record["warnings"]["red"], json!({ "open": 2, "by_state": states(1), "overdue": 1 }));
        assert_eq!(record["warnings"]["blue"], json!({ "open": 0, "by_state": states(0), "overdue": 0 }));
        assert_eq!(record["answers"], json!({ "within_days": 30, "in_time": 8, "of": 9 }));
        let title = json!({ "zh": "近一年监督检查", "en": "Inspected within a year" });
        assert_eq!(record["visits"], json!([{ "id": "inspection", "title": title, "visited": 7, "of": 10 }]));
    }
}
