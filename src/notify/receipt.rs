//! Receipts (送达回执): that a post was told, when, through which channel; dispositions of version 2, so that who was
//! told, who read it and what was done stand in one record of the warning.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;
use yujing_kafka::producer_record::{ProducerHeader, ProducerRecord};

use crate::delivery::Delivery;
use crate::notice::{Letter, Post};

/// The publisher of receipts.
pub const PUBLISHER: &str = "yujing-notify";
/// The header, on receipts and on dead letters, by which a later process knows what is done.
pub const DELIVERY: &str = "yujing.notify.delivery";
/// The longest id of an event, in characters, by the schema.
const LONGEST_ID: usize = 128;

/// The receipts of a delivery: one for each post, or one for the channel if it concerned no post.
pub fn receipts(topic: &Arc<str>, letter: &Letter, delivery: &Delivery, at: Timestamp) -> Vec<ProducerRecord> {
    let posts: Vec<Option<&Post>> =
        if delivery.posts.is_empty() { vec![None] } else { delivery.posts.iter().map(Some).collect() };
    posts.into_iter().map(|post| receipt(topic, letter, delivery, post, at)).collect()
}

fn receipt(
    topic: &Arc<str>,
    letter: &Letter,
    delivery: &Delivery,
    post: Option<&Post>,
    at: Timestamp,
) -> ProducerRecord {
    let notice = &letter.notice;
    let mut event = json!({
        "event_id": event_id(letter, delivery, post),
        // Not before the event, whatever this machine's clock says: what is done before a warning opened is refused.
        "occurred_at": at.max(notice.as_of).to_string(),
        "operator_id": &*notice.operator_id,
        "publisher": PUBLISHER,
        "schema_version": "2",
        "warning_id": notice.warning_id.to_string(),
        "action": "delivered",
        "channel": &*delivery.channel,
        "sequence": notice.sequence,
    });
    if let Some(post) = post {
        event["post"] = Value::from(&**post);
    }
    ProducerRecord {
        topic: Arc::clone(topic),
        key: Some(Arc::clone(&notice.operator_id).into()),
        value: Some(event.to_string().into_bytes()),
        headers: vec![ProducerHeader::new(DELIVERY, delivery.id.to_string())],
    }
}

/// The same for the same event, channel and post: a receipt that is sent again is a duplicate.
fn event_id(letter: &Letter, delivery: &Delivery, post: Option<&Post>) -> String {
    let (warning_id, sequence) = (letter.notice.warning_id, letter.notice.sequence);
    let told = post.map_or_else(|| delivery.channel.to_string(), |post| format!("{}/{post}", delivery.channel));
    let readable = format!("{warning_id}/{sequence}/{told}");
    if readable.chars().count() <= LONGEST_ID {
        return readable;
    }
    format!("{warning_id}/{sequence}/{}", Uuid::new_v5(&delivery.id, told.as_bytes()))
}
