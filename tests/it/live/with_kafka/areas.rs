//! What adds up over areas on its topic: together with what it adds up, over stops and starts, and gone with its last
//! operator.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use yujing_config::Clock;
use yujing_kafka::partitioner;

use crate::support::engine::EngineFixture;
use crate::support::kafka::TestRecord;

/// The newest record of each area.
fn areas(fixture: &EngineFixture) -> BTreeMap<String, Value> {
    let mut areas = BTreeMap::new();
    for record in fixture.kafka().read_committed(&fixture.config.topics.areas) {
        let key = String::from_utf8(record.key.expect("a key")).expect("text");
        match record.value {
            Some(value) => drop(areas.insert(key, serde_json::from_slice(&value).expect("JSON"))),
            None => drop(areas.remove(&key)),
        }
    }
    areas
}

/// Operators, and open warnings of all levels.
fn counts(area: &Value) -> (u64, u64) {
    let open = ["red", "orange", "yellow", "blue"].map(|level| area["warnings"][level]["open"].as_u64());
    (area["operators"].as_u64().expect("a number"), open.into_iter().flatten().sum())
}

/// A sub-district, and a community of it.
type Place<'a> = Option<(&'a str, Option<&'a str>)>;

fn register(fixture: &EngineFixture, rows: &[(&str, Place<'_>)]) {
    let of = |(operator, place): &(&str, Place<'_>)| {
        let partition = partitioner::partition(operator.as_bytes(), fixture.config.topics.partitions);
        let now = Timestamp::now();
        let row = place.map(|(sub_district, community)| {
            json!({
                "operator_id": operator, "publisher": "register", "occurred_at": now.to_string(), "name": "（略）",
                "business_form": "restaurant", "sub_district": sub_district, "community": community, "static_risk": 2,
                "protected_group": "none",
            })
        });
        let record = TestRecord::new(operator, row.map(|row| row.to_string()).unwrap_or_default());
        let record = if place.is_none() { TestRecord { value: None, ..record } } else { record };
        record.at(partition, now.as_millisecond())
    };
    let records: Vec<TestRecord> = rows.iter().map(of).collect();
    fixture.kafka().produce(&fixture.topic("operators"), &records);
}

#[test]
fn i2_areas_add_up_what_is_committed_with_them_over_stops_and_starts() {
    let fixture = EngineFixture::new(Clock::Wall);
    register(&fixture, &[("A", Some(("甲", Some("一")))), ("B", Some(("甲", None))), ("C", Some(("乙", Some("一"))))]);
    let running = fixture.start();
    running.await_ready();
    let start = areas(&fixture);
    assert_eq!(
        start.iter().map(|(key, area)| (&**key, counts(area))).collect::<Vec<_>>(),
        [
            (r#"["乙","一",null]"#, (1, 0)),
            (r#"["乙","一"]"#, (1, 0)),
            (r#"["乙"]"#, (1, 0)),
            (r#"["甲","一",null]"#, (1, 0)),
            (r#"["甲","一"]"#, (1, 0)),
            (r#"["甲",null,null]"#, (1, 0)),
            (r#"["甲",null]"#, (1, 0)),
            (r#"["甲"]"#, (2, 0)),
            ("[]", (3, 0)),
        ]
    );

    let second = Timestamp::now().as_second() - 60;
    let complaints = |operator: &str| {
        (0..3).map(|each| (operator.to_owned(), format!("{operator}{each}"), second + each)).collect::<Vec<_>>()
    };
    fixture.complain(&complaints("B"));
    // Whom the register does not know has a place all the same.
    fixture.complain(&complaints("X"));
    fixture.await_consumed_by(&running);
    running.stop().expect("it stops");
    let warned = areas(&fixture);
    let counted = |key: &str| warned.get(key).map(counts);
    assert_eq!(
        (counted("[]"), counted(r#"["甲"]"#), counted(r#"["甲",null]"#)),
        (Some((3, 2)), Some((2, 1)), Some((1, 1)))
    );
    assert_eq!((counted("[null]"), counted(r#"["甲","一"]"#)), (Some((0, 1)), Some((1, 0))));

    // C leaves the register while the engine is away.
    register(&fixture, &[("C", None)]);
    let running = fixture.start();
    running.await_ready();
    running.stop().expect("it stops");
    let later = areas(&fixture);
    assert!(later.keys().all(|key| !key.contains('乙')), "{later:#?}");
    assert_eq!((later.get("[]").map(counts), later.get(r#"["甲"]"#).map(counts)), (Some((2, 2)), Some((2, 1))));
}
