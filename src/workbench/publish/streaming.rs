//! A table whose rows a thread makes while a query reads them, and the session that such queries run in: what they hold
//! beyond a limit goes to temporary files.

use std::error::Error;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::stream;
use tokio::sync::mpsc;

use super::cast::ReadTexts;

/// Most rows of one batch: a sort holds whole batches of every file that it merges.
pub const BATCH_ROWS: usize = 512;

/// A batch is handed on when its documents are this many bytes.
pub const BATCH_BYTES: usize = 256 << 10;

/// Batches made ahead of the query.
const BATCHES_AHEAD: usize = 4;

/// Hands a batch over; false when nobody reads on.
pub type BatchSink<'a> = dyn FnMut(RecordBatch) -> bool + 'a;

/// Makes all rows, from the first on, each time it is called.
pub type RowProducer<E> = dyn Fn(&mut BatchSink<'_>) -> Result<(), E> + Send + Sync;

/// The rows as a query sees them.
struct RowStream<E> {
    schema: SchemaRef,
    produce: Arc<RowProducer<E>>,
}

impl<E> fmt::Debug for RowStream<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowStream").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl<E: Error + Send + Sync + 'static> PartitionStream for RowStream<E> {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (sender, mut receiver) = mpsc::channel(BATCHES_AHEAD);
        let produce = Arc::clone(&self.produce);
        std::thread::spawn(move || {
            let outcome =
                catch_unwind(AssertUnwindSafe(|| produce(&mut |batch| sender.blocking_send(Ok(batch)).is_ok())));
            // A thread that ends without a word would look like the end of the rows.
            let error = match outcome {
                Ok(Ok(())) => return,
                Ok(Err(error)) => DataFusionError::External(Box::new(error)),
                Err(_) => DataFusionError::Execution("a panic while the rows were made".to_owned()),
            };
            let _ = sender.blocking_send(Err(error));
        });
        let batches = stream::poll_fn(move |context| receiver.poll_recv(context));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

/// A table of what `produce` makes.
///
/// # Errors
/// If DataFusion refuses it.
pub fn table<E>(schema: SchemaRef, produce: Arc<RowProducer<E>>) -> Result<Arc<StreamingTable>>
where
    E: Error + Send + Sync + 'static,
{
    let streaming: Arc<dyn PartitionStream> = Arc::new(RowStream { schema: Arc::clone(&schema), produce });
    Ok(Arc::new(StreamingTable::try_new(schema, vec![streaming])?))
}

/// A session whose sorts hold about `memory` bytes and spill the rest. Where its SQL takes a text for a number or a
/// day, it takes every way of writing one.
///
/// # Errors
/// If DataFusion refuses the set-up.
pub fn session(memory: usize) -> Result<SessionContext> {
    let mut config = SessionConfig::new().with_target_partitions(1).with_batch_size(BATCH_ROWS);
    let options = config.options_mut();
    options.sql_parser.collect_spans = true;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.execution.sort_spill_reservation_bytes = memory / 8;
    options.execution.sort_in_place_threshold_bytes = memory / 8;
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(FairSpillPool::new(memory))).build_arc()?;
    let context = SessionContext::new_with_config_rt(config, runtime);
    context.add_analyzer_rule(Arc::new(ReadTexts));
    Ok(context)
}

/// A runtime for one thread's queries.
///
/// # Errors
/// If the system gives none.
pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
