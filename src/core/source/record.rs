//! A record as a consumer hands it over, before anything is known about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::SourceId;

/// One header; names may repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    pub value: Option<Vec<u8>>,
}

/// One consumed record of an input topic.
#[derive(Debug, Clone)]
pub struct Record {
    pub source: SourceId,
    pub topic: Arc<str>,
    pub partition: i32,
    pub offset: i64,
    /// The record's own Kafka timestamp: lateness is judged against it, so that a restore judges the same.
    pub timestamp: Timestamp,
    pub key: Option<Vec<u8>>,
    /// `None` is a tombstone: a delete on a reference source, refused elsewhere.
    pub value: Option<Vec<u8>>,
    pub headers: Vec<Header>,
}

/// The next offset to read of every input partition, by (topic, partition).
pub type Positions = BTreeMap<(Arc<str>, i32), i64>;
