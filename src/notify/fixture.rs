//! Events for tests.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use crate::notice::{Letter, Notice, Place};

/// A warning's event about a school canteen.
pub fn letter(warning: u128, sequence: u64, place: Place) -> Arc<Letter> {
    letter_for(warning, sequence, place, &["grid/东一", "health"])
}

/// The same for these posts: the first is to act, the others get copies.
pub fn letter_for(warning: u128, sequence: u64, place: Place, posts: &[&str]) -> Arc<Letter> {
    let post = |id: &&str| json!({ "id": id, "title": { "zh": format!("{id}岗"), "en": format!("post {id}") } });
    let handling = posts.first().map(|first| {
        json!({
            "assignee": post(first), "copies": posts[1..].iter().map(post).collect::<Vec<_>>(),
            "acknowledge_by": "2026-03-01T18:36:00Z",
        })
    });
    let event = json!({
        "warning_id": Uuid::from_u128(warning), "sequence": sequence, "operator_id": "JY21201030043213",
        "step": "opened", "from": "none", "level": "red", "as_of": "2026-03-01T18:21:00Z",
        "due_at": "2026-03-02T18:21:00Z", "text": { "zh": "【红色预警·发布】示例小学食堂", "en": "[Red warning opened] School" },
        "handling": handling,
    });
    let body = event.to_string().into_bytes();
    let notice = Notice::parse(&body).expect("an event");
    Arc::new(Letter { place, notice, body, headers: Vec::new() })
}
