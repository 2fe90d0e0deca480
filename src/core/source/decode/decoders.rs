//! The decoders of all sources. Decoding needs nothing but the record, so the records of a batch can be decoded ahead of
//! time, and on several threads.

use jiff::Timestamp;

use super::Decoder;
use crate::source::{Event, Record, Refusal, SourceId, Sources};

/// Decodes the records of every source.
#[derive(Debug)]
pub struct Decoders(Vec<Decoder>);

/// What one record says, apart from whether it is new.
#[derive(Debug, Clone)]
pub struct DecodedRecord {
    pub source: SourceId,
    pub partition: i32,
    pub offset: i64,
    /// The record's own Kafka timestamp.
    pub timestamp: Timestamp,
    pub event: Result<Event, Refusal>,
}

impl Decoders {
    pub fn new(sources: &Sources) -> Self {
        Self(sources.tables().map(|(id, source)| Decoder::new(id, source.clone())).collect())
    }

    /// As [`Decoder::decode`] of the record's source.
    ///
    /// # Panics
    /// If the record is of a source that was not given to [`Decoders::new`].
    pub fn decode(&self, record: &Record) -> DecodedRecord {
        let decoder = &self.0[usize::from(record.source.0)];
        let Record { source, partition, offset, timestamp, .. } = *record;
        DecodedRecord { source, partition, offset, timestamp, event: decoder.decode(record) }
    }

    /// Decodes records in their order.
    ///
    /// # Panics
    /// As [`Decoders::decode`].
    pub fn decode_all(&self, records: &[Record]) -> Vec<DecodedRecord> {
        records.iter().map(|record| self.decode(record)).collect()
    }
}
