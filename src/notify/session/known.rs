//! What is delivered already: events behind the committed offset may be settled, because events end in any order. Their
//! receipts and dead letters say so; none is older than the oldest event that is not.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use rdkafka::message::BorrowedMessage;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yujing_kafka::{KafkaError, OffsetRange, Reader, headers, stamp};

use crate::error::NotifyError;
use crate::receipt::DELIVERY;

/// Clocks of brokers and engines differ by no more.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(1);

/// Where receipts and dead letters are.
pub(super) struct Archive<'a> {
    pub(super) reader: &'a Reader,
    pub(super) stop: &'a CancellationToken,
    pub(super) warnings: &'a str,
    pub(super) topics: [&'a str; 2],
}

/// Why reading ends before the end.
enum Ended {
    Found(Timestamp),
    Failed(NotifyError),
}

impl From<KafkaError> for Ended {
    fn from(error: KafkaError) -> Self {
        Self::Failed(error.into())
    }
}

impl Archive<'_> {
    /// The deliveries that are over, of the events in these ranges of the warnings topic.
    pub(super) fn deliveries(&self, pending: &[OffsetRange]) -> Result<HashSet<Uuid>, NotifyError> {
        let mut known = HashSet::new();
        let Some(oldest) = self.oldest(pending)? else { return Ok(known) };
        let since = oldest.saturating_sub(CLOCKS_DIFFER).unwrap_or(Timestamp::MIN);
        for topic in self.topics {
            let mut ranges = self.reader.whole(topic)?;
            for range in &mut ranges {
                range.from = self.reader.offset_at(topic, range.partition, since)?.min(range.to);
            }
            self.reader.read(
                topic,
                &ranges,
                |message| {
                    known.extend(delivery_of(message));
                    Ok::<_, NotifyError>(())
                },
                |_| self.check_stop(),
            )?;
        }
        Ok(known)
    }

    /// When the oldest of the pending events was written.
    fn oldest(&self, pending: &[OffsetRange]) -> Result<Option<Timestamp>, NotifyError> {
        let mut oldest: Option<Timestamp> = None;
        for range in pending {
            let first = self.reader.read(
                self.warnings,
                std::slice::from_ref(range),
                |message| Err(Ended::Found(stamp::timestamp(message_time(message)))),
                |_| self.check_stop().map_err(Ended::Failed),
            );
            match first {
                Ok(_) => {}
                Err(Ended::Found(at)) => oldest = Some(oldest.map_or(at, |oldest| oldest.min(at))),
                Err(Ended::Failed(error)) => return Err(error),
            }
        }
        Ok(oldest)
    }

    fn check_stop(&self) -> Result<(), NotifyError> {
        if self.stop.is_cancelled() { Err(NotifyError::Stopped) } else { Ok(()) }
    }
}

fn message_time(message: &BorrowedMessage<'_>) -> Option<i64> {
    use rdkafka::message::Message as _;
    message.timestamp().to_millis()
}

fn delivery_of(message: &BorrowedMessage<'_>) -> Option<Uuid> {
    Uuid::try_parse_ascii(&headers::value(message, DELIVERY)?).ok()
}
