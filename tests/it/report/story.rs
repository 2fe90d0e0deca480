//! A warning of March 2026 as the engine writes it: opened, overdue at its post, answered.

use serde_json::{Value, json};
use uuid::Uuid;
use yujing_kafka::partitioner;

use crate::support::kafka::{Kafka, TestRecord};
use crate::support::program::{PARTITIONS, Program};

/// What somebody wrote, and no report may show.
pub const PRIVATE: &str = "13800138000";

const OPERATOR: &str = "JY21201030043213";

fn post(id: &str) -> Value {
    json!({ "id": id, "title": { "zh": format!("{id}岗"), "en": format!("Post {id}") } })
}

fn event(sequence: u64, step: &str, as_of: &str, handling: &Value, before: &Value) -> Value {
    let opened_at = "2026-03-04T18:21:00Z";
    let id = Uuid::from_u128(7);
    let warning = (sequence > 1).then(|| {
        json!({
            "id": id, "sequence": sequence - 1, "level": "red", "opened_at": opened_at, "level_since": opened_at,
            "below_since": null, "due_at": null, "handling": before,
        })
    });
    json!({
        "warning_id": id, "sequence": sequence, "operator_id": OPERATOR, "step": step, "cause": "events",
        "from": if sequence > 1 { "red" } else { "none" }, "level": "red", "as_of": as_of, "opened_at": opened_at,
        "base": 10, "findings": [], "ruleset": "gone", "note": PRIVATE,
        "operator": { "registered": true, "name": "【合成】示例小学食堂", "sub_district": "示例街道", "contact_phone": PRIVATE },
        "previous": { "ordinal": 1, "warning": warning }, "handling": handling,
    })
}

/// The partition of the story's operator.
pub fn partition() -> i32 {
    partitioner::partition(OPERATOR.as_bytes(), PARTITIONS)
}

/// Writes to the warnings topic of a program.
pub fn warn(program: &Program) {
    let since = "2026-03-04T18:21:00Z";
    let new = json!({ "state": "new", "since": since, "assignee": post("grid"), "ladder": [post("station")] });
    let overdue = json!({ "clock": "acknowledge", "since": "2026-03-04T18:36:00Z", "times": 1, "next": null });
    let late = json!({ "state": "new", "since": since, "assignee": post("station"), "ladder": [], "overdue": overdue });
    let answered = json!({
        "state": "answered", "since": "2026-03-04T22:00:00Z", "assignee": post("station"), "ladder": [],
        "verdict": "confirmed", "measures": ["sealing"],
    });
    let events = [
        event(1, "opened", since, &new, &Value::Null),
        event(2, "overdue", "2026-03-04T18:36:00Z", &late, &new),
        event(3, "handled", "2026-03-04T22:00:00Z", &answered, &late),
    ];
    let now = jiff::Timestamp::now().as_millisecond();
    let records = events.map(|event| TestRecord::new(OPERATOR, event.to_string()).at(partition(), now));
    Kafka(program.value("KAFKA__BOOTSTRAP_SERVERS")).produce(program.value("TOPICS__WARNINGS"), &records);
}
