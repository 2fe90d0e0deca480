//! Documents of files in the order of their arrival. A document arrives when it was reported (else when it occurred),
//! which is the timestamp that `yujing publish` gives its record when the engine runs on the log's clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{AsArray, BinaryBuilder, Int64Builder, RecordBatch, StringBuilder, UInt16Builder, UInt64Builder};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt16Type, UInt64Type};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt as _;
use jiff::Timestamp;
use tokio::runtime::Runtime;
use yujing_core::feature::full_reason;
use yujing_core::source::{Decoder, Record, Refusal, Source, SourceId, Sources};
use yujing_workbench::publish::streaming::{self, BATCH_BYTES, BATCH_ROWS};
use yujing_workbench::publish::{Document, reported_at};

use super::{FileInput, HistoryError, Unsorted};

/// What was found on the way; complete once the first record has been given.
#[derive(Debug, Clone, Default)]
pub struct SortSummary {
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    records: AtomicU64,
    unreadable: Mutex<Vec<Unreadable>>,
}

/// A document without a time at which it could have arrived.
#[derive(Debug, Clone)]
pub struct Unreadable {
    pub source: SourceId,
    pub place: String,
    pub refusal: Refusal,
}

impl SortSummary {
    /// How many records there are.
    pub fn records(&self) -> u64 {
        self.counters.records.load(Ordering::Relaxed)
    }

    /// The documents that have no place in time, and so are no part of the replay.
    pub fn unreadable(&self) -> Vec<Unreadable> {
        self.counters.unreadable.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("arrival", DataType::Int64, false),
        Field::new("number", DataType::UInt64, false),
        Field::new("source", DataType::UInt16, false),
        Field::new("place", DataType::Utf8, false),
        Field::new("value", DataType::Binary, false),
    ]))
}

/// All documents as records sorted by arrival, then by the order of the inputs.
pub(super) fn sorted(
    files: &[FileInput],
    sources: &Arc<Sources>,
    memory: usize,
) -> Result<(SortSummary, SortedRecords), HistoryError> {
    let summary = SortSummary::default();
    let (files, sources, counters) = (files.to_vec(), Arc::clone(sources), Arc::clone(&summary.counters));
    let make = Arc::new(move |send: &mut streaming::BatchSink<'_>| make_rows(&files, &sources, &counters, send));
    let runtime = streaming::runtime().map_err(HistoryError::Runtime)?;
    let stream = runtime.block_on(async {
        let context = streaming::session(memory)?;
        context.register_table("arrivals", streaming::table(schema(), make)?)?;
        context.sql("SELECT * FROM arrivals ORDER BY arrival, number").await?.execute_stream().await
    });
    let stream = stream.map_err(|error| HistoryError::Sort(full_reason(&error)))?;
    Ok((summary, SortedRecords { runtime, stream, batch: None }))
}

fn make_rows(
    files: &[FileInput],
    sources: &Sources,
    counters: &Counters,
    send: &mut streaming::BatchSink<'_>,
) -> Result<(), HistoryError> {
    // A query that is planned may be run again; what was found then is found anew.
    counters.records.store(0, Ordering::Relaxed);
    counters.unreadable.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let mut rows = RowBuilder::default();
    let mut number = 0;
    for file in files {
        let decoder = Decoder::new(file.source, Arc::clone(sources.get(file.source)));
        for document in file.origin.documents(sources.get(file.source))? {
            let Document { place, json } = document?;
            let Some(arrival) = reported_at(&json) else {
                if let Err(refusal) = decoder.decode(&record(file.source, &place, Timestamp::now(), json)) {
                    let unreadable = Unreadable { source: file.source, place, refusal };
                    counters.unreadable.lock().unwrap_or_else(PoisonError::into_inner).push(unreadable);
                }
                continue;
            };
            rows.add(arrival, number, file.source, &place, &json);
            number += 1;
            counters.records.store(number, Ordering::Relaxed);
            if rows.is_full() && !send(rows.take()) {
                return Ok(());
            }
        }
    }
    if rows.len > 0 {
        send(rows.take());
    }
    Ok(())
}

/// The documents of one input as records, in the order in which they stand.
pub(super) fn unsorted<'a>(file: &'a FileInput, source: &Arc<Source>) -> Unsorted<'a> {
    let documents = match file.origin.documents(source) {
        Ok(documents) => documents,
        Err(error) => return Box::new(std::iter::once(Err(error.into()))),
    };
    Box::new(documents.filter_map(|document| match document {
        Ok(Document { place, json }) => {
            let arrival = reported_at(&json)?;
            Some(Ok(record(file.source, &place, arrival, json)))
        }
        Err(error) => Some(Err(error.into())),
    }))
}

/// The record that a document would have been; its topic is the place where it stands.
fn record(source: SourceId, place: &str, arrival: Timestamp, json: Vec<u8>) -> Record {
    Record {
        source,
        topic: Arc::from(place),
        partition: 0,
        offset: 0,
        timestamp: in_milliseconds(arrival),
        key: None,
        value: Some(json),
        headers: Vec::new(),
    }
}

/// As precise as Kafka's timestamps are.
fn in_milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

#[derive(Default)]
struct RowBuilder {
    arrival: Int64Builder,
    number: UInt64Builder,
    source: UInt16Builder,
    place: StringBuilder,
    value: BinaryBuilder,
    len: usize,
    bytes: usize,
}

impl RowBuilder {
    fn add(&mut self, arrival: Timestamp, number: u64, source: SourceId, place: &str, json: &[u8]) {
        self.arrival.append_value(arrival.as_millisecond());
        self.number.append_value(number);
        self.source.append_value(source.0);
        self.place.append_value(place);
        self.value.append_value(json);
        self.len += 1;
        self.bytes += json.len();
    }

    fn is_full(&self) -> bool {
        self.len >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    fn take(&mut self) -> RecordBatch {
        (self.len, self.bytes) = (0, 0);
        let columns: Vec<arrow::array::ArrayRef> = vec![
            Arc::new(self.arrival.finish()),
            Arc::new(self.number.finish()),
            Arc::new(self.source.finish()),
            Arc::new(self.place.finish()),
            Arc::new(self.value.finish()),
        ];
        RecordBatch::try_new(schema(), columns).expect("invariant: the columns follow the schema above")
    }
}

/// Sorted records, as they are asked for.
pub struct SortedRecords {
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
                return Some(Ok(row_of(batch, *row - 1)));
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

fn row_of(batch: &RecordBatch, row: usize) -> Record {
    let arrival = batch.column(0).as_primitive::<Int64Type>().value(row);
    Record {
        source: SourceId(batch.column(2).as_primitive::<UInt16Type>().value(row)),
        topic: batch.column(3).as_string::<i32>().value(row).into(),
        partition: 0,
        offset: i64::try_from(batch.column(1).as_primitive::<UInt64Type>().value(row)).unwrap_or(i64::MAX),
        timestamp: Timestamp::from_millisecond(arrival).unwrap_or(Timestamp::MAX),
        key: None,
        value: Some(batch.column(4).as_binary::<i32>().value(row).to_vec()),
        headers: Vec::new(),
    }
}

#[cfg(test)]
#[path = "arrivals_tests.rs"]
mod tests;
