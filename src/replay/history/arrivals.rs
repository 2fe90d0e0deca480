//! Documents of files in the order of their arrival. A document arrives when it was reported (else when it occurred),
//! which is the timestamp that `yujing publish` gives its record when the engine runs on the log's clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{AsArray, BinaryBuilder, Int64Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt as _;
use jiff::Timestamp;
use tokio::runtime::Runtime;
use yujing_core::feature::full_reason;
use yujing_core::source::{Decoder, Record, Refusal, Source, SourceId};
use yujing_workbench::publish::streaming::{self, BATCH_BYTES, BATCH_ROWS};
use yujing_workbench::publish::{Document, reported_at};

use super::{FileInput, HistoryError, Records};

/// What was found in a file.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Documents that have a place in time.
    records: AtomicU64,
    /// Those that have none, and so are no part of a replay.
    unreadable: Mutex<Vec<Unreadable>>,
}

impl Found {
    /// Counts a document of a file. When it arrived, if it says so.
    pub(super) fn count(&self, file: &FileInput, source: &Arc<Source>, document: &Document) -> Option<Timestamp> {
        let arrival = arrival_of(document);
        if arrival.is_some() {
            self.records.fetch_add(1, Ordering::Relaxed);
        } else {
            let record = record(file.source, &document.place, 0, Timestamp::now(), document.json.clone());
            if let Err(refusal) = Decoder::new(file.source, Arc::clone(source)).decode(&record) {
                let unreadable = Unreadable { source: file.source, place: document.place.clone(), refusal };
                self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).push(unreadable);
            }
        }
        arrival
    }

    pub(super) fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    pub(super) fn unreadable(&self) -> Vec<Unreadable> {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As if nothing had been found yet.
    fn clear(&self) {
        self.records.store(0, Ordering::Relaxed);
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A document without a time at which it could have arrived.
#[derive(Debug, Clone)]
pub struct Unreadable {
    pub source: SourceId,
    pub place: String,
    pub refusal: Refusal,
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("arrival", DataType::Int64, false),
        Field::new("offset", DataType::Int64, false),
        Field::new("place", DataType::Utf8, false),
        Field::new("value", DataType::Binary, false),
    ]))
}

/// The documents of a file as records sorted by arrival, then by the order in which they stand. What is found in it is
/// complete once the first record has been given.
pub(super) fn sorted(
    file: &FileInput,
    source: &Arc<Source>,
    memory: usize,
    found: &Arc<Found>,
) -> Result<SortedRecords, HistoryError> {
    let make = {
        let (file, source, found) = (file.clone(), Arc::clone(source), Arc::clone(found));
        Arc::new(move |send: &mut streaming::BatchSink<'_>| make_rows(&file, &source, &found, send))
    };
    let runtime = streaming::runtime().map_err(HistoryError::Runtime)?;
    let stream = runtime.block_on(async {
        let context = streaming::session(memory)?;
        context.register_table("arrivals", streaming::table(schema(), make)?)?;
        context.sql("SELECT * FROM arrivals ORDER BY arrival, \"offset\"").await?.execute_stream().await
    });
    let stream = stream.map_err(|error| HistoryError::Sort(full_reason(&error)))?;
    Ok(SortedRecords { source: file.source, runtime, stream, batch: None })
}

fn make_rows(
    file: &FileInput,
    source: &Arc<Source>,
    found: &Found,
    send: &mut streaming::BatchSink<'_>,
) -> Result<(), HistoryError> {
    // A query that is planned may be run again; what was found then is found anew.
    found.clear();
    let mut rows = RowBuilder::default();
    let mut offset = file.first_offset;
    for document in file.origin.documents(source)? {
        let document = document?;
        let Some(arrival) = found.count(file, source, &document) else { continue };
        rows.add(arrival, offset, &document);
        offset += 1;
        if rows.is_full() && !send(rows.take()) {
            return Ok(());
        }
    }
    if rows.len > 0 {
        send(rows.take());
    }
    Ok(())
}

/// The documents of a file that stands in the order of arrival, as records.
pub(super) fn in_order<'a>(file: &'a FileInput, source: &Arc<Source>) -> Records<'a> {
    let mut last = Timestamp::MIN;
    Box::new(as_they_stand(file, source).map(move |record| {
        let record = record?;
        if record.timestamp < last {
            return Err(HistoryError::Changed { place: record.topic.to_string() });
        }
        last = record.timestamp;
        Ok(record)
    }))
}

/// The documents of a file as records, in the order in which they stand.
pub(super) fn as_they_stand<'a>(file: &'a FileInput, source: &Arc<Source>) -> Records<'a> {
    let documents = match file.origin.documents(source) {
        Ok(documents) => documents,
        Err(error) => return Box::new(std::iter::once(Err(error.into()))),
    };
    let mut offsets = file.first_offset..;
    Box::new(documents.filter_map(move |document| match document {
        Ok(document) => {
            let (arrival, offset) = (arrival_of(&document)?, offsets.next()?);
            Some(Ok(record(file.source, &document.place, offset, arrival, document.json)))
        }
        Err(error) => Some(Err(error.into())),
    }))
}

/// When a document arrived, as precise as Kafka's timestamps are.
fn arrival_of(document: &Document) -> Option<Timestamp> {
    let at = reported_at(&document.json)?;
    Some(Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at))
}

/// The record that a document would have been; its topic is the place where it stands.
fn record(source: SourceId, place: &str, offset: i64, timestamp: Timestamp, json: Vec<u8>) -> Record {
    Record {
        source,
        topic: Arc::from(place),
        partition: 0,
        offset,
        timestamp,
        key: None,
        value: Some(json),
        headers: Vec::new(),
    }
}

#[derive(Default)]
struct RowBuilder {
    arrival: Int64Builder,
    offset: Int64Builder,
    place: StringBuilder,
    value: BinaryBuilder,
    len: usize,
    bytes: usize,
}

impl RowBuilder {
    fn add(&mut self, arrival: Timestamp, offset: i64, document: &Document) {
        self.arrival.append_value(arrival.as_millisecond());
        self.offset.append_value(offset);
        self.place.append_value(&document.place);
        self.value.append_value(&document.json);
        self.len += 1;
        self.bytes += document.json.len();
    }

    fn is_full(&self) -> bool {
        self.len >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    fn take(&mut self) -> RecordBatch {
        (self.len, self.bytes) = (0, 0);
        let columns: Vec<arrow::array::ArrayRef> = vec![
            Arc::new(self.arrival.finish()),
            Arc::new(self.offset.finish()),
            Arc::new(self.place.finish()),
            Arc::new(self.value.finish()),
        ];
        RecordBatch::try_new(schema(), columns).expect("invariant: the columns follow the schema above")
    }
}

/// Sorted records, as they are asked for.
pub(super) struct SortedRecords {
    source: SourceId,
    runtime: Runtime,
    stream: SendableRecordBatchStream,
    batch: Option<(RecordBatch, usize)>,
}

impl std::fmt::Debug for SortedRecords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SortedRecords").finish_non_exhaustive()
    }
}

impl Iterator for SortedRecords {
    type Item = Result<Record, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((batch, row)) = &mut self.batch
                && *row < batch.num_rows()
            {
                *row += 1;
                return Some(Ok(row_of(self.source, batch, *row - 1)));
            }
            match self.runtime.block_on(self.stream.next())? {
                Ok(batch) => self.batch = Some((batch, 0)),
                Err(error) => return Some(Err(history_error(error))),
            }
        }
    }
}

/// Our own error, if a thread of ours had one.
pub(crate) fn history_error(error: datafusion::error::DataFusionError) -> HistoryError {
    match error {
        datafusion::error::DataFusionError::External(own) => match own.downcast::<HistoryError>() {
            Ok(own) => *own,
            Err(other) => HistoryError::Sort(other.to_string()),
        },
        datafusion::error::DataFusionError::Context(_, inner) => history_error(*inner),
        other => HistoryError::Sort(full_reason(&other)),
    }
}

fn row_of(source: SourceId, batch: &RecordBatch, row: usize) -> Record {
    let integer = |column: usize| batch.column(column).as_primitive::<Int64Type>().value(row);
    let arrival = Timestamp::from_millisecond(integer(0)).unwrap_or(Timestamp::MAX);
    let (place, json) = (batch.column(2).as_string::<i32>().value(row), batch.column(3).as_binary::<i32>().value(row));
    record(source, place, integer(1), arrival, json.to_vec())
}

#[cfg(test)]
#[path = "arrivals_tests.rs"]
mod tests;
