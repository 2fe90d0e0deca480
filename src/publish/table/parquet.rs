//! Parquet: the only table that says itself of which type its columns are.

use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::plain::Plain;
use super::{MOST_ROWS, Opened, Problem, TableError, fed};
use crate::publish::feed;

pub(super) fn open(
    plain: &Plain,
    told: impl Fn(Problem) -> TableError + Send + Sync + 'static,
) -> Result<Opened, Problem> {
    let broken = |error: &dyn std::fmt::Display| Problem::Parquet(error.to_string());
    let reader = |plain: &Plain| {
        let file = plain.read()?.into_inner();
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| Problem::Parquet(error.to_string()))
    };
    let builder = reader(plain)?;
    let rows = builder.metadata().file_metadata().num_rows();
    if u64::try_from(rows).map_err(|error| broken(&error))? > MOST_ROWS {
        return Err(Problem::TooManyRows(MOST_ROWS));
    }
    let schema = builder.schema().clone();
    let plain = plain.clone();
    fed(schema, move |give| {
        let rows = reader(&plain).and_then(|builder| {
            for batch in builder.with_batch_size(feed::BATCH).build().map_err(|error| broken(&error))? {
                if !give(batch.map_err(|error| broken(&error))?) {
                    break;
                }
            }
            Ok(())
        });
        rows.map_err(&told)
    })
}
