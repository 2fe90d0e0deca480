//! The warnings topic, from where it was left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::message::Message as _;
use yujing_core::source::Positions;
use yujing_kafka::{Cursor, KafkaError, Reader, headers};

use crate::notice::{Letter, Notice, Place};

/// How long to wait for a record.
const POLL_TIMEOUT: Duration = Duration::from_millis(5);

/// A record, read.
#[derive(Debug)]
pub(super) enum Received {
    Letter(Arc<Letter>),
    /// No warning's event: somebody else wrote it, or a later version of the program did.
    Unreadable {
        place: Place,
        reason: String,
    },
}

/// The topic being read.
pub(super) struct Inbox {
    reader: Reader,
    topic: Arc<str>,
    cursor: Cursor,
}

impl Inbox {
    /// Reads each partition from this offset on.
    pub(super) fn follow(reader: Reader, topic: &Arc<str>, from: &BTreeMap<i32, i64>) -> Result<Self, KafkaError> {
        let cursor = reader.follow_from(topic, from)?;
        Ok(Self { reader, topic: Arc::clone(topic), cursor })
    }

    /// The next record, if one comes soon.
    pub(super) fn next(&mut self) -> Result<Option<Received>, KafkaError> {
        let Some(message) = self.reader.next(&mut self.cursor, POLL_TIMEOUT)? else { return Ok(None) };
        let place = Place { partition: message.partition(), offset: message.offset() };
        let body = message.payload().unwrap_or_default();
        Ok(Some(match Notice::parse(body) {
            Ok(notice) => {
                let (body, headers) = (body.to_vec(), headers::read(&message));
                Received::Letter(Arc::new(Letter { place, notice, body, headers }))
            }
            Err(reason) => Received::Unreadable { place, reason },
        }))
    }

    /// Offsets as a transaction takes them.
    pub(super) fn named(&self, positions: &BTreeMap<i32, i64>) -> Positions {
        positions.iter().map(|(partition, offset)| ((Arc::clone(&self.topic), *partition), *offset)).collect()
    }

    /// What goes with offsets in a transaction.
    pub(super) fn group(&self) -> Option<ConsumerGroupMetadata> {
        self.reader.group()
    }
}
