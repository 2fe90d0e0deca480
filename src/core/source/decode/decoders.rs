//! The decoders of all sources. Decoding needs nothing but the record, so the records of a batch can be decoded ahead of
//! time, and on several threads.

use std::num::NonZeroUsize;

use jiff::Timestamp;
use yujing_base::parallel;

use super::Decoder;
use crate::source::{Event, Record, Refusal, SourceId, Sources};

/// So many records are worth a thread: it costs what a few of them do.
const RECORDS_A_SHARE: NonZeroUsize = NonZeroUsize::new(128).unwrap();

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

    /// The same on so many threads, where there are that many records that it is worth it.
    ///
    /// # Panics
    /// As [`Decoders::decode`].
    pub fn decode_on_threads(&self, records: &[Record], threads: NonZeroUsize) -> Vec<DecodedRecord> {
        parallel::map_shares(threads, records, RECORDS_A_SHARE, |share| self.decode_all(share))
    }
}
