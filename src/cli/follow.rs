//! A topic read for a person: every partition, from its beginning or from its end, without joining a group.

use std::time::Duration;

use rdkafka::message::BorrowedMessage;
use rdkafka::types::RDKafkaErrorCode as Code;
use yujing_base::escape;
use yujing_kafka::{Clients, Cursor, KafkaError, OffsetRange, Reader, StartAt, StrayRecords};

use super::{Failure, output};

/// How long to wait for a record before looking again.
const POLL_TIMEOUT: Duration = Duration::from_millis(500);

/// A topic being read.
pub struct Follower {
    reader: Reader,
    topic: String,
    cursor: Cursor,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("topic", &self.topic).field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

impl Follower {
    /// `purpose` stands in the name that the broker sees.
    ///
    /// # Errors
    /// If Kafka does not answer, or has no such topic.
    pub fn begin(clients: &Clients, purpose: &str, topic: &str, start: StartAt) -> Result<Self, Failure> {
        let begun = Reader::for_command(clients, purpose).and_then(|reader| {
            let cursor = reader.follow(topic, start)?;
            Ok(Self { reader, topic: topic.to_owned(), cursor })
        });
        begun.map_err(|error| {
            let (servers, reason) = (clients.servers(), reason(error));
            Failure::external(format!("{topic} at {servers} cannot be read: {reason}; does `yujing topics` find it?"))
        })
    }

    /// What each partition has now. To be asked before the first record is.
    ///
    /// # Errors
    /// If Kafka does not answer.
    pub fn bounds(&self) -> Result<Vec<OffsetRange>, Failure> {
        let of = |partition| {
            self.reader.bounds(&self.topic, partition).map_err(|error| {
                let (topic, reason) = (&self.topic, reason(error));
                Failure::external(format!("the offsets of {topic} partition {partition} cannot be had: {reason}"))
            })
        };
        self.cursor.open().map(of).collect()
    }

    /// The next record; `None` once the newest of every partition was given, unless `wait` asks to wait for further
    /// ones.
    ///
    /// # Errors
    /// If the topic cannot be read any more.
    pub fn next(&mut self, wait: bool) -> Result<Option<BorrowedMessage<'_>>, Failure> {
        while wait || !self.cursor.is_at_end() {
            match self.reader.poll(&mut self.cursor, POLL_TIMEOUT) {
                Ok(None) => {}
                Ok(Some(message)) => return Ok(Some(message)),
                Err(error) if error.rdkafka_error_code().is_some_and(is_transient) => {
                    output::problem(&format!("yujing: {error}; trying again"));
                }
                Err(error) => {
                    return Err(Failure::external(format!("{} cannot be read any more: {error}", self.topic)));
                }
            }
        }
        Ok(None)
    }
}

/// Why Kafka does not give a topic, without what was being done.
fn reason(error: KafkaError) -> String {
    match error {
        KafkaError::Client { source, .. } => source.to_string(),
        KafkaError::Topics(_) => "there is no such topic".to_owned(),
        other => other.to_string(),
    }
}

/// Says what was passed over.
pub fn report_strays(strays: &StrayRecords) {
    let described = strays.described();
    for stray in &described {
        output::problem(&escape::line(&format!("yujing: {stray}")));
    }
    let others = strays.count().saturating_sub(described.len());
    if others > 0 {
        output::problem(&format!("yujing: and {others} others like it on {}", strays.topic()));
    }
}

/// Whether the client gets over it by itself.
fn is_transient(code: Code) -> bool {
    matches!(
        code,
        Code::AllBrokersDown | Code::BrokerTransportFailure | Code::OperationTimedOut | Code::LeaderNotAvailable
    )
}
