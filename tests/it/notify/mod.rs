//! `yujing notify`.

mod channels;
mod command;
mod with_kafka;

use serde_json::{Value, json};
use uuid::Uuid;
use yujing_kafka::partitioner;

use crate::support::kafka::TestRecord;
use crate::support::notify::Notify;
use crate::support::program::PARTITIONS;

/// The operator of all events.
const OPERATOR: &str = "JY21201030043213";

/// The event of a warning, for posts of which the first is to act.
fn event(warning: u128, sequence: u64, posts: &[&str]) -> Value {
    let post = |id: &&str| json!({ "id": id, "title": { "zh": format!("{id}岗"), "en": format!("post {id}") } });
    json!({
        "warning_id": Uuid::from_u128(warning), "sequence": sequence, "operator_id": OPERATOR,
        "step": "opened", "from": "none", "level": "red", "as_of": "2026-03-01T18:21:00Z", "due_at": "2026-03-02T18:21:00Z",
        "text": { "zh": "【红色预警·发布】示例小学食堂：<at user_id=\"all\">\u{202e}", "en": "[Red warning opened] School" },
        "handling": {
            "state": "new", "since": "2026-03-01T18:21:00Z", "assignee": post(&posts[0]), "ladder": [],
            "copies": posts[1..].iter().map(post).collect::<Vec<_>>(), "acknowledge_by": "2026-03-01T18:36:00Z",
        },
    })
}

/// Writes events of warnings, each for these posts.
fn warn(notify: &Notify, events: &[(u128, u64)], posts: &[&str]) {
    let partition = partitioner::partition(OPERATOR.as_bytes(), PARTITIONS);
    let now = jiff::Timestamp::now().as_millisecond();
    let record = |(warning, sequence): &(u128, u64)| {
        TestRecord::new(OPERATOR, event(*warning, *sequence, posts).to_string()).at(partition, now)
    };
    notify.produce(&events.iter().map(record).collect::<Vec<_>>());
}
