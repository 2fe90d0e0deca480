//! What could not be delivered, on its way to the dead letters of the warnings topic: the event byte for byte with its
//! headers, and behind them why, through which channel and to whom. The common names are Kafka Connect's.

use std::sync::Arc;

use yujing_kafka::producer_record::{ProducerHeader, ProducerRecord};

use crate::delivery::Delivery;
use crate::notice::Letter;
use crate::queue::GivenUp;
use crate::receipt::DELIVERY;

/// Bytes of a message's frame besides its record.
const FRAMING: usize = 512;
/// The most characters of a reason.
const LONGEST_REASON: usize = 1_000;

/// Where dead letters go, and how large they may be.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    pub topic: Arc<str>,
    /// Of the events.
    pub warnings: Arc<str>,
    pub message_max_bytes: usize,
}

impl DeadLetters {
    /// The record of a delivery that was given up after so many tries. An event that does not fit beside these headers
    /// is cut, and a header says how long it was.
    pub fn encode(&self, letter: &Letter, delivery: &Delivery, tries: u32, given_up: &GivenUp) -> ProducerRecord {
        let mut dead = ProducerRecord {
            topic: Arc::clone(&self.topic),
            key: Some(Arc::clone(&letter.notice.operator_id).into()),
            value: Some(letter.body.clone()),
            headers: letter.headers.iter().map(ProducerHeader::from).collect(),
        };
        let GivenUp { refused, reason } = given_up;
        let reason: String = reason.chars().take(LONGEST_REASON).collect();
        dead.headers.extend([
            ProducerHeader::new("__connect.errors.topic", Arc::clone(&self.warnings)),
            ProducerHeader::new("__connect.errors.partition", letter.place.partition.to_string()),
            ProducerHeader::new("__connect.errors.offset", letter.place.offset.to_string()),
            ProducerHeader::new("__connect.errors.stage", "TASK_PUT"),
            ProducerHeader::new("__connect.errors.exception.message", reason),
            ProducerHeader::new("yujing.error.code", if *refused { "refused" } else { "gave_up" }),
            ProducerHeader::new("yujing.notify.channel", Arc::clone(&delivery.channel)),
            ProducerHeader::new("yujing.notify.posts", delivery.posts.join(",")),
            ProducerHeader::new("yujing.notify.tries", tries.to_string()),
            ProducerHeader::new(DELIVERY, delivery.id.to_string()),
        ]);
        self.cut(&mut dead);
        dead
    }

    fn cut(&self, dead: &mut ProducerRecord) {
        let room = self.message_max_bytes.saturating_sub(FRAMING);
        let too_long = dead.size().saturating_sub(room);
        let Some(value) = dead.value.as_mut().filter(|_| too_long > 0) else { return };
        let length = value.len();
        value.truncate(length.saturating_sub(too_long));
        dead.headers.push(ProducerHeader::new("yujing.error.original_length", length.to_string()));
    }
}
