//! Parquet: the only table that says itself of which type its columns are.

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::plain::PlainFile;
use super::{MAX_ROWS, Opened, TableError, TableProblem, streaming_table};
use crate::publish::streaming;

pub(super) fn open(
    plain: &PlainFile,
    to_error: impl Fn(TableProblem) -> TableError + Send + Sync + 'static,
) -> Result<Opened, TableProblem> {
    let broken = |error: &dyn std::fmt::Display| TableProblem::Parquet(error.to_string());
    let reader = |file: &PlainFile| {
        let file = file.read()?.into_inner();
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| TableProblem::Parquet(error.to_string()))
    };
    let builder = reader(plain)?;
    let row_count = builder.metadata().file_metadata().num_rows();
    if u64::try_from(row_count).map_err(|error| broken(&error))? > MAX_ROWS {
        return Err(TableProblem::TooManyRows(MAX_ROWS));
    }
    let schema = builder.schema().clone();
    let plain = plain.clone();
    streaming_table(schema, move |send| {
        let rows = reader(&plain).and_then(|builder| {
            for batch in builder.with_batch_size(streaming::BATCH_ROWS).build().map_err(|error| broken(&error))? {
                if !send(batch.map_err(|error| broken(&error))?) {
                    break;
                }
            }
            Ok(())
        });
        rows.map_err(&to_error)
    })
}
